"""Beginnings and ends of tracklets: position, velocity, and appearance around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.vectors import unit_or_nan
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
"""From fewer boxes no velocity is measured; at a low rate it is measured over as many."""
_BLOCK = 512
"""Ends that are described at once."""
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
class Spans:
    """n stretches of tracklets, of one box at least."""

    row: Ints
    """(k,) rows of detections, in order of time within a stretch."""
    begin: Ints
    """(n,) stretch i is `row[begin[i] : end[i]]`; stretches may overlap."""
    end: Ints
    """(n,)"""

    def __len__(self) -> int:
        """Count the stretches."""
        return len(self.begin)

    def blocks(self, size: int) -> Iterator[Spans]:
        """Take so many stretches at a time."""
        for k in range(0, len(self), size):
            yield Spans(self.row, self.begin[k : k + size], self.end[k : k + size])


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
    back: Floats
    """(t, 3, 3) the inverse."""
    step_s: float
    """Usual time between frames, s."""

    @classmethod
    def of(cls, game: TrackedGame, moving: bool) -> CameraBoxes:
        """Take the boxes of a game; unless `moving`, the camera is taken to stand."""
        quality = np.nan_to_num(game.detections["quality"].to_numpy(np.float64), nan=0.3)
        still = np.broadcast_to(np.eye(3), game.camera.shape)
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
            game.camera if moving else still,
            game.camera_back if moving else still,
            game.step_s,
        )

    def ends(self, spans: Spans) -> TrackletEnds:
        """Describe the ends of n stretches."""
        return _joined([self._described(block, last=True) for block in spans.blocks(_BLOCK)])

    def beginnings(self, spans: Spans) -> TrackletEnds:
        """Describe the beginnings of n stretches."""
        return _joined([self._described(block, last=False) for block in spans.blocks(_BLOCK)])

    def carried(self, ends: TrackletEnds, at: Ints) -> tuple[Floats, Floats]:
        """Give position and velocity (n, 2) of ends in the pictures of the frames `at` (n,)."""
        position = self._carry(ends.position_px, ends.at, at)
        return position, self._carry(ends.position_px + ends.velocity_px, ends.at, at) - position

    def _carry(self, points: Floats, source: Ints, target: Ints) -> Floats:
        """Carry points (..., 2) from the frames `source` (...) to the frames `target` (...)."""
        ahead = (self.camera[target] @ self.back[source] @ np.insert(points, 2, 1.0, axis=-1)[..., None])[..., 0]
        return np.asarray(ahead[..., :2] / ahead[..., 2:])

    def _described(self, spans: Spans, last: bool) -> TrackletEnds:
        """Describe stretches about their last box, or their first."""
        box = spans.row[spans.end - 1 if last else spans.begin]
        velocity_s = max(_VELOCITY_S, (_MIN_BOXES - 0.5) * self.step_s)
        position, velocity, height = self._motion(box, *self._near(spans, last, velocity_s))
        row, near = self._near(spans, last, _APPEARANCE_S)
        embedding = self._pooled(row, near & self.is_embedded[row], self._unit)
        embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-9)
        coloured = near & self.is_coloured[row]
        total = self._pooled(row, coloured, lambda rows: np.column_stack([self.jersey[rows], np.ones(len(rows))]))
        return TrackletEnds(
            self.at[box], self.time_s[box], position, velocity, height, embedding, total[:, :3] / total[:, 3:]
        )

    def _near(self, spans: Spans, last: bool, limit_s: float) -> tuple[Ints, NDArray[np.bool_]]:
        """Find the boxes of n stretches within `limit_s` of the last or first one: rows (n, w) in order of time, and which count."""
        length = spans.end - spans.begin
        width = 8
        while True:
            offset = np.arange(min(width, int(length.max())))
            place = np.minimum(offset, length[:, None] - 1)  # (n, w) inwards
            row = spans.row[spans.end[:, None] - 1 - place if last else spans.begin[:, None] + place]
            near = np.abs(self.time_s[row] - self.time_s[row[:, :1]]) <= limit_s
            near &= offset < length[:, None]
            if len(offset) < width or not near[:, -1].any():
                return (row[:, ::-1], near[:, ::-1]) if last else (row, near)
            width *= 2

    def _motion(self, box: Ints, row: Ints, near: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """Fit a constant velocity: position, velocity (n, 2), and median height (n,).

        Args:
            box: (n,) row of the last or first box.
            row: (n, w) boxes about it, in order of time.
            near: (n, w) which of them count.
        """
        corner, count = self.corners[row], near.sum(axis=1)  # (n, w, 4), (n,)
        tall = np.sort(np.where(near, corner[..., 3] - corner[..., 1], np.inf), axis=1)
        n = np.arange(len(box))
        height = (tall[n, (count - 1) // 2] + tall[n, count // 2]) / 2
        top = np.stack([(corner[..., 0] + corner[..., 2]) / 2, corner[..., 1]], axis=-1)  # (n, w, 2)
        top = self._carry(top, self.at[row], np.broadcast_to(self.at[box][:, None], row.shape))
        top = np.where(near[..., None], top, 0.0)
        since_s = np.where(near, self.time_s[row] - self.time_s[box][:, None], 0.0)
        mean_s, mean = since_s.sum(axis=1) / count, top.sum(axis=1) / count[:, None]
        centred = np.where(near, since_s - mean_s[:, None], 0.0)
        velocity = (centred[..., None] * (top - mean[:, None])).sum(axis=1)
        velocity /= ((centred**2).sum(axis=1) + _PRIOR_S2)[:, None]
        few = (count < _MIN_BOXES)[:, None]
        alone = np.stack([(self.corners[box, 0] + self.corners[box, 2]) / 2, self.corners[box, 1]], axis=1)
        return (
            np.where(few, alone, mean - velocity * mean_s[:, None]),
            np.where(few, 0.0, velocity),
            height,
        )

    def _unit(self, rows: Ints) -> Floats:
        """Read embeddings (k, dim) of unit length."""
        return unit_or_nan(np.asarray(self.embeddings[rows], dtype=np.float32)).astype(np.float64)

    def _pooled(self, row: Ints, chosen: NDArray[np.bool_], values_of: Callable[[Ints], Floats]) -> Floats:
        """Add up what boxes have, by the quality of their crops, of so many as are pooled, evenly spread; NaN for none.

        Args:
            row: (n, w) boxes.
            chosen: (n, w) which of them have it.
            values_of: gives (k, c) of rows (k,).

        Returns:
            (n, c)
        """
        step = np.maximum(-(-chosen.sum(axis=1) // _MAX_CROPS), 1)
        chosen = chosen & ((np.cumsum(chosen, axis=1) - 1) % step[:, None] == 0)
        values = values_of(row[chosen])
        usable = np.isfinite(values[:, 0])
        owner, values = np.nonzero(chosen)[0][usable], values[usable] * self.weight[row[chosen][usable], None]
        total = np.full((len(row), values.shape[1]), np.nan)
        owners, start = np.unique(owner, return_index=True)
        if len(owners):
            total[owners] = np.add.reduceat(values, start, axis=0)
        return total


def _joined(blocks: list[TrackletEnds]) -> TrackletEnds:
    """Lay descriptions one after the other."""
    return TrackletEnds(
        *(np.concatenate([getattr(block, field.name) for block in blocks]) for field in fields(TrackletEnds))
    )
