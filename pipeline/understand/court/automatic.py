"""A calibration without clicks, from the points of the court that were seen in keyframes.

A standing camera is fitted once to all keyframes of a shot together, lens included. A moving one is fitted keyframe by
keyframe; cameras in halls stand on a tripod or in a hand, so where the first fits agree on a place, the others are held
to it. A fit that is not supported, not plausible, or that its neighbours contradict is dropped: between keyframes the
court is carried by the measured camera motion as from any calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import CourtName, CourtSettings
from pipeline.geometry.alignment import Aligned, CourtEvidence, CourtLines, align
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.camera_start import align_by_search, start_from_places
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from pipeline.geometry.motion import chained, picture_grid, project_all, stands_still
from pipeline.geometry.pinhole import X, Z, nearest_pinhole
from pipeline.geometry.standing_camera import align_again, align_standing
from pipeline.understand.court.gate import LIMITS, Gate
from pipeline.understand.court.keyframes import Keyframe, keyframes
from pipeline.understand.court.motion_runs import known_motion, runs
from pipeline.understand.court.propagation import known

Floats = NDArray[np.float64]

GUESSED: tuple[CourtName, ...] = ("nba", "fiba")
"""Courts that are tried when none is given; the others differ too little from these to be told apart."""
LENSES = (-0.1, -0.2, -0.32)
"""Distortions that a fit starts from where none does not explain the lines."""
WELL_EXPLAINED, BADLY_EXPLAINED = 0.35, 0.25
"""Shares of the line points that lie on lines of the court: below the first a fit is searched for longer, below the
second with distortions."""
SAMPLES = 10
"""Keyframes that decide about the court, and about the lens."""
SHORT_REACHES_PX = (12.0, 8.0, 5.0, 3.5, 3.0)
MOST_KEYFRAMES = 1500
"""More of a long video are not fitted, for the time it takes; they are left out evenly."""
NEIGHBOUR_S = 4.0
"""Keyframes so close check and help each other."""
STANDING_SEARCHES = 8
"""Runs of a standing camera, at most, in which it is searched for: seconds each."""
SEARCHES = 16
"""Keyframes of a moving camera, at most, that are fitted from many guesses."""
ROUNDS = 4
"""In which fits help neighbouring keyframes that found none."""


@dataclass(frozen=True)
class Automatic:
    """What was found."""

    calibration: Calibration | None
    looked: int
    """Keyframes that showed enough of a court."""
    used: int


def find_calibration(
    frames: pd.DataFrame,
    court_points: pd.DataFrame,
    detections: pd.DataFrame,
    image_size_px: tuple[int, int],
    settings: CourtSettings,
) -> Automatic:
    """Calibrate a video from its table `court_points`.

    Args:
        frames: table `frames`.
        court_points: table `court_points`.
        detections: table `detections`; people's sizes and places tell a wrong court.
        image_size_px: width, height.
        settings: the court, if it is given.
    """
    seen = keyframes(frames, court_points)
    if len(seen) > MOST_KEYFRAMES:
        seen = [seen[k] for k in np.linspace(0, len(seen) - 1, MOST_KEYFRAMES).round().astype(int)]
    if not seen:
        return Automatic(None, 0, 0)
    names = GUESSED if settings.court is None else (settings.court,)
    if COURTS[names[0]].baskets == 1:  # the network knows courts with two
        return Automatic(None, len(seen), 0)
    finder = _Finder(frames, detections, image_size_px)
    lines, fits = finder.fit_best_court(seen, [CourtLines(COURTS[name]) for name in names])
    if not fits:
        return Automatic(None, len(seen), 0)
    time_s = frames["time_s"].to_numpy(np.float64)
    views = tuple(
        CalibratedFrame(fit.aligned.to_floor, time_s=float(time_s[fit.row]), error_px=fit.aligned.error_px)
        for fit in fits
    )
    fixed = len(fits) == 1 and fits[0].standing and finder.is_one_run
    return Automatic(
        Calibration(lines.court.name, image_size_px, fits[0].aligned.lens, views, fixed or None), len(seen), len(fits)
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """A keyframe with its camera."""

    row: int
    aligned: Aligned
    standing: bool = False


class _Finder:
    """Fits cameras to keyframes."""

    def __init__(self, frames: pd.DataFrame, detections: pd.DataFrame, size_px: tuple[int, int]) -> None:
        self._size = size_px
        self._frames = frames
        self._time_s = frames["time_s"].to_numpy(np.float64)
        self._motion = known_motion(frames, Lens(), size_px)
        self._runs = list(runs(~known(self._motion)))
        self._standing = [self._stands(run) for run in self._runs]
        self._gate = Gate(frames, detections)
        self._searched_runs = 0

    @property
    def is_one_run(self) -> bool:
        return len(self._runs) == 1

    def _stands(self, run: slice) -> bool:
        """Say whether the camera stands still in a run."""
        return run.stop - run.start > 1 and stands_still(chained(self._motion[run]), self._time_s[run], self._size)

    def _flat(self, lam: float = 0.0) -> Lens:
        width, height = self._size
        return Lens((width / 2, height / 2), width / 2, lam)

    def fit_best_court(self, seen: list[Keyframe], candidates: list[CourtLines]) -> tuple[CourtLines, list[_Fit]]:
        """Fit all keyframes to the court that suits them best.

        Where the camera always stands that is the court whose lines are seen best in the run with most keyframes.
        """
        by_run = self._by_run(seen)
        if not all(standing for _, standing in by_run):
            lines, lens = self.choose_court(seen, candidates)
            return lines, self.fit_all(seen, lines, lens)
        richest = max((own for own, _ in by_run), key=len)
        middle, evidence = richest[len(richest) // 2].row, CourtEvidence.joined([key.evidence for key in richest])
        best: Aligned | None = None
        lines = candidates[0]
        for each in candidates:
            good = best if best is not None and best.coverage >= LIMITS.coverage else None
            found = align_standing(evidence, each, self._size, middle, good)
            if found is not None and (best is None or found.coverage > best.coverage):
                best, lines = found, each
        if best is None or not self._gate.believes_standing(best, middle):
            return lines, []
        return lines, self.fit_all(seen, lines, self._flat(), [_Fit(middle, best, True)])

    def _by_run(self, seen: list[Keyframe]) -> list[tuple[list[Keyframe], bool]]:
        """Return the keyframes of each run that has any, and whether the camera stands in it."""
        every = (
            ([key for key in seen if run.start <= key.row < run.stop], standing)
            for run, standing in zip(self._runs, self._standing, strict=True)
        )
        return [(own, standing) for own, standing in every if own]

    def choose_court(self, seen: list[Keyframe], candidates: list[CourtLines]) -> tuple[CourtLines, Lens]:
        """Choose the court and the lens that most line points of a few keyframes agree with."""
        rich = sorted(seen, key=lambda key: -len(key.evidence.line_px))[: 3 * SAMPLES]
        chosen = sorted(rich, key=lambda key: key.row)[:: max(1, len(rich) // SAMPLES)][:SAMPLES]
        tried = [self._tried(chosen[::2], lines, 0.0, search=False) for lines in candidates]
        best = max(tried, key=_mean_support)
        if _mean_share(best) < WELL_EXPLAINED:
            tried = [self._tried(chosen[::2], lines, 0.0, search=True) for lines in candidates]
            best = max([best, *tried], key=_mean_support)
        if _mean_share(best) < BADLY_EXPLAINED:
            tried = [self._tried(chosen[::3], lines, lam, search=True) for lines in candidates for lam in LENSES]
            best = max([best, *tried], key=_mean_support)
        lines = next((lines for lines in candidates if best and lines.court is best[0].court), candidates[0])
        return lines, self._flat(_middle_lens(best))

    def _tried(self, chosen: list[Keyframe], lines: CourtLines, lam: float, search: bool) -> list[Aligned]:
        """Fit some keyframes to a court with a free lens that starts from a lambda."""
        fits = []
        for key in chosen:
            first = self._searched(key.evidence, lines, lam, key.row) if search else None
            fits.append(first if search else self._free(key.evidence, lines, self._flat(lam), key.row))
        return [fit for fit in fits if fit is not None]

    def _searched(self, evidence: CourtEvidence, lines: CourtLines, lam: float, seed: int) -> Aligned | None:
        """Fit one keyframe from many guesses, then free the lens."""
        found = align_by_search(evidence, lines, self._size, self._flat(lam), seed)
        if found is None:
            return None
        return align(evidence, lines, found.camera, found.lens, free_lens=True, reaches_px=SHORT_REACHES_PX)

    def _free(self, evidence: CourtEvidence, lines: CourtLines, lens: Lens, seed: int) -> Aligned | None:
        """Fit one keyframe with a free lens."""
        start = start_from_places(evidence, lines.court, lens, self._size, seed)
        return None if start is None else align(evidence, lines, start, lens, free_lens=True)

    def fit_all(self, seen: list[Keyframe], lines: CourtLines, lens: Lens, known: Sequence[_Fit] = ()) -> list[_Fit]:
        """Fit all keyframes; those of a run in which the camera stands together, unless its fit is known."""
        fits = list(known)
        moving: list[Keyframe] = []
        for own, standing in self._by_run(seen):
            if not standing:
                moving += own
            elif not any(own[0].row <= fit.row <= own[-1].row for fit in known):
                fits += self._standing_fit(own, lines, fits)
        if fits and not moving:
            lens = fits[0].aligned.lens
        elif fits:  # one lens for the whole video: as the moving shots have it
            fits = [fit for fit in fits if abs(fit.aligned.lens.lam - lens.lam) < 0.02]
        fits += self._moving_fits(moving, lines, lens)
        return sorted(fits, key=lambda fit: fit.row)

    def _standing_fit(self, own: list[Keyframe], lines: CourtLines, before: list[_Fit]) -> list[_Fit]:
        """Fit a standing camera to all its keyframes together, lens free: from where it stood before, else by search."""
        middle = own[len(own) // 2].row
        evidence = CourtEvidence.joined([key.evidence for key in own])
        for fit in before[-1:]:
            again = align_again(evidence, lines, fit.aligned)
            if self._gate.believes_standing(again, middle):
                return [_Fit(middle, again, True)]
        if self._searched_runs >= STANDING_SEARCHES:
            return []
        self._searched_runs += 1
        found = align_standing(evidence, lines, self._size, middle)
        return [_Fit(middle, found, True)] if found and self._gate.believes_standing(found, middle) else []

    def _moving_fits(self, seen: list[Keyframe], lines: CourtLines, lens: Lens) -> list[_Fit]:
        """Fit keyframe by keyframe: alone, held to the common place, helped by neighbours, and some searched for longer."""
        alone: dict[int, Aligned] = {}
        for key in seen:
            start = start_from_places(key.evidence, lines.court, lens, self._size, key.row)
            if start is not None:
                alone[key.row] = align(key.evidence, lines, start, lens)
        common = _common_place([fit for row, fit in alone.items() if self._gate.believes(fit, row)])
        fits: dict[int, Aligned] = {}
        for key in seen:
            if key.row in alone:
                fit = self._held(key, alone[key.row], lines, lens, common)
                if self._gate.believes(fit, key.row):
                    fits[key.row] = fit
        fits = self._spread(seen, self._without_contradictions(fits), lines, lens, common)
        left = [key for key in seen if key.row not in fits]
        for key in left[:: max(1, len(left) // SEARCHES)]:
            found = align_by_search(key.evidence, lines, self._size, lens, key.row)
            if found is not None and self._gate.believes(found, key.row):
                fits[key.row] = found
        fits = self._spread(seen, self._without_contradictions(fits), lines, lens, common)
        return [_Fit(row, fit) for row, fit in self._without_contradictions(fits).items()]

    def _held(self, key: Keyframe, first: Aligned, lines: CourtLines, lens: Lens, common: Aligned | None) -> Aligned:
        """Fit a keyframe once more, held to the common place, unless the lines are against it."""
        if common is None:
            return first
        held = align(key.evidence, lines, first.camera, lens, known=common, reaches_px=SHORT_REACHES_PX)
        return held if _support(held) > 0.9 * _support(first) else first

    def _spread(
        self, seen: list[Keyframe], fits: dict[int, Aligned], lines: CourtLines, lens: Lens, common: Aligned | None
    ) -> dict[int, Aligned]:
        """Fit the keyframes that have no fit from their neighbours', in rounds."""
        spread = dict(fits)
        for _ in range(ROUNDS):
            before = len(spread)
            for key in seen:
                if key.row not in spread:
                    helped = self._helped(key, spread, lines, lens, common)
                    if helped is not None and self._gate.believes(helped, key.row):
                        spread[key.row] = helped
            if len(spread) == before:
                break
        return spread

    def _helped(
        self, key: Keyframe, fits: dict[int, Aligned], lines: CourtLines, lens: Lens, common: Aligned | None
    ) -> Aligned | None:
        """Fit a keyframe from its nearest neighbour's camera, carried by the camera's motion."""
        near = sorted(fits, key=lambda row: abs(row - key.row))
        for row in near[:1]:
            carried = self._carried(fits[row].to_floor, row, key.row)
            if carried is None:
                continue
            floor = key.evidence.place * [lines.court.length_m, lines.court.width_m]
            camera = nearest_pinhole(np.asarray(np.linalg.inv(carried), np.float64), self._size, floor)
            if camera is not None:
                return align(key.evidence, lines, camera, lens, known=common, reaches_px=(18.0, *SHORT_REACHES_PX))
        return None

    def _carried(self, matrix: Floats, row: int, to: int) -> Floats | None:
        """Carry a homography (3, 3) from one row of `frames` to another; None where the motion is not known."""
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
        """Drop fits that their neighbours, carried to them, contradict: first those with most contradictions."""
        rows = sorted(fits)
        against: dict[int, set[int]] = {row: set() for row in rows}
        for i, row in enumerate(rows):
            for other in rows[i + 1 : i + 3]:
                away = self._disagreement_m(fits[row], row, fits[other], other)
                if away is not None and away > LIMITS.contradiction_m:
                    against[row].add(other)
                    against[other].add(row)
        left = dict(fits)
        while any(against.values()):
            worst = max(against, key=lambda row: (len(against[row]), -_support(fits[row])))
            left.pop(worst)
            for other in against.pop(worst):
                against[other].discard(worst)
        return left

    def _disagreement_m(self, one: Aligned, row: int, two: Aligned, other: int) -> float | None:
        """Measure the 90th percentile over the visible court of the distance between two fits; None if not comparable."""
        carried = self._carried(one.to_floor, row, other)
        if carried is None:
            return None
        grid = one.lens.undistort(picture_grid(self._size, 12, 8))
        low = np.array([self._size[0] / 2, self._size[1], 1.0])
        carried = carried / (carried[2] @ low)
        first, second = project_all(np.stack([carried, two.to_floor]), grid)
        court = two.court
        with np.errstate(invalid="ignore"):
            on = (second >= 0).all(axis=1) & (second <= [court.length_m, court.width_m]).all(axis=1)
        away = np.nan_to_num(np.linalg.norm(first - second, axis=1)[on], nan=np.inf)
        return float(np.percentile(away, 90, method="lower")) if len(away) else None


