"""Beginnings and ends of tracklets: position, velocity, and appearance around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.vectors import unit_or_nan
from pipeline.geometry.motion import is_motion, since_cut
from pipeline.understand.game import TrackedGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_APPEARANCE_S, _VELOCITY_S = 3.0, 0.3
"""How far from an end embeddings are pooled, and position and velocity are measured, s."""
_MAX_CROPS = 30
"""Crops that are pooled at an end."""
_SHARPNESS = 4
"""Power of the quality that a crop is weighed by: beside a clear one, one with somebody in front does not count."""
_MIN_BOXES = 4
"""From fewer boxes no velocity is measured."""
_PRIOR_S2 = 0.02
"""Sum of squared times, s^2, that weighs as much for the velocity as the prior assumption that somebody stands."""


@dataclass(frozen=True)
class TrackletEnds:
    """n ends, or n beginnings."""

    at: Ints
    """(n,) number of the frame among those analysed."""
    time_s: Floats
    """(n,)"""
    position_px: Floats
    """(n, 2) middle of the upper edge of the box: heads are hidden least."""
    velocity_px: Floats
    """(n, 2) px per second, the camera's motion left out."""
    height_px: Floats
    """(n,)"""
    embedding: Floats
    """(n, dim) pooled, unit length; NaN where unknown."""
    jersey: Floats
    """(n, 3) pooled CIE L* a* b*; NaN where unknown."""

    def take(self, rows: Ints) -> TrackletEnds:
        """Choose some, in the order named."""
        return TrackletEnds(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class CameraBoxes:
    """All m boxes of `detections`, and how the camera moved over the t analysed frames."""

    at: Ints
    """(m,) number of the frame among those analysed."""
    time_s: Floats
    """(m,)"""
    shot: Ints
    """(t,)"""
    corners: Floats
    """(m, 4) x1 y1 x2 y2, px."""
    weight: Floats
    """(m,) of the crop."""
    jersey: Floats
    """(m, 3) CIE L* a* b*; NaN where unknown."""
    is_coloured: NDArray[np.bool_]
    """(m,)"""
    embeddings: NDArray[np.floating]
    """(m, dim); NaN where unknown."""
    is_embedded: NDArray[np.bool_]
    """(m,)"""
    camera: Floats
    """(t, 3, 3) px of the first frame of the shot to px of each."""

    @classmethod
    def of(cls, game: TrackedGame, moving: bool) -> CameraBoxes:
        """Take the boxes of a game; unless `moving`, the camera is taken to stand."""
        quality = np.nan_to_num(game.detections["quality"].to_numpy(np.float64), nan=0.3)
        return cls(
            game.box_frame_row,
            game.box_time_s,
            game.shot,
            game.xyxy_px,
            np.maximum(quality**_SHARPNESS, 1e-3),
            game.jersey_lab,
            game.is_coloured,
            game.embeddings,
            game.is_embedded,
            since_cut(game.motion, is_motion(game.motion) & moving, game.shot),
        )

    def ends(self, tracklets: Sequence[Ints]) -> TrackletEnds:
        """Describe the ends of tracklets, rows (k,) of boxes in order of time each."""
        return self._at_box(tracklets, -1)

    def beginnings(self, tracklets: Sequence[Ints]) -> TrackletEnds:
        """Describe the beginnings of tracklets."""
        return self._at_box(tracklets, 0)

    def carried(self, ends: TrackletEnds, at: Ints) -> tuple[Floats, Floats]:
        """Give position and velocity (n, 2) of ends in the pictures of the frames `at` (n,)."""
        position = self._carry(ends.position_px, ends.at, at)
        return position, self._carry(ends.position_px + ends.velocity_px, ends.at, at) - position

    def _carry(self, points: Floats, source: Ints, target: Ints) -> Floats:
        """Carry points (n, 2) from the frames `source` (n,) to the frames `target` (n,)."""
        motion = self.camera[target] @ np.linalg.inv(self.camera[source])  # (n, 3, 3)
        ahead = np.einsum("nij,nj->ni", motion, np.column_stack([points, np.ones(len(points))]))
        return np.asarray(ahead[:, :2] / ahead[:, 2:])

    def _at_box(self, tracklets: Sequence[Ints], which: int) -> TrackletEnds:
        """Describe tracklets about their first (0) or last (-1) box."""
        motion = [self._motion(rows, which) for rows in tracklets]
        appearance = [self._appearance(rows, which) for rows in tracklets]
        box = np.array([rows[which] for rows in tracklets], dtype=np.int64)
        return TrackletEnds(
            self.at[box],
            self.time_s[box],
            np.array([position for position, _, _ in motion]).reshape(-1, 2),
            np.array([velocity for _, velocity, _ in motion]).reshape(-1, 2),
            np.array([height for _, _, height in motion]),
            np.array([embedding for embedding, _ in appearance]).reshape(-1, self.embeddings.shape[1]),  # (n, dim)
            np.array([jersey for _, jersey in appearance]).reshape(-1, 3),
        )

    def _motion(self, rows: Ints, which: int) -> tuple[Floats, Floats, float]:
        """Fit a constant velocity to the boxes near the first or last one: position, velocity (2,), and median height."""
        box = rows[which]
        rows = rows[np.abs(self.time_s[rows] - self.time_s[box]) <= _VELOCITY_S]
        corner = self.corners[rows]
        top = np.column_stack([(corner[:, 0] + corner[:, 2]) / 2, corner[:, 1]])
        height = float(np.median(corner[:, 3] - corner[:, 1]))
        top = self._carry(top, self.at[rows], np.full(len(rows), self.at[box]))
        if len(rows) < _MIN_BOXES:
            return top[which], np.zeros(2), height
        since_s = self.time_s[rows] - self.time_s[box]
        centred = since_s - since_s.mean()
        velocity = centred @ (top - top.mean(axis=0)) / (centred @ centred + _PRIOR_S2)
        return top.mean(axis=0) - velocity * since_s.mean(), velocity, height

    def _appearance(self, rows: Ints, which: int) -> tuple[Floats, Floats]:
        """Pool embedding (dim,) and jersey (3,) of the boxes around the first or last one, by the quality of the crops."""
        rows = rows[np.abs(self.time_s[rows] - self.time_s[rows[which]]) <= _APPEARANCE_S]
        embedded, coloured = (_spread(rows[chosen[rows]]) for chosen in (self.is_embedded, self.is_coloured))
        vectors = unit_or_nan(np.asarray(self.embeddings[embedded], dtype=np.float32)).astype(np.float64)
        embedding = self.weight[embedded] @ vectors
        jersey = self.weight[coloured] @ self.jersey[coloured]
        length, total = np.linalg.norm(embedding), self.weight[coloured].sum()
        return (
            embedding / max(float(length), 1e-9) if len(embedded) else np.full(len(embedding), np.nan),
            jersey / total if len(coloured) else np.full(3, np.nan),
        )


def _spread(rows: Ints) -> Ints:
    """Choose so many boxes as are pooled, evenly spread."""
    return rows[:: max(1, -(-len(rows) // _MAX_CROPS))]
