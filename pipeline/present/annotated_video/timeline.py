"""Between which two analysed frames a moment lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAME_TIME_S = 1e-4
"""Times that are closer are those of one frame."""
_LONGEST_STEPS = 1.5
"""Two analysed frames further apart, in usual steps, have a gap between them, of which nothing is known."""


class Timeline:
    """Times of analysed frames.

    Example:
        >>> line = Timeline(np.array([0.0, 0.1, 0.2, 0.8]))
        >>> line.locate(0.1), line.locate(0.15), line.locate(0.5), line.locate(-0.1)
        ((1, 0.0), (1, 0.5), (2, None), (-1, None))
    """

    def __init__(self, times_s: NDArray[np.float64]) -> None:
        """Keep the times, which rise."""
        self.times_s = times_s
        self._longest_s = _LONGEST_STEPS * float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0

    def locate(self, time_s: float) -> tuple[int, float | None]:
        """Find a moment.

        Returns:
            The place of the last analysed frame at or before it (-1 before the first), and the share of the way to the
            next one, rounded so that it is 0 at a frame; None where a gap follows, or nothing.
        """
        place = int(np.searchsorted(self.times_s, time_s + SAME_TIME_S, side="right")) - 1
        if place >= 0 and time_s - self.times_s[place] <= SAME_TIME_S:
            return place, 0.0
        if place < 0 or place + 1 == len(self.times_s):
            return place, None
        step_s = float(self.times_s[place + 1] - self.times_s[place])
        return place, round((time_s - float(self.times_s[place])) / step_s, 6) if step_s <= self._longest_s else None
