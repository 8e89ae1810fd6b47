"""Values that readers stumble over, whatever they read."""

from __future__ import annotations

import math
import random
from typing import Any

NUMBERS: tuple[Any, ...] = (
    0, -1, 1, -0.0, 0.5, 1e-320, 1e308, -1e308, 1e300, math.nan, math.inf, -math.inf,
    2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**18, 10**400, 10_000_000,
)  # fmt: skip
TEXTS: tuple[str, ...] = (
    "", " ", "\x00", "a\x00b", "\t", "\n", "\r\n", '"', "'", '"unclosed', ";", ",", "=1+1", "@SUM(A1)", "-", "--help",
    "nan", "NaN", "inf", "-inf", "1e999", "1_000", "0x10", "²", "٣", "１２", "½", "null", "true", "None",
    "../../../../etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/mem", "C:\\con", "file:///etc/passwd", "a/b", ".", "..",
    "\u202eabc", "\ufeff", "\u2028", "e\u0301", "🏀", "Ñandú", "%s%n", "{0}", "[bold]x[/]", "<script>alert(1)</script>",
    "a" * 256, "b" * 5000, "9" * 5000, "-" + "9" * 400, "1:" * 50, "0 " * 3000, "Z" * 140_000, "99:99:99", "cuda:99", "mps", "tpu",
)  # fmt: skip
WRAPPED_SURROGATE = "\ud800"
"""No text, but what JSON and file names can hold."""


def nasty(rng: random.Random) -> Any:
    """Choose a plain value that few readers expect."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 5:
        return rng.choice(TEXTS)
    if kind == 5:
        return rng.choice((None, True, False, [], {}, [[]], {"": None}, WRAPPED_SURROGATE))
    if kind == 6:
        return nested(rng.choice((3, 60, 200)), rng.random() < 0.5)
    return [nasty_number(rng)] * rng.choice((1, 2, 3, 4, 1000))


def nasty_number(rng: random.Random) -> Any:
    """Choose a number that few readers expect."""
    return rng.choice(NUMBERS)


def nested(depth: int, mapping: bool) -> Any:
    """Return lists or mappings within each other."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if mapping else [value]
    return value


def nasty_cell(rng: random.Random) -> str:
    """Choose the text of a cell, or an argument."""
    return rng.choice(TEXTS) if rng.random() < 0.6 else str(rng.choice(NUMBERS))
