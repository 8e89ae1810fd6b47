"""What a game clock does between two periods, for whoever reads the table `clock`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NEW_PERIOD_S = 60.0
"""A clock that is set to more by as much begins a new period."""


class PeriodChange(NamedTuple):
    """Rows of a clock's readings around a change of period."""

    ends: int
    """The first that shows what the clock showed last in the period before."""
    last: int
    """The last before the clock is set."""
    begins: int
    """The first of the new period at which the clock runs."""


def is_running(clock: pd.DataFrame, frames: pd.DataFrame) -> NDArray[np.float64]:
    """Say of frames (t,) whether the game clock runs: 1, or 0; NaN where that is not known.

    Args:
        clock: table `clock`.
        frames: table `frames`, t rows.
    """
    running = clock.set_index("frame")["running"].reindex(frames["frame"])
    return running.to_numpy(np.float64, na_value=np.nan)


def period_changes(clock_s: NDArray[np.float64]) -> list[PeriodChange]:
    """Find where a clock is set to a new period, and where it begins to run after that.

    Args:
        clock_s: (n,) what it shows, in order of time.

    Example:
        >>> period_changes(np.array([3.0, 2.0, 0.0, 0.0, 600.0, 600.0, 599.0]))
        [PeriodChange(ends=2, last=3, begins=6)]
    """
    changes = []
    for last in np.flatnonzero(np.diff(clock_s) > NEW_PERIOD_S).tolist():
        running = np.flatnonzero(clock_s[last + 1 :] < clock_s[last + 1])
        higher = np.flatnonzero(clock_s[: last + 1] > clock_s[last])
        begins = last + 1 + (int(running[0]) if len(running) else 0)
        changes.append(PeriodChange(int(higher[-1]) + 1 if len(higher) else last, last, begins))
    return changes
