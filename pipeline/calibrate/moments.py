"""Which frames of a moving camera a person is asked for: those in which the court is not found by itself."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.court.finder import BUILTIN_WEIGHTS, CourtFinder
from pipeline.choices import CourtName
from pipeline.config import CourtSettings, ShotSettings
from pipeline.evaluation.found import FACTS
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import picture_grid, project_all
from pipeline.perceive.court_points import table_of
from pipeline.perceive.motion import compare, view
from pipeline.store import RunDirectory
from pipeline.tables import DETECTIONS, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, conform
from pipeline.understand.court import find_calibration, keyframes
from pipeline.video import Frame, VideoInfo, glances

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GLANCES = 16
"""Frames of the video that are searched when there is no run."""
MOST_ASKED = 8
"""Frames that a person is asked for."""
LONG_GAP_S = 1.0
"""A stretch without a court that is worth a question."""
_STILL_PX = 3.0
"""By which a standing camera's picture seems to move, at most, at 1280 px width."""
_LEAST_COURT = 0.15
"""Share of the picture that shows the court where a question makes sense."""


@dataclass(frozen=True, eq=False)
class Moments:
    """What is known of a video before anybody clicks."""

    found: Calibration | None
    """Where the court was found by itself."""
    stands: bool
    """The camera seems to stand still: one frame is enough."""
    asked_s: tuple[float, ...] = ()
    """Times, rising, at which the court of a moving camera was not found."""


def of_run(folder: Path, size_px: tuple[int, int]) -> Moments:
    """Take what `courtside analyze` found: its court, and the middles of the longest stretches without one.

    Args:
        folder: its output directory.
        size_px: width, height of the video.

    Raises:
        TableError: a table of the run is missing or damaged.
    """
    run = RunDirectory(folder)
    frames, court = run.read_table("frames"), run.read_table("court")
    time_s = frames["time_s"].to_numpy(np.float64)
    registered = frames["frame"].isin(court["frame"]).to_numpy()
    searched = frames["frame"].isin(run.read_table("court_points")["frame"]).to_numpy()
    found = _found_in_run(frames, court, run.read_json(FACTS), size_px)
    if found is not None and found.fixed:
        return Moments(found, stands=True)
    return Moments(found, False, _gaps(time_s, frames["shot"].to_numpy(), registered, searched))


def search_video(info: VideoInfo, court: CourtName | None) -> Moments:
    """Search for the court in a few frames of a video."""
    wanted_s = np.linspace(0, info.duration_s, GLANCES + 1)[:-1] + info.duration_s / (2 * GLANCES)
    pictures = list(glances(info, wanted_s.tolist()))
    if not pictures:
        return Moments(None, True)
    finder = CourtFinder(BUILTIN_WEIGHTS)
    seen = [finder.sight(picture.image) for picture in pictures]
    stands = _stands(pictures)
    frames = _frames(pictures, stands)
    numbers = frames["frame"].to_numpy(np.int64)
    points = table_of(list(zip(numbers.tolist(), seen, strict=True)))
    size_px = info.width_px, info.height_px
    found = find_calibration(frames, points, DETECTIONS.empty(), size_px, CourtSettings(court=court)).calibration
    if stands:
        return Moments(found, True)
    fitted_s = set() if found is None else {each.time_s for each in found.frames}
    rich = {key.row for key in keyframes(frames, points)}
    asked = [
        picture.time_s
        for row, (picture, sighting) in enumerate(zip(pictures, seen, strict=True))
        if row in rich and sighting.court_share > _LEAST_COURT and picture.time_s not in fitted_s
    ]
    return Moments(found, False, tuple(asked[:MOST_ASKED]))


def _found_in_run(
    frames: pd.DataFrame, court: pd.DataFrame, facts: Mapping[str, Any], size_px: tuple[int, int]
) -> Calibration | None:
    """Take the frames in which a run measured the court, one of them if the camera never moves."""
    measured = court[court["source"] == "measured"].merge(frames[["frame", "time_s"]], on="frame")
    if measured.empty:
        return None
    measured = measured.iloc[:1] if facts["fixed"] else measured
    matrices = measured[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    times, errors = measured["time_s"].to_list(), measured["error_px"].to_list()
    views = (
        CalibratedFrame(matrix, time_s=time_s, error_px=error)
        for matrix, time_s, error in zip(matrices, times, errors, strict=True)
    )
    lens = facts["lens"]
    return Calibration(
        facts["court"],
        size_px,
        Lens((lens["center_px"][0], lens["center_px"][1]), lens["scale_px"], lens["lam"]),
        tuple(views),
        facts["fixed"] or None,
        facts.get("court_size_m") and tuple(facts["court_size_m"]),
    )


def _gaps(time_s: Floats, shot: NDArray[np.int64], registered: Bools, searched: Bools) -> tuple[float, ...]:
    """Choose a frame in each of the longest stretches without a court: one in which the court was searched for.

    Example:
        >>> no, yes = np.zeros(50, bool), np.ones(50, bool)
        >>> _gaps(np.arange(50) / 10, np.zeros(50, np.int64), np.r_[yes[:20], no[:15], yes[:15]], yes)
        (2.7,)
    """
    starts = np.flatnonzero(np.diff(registered.astype(np.int8), prepend=2) | (np.diff(shot, prepend=-1) != 0))
    gaps = []
    for start, stop in zip(starts, [*starts[1:], len(registered)], strict=True):
        inside = start + np.flatnonzero(searched[start:stop])
        length_s = float(time_s[stop - 1] - time_s[start])
        if not registered[start] and len(inside) and length_s >= LONG_GAP_S:
            middle = inside[np.abs(time_s[inside] - (time_s[start] + time_s[stop - 1]) / 2).argmin()]
            gaps.append((-length_s, float(time_s[middle])))
    return tuple(sorted(time for _, time in sorted(gaps)[:MOST_ASKED]))


def _stands(pictures: list[Frame]) -> bool:
    """Say whether all pictures are seen from a camera that stands still."""
    settings = ShotSettings()
    views = [view(picture.image, settings) for picture in pictures]
    size_px = pictures[0].image.shape[1], pictures[0].image.shape[0]
    grid = picture_grid(size_px, 3, 3)
    nobody = np.zeros((0, 4), np.float32)
    for earlier, later in itertools.pairwise(views):
        moved = compare(earlier, later, nobody, settings).matrix
        if moved is None or np.abs(project_all(moved[None], grid)[0] - grid).max() > _STILL_PX * size_px[0] / 1280:
            return False
    return True


def _frames(pictures: list[Frame], stands: bool) -> pd.DataFrame:
    """Make table `frames` of single pictures: of one shot without motion, or each of its own shot."""
    count = len(pictures)
    motion = np.tile(np.eye(3).ravel() if stands else np.full(9, np.nan), (count, 1))  # (n, 9)
    base = {
        "frame": np.arange(count),
        "time_s": [picture.time_s for picture in pictures],
        "shot": np.zeros(count, np.int64) if stands else np.arange(count),
    }
    return conform("frames", pd.DataFrame(base | dict(zip(MOTION_COLUMNS, motion.T, strict=True))))
