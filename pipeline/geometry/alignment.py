"""A camera from what a picture shows of the court: rough places of the floor, and points on the court's painted lines.

The places give a start; then every line point is drawn to the nearest line of the court that runs in its direction,
measured in px across that line, ever more strictly (iteratively reweighted least squares with Tukey's weights).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court, markings
from pipeline.geometry.homography import Matrix
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import TILT, Pinhole, X, Z, floor_homographies

Floats = NDArray[np.float64]

SAMPLE_M = 0.1
"""Between two samples of a line."""
PLACE_SD_M = 0.7
"""How far off the places are, usually."""
REACHES_PX = (40.0, 26.0, 18.0, 12.0, 8.0, 6.0, 4.5, 3.5, 3.0, 3.0)
"""A line point further from a line, at 1280 px width, does not count; one number per round."""
TURN_PX_PER_RAD = 60.0
"""A line that runs another way is as far as one that lies so many px aside."""
COVER_PX = 14.0
"""A line of the court is covered so far, at 1280 px width, on both sides of a line point on it."""
STEADY_PX = 1.0
"""Of a line point, usual error at 1280 px width."""
_PLACES_WORTH = 12.0
"""Places err together: all of them count as so many, half as many beside lines."""
_INDEPENDENT = 5.0
"""Neighbouring line points err together: so many count as one."""
_STEP = np.array([1e-4, 1e-4, 1e-4, 1e-2, 1e-2, 1e-2, 1e-4, 1e-4])
"""For numerical derivatives of the camera's seven numbers and the lens."""
_USUAL = np.array([0.0, 0.3, 0.0, np.nan, np.nan, 7.5, np.nan, 0.0])
_SPREAD = np.array([np.inf, 0.5, 0.03, np.inf, np.inf, 8.0, np.inf, 0.15])
"""What cameras above courts are like, weakly believed: tilt, roll, height, lens."""


