"""How well the picture is mapped to the court."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.boxes import Floats, Ints
from pipeline.evaluation.truth.court import CourtMap

GRID_M = 1.0
MOST_FRAMES = 600
"""Frames that are measured at most, evenly spread; more change nothing but the time it takes."""


@dataclass(frozen=True)
class CourtScores:
    """Errors of the found court over a grid of court points, one metre apart, that are in the picture.

    All points of all measured frames count alike; NaN where no frame was registered.
    """

    frames_known: int
    """Analysed frames whose true homography is known, of which at most 600, evenly spread, are measured."""
    frames_registered: int
    error_px_mean: float
    """Distance in the picture between where a court point is and where the found court puts it."""
    error_px_p95: float
    error_m_mean: float
    """Distance on the court between a point and where its true place in the picture is mapped to."""
    error_m_p95: float

    @property
    def registered_share(self) -> float:
        """Share of frames with a court; NaN without any to register."""
        return self.frames_registered / self.frames_known if self.frames_known else float("nan")


def score_registration(truth: CourtMap, found: CourtMap, frames: Ints) -> CourtScores:
    """Compare a found map with the true one.

    Args:
        truth: the true homographies.
        found: the run's, in the same form.
        frames: (t,) analysed frames.
    """
    measured = np.array([f for f in np.unique(frames) if truth.matrix(int(f)) is not None], dtype=np.int64)
    if len(measured) > MOST_FRAMES:
        measured = measured[np.linspace(0, len(measured) - 1, MOST_FRAMES).round().astype(np.int64)]
    registered = [int(f) for f in measured if found.matrix(int(f)) is not None]
    grid = _grid(truth)
    px, metres = [np.zeros(0)], [np.zeros(0)]
    for frame in registered:
        error_px, error_m = _frame_errors(truth, found, frame, grid)
        px.append(error_px)
        metres.append(error_m)
    all_px, all_m = np.concatenate(px), np.concatenate(metres)
    return CourtScores(
        len(measured), len(registered), _mean(all_px), _p95(all_px), _mean(all_m), _p95(all_m)
    )  # fmt: skip


def _frame_errors(truth: CourtMap, found: CourtMap, frame: int, grid_m: Floats) -> tuple[Floats, Floats]:
    """Errors in px and metres of the grid points (n, 2) that are in the picture; beyond the horizon is infinitely far."""
    true_px = truth.picture(frame, grid_m)
    visible = np.isfinite(true_px[:, 0])
    error_m = np.linalg.norm(found.locate(frame, true_px[visible]) - grid_m[visible], axis=1)
    found_px = found.anywhere(frame, grid_m[visible])
    error_px = np.linalg.norm(found_px - true_px[visible], axis=1)
    return np.nan_to_num(error_px, nan=np.inf), np.nan_to_num(error_m, nan=np.inf)


def _grid(truth: CourtMap) -> Floats:
    """Points (n, 2) one metre apart over the court, in metres."""
    x = np.arange(0.0, truth.court.length_m + 1e-9, GRID_M)
    y = np.arange(0.0, truth.court.width_m + 1e-9, GRID_M)
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _p95(values: Floats) -> float:
    return float(np.percentile(values, 95, method="higher")) if len(values) else float("nan")
