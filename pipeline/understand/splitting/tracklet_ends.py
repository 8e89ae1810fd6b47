"""How tracklets begin and end: where, how fast, and what the person looks like around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.motion import is_motion, since_cut
from pipeline.tables import MOTION_COLUMNS
from pipeline.understand.features.embeddings import unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LOOK_S, _SPEED_S = 3.0, 0.3
"""How far from an end looks are pooled, and place and speed are measured."""
_MOST_CROPS = 30
_SHARPNESS = 4
"""Power of the quality that a crop is weighed by: beside a clear one, one with somebody in front does not count."""
_LEAST_BOXES = 4
"""From fewer boxes no speed is measured."""
_USUAL_S2 = 0.02
"""Sum of squared times, s^2, as weighty for the speed as the assumption that somebody stands."""


@dataclass(frozen=True)
class Ends:
    """n ends, or n beginnings."""

    at: Ints
    """(n,) number of the frame among those analysed."""
    time_s: Floats
    """(n,)"""
    place_px: Floats
    """(n, 2) middle of the upper edge of the box: heads are hidden least."""
    speed_px: Floats
    """(n, 2) px per second, the camera's motion left out."""
    height_px: Floats
    """(n,)"""
    look: Floats
    """(n, dim) pooled embedding of unit length; 0 where unknown."""
    kit: Floats
    """(n, 3) pooled CIE L* a* b*; NaN where unknown."""

    def take(self, rows: Ints) -> Ends:
        """Choose some, in the order named."""
        return Ends(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Boxes:
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
    kit: Floats
    """(m, 3)"""
    embeddings: NDArray[np.floating]
    """(m, dim)"""
    camera: Floats
    """(t, 3, 3) px of the first frame of the shot to px of each."""

    @classmethod
    def of(
        cls, frames: pd.DataFrame, detections: pd.DataFrame, embeddings: NDArray[np.floating], moving: bool
    ) -> Boxes:
        """Take the tables `frames` and `detections`; unless `moving`, the camera is taken to stand."""
        shot = frames["shot"].to_numpy(np.int64)
        motions = frames[list(MOTION_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
        at = np.searchsorted(frames["frame"].to_numpy(np.int64), detections["frame"].to_numpy(np.int64))
        quality = np.nan_to_num(detections["quality"].to_numpy(np.float64), nan=0.3)
        return cls(
            at,
            frames["time_s"].to_numpy(np.float64)[at],
            shot,
            detections[["x1", "y1", "x2", "y2"]].to_numpy(np.float64),
            np.maximum(quality**_SHARPNESS, 1e-3),
            detections[["jersey_l", "jersey_a", "jersey_b"]].to_numpy(np.float64),
            embeddings,
            since_cut(motions, is_motion(motions) & moving, shot),
        )

    def ends(self, parts: Sequence[Ints]) -> Ends:
        """Describe the ends of tracklets, rows (k,) of boxes in order of time each."""
        return self._at_box(parts, -1)

    def beginnings(self, parts: Sequence[Ints]) -> Ends:
        """Describe the beginnings of tracklets."""
        return self._at_box(parts, 0)

    def carried(self, ends: Ends, at: Ints) -> tuple[Floats, Floats]:
        """Give place and speed (n, 2) of ends in the pictures of the frames `at` (n,)."""
        place = self._carry(ends.place_px, ends.at, at)
        return place, self._carry(ends.place_px + ends.speed_px, ends.at, at) - place

    def _carry(self, points: Floats, one: Ints, other: Ints) -> Floats:
        """Carry points (n, 2) from the frames `one` (n,) to the frames `other` (n,)."""
        motion = self.camera[other] @ np.linalg.inv(self.camera[one])
        ahead = np.einsum("nij,nj->ni", motion, np.column_stack([points, np.ones(len(points))]))
        return np.asarray(ahead[:, :2] / ahead[:, 2:])

    def _at_box(self, parts: Sequence[Ints], which: int) -> Ends:
        """Describe tracklets about their first (0) or last (-1) box."""
        motion = [self._motion(rows, which) for rows in parts]
        looks = [self._looks(rows, which) for rows in parts]
        box = np.array([rows[which] for rows in parts], dtype=np.int64)
        return Ends(
            self.at[box],
            self.time_s[box],
            np.array([one[0] for one in motion]).reshape(-1, 2),
            np.array([one[1] for one in motion]).reshape(-1, 2),
            np.array([one[2] for one in motion]),
            np.array([one[0] for one in looks]).reshape(len(parts), -1),
            np.array([one[1] for one in looks]).reshape(-1, 3),
        )

    def _motion(self, rows: Ints, which: int) -> tuple[Floats, Floats, float]:
        """Fit a straight way to the boxes near the first or last one: place and speed (2,) there, and the usual height."""
        box = rows[which]
        rows = rows[np.abs(self.time_s[rows] - self.time_s[box]) <= _SPEED_S]
        corner = self.corners[rows]
        top = np.column_stack([(corner[:, 0] + corner[:, 2]) / 2, corner[:, 1]])
        height = float(np.median(corner[:, 3] - corner[:, 1]))
        top = self._carry(top, self.at[rows], np.full(len(rows), self.at[box]))
        if len(rows) < _LEAST_BOXES:
            return top[which], np.zeros(2), height
        since_s = self.time_s[rows] - self.time_s[box]
        centred = since_s - since_s.mean()
        speed = centred @ (top - top.mean(axis=0)) / (centred @ centred + _USUAL_S2)
        return top.mean(axis=0) - speed * since_s.mean(), speed, height

    def _looks(self, rows: Ints, which: int) -> tuple[Floats, Floats]:
        """Pool embedding (dim,) and kit (3,) of the boxes around the first or last one, by the quality of the crops."""
        rows = rows[np.abs(self.time_s[rows] - self.time_s[rows[which]]) <= _LOOK_S]
        rows = rows[:: -(-len(rows) // _MOST_CROPS)]
        vectors = unit(np.asarray(self.embeddings[rows], dtype=np.float32)).astype(np.float64)
        known, colored = np.isfinite(vectors[:, 0]), np.isfinite(self.kit[rows, 0])
        look = self.weight[rows[known]] @ vectors[known]
        kit = self.weight[rows[colored]] @ self.kit[rows[colored]]
        total = self.weight[rows[colored]].sum()
        return look / max(float(np.linalg.norm(look)), 1e-9), kit / total if total else np.full(3, np.nan)
