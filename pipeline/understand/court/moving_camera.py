"""A moving camera fitted keyframe by keyframe.

Cameras in halls stand on a tripod or in a hand, so where the first fits agree on a place, the others are held to it.
Neighbouring keyframes help each other by the camera's motion between them, and drop those that contradict them.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.alignment import align, align_all
from pipeline.geometry.camera_fitting.evidence import Aligned, CourtLines
from pipeline.geometry.camera_fitting.start import align_by_search, starts_from_places
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import Matrices, picture_grid, project_all
from pipeline.geometry.pinhole import nearest_pinhole
from pipeline.understand.court.consensus import common_place, support
from pipeline.understand.court.gate import LIMITS, Gate
from pipeline.understand.court.keyframe import Keyframe

Floats = NDArray[np.float64]

SHORT_REACHES_PX = (12.0, 8.0, 5.0, 3.5, 3.0)
"""Distances within which line points are drawn to a line, round by round, where a fit starts near the truth."""
NEIGHBOUR_S = 4.0
"""Keyframes so close check and help each other."""
SEARCHES = 16
"""Keyframes of a moving camera, at most, that are fitted from many guesses."""
ROUNDS = 4
"""In which fits help neighbouring keyframes that found none."""


class MovingCameraFitter:
    """Fits a camera to each keyframe in which it moves."""

    def __init__(self, time_s: Floats, motion: Matrices, size_px: tuple[int, int], gate: Gate) -> None:
        """Take what is known of the video.

        Args:
            time_s: (t,) of the frames.
            motion: (t, 3, 3) of the camera from the frame before, px; NaN where unknown.
            size_px: width, height.
            gate: decides which fits are believed.
        """
        self._time_s, self._motion = time_s, motion
        self._size, self._gate = size_px, gate

    def fit(self, keyframes: list[Keyframe], lines: CourtLines, lens: Lens) -> dict[int, Aligned]:
        """Fit keyframe by keyframe: alone, held to the common place, helped by neighbours, and some searched for longer.

        Args:
            keyframes: with what they show of the court.
            lines: of the court.
            lens: of the camera.

        Returns:
            The fits that are believed, by row of `frames`.
        """
        alone = self._alone(keyframes, lines, lens)
        common = common_place([fit for row, fit in alone.items() if self._gate.believes(fit, row)])
        held = self._held(keyframes, alone, lines, common)
        fits = {row: fit for row, fit in held.items() if self._gate.believes(fit, row)}
        fits = self._spread(keyframes, self._without_contradictions(fits), lines, lens, common)
        left = [key for key in keyframes if key.row not in fits]
        for key in left[:: max(1, len(left) // SEARCHES)]:
            found = align_by_search(key.evidence, lines, self._size, lens, key.row)
            if found is not None and self._gate.believes(found, key.row):
                fits[key.row] = found
        fits = self._spread(keyframes, self._without_contradictions(fits), lines, lens, common)
        return self._without_contradictions(fits)

    def _alone(self, keyframes: list[Keyframe], lines: CourtLines, lens: Lens) -> dict[int, Aligned]:
        """Fit each keyframe by itself where its places agree on a camera."""
        starts = starts_from_places(
            [key.evidence for key in keyframes], lines.court, lens, self._size, [key.row for key in keyframes]
        )
        begun = [(key, start) for key, start in zip(keyframes, starts, strict=True) if start is not None]
        found = align_all([key.evidence for key, _ in begun], lines, [start for _, start in begun], [lens] * len(begun))
        return {key.row: fit for (key, _), fit in zip(begun, found, strict=True)}

    def _held(
        self, keyframes: list[Keyframe], alone: dict[int, Aligned], lines: CourtLines, common: Aligned | None
    ) -> dict[int, Aligned]:
        """Fit keyframes once more, held to the common place, unless the lines are against it."""
        if common is None:
            return alone
        fitted = [key for key in keyframes if key.row in alone]
        before = [alone[key.row] for key in fitted]
        held = align_all(
            [key.evidence for key in fitted], lines, [fit.camera for fit in before], [fit.lens for fit in before],
            shared_camera=common, reaches_px=SHORT_REACHES_PX,
        )  # fmt: skip
        return {
            key.row: again if support(again) > 0.9 * support(first) else first
            for key, first, again in zip(fitted, before, held, strict=True)
        }

    def _spread(
        self, keyframes: list[Keyframe], fits: dict[int, Aligned], lines: CourtLines, lens: Lens, common: Aligned | None
    ) -> dict[int, Aligned]:
        """Fit the keyframes that have no fit from their neighbours', in rounds."""
        spread, rows = dict(fits), sorted(fits)
        for _ in range(ROUNDS):
            before = len(spread)
            for key in keyframes:
                if key.row not in spread:
                    helped = self._helped(key, spread, rows, lines, lens, common)
                    if helped is not None and self._gate.believes(helped, key.row):
                        spread[key.row] = helped
                        insort(rows, key.row)
            if len(spread) == before:
                break
        return spread

    def _helped(
        self, key: Keyframe, fits: dict[int, Aligned], rows: list[int], lines: CourtLines, lens: Lens,
        common: Aligned | None,
    ) -> Aligned | None:  # fmt: skip
        """Fit a keyframe from the camera of its nearest neighbour among `rows`, propagated by the camera's motion."""
        place = bisect_left(rows, key.row)
        near = min(rows[max(0, place - 1) : place + 1], key=lambda row: abs(row - key.row), default=None)
        propagated = None if near is None else self._propagated(fits[near].to_floor, near, key.row)
        if propagated is None:
            return None
        floor = key.evidence.place * [lines.court.length_m, lines.court.width_m]
        camera = nearest_pinhole(np.asarray(np.linalg.inv(propagated), np.float64), self._size, floor)
        if camera is None:
            return None
        return align(key.evidence, lines, camera, lens, shared_camera=common, reaches_px=(18.0, *SHORT_REACHES_PX))

    def _propagated(self, matrix: Floats, row: int, to: int) -> Floats | None:
        """Propagate a homography (3, 3) from one row of `frames` to another; None where the motion is not known."""
        if abs(self._time_s[row] - self._time_s[to]) > NEIGHBOUR_S:
            return None
        low, high = min(row, to), max(row, to)
        steps = self._motion[low + 1 : high + 1]
        if not np.isfinite(steps).all():
            return None
        total = np.eye(3)
        for step in steps:
            total = step @ total
        return np.asarray(matrix @ (np.linalg.inv(total) if to > row else total))

    def _without_contradictions(self, fits: dict[int, Aligned]) -> dict[int, Aligned]:
        """Drop fits that their neighbours, propagated to them, contradict: first those with most contradictions."""
        rows = sorted(fits)
        against: dict[int, set[int]] = {row: set() for row in rows}
        for i, row in enumerate(rows):
            for neighbour in rows[i + 1 : i + 3]:
                away = self._disagreement_m(fits[row], row, fits[neighbour], neighbour)
                if away is not None and away > LIMITS.contradiction_m:
                    against[row].add(neighbour)
                    against[neighbour].add(row)
        left = dict(fits)
        while any(against.values()):
            worst = max(against, key=lambda row: (len(against[row]), -support(fits[row])))
            left.pop(worst)
            for neighbour in against.pop(worst):
                against[neighbour].discard(worst)
        return left

    def _disagreement_m(self, first: Aligned, first_row: int, second: Aligned, second_row: int) -> float | None:
        """Measure the 90th percentile over the visible court of the distance between two fits; None if not comparable."""
        propagated = self._propagated(first.to_floor, first_row, second_row)
        if propagated is None:
            return None
        grid = first.lens.undistort(picture_grid(self._size, 12, 8))
        low = np.array([self._size[0] / 2, self._size[1], 1.0])
        propagated = propagated / (propagated[2] @ low)
        first_m, second_m = project_all(np.stack([propagated, second.to_floor]), grid)
        court = second.court
        with np.errstate(invalid="ignore"):
            inside = (second_m >= 0).all(axis=1) & (second_m <= [court.length_m, court.width_m]).all(axis=1)
        away = np.nan_to_num(np.linalg.norm(first_m - second_m, axis=1)[inside], nan=np.inf)
        return float(np.percentile(away, 90, method="lower")) if len(away) else None
