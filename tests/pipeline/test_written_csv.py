"""CSV for spreadsheets: no text is computed, what was written is read back, numbers stay numbers."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.written_csv import DIALECTS, csv_of, harmless, meant

SIGNS = "=+-@＝＋－＠"


def lines_of(text: str) -> str:
    """Line breaks as they are written."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("before", ["", " ", "\u00a0 ", "\t", "\r", "\n"])
@pytest.mark.parametrize("sign", SIGNS)
def test_text_that_a_spreadsheet_would_compute_begins_with_an_apostrophe(before: str, sign: str) -> None:
    text = f'{before}{sign}HYPERLINK("http://example.org","A")'
    assert harmless(text).startswith("'")
    assert meant(harmless(text)) == lines_of(text)


@pytest.mark.parametrize("text", ["\tAnna", "\rAnna", "\nAnna"])
def test_so_does_text_that_begins_with_a_tab_or_a_line_break(text: str) -> None:
    assert harmless(text) == f"'{lines_of(text)}"


@pytest.mark.parametrize("separator", [",", ";", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("space", ["", " "])
def test_text_that_another_country_s_spreadsheet_would_split_is_harmless_in_both_parts(
    separator: str, space: str
) -> None:
    text = f"Anna{separator}{space}=1+1"
    assert harmless(text) == f"Anna{lines_of(separator)}'{space}=1+1"


@pytest.mark.parametrize(
    "text", ["", "Anna", "O'Neal", "Smith, J.", "Jean-Luc", "'Neal", "a=b", "7", "Dončić; Jr", "a @ b"]
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == meant(text) == text


@given(st.text(alphabet="a'; ,\t\r\n=+-@＝ 1\""))
@example("'=1")
@example("''=1")
@example(";\t=1")
@example("\t'=1")
def test_every_text_comes_back_and_no_cell_of_it_begins_with_a_sign(text: str) -> None:
    made = harmless(text)
    assert meant(made) == lines_of(text)
    assert not any(cell.strip().startswith(tuple(SIGNS)) for cell in re.split("[;,\t\r\n]", made))


def test_numbers_stay_numbers_in_both_dialects() -> None:
    rows = [(1, -2.5, None, "-2.5"), (2, 1e-7, 0.0, "=1;2")]
    standard, german = (csv_of(("a", "b", "c", "d"), rows, dialect) for dialect in DIALECTS)
    assert standard == "\ufeffa,b,c,d\n1,-2.5,,'-2.5\n2,1e-07,0.0,'=1;2\n"
    assert german == "\ufeffa;b;c;d\n1;-2,5;;'-2.5\n2;1e-07;0,0;\"'=1;2\"\n"
    read = list(csv.DictReader(io.StringIO(german.removeprefix("\ufeff")), delimiter=";"))
    assert [row["b"] for row in read] == ["-2,5", "1e-07"]