@dataclass(frozen=True, eq=False)
class CourtEvidence:
    """What one picture, or several of one fixed camera, show of the court."""

    place_px: Floats
    """(n, 2) source px."""
    place: Floats
    """(n, 2) along and across the court, in court lengths and widths."""
    place_score: Floats
    """(n,) 0 to 1."""
    line_px: Floats
    """(m, 2) source px on painted lines."""
    line_angle: Floats
    """(m,) direction in the picture, radians."""
    line_score: Floats
    """(m,) 0 to 1."""

    @staticmethod
    def joined(pictures: list[CourtEvidence]) -> CourtEvidence:
        """Put the evidence of several pictures of one fixed camera together."""
        names = ("place_px", "place", "place_score", "line_px", "line_angle", "line_score")
        return CourtEvidence(*(np.concatenate([getattr(picture, name) for picture in pictures]) for name in names))

    def thinned(self, most_places: int, most_lines: int) -> CourtEvidence:
        """Keep so many of each, evenly."""
        first, second = (
            np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.zeros(0, int)
            for count, most in ((len(self.place), most_places), (len(self.line_px), most_lines))
        )
        return CourtEvidence(
            self.place_px[first], self.place[first], self.place_score[first],
            self.line_px[second], self.line_angle[second], self.line_score[second],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Aligned:
    """A camera and how well the picture agrees."""

    camera: Pinhole
    lens: Lens
    court: Court
    inliers: int
    """Line points within the last reach of a line of the court."""
    inlier_share: float
    """Of the line points that are believed to be the court's."""
    error_px: float
    """Root mean square distance of the inliers from their lines, source px."""
    coverage: float
    """Share of the court's lines in the picture that are seen, see `line_coverage`."""
    place_error_m: float
    """Median distance between the places and where the camera puts them."""
    expected_error_m: float
    """90th percentile over the visible court of the standard error of a floor position."""
    covariance: Floats
    """(8, 8) of the camera's numbers and the lens."""

    @property
    def to_floor(self) -> Matrix:
        """(3, 3) undistorted px to metres."""
        return self.camera.to_floor()


_Matches = tuple[NDArray[np.int64], Floats, Floats]


class CourtLines:
    """The lines of a court as samples with directions."""

    def __init__(self, court: Court) -> None:
        """Sample the lines."""
        self.court = court
        points, directions, numbers = [], [], []
        for number, line in enumerate(markings(court, SAMPLE_M)):
            steps = np.diff(line, axis=0)
            lengths = np.linalg.norm(steps, axis=1)
            for start, step, length in zip(line[:-1], steps, lengths, strict=True):
                count = max(1, round(length / SAMPLE_M))
                points.append(start + (np.arange(count)[:, None] + 0.5) / count * step)
                directions.append(np.repeat(step[None] / length, count, axis=0))
                numbers.append(np.full(count, number))
        self.points_m = np.concatenate(points)
        self.directions = np.concatenate(directions)
        self.line = np.concatenate(numbers)


def align(
    evidence: CourtEvidence, lines: CourtLines, start: Pinhole, lens: Lens, free_lens: bool = False,
    shared_camera: Aligned | None = None, reaches_px: tuple[float, ...] = REACHES_PX,
) -> Aligned:  # fmt: skip
    """Fit a camera to the painted lines: Gauss-Newton with Tukey's weights, lines matched anew in every round.

    Args:
        evidence: the picture's.
        lines: the court's.
        start: from `start_from_places`, or a neighbouring frame's.
        lens: the lens, or a start for it.
        free_lens: fit the lens's lambda as well.
        shared_camera: where the camera stands, with its covariance, if other frames show it.
        reaches_px: one number per round; shorter for a good start.
    """
    fit = _CameraFit(start, lens, lines.court, evidence, lines, shared_camera, free_lens)
    unit = start.size_px[0] / 1280
    for reach_px in (reach * unit for reach in reaches_px):
        fit.match(reach_px)
        fit.step(reach_px, 1.5)
        fit.step(reach_px, 1.5)
    return fit.result(reaches_px[-1] * unit)


def polish(evidence: CourtEvidence, court: Court, start: Pinhole, lens: Lens) -> Pinhole:
    """Fit a camera to the places alone.

    Args:
        evidence: the picture's.
        court: the court.
        start: a camera that is about right.
        lens: the lens.
    """
    fit = _CameraFit(start, lens, court, evidence, None, None)
    for _ in range(8):
        fit.step(None, 2.5)
    return fit.camera


def line_support(evidence: CourtEvidence, lines: CourtLines, camera: Pinhole, lens: Lens, reach_px: float) -> float:
    """Sum how well the line points agree with a camera as it is, 0 to 1 each; `reach_px` is at 1280 px width.

    Args:
        evidence: the picture's.
        lines: the court's.
        camera: the camera.
        lens: the lens.
        reach_px: line points further from a line, at 1280 px width, do not count.
    """
    reach = reach_px * camera.size_px[0] / 1280
    away = _CameraFit(camera, lens, lines.court, evidence, lines, None).matched(reach)[2]
    return float((evidence.line_score * np.clip(1 - (away / reach) ** 2, 0, None) ** 2).sum())


def line_coverage(evidence: CourtEvidence, lines: CourtLines, camera: Pinhole, lens: Lens) -> float:
    """Measure which share of the court's lines that lie in the picture is seen there: 0 to 1, by their length in px.

    A wrong camera can lay one long line of the court on many line points; it leaves the others bare.

    Args:
        evidence: the picture's.
        lines: the court's.
        camera: the camera.
        lens: the lens.
    """
    reach_px = REACHES_PX[-1] * camera.size_px[0] / 1280
    return _CameraFit(camera, lens, lines.court, evidence, lines, None).covered(reach_px)


class _CameraFit:
    """Gauss-Newton on the camera's seven numbers, and the lens where it is free."""

    def __init__(
        self, camera: Pinhole, lens: Lens, court: Court, evidence: CourtEvidence, lines: CourtLines | None,
        located: Aligned | None, free_lens: bool = False,
    ) -> None:  # fmt: skip
        self.values = np.append(camera.values, lens.lam)
        self._size, self._lens, self._court = camera.size_px, lens, court
        self._evidence, self._lines, self._located, self._free = evidence, lines, located, free_lens
        self._floor = evidence.place * [court.length_m, court.width_m]
        self._unit = camera.size_px[0] / 1280
        self._information = np.eye(8)
        self._matches: _Matches | None = None

    @property
    def camera(self) -> Pinhole:
        return Pinhole(self.values[:7], self._size)

    @property
    def lens(self) -> Lens:
        return replace(self._lens, lam=float(self.values[7]))

    def match(self, reach_px: float) -> None:
        """Find the line of the court that each line point belongs to, for the steps that follow."""
        self._matches = self.matched(reach_px) if len(self._evidence.line_px) else None

    def step(self, reach_px: float | None, place_reach: float) -> None:
        """Move once; without a reach by the places alone."""
        information, gradient = self._prior()
        for matrix, rest, weight in self._terms(reach_px, place_reach):
            weighted = matrix * weight[:, None]
            information += weighted.T @ matrix
            gradient += weighted.T @ rest
        damped = information + np.diag(np.diag(information) * 1e-3 + 1e-9)
        change = -np.linalg.solve(damped, gradient)
        limit = np.array([0.2, 0.2, 0.2, 4, 4, 4, 0.3, 0.1])
        change *= min(1.0, float(np.min(limit / np.maximum(np.abs(change), 1e-12))))
        self.values = self.values + change
        self.values[Z] = max(self.values[Z], 0.8)
        self.values[TILT] = float(np.clip(self.values[TILT], 0.01, 1.5))
        self._information = information

    def _terms(self, reach_px: float | None, place_reach: float) -> list[tuple[Floats, Floats, Floats]]:
        """Return Jacobian, residuals and weights of places and lines."""
        terms = []
        scores = self._evidence.place_score
        if len(scores):
            rest, matrix = self._derived(self._place_residuals)
            rest, matrix = rest.reshape(-1, 2), matrix.reshape(-1, 2, 8)
            away = np.linalg.norm(rest, axis=1) / PLACE_SD_M
            weight = scores / (1 + (away / place_reach) ** 2) ** 2 / PLACE_SD_M**2
            worth = _PLACES_WORTH if reach_px is None else _PLACES_WORTH / 2
            weight = weight * (worth / max(worth, float(weight.sum() * PLACE_SD_M**2)))
            weight = np.where(np.isfinite(away), weight, 0)
            terms.append((np.nan_to_num(matrix).reshape(-1, 8), np.nan_to_num(rest).ravel(), np.repeat(weight, 2)))
        if reach_px is not None and self._matches is not None:
            index, normal, away_px = self._matches
            rest, matrix = self._derived(lambda values: self._line_residuals(values, index, normal))
            near = np.clip(1 - (away_px / reach_px) ** 2, 0, None) ** 2
            sd = max(STEADY_PX * self._unit, reach_px / 4)
            weight = self._evidence.line_score * near / sd**2 / _INDEPENDENT
            weight = np.where(np.isfinite(rest), weight, 0)
            terms.append((np.nan_to_num(matrix), np.nan_to_num(rest), weight))
        return terms

    def _prior(self) -> tuple[Floats, Floats]:
        """Return information and gradient of what is believed of cameras, and of this one."""
        weight = 1 / _SPREAD**2
        rest = np.where(np.isfinite(_USUAL), self.values - _USUAL, 0)
        if not self._free:
            weight[7], rest[7] = 1e12, 0.0
        information, gradient = np.diag(weight), weight * rest
        if self._located is not None:
            place = slice(X, Z + 1)
            inverse = np.linalg.inv(self._located.covariance[place, place])
            information[place, place] += inverse
            gradient[place] += inverse @ (self.values[place] - self._located.camera.position_m)
        return information, gradient

    def _derived(self, function) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]
        """Return values (n,) of a function of the eight numbers, (k, 8) to (k, n), and its Jacobian (n, 8)."""
        count = 8 if self._free else 7
        moved = np.vstack([np.zeros(8), np.diag(_STEP)[:count]])
        base, *others = function(self.values + moved)
        matrix = np.zeros((len(base), 8))
        matrix[:, :count] = ((np.stack(others) - base) / _STEP[:count, None]).T
        return base, matrix

    def _place_residuals(self, values: Floats) -> Floats:
        """Return metres (k, 2 n) by which k cameras, of the numbers (k, 8), put the places elsewhere."""
        return np.asarray((self._on_floor(values, self._evidence.place_px) - self._floor).reshape(len(values), -1))

    def _on_floor(self, values: Floats, points_px: Floats) -> Floats:
        """Map source px (n, 2) to the floor (k, n, 2), metres, by the numbers (k, 8) of cameras; NaN above the horizon."""
        to_px = floor_homographies(values[:, :7], self._size)
        to_floor = np.asarray(np.linalg.inv(to_px), np.float64)
        ahead = np.array([[*Pinhole(each[:7], self._size).ahead_px(), 1.0] for each in values])  # (k, 3)
        to_floor /= np.einsum("kj,kj->k", to_floor[:, 2], ahead)[:, None, None]
        return _mapped(to_floor, self._lens.undistort_by(values[:, 7:], points_px), 1e-9)

    def _drawn(self, values: Floats, points_m: Floats) -> Floats:
        """Draw floor points (n, 2) into the source picture (k, n, 2) by the numbers (k, 8) of cameras; NaN behind them."""
        px = _mapped(floor_homographies(values[:, :7], self._size), points_m[None], 0.3)
        return self._lens.distort_by(values[:, 7:], px)

    def _drawn_now(self, points_m: Floats) -> Floats:
        """Draw floor points (n, 2) into the source picture (n, 2) as the camera is."""
        return np.asarray(self._drawn(self.values[None], points_m)[0])

    def _line_residuals(self, values: Floats, index: NDArray[np.int64], normal: Floats) -> Floats:
        """Return px (k, m) across the line between each line point and its sample of the court, for k cameras (k, 8)."""
        assert self._lines is not None
        drawn = self._drawn(values, self._lines.points_m[index])
        return np.asarray(((drawn - self._evidence.line_px) * normal).sum(axis=-1))

    def matched(self, reach_px: float) -> _Matches:
        """Find for each line point the nearest sample of the court that runs its way.

        Returns:
            Its number (m,), the line's normal in the picture (m, 2), and the distance (m,) in px, direction counted.
        """
        assert self._lines is not None
        lines, evidence, count = self._lines, self._evidence, len(self._evidence.line_px)
        here = self._drawn_now(lines.points_m)
        ahead = self._drawn_now(lines.points_m + 0.05 * lines.directions)
        margin = np.array(self._size) * 0.05 + reach_px
        with np.errstate(invalid="ignore"):
            seen = np.flatnonzero(
                ((here > -margin) & (here < np.array(self._size) + margin)).all(axis=1) & np.isfinite(ahead).all(axis=1)
            )
        if len(seen) < 4:
            return np.zeros(count, np.int64), np.zeros((count, 2)), np.full(count, np.inf)
        angle = np.arctan2(*(ahead[seen] - here[seen]).T[::-1])
        turn = TURN_PX_PER_RAD * self._unit / 2
        from scipy.spatial import cKDTree

        tree = cKDTree(np.column_stack([here[seen], turn * np.cos(2 * angle), turn * np.sin(2 * angle)]))
        doubled = 2 * evidence.line_angle
        away, nearest = tree.query(np.column_stack([evidence.line_px, turn * np.cos(doubled), turn * np.sin(doubled)]))
        normal = np.column_stack([-np.sin(angle[nearest]), np.cos(angle[nearest])])
        index = seen[nearest]
        across = np.abs(np.sum((here[index] - evidence.line_px) * normal, axis=1))
        turned = 2 * turn * np.abs(np.sin(angle[nearest] - evidence.line_angle))
        beside = np.sqrt(np.maximum(away**2 - across**2 - turned**2, 0))  # beyond the end of a line
        total = np.hypot(across, 0.5 * turned) + np.where(beside > 12 * self._unit, beside, 0)
        return index, normal, total

    def covered(self, reach_px: float) -> float:
        """Return the share of the court's visible lines that have a line point nearby."""
        assert self._lines is not None
        index, _, away = self.matched(reach_px)
        drawn = self._drawn_now(self._lines.points_m)
        with np.errstate(invalid="ignore"):
            seen = ((drawn > 0) & (drawn < np.array(self._size))).all(axis=1)
        step = np.linalg.norm(np.diff(drawn, axis=0, prepend=drawn[:1]), axis=1)
        step[~np.isfinite(step) | (np.diff(self._lines.line, prepend=0) > 0)] = 1e6  # from one line to the next
        along = step.cumsum()
        hits = np.concatenate([[-np.inf], np.sort(along[index[away < reach_px]]), [np.inf]])
        after = np.searchsorted(hits, along)
        near = np.minimum(along - hits[after - 1], hits[after] - along) < COVER_PX * self._unit
        weight = np.where(seen & (step < 1e6), step, 0)
        return float((weight * near).sum() / max(weight.sum(), 1e-9))

    def result(self, reach_px: float) -> Aligned:
        """Measure how well the evidence agrees."""
        evidence, camera = self._evidence, self.camera
        rest = np.linalg.norm(self._place_residuals(self.values[None]).reshape(-1, 2), axis=1)
        place_error = float(np.nanmedian(rest)) if np.isfinite(rest).any() else np.inf
        count, share, error, coverage = 0, 0.0, np.inf, 0.0
        if len(evidence.line_px) and self._lines is not None:
            index, normal, away = self.matched(reach_px)
            across = self._line_residuals(self.values[None], index, normal)[0]
            near = (away < reach_px) & np.isfinite(across)
            count = int(near.sum())
            share = float(evidence.line_score[near].sum() / max(1e-9, evidence.line_score.sum()))
            error = float(np.sqrt(np.mean(across[near] ** 2))) if count else np.inf
            coverage = self.covered(reach_px)
        return Aligned(camera, self.lens, self._court, count, share, error, coverage, place_error, *self._uncertainty())

    def _uncertainty(self) -> tuple[float, Floats]:
        """Return the expected error on the floor, metres, and the covariance of the eight numbers."""
        covariance = np.asarray(np.linalg.pinv(self._information, hermitian=True), np.float64)
        width, height = self._size
        u, v = np.meshgrid(np.linspace(0.02, 0.98, 13) * width, np.linspace(0.02, 0.98, 9) * height)
        px = np.column_stack([u.ravel(), v.ravel()])
        base, matrix = self._derived(lambda values: self._on_floor(values, px).reshape(len(values), -1))
        points = base.reshape(-1, 2)
        with np.errstate(invalid="ignore"):
            on = (points >= 0).all(axis=1) & (points <= [self._court.length_m, self._court.width_m]).all(axis=1)
        parts = matrix.reshape(-1, 2, 8)[on]
        if len(parts) < 4 or not np.isfinite(parts).all():
            return np.inf, covariance
        spread = np.einsum("nij,jk,nik->n", parts, covariance, parts)
        return float(np.sqrt(np.percentile(np.maximum(spread, 0), 90))), covariance


def _mapped(matrices: Floats, points: Floats, least: float) -> Floats:
    """Send points (k or 1, n, 2) through homographies (k, 3, 3): (k, n, 2); NaN where the weight is not above `least`."""
    homogeneous = points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]  # (k, n, 3)
    weight = np.where(homogeneous[..., 2:] > least, homogeneous[..., 2:], np.nan)
    return np.asarray(homogeneous[..., :2] / weight)
