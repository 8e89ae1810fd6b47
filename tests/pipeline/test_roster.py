"""Rosters: what is read and what is refused."""

import pytest

from pipeline.errors import InputError
from pipeline.roster import RosterEntry, read_roster


def roster(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())
    return path


def test_numbers_are_texts_and_teams_may_share_them(tmp_path):
    path = roster(tmp_path, "number,name,team\n0,Ada,Home\n00,Bea,Home\n0,Cleo,Away\n")
    assert read_roster(path) == (
        RosterEntry("0", "Ada", "Home"),
        RosterEntry("00", "Bea", "Home"),
        RosterEntry("0", "Cleo", "Away"),
    )


@pytest.mark.parametrize("text", ["\ufeffName;Number\r\nAda;7\r\n\r\n", "name, number\nAda, 7\n"])
def test_spreadsheets_write_it_their_way(tmp_path, text):
    assert read_roster(roster(tmp_path, text)) == (RosterEntry("7", "Ada", None),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number,name,team\n7,Ada,A\n8,Bea,A\n7,Cleo,A\n", "line 4: number 7 of team A is given twice: Ada, Cleo"),
        ("number,name\n7,Ada\n7,Cleo\n", "line 3: number 7 is given twice"),
        ("nr,name\n7,Ada\n", "no column 'number'"),
        ("number,name\n123,Ada\n", "line 2: number '123'"),
        ("number,name\n,Ada\n", "line 2: number ''"),
        ("number,name\n7,\n", "line 2: number 7 has no name"),
        ("number,name\n", "no players"),
        ("", "no column 'number'"),
    ],
)
def test_a_bad_roster_is_one_clear_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_roster(roster(tmp_path, text))


def test_a_roster_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read the roster"):
        read_roster(tmp_path / "nobody.csv")
    (tmp_path / "latin.csv").write_bytes(b"number,name\n7,Jos\xe9\n")
    with pytest.raises(InputError, match="line 2 is not text in UTF-8"):
        read_roster(tmp_path / "latin.csv")
