"""Changing JSON, YAML, CSV and plain text so that it mostly still parses."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from tests.fuzz.mutations.values import nasty, nasty_cell

_HUGE = "9" * 5000
"""More digits than Python turns into a number."""
_DEEP = 100_000
_BOMB = (
    "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n"
    "d: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\n"
    "g: &g [*f, *f, *f, *f, *f, *f, *f, *f]\nh: &h [*g, *g, *g, *g, *g, *g, *g, *g]\ni: [*h, *h, *h, *h, *h, *h, *h, *h]\n"
)
_YAML_LINES = (
    "? [a, b]\n: 1\n", "!!python/object/apply:os.system ['true']\n", "x: !!binary =\n", "- 1\n", "<<: 1\n", "court: &c {<<: *c}\n",
    "x: 1\nx: 2\n", "%YAML 9.9\n---\n", "--- 1\n--- 2\n", "x: 2026-13-45\n", "x: 0o9\n", "x: 1:2:3:4:5\n", "\tx: 1\n", "2: 3\n",
    "null: 1\n", "x: " + "[" * 3000 + "\n", "x: " + "{a: " * 3000 + "\n", "x: ~\n" * 50, "x: !!float nan\n", "x: .inf\n", "x: 1e308\n",
)  # fmt: skip


def changed_json(rng: random.Random, data: bytes) -> bytes:
    """Change a JSON document: values, keys, types, repeats, depth, digits, encoding; or its text."""
    kind = rng.randrange(12)
    if kind == 0:
        return changed_text(rng, data)
    if kind == 1:
        return rng.choice(
            (
                b"[" * _DEEP,
                b'{"a":' * _DEEP,
                b"[" * 2000 + b"]" * 2000,
                b"",
                b"null",
                b"NaN",
                b'"x"',
                b"[]",
                b"{}",
                b"7",
            )
        )
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return changed_text(rng, data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        document = changed_data(rng, document)
    text = dumped(document)
    if kind == 2:
        text = re.sub(r"(?<=: )-?\d[\d.e+-]*", _HUGE, text, count=1)
    if kind == 3:
        return rng.choice(
            (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), text.encode("latin-1", "replace") + b"\xff")
        )
    return text.encode("utf-8", "surrogatepass")


def dumped(document: Any) -> str:
    """Write JSON, NaN and infinity as Python reads them."""
    return json.dumps(document, ensure_ascii=True)


def changed_data(rng: random.Random, data: Any) -> Any:
    """Change one place of nested lists and mappings; give a changed copy."""
    if not isinstance(data, dict | list) or not data or rng.random() < 0.08:
        return nasty(rng)
    if isinstance(data, list):
        return _changed_list(rng, data)
    key = rng.choice(list(data))
    kind = rng.randrange(10)
    if kind == 0:
        return {name: value for name, value in data.items() if name != key}
    if kind == 1:
        return {(str(nasty_cell(rng)) if name == key else name): value for name, value in data.items()}
    if kind == 2:
        return data | {str(nasty_cell(rng)): nasty(rng)}
    if kind == 3:
        return data | {key: [data[key]]}
    if kind == 4:
        return data | {key: rng.choice(list(data.values()))}
    return data | {key: changed_data(rng, data[key])}


def _changed_list(rng: random.Random, data: list[Any]) -> Any:
    place, kind = rng.randrange(len(data)), rng.randrange(8)
    if kind == 0:
        return data[:place] + data[place + 1 :]
    if kind == 1:
        return data + [data[place]] * rng.choice((1, 2, 1000, 10_000))
    if kind == 2:
        return {str(number): value for number, value in enumerate(data)}
    if kind == 3:
        return data[::-1]
    return [*data[:place], changed_data(rng, data[place]), *data[place + 1 :]]


def changed_text(rng: random.Random, data: bytes) -> bytes:
    """Change text: a token, a line, a character, its encoding."""
    text = data.decode("utf-8", "replace")
    kind = rng.randrange(8)
    if kind == 0:
        return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig")), "replace")
    if kind == 1:
        return rng.choice(
            (b"", b"\xff\xfe\x00", b"\x00" * 64, b"\x80" * 64, b"\n" * 1000, data + b"\x00", data[: len(data) // 2])
        )
    lines = text.splitlines(keepends=True) or [""]
    place = rng.randrange(len(lines))
    if kind == 2:
        lines[place] = lines[place] * rng.choice((2, 3, 2000))
    elif kind == 3:
        del lines[place]
    elif kind == 4:
        lines.insert(place, nasty_cell(rng) + "\n")
    else:
        tokens = list(re.finditer(r"[^\s,;:\[\]{}]+", lines[place]))
        if tokens:
            token = rng.choice(tokens)
            lines[place] = lines[place][: token.start()] + nasty_cell(rng) + lines[place][token.end() :]
    return "".join(lines).encode("utf-8", "surrogatepass")


def changed_table(rng: random.Random, data: bytes) -> bytes:
    """Change a CSV file: a cell, a column, a line, the delimiter, the quotes, the encoding."""
    lines = [line.split(",") for line in data.decode("utf-8", "replace").splitlines()] or [[""]]
    for _ in range(rng.choice((1, 1, 2, 4))):
        place, kind = rng.randrange(len(lines)), rng.randrange(9)
        cell = rng.randrange(max(len(lines[place]), 1))
        if kind == 0:
            lines = [[text for k, text in enumerate(line) if k != cell] for line in lines]
        elif kind == 1:
            lines.insert(place, lines[place] * rng.choice((1, 2, 500)))
        elif kind == 2:
            lines[place] = lines[place][:cell]
        elif lines[place]:
            lines[place][min(cell, len(lines[place]) - 1)] = nasty_cell(rng)
    delimiter = rng.choice((",", ",", ",", ",", ";", "\t", "|"))
    text = "\n".join(delimiter.join(line) for line in lines)
    return (
        changed_text(rng, text.encode("utf-8", "surrogatepass"))
        if rng.random() < 0.2
        else text.encode("utf-8", "surrogatepass")
    )


def changed_yaml(rng: random.Random, data: bytes) -> bytes:
    """Change YAML: a value, a line, tags, aliases, depth."""
    kind = rng.randrange(6)
    if kind == 0:
        return _BOMB.encode()
    if kind == 1:
        line = rng.choice(_YAML_LINES).encode()
        return data + line if rng.random() < 0.5 else line
    if kind == 2:
        return changed_text(rng, data)
    lines = data.decode("utf-8", "replace").splitlines()
    valued = [place for place, line in enumerate(lines) if re.match(r"\s+\w+: \S", line)]
    for place in rng.sample(valued, min(len(valued), rng.choice((1, 1, 3)))):
        name = lines[place].partition(":")[0]
        lines[place] = f"{name}: {_yaml_value(rng)}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _yaml_value(rng: random.Random) -> str:
    plain = (
        ".inf",
        "-.inf",
        ".nan",
        "1e308",
        "1.0e+308",
        "1e400",
        _HUGE,
        "~",
        "yes",
        "0x7fffffffffffffff",
        "2001-01-01",
        "1:2:3",
    )
    return rng.choice(plain) if rng.random() < 0.5 else dumped(nasty(rng))
