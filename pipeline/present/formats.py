"""Numbers and times as people read them; unknown is a dash."""

from __future__ import annotations

import math
from typing import Any

UNKNOWN = "–"


def measure(value: float | None, digits: int = 0) -> str:
    """Write a number with fixed decimals.

    Example:
        >>> measure(12.345, 1), measure(None), measure(float("nan"))
        ('12.3', '–', '–')
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value:,.{digits}f}".replace(",", "\u202f")


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share as a percentage; only all is 100 %.

    Example:
        >>> percent(0.5), percent(0.9999), percent(1.0), percent(None)
        ('50 %', '99 %', '100 %', '–')
    """
    if share is None or math.isnan(share):
        return UNKNOWN
    scaled = math.floor(share * 100 * 10**digits) / 10**digits if share > 0.99 else share * 100
    return f"{scaled:.{digits}f} %"


def clock(seconds: float | None, tenths: bool = False) -> str:
    """Write a time or duration.

    Example:
        >>> clock(75.4), clock(3675), clock(0.26, tenths=True)
        ('1:15', '1:01:15', '0:00.3')
    """
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    rounded = round(seconds, 1) if tenths else round(seconds)
    minutes, rest = divmod(rounded, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:04.1f}" if tenths else f"{int(rest):02d}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def duration(seconds: float | None) -> str:
    """Write how long something lasts: a short time in seconds, a longer one as on a clock.

    Example:
        >>> duration(7.64), duration(75.4), duration(None)
        ('7.6 s', '1:15', '–')
    """
    return f"{seconds:.1f} s" if seconds is not None and seconds < 60 else clock(seconds)


def rate(value: float) -> str:
    """Write a number with at most two decimals and no zeros behind.

    Example:
        >>> rate(60.0), rate(29.97003)
        ('60', '29.97')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def short_list(value: Any) -> str:
    """Write a value, or a list of values with commas."""
    return ", ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
