"""How long each analysed frame stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LONGEST_STEPS = 3.0
"""A frame stands for at most this many usual steps: what is missing after it was not seen."""


def frame_durations(frames: pd.DataFrame) -> NDArray[np.float64]:
    """Return the seconds (n,) that each frame stands for: until the next one, by their timestamps.

    The last frame, and one before a longer hole, stands for the usual step or up to three of them.

    Example:
        >>> frame_durations(pd.DataFrame({"time_s": [0.0, 0.04, 0.08, 5.0, 5.04]})).round(2).tolist()
        [0.04, 0.04, 0.12, 0.04, 0.04]
    """
    time_s = frames["time_s"].to_numpy(np.float64)
    if len(time_s) < 2:
        return np.zeros(len(time_s))
    steps = np.diff(time_s)
    usual = float(np.median(steps))
    return np.append(np.minimum(steps, LONGEST_STEPS * usual), usual)


def usual_step_s(frames: pd.DataFrame) -> float:
    """Return the usual time between analysed frames, s; 0 where there is but one."""
    return float(np.median(np.diff(frames["time_s"].to_numpy(np.float64)))) if len(frames) > 1 else 0.0