def _support(fit: Aligned) -> float:
    """Rate a fit: line points that agree, fewer where they are off."""
    return fit.inliers * fit.inlier_share


def _mean_support(fits: Sequence[Aligned]) -> float:
    return sum(_support(fit) for fit in fits) / max(1, len(fits))


def _mean_share(fits: Sequence[Aligned]) -> float:
    return sum(fit.inlier_share for fit in fits) / max(1, len(fits))


def _middle_lens(fits: Sequence[Aligned]) -> float:
    """Return the middle lambda, each fit weighted by what it knows of the lens; 0 where that is little."""
    if not fits:
        return 0.0
    lam = np.array([fit.lens.lam for fit in fits])
    weight = np.array([1 / max(fit.covariance[7, 7], 1e-6) for fit in fits])
    order = lam.argsort()
    middle = float(lam[order][np.searchsorted(weight[order].cumsum(), weight.sum() / 2)])
    return middle if weight.sum() > 1 / 0.02**2 else 0.0


def _common_place(fits: Sequence[Aligned]) -> Aligned | None:
    """Return a fit with the place that the fits agree on, and how well; None where they do not."""
    if len(fits) < 5:
        return None
    places = np.array([fit.camera.position_m for fit in fits])
    sd = np.array([np.sqrt(np.diag(fit.covariance)[X : Z + 1]) for fit in fits]) + 0.05
    middle = np.array([_weighted_median(places[:, k], 1 / sd[:, k] ** 2) for k in range(3)])
    spread = 1.4826 * np.median(np.abs(places - middle), axis=0)
    if np.linalg.norm(spread[[0, 2]]) > 2.5 or spread[1] > 4:
        return None
    values = fits[0].camera.values.copy()
    values[X : Z + 1] = middle
    covariance = np.eye(8)
    covariance[X : Z + 1, X : Z + 1] = np.diag(np.maximum(spread / 2, 0.15) ** 2)
    return replace(fits[0], camera=fits[0].camera.with_values(values), covariance=covariance)


def _weighted_median(values: Floats, weight: Floats) -> float:
    order = values.argsort()
    return float(values[order][np.searchsorted(weight[order].cumsum(), weight.sum() / 2)])
