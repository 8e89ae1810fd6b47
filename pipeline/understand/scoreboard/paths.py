"""What a clock and a score can do: reads that do not fit are left out.

A game clock counts down as time passes, stands, and jumps up when a period begins. A score only rises, and by a few points at a
time. Of all reads the heaviest chain is kept whose steps are possible.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.scoreboard.places import Series

Floats = NDArray[np.float64]
StepCost = Callable[[Floats, Floats, float, float], Floats]
"""Times and values (k,) of earlier runs, and the time and value of a later one -> costs (k,), infinite where impossible."""

LOOK_BACK = 240
"""Runs of equal reads that a step may skip."""
_ROUNDED_S = 1.1
"""A clock that is shown in whole seconds may seem to lose so much more than passed."""
_CORRECTED_S, _CORRECTION_COST = 6.0, 3.0
"""Officials put time back on the clock, s; it costs as much as so many reads are worth."""
_FULL_PERIOD_S, _NEW_PERIOD_COST = 240.0, 4.0
"""A clock that jumps up shows at least this, s."""
_POINTS_AT_ONCE, _POINTS_PER_S = 4.0, 0.2
_SCORE_CORRECTION_COST = 6.0


def consistent(series: Series, cost: StepCost) -> NDArray[np.bool_]:
    """Say which reads (k,) are of the heaviest possible chain.

    Args:
        series: k reads.
        cost: of a step from one value to another.
    """
    if not len(series):
        return np.zeros(0, bool)
    run = np.concatenate([[0], np.cumsum(np.diff(series.value) != 0)])
    first = np.flatnonzero(np.diff(run, prepend=-1))
    last = np.append(first[1:], len(run)) - 1
    weight = (last - first + 1).astype(np.float64)
    value = series.value[first]
    total, before = weight.copy(), np.full(len(first), -1)
    for k in range(1, len(first)):
        low = max(0, k - LOOK_BACK)
        steps = cost(series.time_s[last[low:k]], value[low:k], float(series.time_s[first[k]]), float(value[k]))
        gain = total[low:k] - steps
        best = int(np.argmax(gain))
        if gain[best] > 0:
            total[k] += gain[best]
            before[k] = low + best
    kept = np.zeros(len(first), bool)
    k = int(np.argmax(total))
    while k >= 0:
        kept[k] = True
        k = int(before[k])
    return np.asarray(kept[run])


def clock_cost(times_s: Floats, values: Floats, time_s: float, value: float) -> Floats:
    """Price the steps of a game clock.

    Example:
        >>> clock_cost(np.array([0.0, 0.0, 0.0]), np.array([300.0, 310.0, 2.0]), 5.0, 296.0).tolist()
        [0.0, inf, 4.0]
    """
    lost, elapsed = values - value, time_s - times_s
    cost = np.where((lost >= 0) & (lost <= elapsed + _ROUNDED_S), 0.0, np.inf)
    cost = np.where((lost < 0) & (lost >= -_CORRECTED_S), _CORRECTION_COST, cost)
    return np.where((lost < -_CORRECTED_S) & (value >= _FULL_PERIOD_S), _NEW_PERIOD_COST, cost)


def shot_clock_cost(times_s: Floats, values: Floats, time_s: float, value: float) -> Floats:
    """Price the steps of a shot clock, which goes down, stands, or is set to more."""
    lost, elapsed = values - value, time_s - times_s
    cost = np.where((lost >= 0) & (lost <= elapsed + _ROUNDED_S), 0.0, np.inf)
    return np.where(lost < 0, 1.0, cost)


def score_cost(times_s: Floats, values: Floats, time_s: float, value: float) -> Floats:
    """Price the steps of a score.

    Example:
        >>> score_cost(np.array([0.0, 0.0, 0.0]), np.array([10.0, 12.0, 13.0]), 2.0, 12.0).tolist()
        [0.0, 0.0, 6.0]
    """
    gained, elapsed = value - values, time_s - times_s
    cost = np.where((gained >= 0) & (gained <= _POINTS_AT_ONCE + _POINTS_PER_S * elapsed), 0.0, np.inf)
    return np.where((gained < 0) & (gained >= -_POINTS_AT_ONCE + 1), _SCORE_CORRECTION_COST, cost)


def period_cost(times_s: Floats, values: Floats, time_s: float, value: float) -> Floats:
    """Price the steps of a period: one after another."""
    del times_s, time_s
    gained = value - values
    return np.where(gained == 0, 0.0, np.where((gained > 0) & (gained <= 2), 1.0, np.inf))
