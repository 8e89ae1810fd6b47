"""What a small file can ask for is bounded."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.untrusted import (
    MAX_DEPTH,
    parse_json,
    parse_number,
    parse_whole,
    parse_yaml,
    read_limited,
    read_user_json,
)

DEEP = MAX_DEPTH + 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [1]\nb: *x", r"line 2: aliases \(\*x\) are not read"),
        ("a: &a {b: *a}", r"line 1: aliases \(\*a\)"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "line 4: the key 'c' stands twice"),
        ("[" * DEEP + "]" * DEEP, "nested more than 50 deep"),
        ("- " * 20_000, "nested more than 50 deep"),
        ("? [a]\n: 1", "a key must be plain text"),
        ("a: 1_0.5", "numbers are written without _"),
        ("a: " + "9" * 5000, "a number of more than 100 digits"),
        ("a: " + "1:" * 200 + "1", "a number of more than 100 digits"),
        ("a: !!bool x", "tags"),
        ("a: !!python/object/apply:os.system [x]", "tags"),
        ("a: =", "could not determine a constructor"),
        ("a: \x00", "special characters are not allowed"),
        ("a: \ud800", "special characters are not allowed"),
        ("a: [", "expected the node content"),
        ("a: 1\n---\na: 2", "expected a single document"),
        ("#" * (128 << 10) + "#", "larger than 128 KiB"),
    ],
)
def test_yaml_that_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        parse_yaml(text)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("a: {b: [1, -2.5, yes, null, 'x']}", {"a": {"b": [1, -2.5, True, None, "x"]}}),
        ("at: [12:30]", {"at": [750]}),
        ("day: 2026-13-45", {"day": "2026-13-45"}),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, eval("[" * MAX_DEPTH + "]" * MAX_DEPTH)),  # noqa: S307
    ],
)
def test_yaml_that_is_read(text: str, data: Any) -> None:
    assert parse_yaml(text) == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 100_000, "nested more than 50 deep"),
        ('{"a":' * 100_000, "nested more than 50 deep"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("NaN", "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ("1e999", "too large"),
        ("9" * 5000, "a number of more than 100 digits"),
        ("0." + "9" * 5000, "too large or too long"),
        ("[1, 2", "delimiter"),
        ("[" + "1," * (5 << 20), "larger than 8,192 KiB"),
    ],
)
def test_json_that_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        parse_json(text)
    assert "\n" not in str(refusal.value)


def test_brackets_in_texts_do_not_nest() -> None:
    text = '["' + "[" * 1000 + '", "\\"' + "{" * 1000 + '"]'
    assert parse_json(text) == ["[" * 1000, '"' + "{" * 1000]


@pytest.mark.parametrize("text", ["１２", "²", "1_000", "inf", "nan", "1e999", "0x10", "", " 1", "1 ", "٣", "1" * 200])
def test_numbers_are_written_in_the_digits_0_to_9(text: str) -> None:
    assert parse_number(text) is None
    assert parse_whole(text) is None


def test_numbers() -> None:
    assert [parse_number(text) for text in ("0", "-1.5", "+2", ".5", "3.", "1e3")] == [0, -1.5, 2, 0.5, 3, 1000]
    assert [parse_whole(text) for text in ("0", "007", "1.0", "-1")] == [0, 7, None, None]


def test_only_small_plain_files_of_text_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"a": 1}')
    assert read_user_json(tmp_path / "a") == {"a": 1}
    with pytest.raises(ValueError, match="larger than 0 KiB"):
        read_limited(tmp_path / "a", 7)
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="not a plain file"):
            read_limited(path, 7)
    (tmp_path / "a").write_bytes(b"a\xff")
    with pytest.raises(ValueError, match=r"not UTF-8 text \(byte 1\)"):
        read_limited(tmp_path / "a", 7)
