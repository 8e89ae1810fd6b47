"""Stretches of frames over which the camera's motion is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import Matrices, believable, undistorted_motion
from pipeline.tables import MOTION_COLUMNS


def known_motion(frames: pd.DataFrame, lens: Lens, image_size_px: tuple[int, int]) -> Matrices:
    """Read the camera's motion in undistorted px.

    Args:
        frames: table `frames`, n rows.
        lens: of the camera.
        image_size_px: width, height of the picture.

    Returns:
        Homographies (n, 3, 3) from the previous frame to each; NaN at the first frame of a shot, where unknown, or not believable.
    """
    motion = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    elapsed_s = np.diff(frames["time_s"].to_numpy(np.float64), prepend=np.nan)
    first = np.diff(frames["shot"].to_numpy(), prepend=-1) != 0
    usable = ~first & believable(motion, elapsed_s, image_size_px)
    motion = np.where(usable[:, None, None], motion, np.nan)
    return undistorted_motion(motion, lens, image_size_px)


def motion_runs(unknown: NDArray[np.bool_]) -> Iterator[slice]:
    """Split the frames (n,) where the motion from the previous one is unknown; yield the rows of each run."""
    starts = np.flatnonzero(unknown | (np.arange(len(unknown)) == 0))
    for start, stop in zip(starts, [*starts[1:], len(unknown)], strict=True):
        yield slice(int(start), int(stop))
