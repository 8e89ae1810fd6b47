"""The journal of corrections: read, written, refused with its line; undone and done again."""

from pathlib import Path

import pytest

from pipeline.corrections import Correction, Journal, Spot
from pipeline.corrections.lines import COLUMNS
from pipeline.errors import InputError

HEADER = ",".join(COLUMNS)
OLD_HEADER = ",".join(COLUMNS[:9])
"""Of earlier versions."""


def named(value: str, time_s: float = 2.0) -> Correction:
    return Correction("name", Spot(time_s, 1, 2), None, value, words=f"A4 is {value}")


def journal(*steps: Correction) -> Journal:
    made = Journal()
    for line in steps:
        made = made.with_step([line])
    return made


def read(text: str, path: Path = Path("corrections.csv")) -> Journal:
    return Journal.parse(text, path)


def active(made: Journal) -> list[str]:
    """What the steps that count say."""
    return [line.value for line in made.lines]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    given = (
        Correction("same", Spot(1.5, 10, 20), Spot(700.25, 30, 40)),
        Correction("name", Spot(2.0, 1, 2), None, 'Smith, "J"'),
        Correction("role", Spot(0.0, 5.5, 6), None, "nobody"),
        Correction("name", Spot(3.0, -1.5, 2), None, "=1+1"),
        Correction("name", Spot(3.0, 1, 2), None, "'-Ann; @B", words="=A12 is 'him'"),
        Correction("number", Spot(3.0, 1, 2), None, "-"),
    )
    path = tmp_path / "corrections.csv"
    path.write_text(Journal().with_step(given[:2]).with_step(given[2:]).undo(1).text, encoding="utf-8")
    found = Journal.read(path)
    assert [(step.number, step.undone, len(step.lines)) for step in found.steps] == [(1, 3, 2), (2, None, 4)]
    lines = [line for step in found.steps for line in step.lines]
    assert [(c.action, c.spot, c.second_spot, c.value, c.words) for c in lines] == [
        (c.action, c.spot, c.second_spot, c.value, c.words) for c in given
    ]
    assert lines[1].where == f"{path}: line 3"
    assert found.text == path.read_text(encoding="utf-8")


def test_a_file_of_earlier_versions_is_a_journal_of_single_lines() -> None:
    found = read(f"{OLD_HEADER}\nname,1,2,3,,,,Ann,\nnobody,2,2,3,,,,,\n")
    assert [step.number for step in found.steps] == [1, 2]
    assert [(line.action, line.value) for line in found.lines] == [("name", "Ann"), ("role", "nobody")]


def test_lines_by_hand_are_steps_with_fresh_numbers() -> None:
    text = journal(named("Ann"), named("Bo")).text + "name,9,2,3,,,,Cy,,,,\n"
    assert [step.number for step in read(text).steps] == [1, 2, 3]


def test_undo_and_redo_go_back_and_forth_without_limit() -> None:
    made = journal(named("Ann"), named("Bo"), named("Cy"))
    assert active(made.undo()) == ["Ann", "Bo"]
    assert active(made.undo().undo().undo()) == []
    back = read(made.undo().undo().undo().text)  # also after a restart
    assert active(back.redo()) == ["Ann"]
    assert active(back.redo().redo().redo()) == ["Ann", "Bo", "Cy"]


def test_any_step_is_undone_and_done_again_at_its_place() -> None:
    made = journal(named("Ann"), named("Bo"), named("Cy")).undo(2)
    assert active(made) == ["Ann", "Cy"]
    assert active(made.redo(2)) == ["Ann", "Bo", "Cy"]
    with pytest.raises(InputError, match=r"step 2 \(A4 is Bo\) is undone already"):
        made.undo(2)
    with pytest.raises(InputError, match=r"step 1 .* is not undone"):
        made.redo(1)
    with pytest.raises(InputError, match="there is no step 9; the journal has 1, 2, 3"):
        made.undo(9)


def test_after_something_new_what_was_undone_stays_listed_but_is_not_done_again() -> None:
    made = journal(named("Ann"), named("Bo")).undo().with_step([named("Cy")])
    assert active(made) == ["Ann", "Cy"]
    assert [step.words for step in made.steps] == ["A4 is Ann", "A4 is Bo", "A4 is Cy"]
    assert made.can_redo is None
    with pytest.raises(InputError, match="nothing to redo"):
        made.redo()
    assert active(made.redo(2)) == ["Ann", "Bo", "Cy"]


def test_no_number_is_given_twice() -> None:
    made = journal(named("Ann")).undo().with_step([named("Bo")]).undo().redo().with_step([named("Cy")])
    numbers = [step.number for step in made.steps]
    assert len(set(numbers)) == len(numbers)


def test_an_empty_journal_has_nothing_to_undo(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to undo"):
        Journal.read(tmp_path / "none.csv").undo()


def test_a_spreadsheet_computes_nothing_of_the_file_and_reads_its_accents() -> None:
    text = journal(Correction("name", Spot(2.0, 1, 2), None, "=HYPERLINK(1)é")).text
    assert text.startswith("\ufeffaction,")
    assert text.endswith(",'=HYPERLINK(1)é,,1,,\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("action,time_s\n", "line 1: no column 'x_px'"),
        (f"{OLD_HEADER}\nmerge,1,2,3,,,,\n", "line 2: action 'merge' is not one of same, apart"),
        (f"{OLD_HEADER}\nsame,1,2,3,,,,\n", "line 2: other_time_s is '', expected a number"),
        (f"{OLD_HEADER}\n\nname,1,2,3,,,,\n", "line 3: name needs a value"),
        (f"{OLD_HEADER}\nnumber,1,2,3,,,,123\n", "line 2: number '123' is not a jersey number"),
        (f"{OLD_HEADER}\nnumber,1,2,3,,,,²\n", "line 2: number '²' is not a jersey number"),
        (f"{OLD_HEADER}\nname,nan,2,3,,,,A\n", "line 2: time_s is 'nan', expected a number"),
        (f"{OLD_HEADER}\nname,1,٣,3,,,,A\n", "line 2: x_px is '٣', expected a number"),
        (f"{OLD_HEADER}\nteam,1,2,3,,,,C\n", "line 2: team 'C' is not A or B"),
        (f"{OLD_HEADER}\nrole,1,2,3,,,,coach\n", "line 2: role 'coach' is not one of player, referee, nobody"),
        (f"{HEADER}\nname,1,2,3,,,,A,,0,,\n", "line 2: step is '0', expected a whole number"),
        (f"{HEADER}\nname,1,2,3,,,,A,,1,,x\n", "line 2: undone is 'x', expected a whole number"),
    ],
)
def test_a_wrong_line_is_named(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(text)


def test_a_line_of_another_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(f"{OLD_HEADER}\nname,1,2,3,,,,A,sha256:0123\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: a correction of another video"):
        Journal.read(path, "f" * 64)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the corrections"):
        Journal.read(tmp_path)
