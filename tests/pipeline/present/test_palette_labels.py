"""Colours tell teams apart; names fit where they are written."""

import itertools

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.present.labels import SHORT_CHARACTERS, Person, find_person, people, slug, team_title
from pipeline.present.palette import (
    DARK_JERSEY,
    REFEREE,
    WHITE_JERSEY,
    Color,
    player_colors,
    team_colors,
    to_lab,
    vivid,
)

KITS = ["#f0efe9", "#d8c9a8", "#18181c", "#404650", "#9c2b30", "#2b4a8c", "#2c6e49", "#c9a227", "#5b3a8c", "#7a7a78"]


def table(rows: list[tuple[int, str, str | None, str | None, str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["player_id", "role", "team", "number", "name", "color"])


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations_with_replacement(KITS, 2)))
def test_two_teams_always_tell_apart(first: str, second: str) -> None:
    colors = team_colors(table([(1, "player", "A", None, None, first), (2, "player", "B", None, None, second)]))
    a, b = (to_lab(c) for c in colors.values())
    assert np.linalg.norm(a - b) > 25


@pytest.mark.parametrize(
    ("jersey", "expected"), [("#e9e4da", WHITE_JERSEY), ("#cfc0a8", WHITE_JERSEY), ("#26262a", DARK_JERSEY)]
)
def test_white_and_black_jerseys_stay_so_under_warm_light(jersey: str, expected: str) -> None:
    assert vivid(Color.parse(jersey)).hex == expected


@pytest.mark.parametrize("jersey", KITS)
def test_ink_reads_on_every_jersey(jersey: str) -> None:
    ground = vivid(Color.parse(jersey))
    light, dark = sorted([ground.luminance, ground.ink.luminance], reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 3


def test_referees_and_people_without_team_have_their_own_colours() -> None:
    rows = table(
        [
            (1, "player", "A", None, None, None),
            (2, "player", None, None, None, "#ff0000"),
            (3, "referee", None, None, None, "#ff0000"),
        ]
    )
    assert len({color.hex for color in player_colors(rows).values()}) == 3


@pytest.mark.parametrize("jersey", KITS)
def test_no_team_looks_like_the_referees(jersey: str) -> None:
    team = vivid(Color.parse(jersey))
    assert np.linalg.norm(to_lab(team) - to_lab(Color.parse(REFEREE))) > 25


def test_a_white_kit_is_white_with_a_team_and_without() -> None:
    rows = [(1, "player", "A", None, None, "#b01020"), (2, "player", None, None, None, "#e9e4da")]
    assert player_colors(table(rows))[2].hex == WHITE_JERSEY


def test_without_teams_everybody_has_an_own_colour() -> None:
    rows = table([(n, "player", None, None, None, "#808080") for n in range(1, 11)])
    assert len({color.hex for color in player_colors(rows).values()}) == 10


def test_people_come_by_team_and_number_with_referees_last() -> None:
    rows = table(
        [
            (1, "referee", None, None, None, None),
            (2, "player", "B", "4", None, None),
            (3, "player", "A", "11", None, None),
            (4, "player", "A", "5", None, None),
            (5, "player", None, "1", None, None),
            (6, "player", "A", None, "Zoe", None),
        ]
    )
    assert [person.player_id for person in people(rows)] == [4, 3, 6, 2, 5, 1]


@pytest.mark.parametrize("number", ["²", "٣", "x"])
def test_a_number_in_other_digits_than_0_to_9_comes_last(number: str) -> None:
    rows = table([(1, "player", "A", number, None, None), (2, "player", "A", "99", None, None)])
    assert [person.player_id for person in people(rows)] == [2, 1]


@pytest.mark.parametrize(
    ("number", "name", "short", "full"),
    [
        ("00", None, "A00", "A00"),
        (None, None, "A-P7", "A-P7"),
        ("3", "Ana Lima", "A3 Lima", "A3 Ana Lima"),
        (None, "Ana Lima", "Lima", "A-P7 Ana Lima"),
        ("3", "X Wolfeschlegelsteinhausen", "A3 Wolfeschle…", "A3 X Wolfeschlegelsteinhausen"),
    ],
)
def test_names(number: str | None, name: str | None, short: str, full: str) -> None:
    person = Person(7, "player", "A", number, name)
    assert (person.short, person.full) == (short, full)
    assert len(person.short) <= SHORT_CHARACTERS


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "名前", "x" * 300, "  ", "-rf"])
def test_file_names_stay_in_their_folder(name: str) -> None:
    stem = Person(7, "player", None, None, name).file_stem
    assert stem.startswith("player-07")
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(stem) < 60
    assert slug(name) == "" or stem.endswith(slug(name))


PEOPLE = [
    Person(1, "player", "A", "12", None),
    Person(2, "player", "B", "12", "Ana Lima"),
    Person(4, "player", "A", None, "Bo Lima"),
    Person(5, "player", None, "7", None),
    Person(12, "referee", None, None, None),
]


@pytest.mark.parametrize(
    ("who", "found"),
    [
        *(
            ("A12", 1),
            ("a12", 1),
            ("B12", 2),
            ("Ana Lima", 2),
            ("ana  lima", 2),
            ("ana", None),
            ("A-P4", 4),
            ("P4", 4),
            ("4", 4),
        ),
        *(("#7", 5), ("7", 5), ("R12", 12), ("P12", 12), ("B12 Lima", 2), ("B12 Ana Lima", 2), ("1", 1)),
    ],
)
def test_a_label_an_id_or_a_name_finds_the_person(who: str, found: int | None) -> None:
    if found is None:
        with pytest.raises(InputError, match="there is no player ana; the run has A12"):
            find_person(PEOPLE, who)
    else:
        assert find_person(PEOPLE, who).player_id == found


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (
            "12",
            r"'12' could be A12 \(id 1\) or B12 Ana Lima \(id 2\) or R12 \(id 12\); say P12 for an id, #12 for a number",
        ),
        ("#12", "'#12' could be A12"),
        ("lima", "'lima' could be B12 Ana Lima .* or A-P4 Bo Lima"),
        ("B-P4", "there is no player B-P4"),
        ("A-P3", "player A-P3 is no more: he was made one person with another; the run has A12"),
    ],
)
def test_who_could_be_two_or_is_no_more_is_refused_with_the_choices(who: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        find_person(PEOPLE, who, retired={3})


def test_a_team_is_called_as_the_roster_calls_it() -> None:
    rows = table([(1, "player", "A", None, None, None), (2, "player", "B", None, None, None)])
    rows = rows.assign(team_name=["Lions", None])
    assert [team_title(team, rows) for team in ("A", "B", None)] == ["Lions", "Team B", "No team"]


def test_an_inferred_name_is_marked() -> None:
    rows = table([(1, "player", "A", None, "Ana Lima", None)]).assign(name_from="inferred")
    assert people(rows)[0].full == "A-P1 Ana Lima (inferred)"
    assert people(rows)[0].label == "Ana Lima"
