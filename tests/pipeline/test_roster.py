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


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffName;Number\r\nAda;7\r\n\r\n",
        "name, number\nAda, 7\n",
        "number\tname\n7\tAda\n",
        "number,name\n7.0,Ada\n",
        "number;name\n7,0;Ada\n",
        "number,name\n#7,Ada\n",
        "number,name\n\u00a07\u00a0,Ada\u00a0\n",
    ],
)
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
        ("number,name\n²,Ada\n", "line 2: number '²' is not a jersey number"),
        ("number,name\n٣,Ada\n", "line 2: number '٣'"),
        ("number,name\n07,Ada\n", "line 2: number '07' is not a jersey number .0, 00, or 1 to 99"),
        ("number,name\n7.5,Ada\n", "line 2: number '7.5'"),
        ("number,name,name\n7,Ada,Bea\n", "line 1: column 'name' stands there 2 times"),
        ('number,name\n7,"Ada\n8,Bea\n', "line 2: a quote that is never closed"),
        ("number,name,team\n7,Ada, B.,A\n", "line 2: 4 cells under 3 columns"),
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


def test_a_line_break_within_a_name_is_a_space(tmp_path):
    path = roster(tmp_path, 'number,name,team\n4,"Anna\nBjörk",Home\u00a0Team\n7,Ben,Home Team\n')
    assert read_roster(path) == (RosterEntry("4", "Anna Björk", "Home Team"), RosterEntry("7", "Ben", "Home Team"))


def test_unicode_text_of_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "roster.txt"
    path.write_bytes("number\tname\tteam\r\n7\tDončić\tA\r\n".encode("utf-16"))
    assert read_roster(path) == (RosterEntry("7", "Dončić", "A"),)
