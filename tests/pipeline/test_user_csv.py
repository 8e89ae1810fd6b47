"""CSV files that people write: separators, byte order marks, absent cells, and errors that name the line."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.user_csv import parse_rows, read_text

FILE = Path("list.csv")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b\n1,2\n", {"a": "1", "b": "2", "c": ""}),
        ("A ; B\n1;2\n", {"a": "1", "b": "2", "c": ""}),
        ("b,a,more\n2,1,9\n", {"a": "1", "b": "2", "c": ""}),
        ("a,b,c\n1,2\n", {"a": "1", "b": "2", "c": ""}),
        ('a,b,c\n"1", 2 ,"3;4"\n', {"a": "1", "b": "2", "c": "3;4"}),
    ],
)
def test_rows_are_read_by_the_names_of_columns(text: str, cells: dict[str, str]) -> None:
    assert [row.cells for row in parse_rows(text, FILE, ("a", "b", "c"), optional=("c",))] == [cells]


def test_empty_lines_count_but_give_no_row() -> None:
    rows = parse_rows("a,b\n\n1,2\n,\n3,4\n", FILE, ("a", "b"))
    assert [row.where for row in rows] == ["list.csv: line 3", "list.csv: line 5"]


@pytest.mark.parametrize("text", ["", "\n", "a\n1\n"])
def test_a_missing_column_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"line 1: no column '(a|b)'; expected the header a,b"):
        parse_rows(text, FILE, ("a", "b"))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("\ufeffa,b\n".encode())
    assert read_text(path, "the list") == "a,b\n"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the list"):
        read_text(tmp_path / "none.csv", "the list")
    (tmp_path / "latin.csv").write_bytes(b"\xe9")
    with pytest.raises(InputError, match=r"the list .* line 1 is not text in UTF-8"):
        read_text(tmp_path / "latin.csv", "the list")
