"""Time jumps: the camera goes on as if nothing had happened, and everybody is somewhere else.

Dead time that was cut out of a standing camera's film, a replay from the same camera, pictures that hung: the
background fits, so that no cut is seen in it. But from one frame to the next nobody gets far.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.perceive.motion import Motion
from pipeline.perceive.schedule import carried

_SAME_IOU = 0.3
"""Somebody whose box overlaps less with every box of the frame before was not there."""
_LEAST_SHARE, _FEWEST = 0.35, 3
"""So many of the people before must be gone and so many of those after be new, by share and by number."""
_TIMES_USUAL = 3.0
"""And so many times as large a share as in any frame about, where at a low rate runners get out of their boxes, too."""
_ABOUT_S = 1.0
_LONG_STEP = 2.5
"""Frames that are so many usual steps apart may well show people elsewhere."""


def time_jumps(
    people_px: Sequence[NDArray[np.floating]], moved: Sequence[Motion], time_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Find the frames before which time jumps.

    Args:
        people_px: of each of t successive frames, the boxes of people (n_i, 4).
        moved: the camera's motion into each of them.
        time_s: (t,) rising.

    Returns:
        (t,).
    """
    count = len(people_px)
    share, people = np.zeros(count), np.zeros(count)
    for frame in range(1, count):
        if not moved[frame].cut:
            share[frame], people[frame] = _replaced(people_px[frame - 1], people_px[frame], moved[frame].matrix)
    jumps = np.zeros(count, dtype=bool)
    if count < 2:
        return jumps
    step_s = np.diff(time_s, prepend=time_s[0])
    usual_s = float(np.median(step_s[1:]))
    for row in np.flatnonzero((share >= _LEAST_SHARE) & (people >= _FEWEST) & (step_s <= _LONG_STEP * usual_s)):
        about = np.abs(time_s - time_s[row]) <= max(_ABOUT_S, 2.5 * usual_s)
        about[row] = False
        jumps[row] = share[row] >= _TIMES_USUAL * share[about].max(initial=0.0)
    return jumps


def _replaced(
    earlier: NDArray[np.floating], later: NDArray[np.floating], matrix: NDArray[np.float64] | None
) -> tuple[float, int]:
    """Say how many of the people (n, 4) of a frame are replaced in the next: as a share, and as a number.

    Where the camera's motion is unknown, it is the shift that keeps most people.
    """
    if not len(earlier) or not len(later):
        return 0.0, 0
    if matrix is None:
        shifts = np.unique((later[None, :, 2:] - earlier[:, None, 2:]).reshape(-1, 2), axis=0)
        kept = [(iou(earlier + np.tile(shift, 2), later) >= _SAME_IOU).any(axis=0).sum() for shift in shifts]
        earlier = earlier + np.tile(shifts[int(np.argmax(kept))], 2)
    else:
        earlier = carried(earlier, Motion(matrix, cut=False))
    shared = iou(earlier, later)  # (n earlier, n later)
    gone = int((shared.max(axis=1) < _SAME_IOU).sum())
    new = int((shared.max(axis=0) < _SAME_IOU).sum())
    return min(gone / len(earlier), new / len(later)), min(gone, new)
