"""Words of a scoreboard by their places, and what each place shows: game clock, shot clock, scores, period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.scoreboard.texts import as_clock_s, as_period, as_points, as_shot_clock_s

Floats = NDArray[np.float64]

LEAST_READS = 3
LEAST_SHARE = 0.3
"""Of the looks at the scoreboard in which a place has to show what it is for."""
NEAR_CLOCK = 4.0
"""A lone digit this near to the clock, in its heights, is the period."""
BARE_PERIODS = frozenset({1.0, 2.0, 3.0, 4.0, 5.0})
SCORES = 2
TICKS = 2
"""A shot clock was seen to go down so often,"""
TICKING = 0.05
"""and at so large a share of looks: a score that is misread at times seems to fall as well."""


@dataclass(frozen=True)
class Series:
    """What a place shows over time."""

    time_s: Floats
    """(k,) rising."""
    value: Floats
    """(k,)"""

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True)
class BoardPlaces:
    """What the places of a scoreboard show; empty where there is none for it."""

    clock: Series
    shot_clock: Series
    period: Series
    first: Series
    second: Series


NOTHING = Series(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class _Place:
    """A place on the scoreboard with all words that stood there."""

    x_px: float
    y_px: float
    height_px: float
    time_s: Floats
    texts: tuple[str, ...]

    def read(self, meaning: Callable[[str], float | None]) -> Series:
        """Read all words in one way; those that have no such meaning are left out."""
        values = [meaning(text) for text in self.texts]
        kept = [k for k, value in enumerate(values) if value is not None]
        return Series(self.time_s[kept], np.array([values[k] for k in kept], np.float64))


def find_places(texts: pd.DataFrame, time_s: Floats) -> BoardPlaces:
    """Say which place shows what.

    Args:
        texts: table `scoreboard_texts`.
        time_s: (n,) of its rows.
    """
    if texts.empty:
        return BoardPlaces(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
    places = _places(texts, time_s)
    reads = texts["frame"].nunique()
    least = max(LEAST_READS, LEAST_SHARE * reads)
    clock_at = _most(places, as_clock_s, least)
    clock = NOTHING if clock_at is None else clock_at.read(as_clock_s)
    rest = [place for place in places if place is not clock_at]
    period_at = _most(rest, as_period, least)
    rest = [place for place in rest if place is not period_at]
    shot_at = _shot_clock(rest, least)
    rest = [place for place in rest if place is not shot_at]
    bare_at = None if period_at is not None or clock_at is None else _bare_period(rest, clock_at, least)
    rest = [place for place in rest if place is not bare_at]
    pair = _scores(rest, least)
    return BoardPlaces(
        clock,
        NOTHING if shot_at is None else shot_at.read(as_shot_clock_s),
        bare_at.read(as_points) if bare_at is not None else NOTHING if period_at is None else period_at.read(as_period),
        *((NOTHING, NOTHING) if pair is None else (place.read(as_points) for place in pair)),
    )


def _places(texts: pd.DataFrame, time_s: Floats) -> list[_Place]:
    """Gather words that stand in the same place, the most common places first."""
    x, y, width, height = (texts[name].to_numpy(np.float64) for name in ("x_px", "y_px", "width_px", "height_px"))
    middle_x, middle_y = x + width / 2, y + height / 2
    free = np.ones(len(texts), bool)
    cell = pd.Series(np.round(middle_x / 8) * 10_000 + np.round(middle_y / 8))
    order = cell.map(cell.value_counts()).to_numpy()
    words = texts["text"].to_numpy(object)
    found = []
    while free.any():
        seed = int(np.flatnonzero(free)[np.argmax(order[free])])
        near = (np.abs(middle_x - middle_x[seed]) < np.maximum(width, width[seed]) * 0.6) & (
            np.abs(middle_y - middle_y[seed]) < 0.5 * height[seed]
        )
        rows = np.flatnonzero(near & free)
        free[rows] = False
        if len(rows) >= LEAST_READS:
            rows = rows[np.concatenate([[True], np.diff(time_s[rows]) > 0])]
            centre = np.median(middle_x[rows]), np.median(middle_y[rows]), np.median(height[rows])
            x_px, y_px, tall_px = map(float, centre)
            found.append(_Place(x_px, y_px, tall_px, time_s[rows], tuple(words[rows])))
    return found


def _most(places: Sequence[_Place], meaning: Callable[[str], float | None], least: float) -> _Place | None:
    """Return the place that most often shows something of a meaning."""
    counted = [(len(place.read(meaning)), k) for k, place in enumerate(places)]
    count, k = max(counted, default=(0, 0))
    return places[k] if count >= least else None


def _shot_clock(places: Sequence[_Place], least: float) -> _Place | None:
    """Return the place that most often goes down by a second or so in as much time."""
    best, ticks = None, TICKS - 1
    for place in places:
        series = place.read(as_shot_clock_s)
        if len(series) < max(LEAST_READS, least / 2):
            continue
        down, elapsed = -np.diff(series.value), np.diff(series.time_s)
        count = int(((down > 0) & (down <= elapsed + 1.1) & (elapsed < 3)).sum())
        if count > max(ticks, TICKING * len(series)):
            best, ticks = place, count
    return best


def _bare_period(places: Sequence[_Place], clock: _Place, least: float) -> _Place | None:
    """Return the place of a lone digit beside the clock, which says the period where two scores stand elsewhere."""
    numbers = [place for place in places if len(place.read(as_points)) >= least]
    beside = [
        place
        for place in numbers
        if abs(place.x_px - clock.x_px) < NEAR_CLOCK * clock.height_px
        and abs(place.y_px - clock.y_px) < 0.5 * clock.height_px
        and set(place.read(as_points).value.tolist()) <= BARE_PERIODS
    ]
    return beside[0] if len(beside) == 1 and len(numbers) > SCORES else None


def _scores(places: Sequence[_Place], least: float) -> tuple[_Place, _Place] | None:
    """Return the two places of numbers that are alike in height, and beside or above each other; the tallest such."""
    numbers = [place for place in places if len(place.read(as_points)) >= least]
    best, tallest = None, 0.0
    for first, second in combinations(numbers, 2):
        tall = min(first.height_px, second.height_px)
        alike = tall > 0.75 * max(first.height_px, second.height_px)
        beside = abs(first.y_px - second.y_px) < 0.4 * tall
        above = abs(first.x_px - second.x_px) < 0.6 * tall
        if alike and (beside or above) and tall > tallest:
            ordered = sorted((first, second), key=lambda place: place.x_px if beside else place.y_px)
            best, tallest = (ordered[0], ordered[1]), tall
    return best
