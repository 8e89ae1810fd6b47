"""What a detector would report of the known ball and baskets: misses, jitter, false candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.geometry.court import Court
from pipeline.rendering.camera.coverage import Take
from pipeline.rendering.scene.equipment import BALL_RADIUS_M, rim_points
from pipeline.rendering.truth.silhouettes import Silhouettes

Array = NDArray[np.float64]

_MISS_S = 0.2
"""Mean length of a miss of the ball."""
_HIDDEN_MISS = 0.9
_BLURRED_MISS = 0.15
"""Added to the share that is missed, for each own width by which the ball moves within a frame; at most twice."""
_BODY_INSIDE = 0.25
"""Share of a person's box, on either side, through which the ball behind it is seen."""
_RIM_MISS = 0.1
_STANDING_S = 3.0
"""Mean length of a false candidate that stands."""
_MOMENTARY = 0.7
"""Share of the false candidates that are there for one frame only."""


class BallNoise(BaseModel):
    """How well ball and rims are found."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    ball_found: float = Field(
        0.7,
        ge=0,
        lt=1,
        description="share of frames in which the ball in plain view is found; 0: neither ball nor rims are; NBA broadcast: 0.25",
    )
    ball_jitter: float = Field(0.12, ge=0, le=10, description="standard deviation of its middle, in its widths")
    ball_false: float = Field(0.08, ge=0, le=100, description="mean number of false candidates of the ball per frame")


@dataclass(frozen=True)
class ThingBoxes:
    """Boxes of balls and rims, by frame."""

    frame: NDArray[np.int64]
    """(k,) rising, from 0 in each call."""
    box: Array
    """(k, 4) px."""
    score: Array
    """(k,)"""
    name: NDArray[np.str_]
    """(k,) ball or rim."""


@dataclass(frozen=True)
class _Standing:
    """A false candidate that stays in its place."""

    place_m: Array
    """(3,)"""
    until_s: float


class BallReporter:
    """Finds the ball; keeps the memory of what is missed, and of what is taken for a ball."""

    def __init__(self, court: Court, noise: BallNoise, fps: float, rng: np.random.Generator) -> None:
        """Start with the ball not missed.

        Args:
            court: where the baskets are.
            noise: how well ball and rims are found.
            fps: frames per second.
            rng: everything random.
        """
        self.court, self.noise, self.fps, self.rng = court, noise, fps, rng
        self.missed = False
        self.standing: list[_Standing] = []
        self.leave = 1 - np.exp(-1 / (fps * _MISS_S))

    def report(self, takes: Sequence[Take], crowd: Silhouettes) -> ThingBoxes:
        """Report the boxes of the next frames, of which `crowd` says who is where."""
        rows: list[tuple[int, Array, float, str]] = []
        for k, take in enumerate(takes):
            if take.kind == "closeup" or not self.noise.ball_found:
                continue
            rows += [(k, box, score, "ball") for box, score in self._ball(take, crowd, k)]
            rows += [(k, box, score, "ball") for box, score in self._false(take, crowd, k)]
            rows += [(k, box, score, "rim") for box, score in self._rims(take)]
        frame, box, score, name = zip(*rows, strict=True) if rows else ((), np.zeros((0, 4)), (), ())
        return ThingBoxes(
            np.array(frame, dtype=np.int64), np.array(box).reshape(-1, 4), np.array(score, float), np.array(name, str)
        )

    def _ball(self, take: Take, crowd: Silhouettes, k: int) -> list[tuple[Array, float]]:
        """Look for the ball itself."""
        middle, width_px = _seen(take, take.moment.ball)
        if middle is None:
            return []
        missed = 1 - self.noise.ball_found
        if take.before is not None:
            before = _seen(take, take.moment.ball, by_before=True)[0]
            moved = 0.0 if before is None else float(np.linalg.norm(middle - before)) / width_px
            missed += _BLURRED_MISS * min(2.0, moved)
        if _is_covered(middle, take, crowd, k):
            missed = max(missed, _HIDDEN_MISS)
        missed = min(missed, 0.97)
        draw = float(self.rng.random())
        self.missed = draw > self.leave * (1 - missed) if self.missed else draw < self.leave * missed
        if self.missed:
            return []
        score = float(np.clip(0.3 + 0.4 * self.rng.beta(2, 2), 0.05, 0.95))
        return [(self._box(middle, width_px), score)]

    def _false(self, take: Take, crowd: Silhouettes, k: int) -> list[tuple[Array, float]]:
        """Take other things for a ball: heads and shoes for a moment, something beside the court for seconds."""
        rng, found = self.rng, []
        people = np.flatnonzero(crowd.shown[k])
        for _ in range(int(rng.poisson(_MOMENTARY * self.noise.ball_false)) if len(people) else 0):
            x1, y1, x2, y2 = crowd.inside[k, rng.choice(people)]
            middle = np.array([rng.uniform(x1, x2), rng.choice([y1 + 0.05 * (y2 - y1), y2 - 0.05 * (y2 - y1)])])
            found.append((self._box(middle, 0.13 * (y2 - y1)), float(rng.uniform(0.25, 0.45))))
        self.standing = [thing for thing in self.standing if thing.until_s > take.time_s]
        if rng.random() < (1 - _MOMENTARY) * self.noise.ball_false / (self.fps * _STANDING_S):
            side_y = float(rng.choice([-1.5, self.court.width_m + 1.5]))
            place = np.array([rng.uniform(0, self.court.length_m), side_y, rng.uniform(0.2, 1.5)])
            self.standing.append(_Standing(place, take.time_s + float(rng.exponential(_STANDING_S))))
        for thing in self.standing:
            place_px, width_px = _seen(take, thing.place_m)
            if place_px is not None:
                found.append((self._box(place_px, width_px), float(rng.uniform(0.25, 0.5))))
        return found

    def _rims(self, take: Take) -> list[tuple[Array, float]]:
        """Find the rims that are in the picture."""
        found = []
        for left in (True, False):
            px, depth = take.view.project(rim_points(self.court, left))
            box = np.concatenate([px.min(axis=0), px.max(axis=0)])
            inside = bool((depth > 1).all() and (box[:2] > 0).all() and (box[2:] < np.array(take.view.size)).all())
            if inside and self.rng.random() >= _RIM_MISS:
                shift = self.rng.normal(0, 0.05, 4) * (box[2] - box[0])
                found.append((box + shift, float(self.rng.uniform(0.4, 0.9))))
        return found

    def _box(self, middle: Array, width_px: float) -> Array:
        """Box a ball, somewhat beside it and of somewhat another size."""
        beside = middle + self.rng.normal(0, self.noise.ball_jitter, 2) * width_px
        half = width_px / 2 * np.exp(self.rng.normal(0, 0.12))
        return np.concatenate([beside - half, beside + half])


def _seen(take: Take, place_m: Array, by_before: bool = False) -> tuple[Array | None, float]:
    """Return the px (2,) of a ball and its width; None outside the picture."""
    view = take.before if by_before and take.before is not None else take.view
    px, depth = view.project(place_m)
    if not (depth > 0.5 and np.isfinite(px).all() and (px > 0).all() and (px < np.array(view.size)).all()):
        return None, 0.0
    return px, 2 * BALL_RADIUS_M * view.focal_px / float(depth)


def _is_covered(middle: Array, take: Take, crowd: Silhouettes, k: int) -> bool:
    """Say whether somebody who is nearer to the camera stands before the ball."""
    box, wide = crowd.box[k], crowd.box[k, :, 2] - crowd.box[k, :, 0]
    across = (middle[0] > box[:, 0] + _BODY_INSIDE * wide) & (middle[0] < box[:, 2] - _BODY_INSIDE * wide)
    within = crowd.shown[k] & across & (middle[1] > box[:, 1]) & (middle[1] < box[:, 3])
    if not within.any():
        return False
    stand_m = np.column_stack([crowd.position[k, within], np.full(int(within.sum()), take.moment.ball[2])])
    return bool((take.view.camera_points(stand_m)[:, 2] < take.view.camera_points(take.moment.ball)[2]).any())
