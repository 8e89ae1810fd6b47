"""The file of corrections: read, written, refused with its line."""

from pathlib import Path

import pytest

from pipeline.corrections import COLUMNS, Correction, Spot, as_csv, read_corrections
from pipeline.errors import InputError

HEADER = ",".join(COLUMNS)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    given = (
        Correction("same", Spot(1.5, 10, 20), Spot(700.25, 30, 40)),
        Correction("name", Spot(2.0, 1, 2), None, 'Smith, "J"'),
        Correction("nobody", Spot(0.0, 5.5, 6)),
        Correction("name", Spot(3.0, -1.5, 2), None, "=1+1"),
        Correction("name", Spot(3.0, 1, 2), None, "'-Ann;\n @B"),
    )
    path = tmp_path / "corrections.csv"
    path.write_text(as_csv(given), encoding="utf-8")
    read = read_corrections(path)
    assert [(c.action, c.spot, c.other_spot, c.value) for c in read] == [
        (c.action, c.spot, c.other_spot, c.value) for c in given
    ]
    assert read[1].where == f"{path}: line 3"


def test_a_spreadsheet_computes_nothing_of_the_file_and_reads_its_accents() -> None:
    text = as_csv([Correction("name", Spot(2.0, 1, 2), None, "=HYPERLINK(1)é")])
    assert text.startswith("\ufeffaction,")
    assert text.endswith(",'=HYPERLINK(1)é,\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("action,time_s\n", "line 1: no column 'x_px'"),
        (f"{HEADER}\nmerge,1,2,3,,,,\n", "line 2: action 'merge' is not one of same, apart"),
        (f"{HEADER}\nsame,1,2,3,,,,\n", "line 2: other_time_s is '', expected a number"),
        (f"{HEADER}\n\nname,1,2,3,,,,\n", "line 3: name needs a value"),
        (f"{HEADER}\nnumber,1,2,3,,,,123\n", "line 2: number '123' is not a jersey number"),
        (f"{HEADER}\nnumber,1,2,3,,,,²\n", "line 2: number '²' is not a jersey number"),
        (f"{HEADER}\nname,nan,2,3,,,,A\n", "line 2: time_s is 'nan', expected a number"),
        (f"{HEADER}\nname,1,٣,3,,,,A\n", "line 2: x_px is '٣', expected a number"),
        (f"{HEADER}\nteam,1,2,3,,,,C\n", "line 2: team 'C' is not A or B"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_corrections(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the corrections"):
        read_corrections(tmp_path / "none.csv")
