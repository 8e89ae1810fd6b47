"""CSV files that people write: separators, byte order marks, absent cells, and errors that name the line."""

from pathlib import Path

import pytest

from pipeline import user_csv
from pipeline.errors import InputError
from pipeline.user_csv import parse_number, parse_rows, parse_time_s, read_text

FILE = Path("list.csv")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b\n1,2\n", {"a": "1", "b": "2", "c": ""}),
        ("A ; B\n1;2\n", {"a": "1", "b": "2", "c": ""}),
        ("b,a,more\n2,1,9\n", {"a": "1", "b": "2", "c": ""}),
        ("a,b,c\n1,2\n", {"a": "1", "b": "2", "c": ""}),
        ('a,b,c\n"1","2 ","3;4"\n', {"a": "1", "b": "2", "c": "3;4"}),
        ("a\tb\r\n1\t2,5\r\n", {"a": "1", "b": "2,5", "c": ""}),
        ("\ufeff\u00a0A,b\n\u00a01\u00a0,2,,\n", {"a": "1", "b": "2", "c": ""}),
        ('a,b,c\n"1\n2",3,4\n', {"a": "1\n2", "b": "3", "c": "4"}),
        ("a,b\r1,2\r", {"a": "1", "b": "2", "c": ""}),
        ("a,b,b2,x,x\n1,2,9,9,9\n", {"a": "1", "b": "2", "c": ""}),
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


def test_a_row_is_where_it_begins() -> None:
    rows = parse_rows('a,b\n"1\n1",2\n3,4\u2028\n5,6\n', FILE, ("a", "b"))
    assert [row.where for row in rows] == ["list.csv: line 2", "list.csv: line 4", "list.csv: line 5"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a,b\n1,2\n"3,4\n5,6\n', "line 3: a quote that is never closed"),
        ('a,b\n1,"2"3\n', "line 2: a quote that is never closed, or text beside quotes"),
        ("a,b,A\n1,2,3\n", "line 1: column 'a' stands there 2 times"),
        ("a,b\n1,Smith, J.\n", "line 2: 3 cells under 2 columns"),
        (f"a,b\n1,{'x' * 200_000}\n", "line 2: .*field larger"),
        (f"a,b\n1,{'x' * 4097}\n", "line 2: b has 4097 characters, more than 4096"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_rows(text, FILE, ("a", "b"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_spreadsheets_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("name\r\nDončić\r\n".encode(encoding))
    assert read_text(path, "the list") == "name\r\nDončić\r\n"


def test_utf_16_of_the_other_byte_order_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xfe\xff" + "a,ß\n".encode("utf-16-be"))
    assert read_text(path, "the list") == "a,ß\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,Pe\xf1a\n", "line 2 is not text in UTF-8; save it as CSV in UTF-8"),
        (b"\xff\xfea\x00b", "line 1 is not text in UTF-16"),
        ("a,b\n".encode("utf-16-le"), "line 1 holds a NUL"),
        (b"a,b\n1,\0\n", "line 2 holds a NUL"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says):
        read_text(path, "the list")


def test_a_file_that_nobody_wrote_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_csv, "MAX_BYTES", 2**20)
    path = tmp_path / "list.csv"
    path.write_bytes(b"a" * 2**20)
    assert len(read_text(path, "the list")) == 2**20
    path.write_bytes(b"a" * (2**20 + 1))
    with pytest.raises(InputError, match=r"the list .* has more than 1 MB"):
        read_text(path, "the list")


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e999", "1_0", "٣", "３", "²", "1,5", "0x1", "1 2"])
def test_a_number_is_finite_and_in_plain_digits(text: str) -> None:
    assert parse_number(text) is None
    assert parse_time_s(text) is None


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("-1.5", -1.5), (".5", 0.5), ("2.", 2.0), ("1e3", 1000.0)])
def test_numbers_as_programs_write_them(text: str, value: float) -> None:
    assert parse_number(text) == value
