"""YAML, JSON and numbers that come from outside: read strictly, and within limits that are checked first.

What a small file can ask for is bounded: its size, how deep it nests, how long its numbers are. YAML's aliases, by which a
kilobyte becomes gigabytes, are refused, and a key that stands twice is, since whichever was meant, one was not.
`docs/guide/limits.md` lists the limits.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import SettingsError

MAX_YAML_BYTES = 128 << 10
"""Of a file of settings or a recipe, in bytes."""
MAX_JSON_BYTES = 8 << 20
"""Of a JSON file from a user, in bytes."""
MAX_DEPTH = 50
"""Mappings and lists within each other."""
MAX_DIGITS = 100
"""Of a number."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
"""Texts, which are passed over, and what opens and closes lists and objects."""


def read_limited(path: Path, limit_bytes: int) -> str:
    """Read a small file of UTF-8 text.

    Args:
        path: a plain file.
        limit_bytes: it may have at most.

    Raises:
        OSError: it cannot be read, or is no plain file.
        ValueError: it is larger than the limit, or not UTF-8; the message says so in one line.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a plain file")
    with path.open("rb") as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise ValueError(f"larger than {limit_bytes >> 10:,} KiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from error


def read_yaml(path: Path, what: str = "the settings file") -> Any:
    """Read a YAML file of settings; an empty one is an empty mapping.

    Args:
        path: the file.
        what: what it holds, for messages.

    Raises:
        SettingsError: the file is missing, too large, or not YAML as `parse_yaml` reads it.
    """
    try:
        text = read_limited(path, MAX_YAML_BYTES)
    except OSError as error:
        raise SettingsError(f"cannot read {what} {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise SettingsError(f"cannot read {what} {path}: {error}") from error
    try:
        data = parse_yaml(text)
    except ValueError as error:
        raise SettingsError(f"{path} is not YAML that is read here: {error}") from error
    return {} if data is None else data


def parse_yaml(text: str) -> Any:
    r"""Read plain data from YAML.

    Raises:
        ValueError: not YAML, too large, nested too deep, with an alias, a tag, a key twice or a number too long; one line.

    Example:
        >>> parse_yaml("a: [1, 0.5, null]")
        {'a': [1, 0.5, None]}
        >>> parse_yaml("a: &x [1]\nb: *x")
        Traceback (most recent call last):
        ValueError: line 2: aliases (*x) are not read; write the value out
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_YAML_BYTES:
        raise ValueError(f"larger than {MAX_YAML_BYTES >> 10} KiB")
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except RecursionError:
        raise ValueError(f"nested more than {MAX_DEPTH} deep") from None


def parse_json(text: str, limit_bytes: int = MAX_JSON_BYTES) -> Any:
    """Read plain data from JSON as its standard has it: no NaN, no infinity.

    Args:
        text: the JSON.
        limit_bytes: it may have at most.

    Raises:
        ValueError: not JSON, too large, nested too deep, with a key twice or a number too long; one line.

    Example:
        >>> parse_json('{"a": [1, 0.5, null]}')
        {'a': [1, 0.5, None]}
        >>> parse_json('{"a": 1, "a": 2}')
        Traceback (most recent call last):
        ValueError: the key 'a' stands twice
    """
    if len(text) > limit_bytes or len(text.encode("utf-8", "surrogatepass")) > limit_bytes:
        raise ValueError(f"larger than {limit_bytes >> 10:,} KiB")
    depth = 0
    for found in _NESTING.finditer(text):
        sign = found.group()
        depth += (sign in "[{") - (sign in "]}")
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
    return json.loads(
        text,
        object_pairs_hook=_without_doubles,
        parse_constant=_refuse_constant,
        parse_int=_whole,
        parse_float=_finite,
    )


def read_user_json(path: Path, limit_bytes: int = MAX_JSON_BYTES) -> Any:
    """Read a JSON file of a user as `parse_json` does.

    Args:
        path: the file.
        limit_bytes: it may have at most.

    Raises:
        OSError: it cannot be read.
        ValueError: see `parse_json` and `read_limited`.
    """
    return parse_json(read_limited(path, limit_bytes), limit_bytes)


def parse_whole(text: str) -> int | None:
    """Read a whole number from 0 on, written in the digits 0 to 9; None where it is none.

    Example:
        >>> [parse_whole(text) for text in ("12", "１２", "1_000", "²", "+1", "")]
        [12, None, None, None, None, None]
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None


def parse_number(text: str) -> float | None:
    """Read a finite number, written in the digits 0 to 9 with a point; None where it is none.

    Example:
        >>> [parse_number(text) for text in ("-1.5", "2e3", "１２", "1_000", "inf", "nan", "1e999")]
        [-1.5, 2000.0, None, None, None, None, None]
    """
    if len(text) > MAX_DIGITS or _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if abs(number) < float("inf") else None


def given_text(value: Any) -> str:
    """Say what was given in place of what was expected, if that is short enough to be read.

    Example:
        >>> given_text("fast"), given_text({}), given_text(10**5000)
        (" (got 'fast')", '', '')
    """
    if isinstance(value, dict | list | tuple) or (isinstance(value, int) and value.bit_length() > 256):
        return ""
    shown = repr(value)
    return f" (got {shown})" if len(shown) <= 80 else ""


class _PlainLoader(yaml.SafeLoader):
    """Plain data without aliases and tags, without a key twice, no deeper than the limit."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read a node."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        where = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{where}: aliases (*{event.anchor}) are not read; write the value out")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"{where}: tags ({event.tag}) are not read; write plain values")
        if isinstance(event, yaml.CollectionStartEvent) and self._depth >= MAX_DEPTH:
            raise ValueError(f"{where}: nested more than {MAX_DEPTH} deep")
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping."""
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {key.start_mark.line + 1}: a key must be plain text")
            if key.value in keys:
                raise ValueError(f"line {key.start_mark.line + 1}: the key '{key.value}' stands twice")
            keys.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_text(self, node: yaml.ScalarNode) -> str:
        """Leave a date as it is written."""
        return str(node.value)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Make a number."""
        where = f"line {node.start_mark.line + 1}"
        if len(node.value) > MAX_DIGITS:
            raise ValueError(f"{where}: a number of more than {MAX_DIGITS} digits")
        if "_" in node.value:
            raise ValueError(f"{where}: {node.value}: numbers are written without _")
        whole = node.tag == "tag:yaml.org,2002:int"
        return self.construct_yaml_int(node) if whole else self.construct_yaml_float(node)


_PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", _PlainLoader.construct_text)
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.construct_number)
_PlainLoader.add_constructor("tag:yaml.org,2002:float", _PlainLoader.construct_number)


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    """Refuse what Python's reader takes beyond JSON."""
    raise ValueError(f"{name} is no number of JSON")


def _whole(text: str) -> int:
    """Read a whole number of JSON."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    return int(text)


def _finite(text: str) -> float:
    """Read a number of JSON that has a point or an exponent."""
    number = float(text) if len(text) <= MAX_DIGITS else float("inf")
    if abs(number) == float("inf"):
        raise ValueError(f"the number {text[:40]} is too large or too long")
    return number
