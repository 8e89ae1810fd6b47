"""The stage `scoreboard`: words on the scoreboard -> period, clocks and score in every frame that shows them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.tables import CLOCK, conform
from pipeline.understand.game_clock import period_changes
from pipeline.understand.scoreboard.paths import (
    clock_cost,
    consistent,
    period_cost,
    score_cost,
    shot_clock_cost,
)
from pipeline.understand.scoreboard.places import Series, find_places

Floats = NDArray[np.float64]

HIDDEN_S = 1.25
"""A clock that was not read for longer, before and after, is hidden."""
BRIDGED_S = 6.0
"""Between two reads that fit each other it is not, for up to so long, within a camera shot."""
TICK_S = 1.0
"""A clock shows whole seconds."""
NEAR_S = 4.0
"""Reads so near say how well the clock can be read."""
DOUBT = 0.5
"""Of a read that no other supports."""
LEAST_CLOCK_READS = 3


def read_clock(texts: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """Make the table `clock`.

    Args:
        texts: table `scoreboard_texts`.
        frames: table `frames`.
    """
    time_s = frames["time_s"].to_numpy(np.float64)
    row = np.searchsorted(frames["frame"].to_numpy(), texts["frame"].to_numpy())
    places = find_places(texts, time_s[row])
    kept = consistent(places.clock, clock_cost)
    clock = _taken(places.clock, kept)
    if len(clock) < LEAST_CLOCK_READS:
        return CLOCK.empty()
    shown = _is_shown(clock, time_s, frames["shot"].to_numpy(np.int64))
    at = time_s[shown]
    period = _held(_taken(places.period, consistent(places.period, period_cost)), at, np.inf)
    first, second = (
        _held(_taken(series, consistent(series, score_cost)), at, np.inf) for series in (places.first, places.second)
    )
    shot_clock = _taken(places.shot_clock, consistent(places.shot_clock, shot_clock_cost))
    return conform(
        "clock",
        pd.DataFrame(
            {
                "frame": frames["frame"].to_numpy()[shown],
                "period": _whole(period),
                "clock_s": _between(clock, at),
                "running": _running(clock, at),
                "shot_clock_s": _held(shot_clock, at, HIDDEN_S),
                "score_first": _whole(first),
                "score_second": _whole(second),
                "confidence": _confidence(places.clock, kept, at),
            }
        ),
    )


def period_starts_s(clock: pd.DataFrame, frames: pd.DataFrame) -> tuple[float, ...]:
    """Say when the periods begin (s): with the first frame, and where the clock begins to run after it was set to more.

    Args:
        clock: table `clock`.
        frames: table `frames`.

    Returns:
        Rising times; none where the clock shows one period alone.
    """
    timed = clock.dropna(subset="clock_s").merge(frames[["frame", "time_s"]], on="frame")
    starts = [
        float(timed["time_s"].iloc[change.begins]) for change in period_changes(timed["clock_s"].to_numpy(np.float64))
    ]
    return (float(frames["time_s"].iloc[0]), *starts) if starts else ()


def _taken(series: Series, kept: NDArray[np.bool_]) -> Series:
    return Series(series.time_s[kept], series.value[kept])


def _whole(values: Floats) -> pd.Series:
    return pd.Series(values).round().astype("Int64")


def _around(series: Series, at: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the reads before and after times (n,): rows (n,), (n,), -1 and k beyond the ends."""
    after = np.searchsorted(series.time_s, at, side="left")
    before = np.searchsorted(series.time_s, at, side="right") - 1
    return before.astype(np.int64), after.astype(np.int64)


def _is_shown(clock: Series, time_s: Floats, shot: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say in which frames (t,) the clock is shown."""
    before, after = _around(clock, time_s)
    padded = np.concatenate([[-np.inf], clock.time_s, [np.inf]])
    since, until = time_s - padded[before + 1], padded[after + 1] - time_s
    at = np.searchsorted(time_s, clock.time_s)
    shots = np.concatenate([[-1], shot[np.minimum(at, len(shot) - 1)], [-1]])
    of_before, of_after = shots[before + 1] == shot, shots[after + 1] == shot
    near = ((since <= HIDDEN_S) & of_before) | ((until <= HIDDEN_S) & of_after)
    bridged = (since + until <= BRIDGED_S) & of_before & of_after
    return np.asarray(near | bridged)


def _between(clock: Series, at: Floats) -> Floats:
    """Say what the clock shows at times (n,): what was read just before, or what it must show between two reads."""
    before, after = _around(clock, at)
    low, high = np.clip(before, 0, len(clock) - 1), np.clip(after, 0, len(clock) - 1)
    earlier, later = clock.value[low], clock.value[high]
    gap = np.maximum(clock.time_s[high] - clock.time_s[low], 1e-9)
    share = np.clip((at - clock.time_s[low]) / gap, 0, 1)
    falls = (earlier >= later) & (earlier - later <= gap + TICK_S)
    mixed = earlier + share * (later - earlier)
    mixed = np.where(earlier < 60, np.round(mixed, 1), np.ceil(mixed - 1e-6))
    value = np.where(falls, mixed, np.where(share < 0.5, earlier, later))
    return np.asarray(np.where(before < 0, later, np.where(after >= len(clock), earlier, value)))


def _held(series: Series, at: Floats, most_s: float) -> Floats:
    """Say what stands at times (n,): the latest read, or the first; NaN where none is as near as `most_s`."""
    if not len(series):
        return np.full(len(at), np.nan)
    before, after = _around(series, at)
    padded = np.concatenate([[-np.inf], series.time_s, [np.inf]])
    value = series.value[np.clip(before, 0, len(series) - 1)]
    near = np.minimum(at - padded[before + 1], padded[after + 1] - at) <= most_s
    return np.asarray(np.where(near, value, np.nan))


def _running(clock: Series, at: Floats) -> pd.Series:
    """Say whether the clock runs at times (n,): it changes once a second if it does."""
    change = np.flatnonzero(np.diff(clock.value) != 0)
    ticks_s = (clock.time_s[change] + clock.time_s[change + 1]) / 2
    left_s = np.append(clock.value[change], clock.value[-1])  # shown before each tick, and after the last
    edges = np.concatenate([[-np.inf], ticks_s, [np.inf]])
    piece = np.clip(np.searchsorted(ticks_s, at, side="right"), 0, len(ticks_s))
    since, until = at - edges[piece], edges[piece + 1] - at
    fall = np.append(np.maximum(left_s[:-1] - left_s[1:], 0), TICK_S)[piece]
    begun, ended = np.isfinite(since), np.isfinite(until)
    whole = begun & ended & (since + until <= np.maximum(fall, TICK_S) + 0.8)
    runs = whole | (ended & (until <= TICK_S) & ~whole & begun) | (~begun & (until <= TICK_S))
    runs |= ~ended & (since <= TICK_S / 2)
    certain = whole | (begun & ended) | (~begun & ((until <= TICK_S) | (until > 2 * TICK_S)))
    certain |= ~ended & ((since <= TICK_S / 2) | (since > 2 * TICK_S)) & begun
    return pd.Series(runs).astype("boolean").where(certain, pd.NA)


def _confidence(clock: Series, kept: NDArray[np.bool_], at: Floats) -> Floats:
    """Say how sure the clock is at times (n,): the share of the reads around that fit, as if one more did not by half."""
    low, high = np.searchsorted(clock.time_s, at - NEAR_S), np.searchsorted(clock.time_s, at + NEAR_S)
    total = np.concatenate([[0], np.cumsum(kept)])
    return np.asarray((total[high] - total[low] + DOUBT) / (high - low + 2 * DOUBT))
