"""Gauss-Newton on cameras: rough places of the floor, and line points each drawn to its line of the court.

Fits are small, and a game has thousands of them, so several cameras go through each step together: arrays are (c, ...) for
c cameras, padded with points that count nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.court import Court
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import TILT, Pinhole, X, Z, ahead_px, floor_homographies

Floats = NDArray[np.float64]
Residuals = Callable[[Floats], Floats]
"""Of cameras' numbers (c, k, 8): (c, k, n)."""

PLACE_SD_M = 0.7
"""How far off the places are, usually."""
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
_FURTHEST = np.array([0.2, 0.2, 0.2, 4, 4, 4, 0.3, 0.1])
"""No number moves further in one step."""
_USUAL = np.array([0.0, 0.3, 0.0, np.nan, np.nan, 7.5, np.nan, 0.0])
_SPREAD = np.array([np.inf, 0.5, 0.03, np.inf, np.inf, 8.0, np.inf, 0.15])
"""What cameras above courts are like, weakly believed: tilt, roll, height, lens."""


@dataclass(frozen=True)
class _LineMatches:
    """The sample of the court's lines that each of m line points belongs to."""

    index: NDArray[np.int64]
    """(c, m) number of the sample."""
    normal: Floats
    """(c, m, 2) the line's normal in the picture."""
    away_px: Floats
    """(c, m) distance, direction counted."""


class CameraFits:
    """Several cameras on their way, each with its own picture of one court.

    Args:
        cameras: where they start.
        lenses: of each; they differ in lambda alone.
        court: the court.
        evidence: of each camera's picture.
        lines: the court's; None to fit the places alone.
        located: where all of them stand, with its covariance, if that is known.
        free_lens: fit the lens's lambda as well.
    """

    def __init__(
        self, cameras: Sequence[Pinhole], lenses: Sequence[Lens], court: Court, evidence: Sequence[CourtEvidence],
        lines: CourtLines | None, located: Aligned | None = None, free_lens: bool = False,
    ) -> None:  # fmt: skip
        self.values = np.array([[*camera.values, lens.lam] for camera, lens in zip(cameras, lenses, strict=True)])
        self._size, self._lens, self._court = cameras[0].size_px, lenses[0], court
        self._lines, self._located, self._free = lines, located, free_lens
        self._places = [len(each.place) for each in evidence]
        self._line_points = [len(each.line_px) for each in evidence]
        self._place_px = _padded([each.place_px for each in evidence])  # (c, n, 2)
        self._floor = _padded([each.place for each in evidence]) * [court.length_m, court.width_m]
        self._place_score = _padded([each.place_score for each in evidence])  # (c, n)
        self._line_px = _padded([each.line_px for each in evidence])  # (c, m, 2)
        self._line_angle = _padded([each.line_angle for each in evidence])  # (c, m)
        self._line_score = _padded([each.line_score for each in evidence])
        self._unit = self._size[0] / 1280
        self._information = np.broadcast_to(np.eye(8), (len(cameras), 8, 8))
        self._matches: _LineMatches | None = None

    @property
    def cameras(self) -> list[Pinhole]:
        """The cameras as they are now."""
        return [Pinhole(values[:7], self._size) for values in self.values]

    def match(self, reach_px: float) -> None:
        """Find the line of the court that each line point belongs to, for the steps that follow."""
        self._matches = self._matched(reach_px) if self._line_px.shape[1] else None

    def step(self, reach_px: float | None, place_reach: float) -> None:
        """Move once; without a reach by the places alone."""
        information, gradient = self._prior()
        for matrix, rest, weight in self._terms(reach_px, place_reach):
            weighted = (matrix * weight[..., None]).transpose(0, 2, 1)
            information += weighted @ matrix
            gradient += (weighted @ rest[..., None])[..., 0]
        damping = np.einsum("cii->ci", information) * 1e-3 + 1e-9
        damped = information + damping[:, None] * np.eye(8)
        change = -np.linalg.solve(damped, gradient[..., None])[..., 0]
        change *= np.minimum(1.0, (_FURTHEST / np.maximum(np.abs(change), 1e-12)).min(axis=1))[:, None]
        self.values = self.values + change
        self.values[:, Z] = np.maximum(self.values[:, Z], 0.8)
        self.values[:, TILT] = np.clip(self.values[:, TILT], 0.01, 1.5)
        self._information = information

    def _terms(self, reach_px: float | None, place_reach: float) -> list[tuple[Floats, Floats, Floats]]:
        """Return Jacobian (c, n, 8), residuals (c, n) and weights (c, n) of places and of lines."""
        terms = []
        if self._place_px.shape[1]:
            rest, matrix = self._derived(self._place_residuals)
            away = np.linalg.norm(rest.reshape(*self._place_score.shape, 2), axis=2) / PLACE_SD_M
            weight = self._place_score / (1 + (away / place_reach) ** 2) ** 2 / PLACE_SD_M**2
            worth = _PLACES_WORTH if reach_px is None else _PLACES_WORTH / 2
            weight = np.where(np.isfinite(away), weight, 0.0)
            weight *= worth / np.maximum(worth, weight.sum(axis=1, keepdims=True) * PLACE_SD_M**2)
            terms.append((np.nan_to_num(matrix), np.nan_to_num(rest), np.repeat(weight, 2, axis=1)))
        if reach_px is not None and self._matches is not None:
            rest, matrix = self._derived(self._line_residuals)
            near = np.clip(1 - (self._matches.away_px / reach_px) ** 2, 0, None) ** 2
            sd = max(STEADY_PX * self._unit, reach_px / 4)
            weight = np.where(np.isfinite(rest), self._line_score * near / sd**2 / _INDEPENDENT, 0.0)
            terms.append((np.nan_to_num(matrix), np.nan_to_num(rest), weight))
        return terms

    def _prior(self) -> tuple[Floats, Floats]:
        """Return information (c, 8, 8) and gradient (c, 8) of what is believed of cameras, and of these."""
        weight = 1 / _SPREAD**2
        rest = np.where(np.isfinite(_USUAL), self.values - _USUAL, 0.0)
        if not self._free:
            weight[7], rest[:, 7] = 1e12, 0.0
        information, gradient = np.tile(np.diag(weight), (len(self.values), 1, 1)), weight * rest
        if self._located is not None:
            place = slice(X, Z + 1)
            inverse = np.linalg.inv(self._located.covariance[place, place])
            information[:, place, place] += inverse
            gradient[:, place] += (self.values[:, place] - self._located.camera.position_m) @ inverse
        return information, gradient

    def _derived(self, function: Residuals) -> tuple[Floats, Floats]:
        """Return the values (c, n) of a function of the cameras' numbers, and its Jacobian (c, n, 8)."""
        count = 8 if self._free else 7
        moved = np.vstack([np.zeros(8), np.diag(_STEP)[:count]])
        found = function(self.values[:, None] + moved)  # (c, 1 + count, n)
        base = found[:, 0]
        matrix = np.zeros((*base.shape, 8))
        matrix[..., :count] = ((found[:, 1:] - base[:, None]) / _STEP[:count, None]).transpose(0, 2, 1)
        return base, matrix

    def _place_residuals(self, values: Floats) -> Floats:
        """Return metres (c, k, 2 n) by which cameras of the numbers (c, k, 8) put the places elsewhere."""
        rest = self._on_floor(values, self._place_px) - self._floor[:, None]
        return np.asarray(rest.reshape(*values.shape[:2], -1))

    def _line_residuals(self, values: Floats) -> Floats:
        """Return px (c, k, m) across the line between each line point and its sample, for cameras (c, k, 8)."""
        assert self._lines is not None
        assert self._matches is not None
        drawn = self._drawn(values, self._lines.points_m[self._matches.index])
        return np.asarray(((drawn - self._line_px[:, None]) * self._matches.normal[:, None]).sum(axis=-1))

    def _on_floor(self, values: Floats, points_px: Floats) -> Floats:
        """Map source px (c or 1, n, 2) to the floor (c, k, n, 2), metres, by cameras (c, k, 8); NaN above the horizon."""
        to_floor = np.asarray(np.linalg.inv(self._homographies(values)), np.float64)
        ahead = np.concatenate([ahead_px(values, self._size), np.ones((*values.shape[:2], 1))], axis=2)  # (c, k, 3)
        to_floor /= np.einsum("ckj,ckj->ck", to_floor[:, :, 2], ahead)[..., None, None]
        return _mapped(to_floor, self._lens.undistort_by(values[..., 7:], points_px[:, None]), 1e-9)

    def _drawn(self, values: Floats, points_m: Floats) -> Floats:
        """Draw floor points (c or 1, n, 2) into source pictures (c, k, n, 2) of cameras (c, k, 8); NaN behind them."""
        return self._lens.distort_by(values[..., 7:], _mapped(self._homographies(values), points_m[:, None], 0.3))

    def _drawn_now(self, points_m: Floats) -> Floats:
        """Draw floor points (n, 2) into the source pictures (c, n, 2) as the cameras are."""
        return np.asarray(self._drawn(self.values[:, None], points_m[None])[:, 0])

    def _homographies(self, values: Floats) -> Floats:
        """Return the homographies (c, k, 3, 3) from the floor to undistorted px of cameras (c, k, 8)."""
        return floor_homographies(values.reshape(-1, 8)[:, :7], self._size).reshape(*values.shape[:2], 3, 3)

    @cached_property
    def _here_and_ahead(self) -> Floats:
        """Samples of the court's lines, and points a little further along each of them (2 n, 2)."""
        assert self._lines is not None
        return np.concatenate([self._lines.points_m, self._lines.points_m + 0.05 * self._lines.directions])

    def _matched(self, reach_px: float) -> _LineMatches:
        """Find for each line point the nearest sample of the court that runs its way; none that is further than a reach."""
        here, ahead = np.split(self._drawn_now(self._here_and_ahead), 2, axis=1)
        size, margin = np.array(self._size), np.array(self._size) * 0.05 + reach_px
        with np.errstate(invalid="ignore"):
            near: NDArray[np.bool_] = np.all((here > -margin) & (here < size + margin), axis=2)
        seen: NDArray[np.bool_] = near & np.isfinite(ahead[..., 0])
        shape = self._line_score.shape
        found = _LineMatches(np.zeros(shape, np.int64), np.zeros((*shape, 2)), np.full(shape, np.inf))
        for camera in range(len(seen)):
            samples = np.flatnonzero(seen[camera])
            if len(samples) >= 4:
                self._match_one(found, camera, samples, here[camera, samples], ahead[camera, samples], reach_px)
        return found

    def _match_one(
        self, found: _LineMatches, camera: int, samples: NDArray[np.int64], here: Floats, ahead: Floats, reach_px: float
    ) -> None:
        """Note for one camera the nearest of some samples, drawn `here` (n, 2) px and going on `ahead`."""
        from scipy.spatial import cKDTree

        line_px, line_angle = (each[camera, : self._line_points[camera]] for each in (self._line_px, self._line_angle))
        angle = np.arctan2(*(ahead - here).T[::-1])
        turn = TURN_PX_PER_RAD * self._unit / 2
        tree = cKDTree(
            np.column_stack([here, turn * np.cos(2 * angle), turn * np.sin(2 * angle)]),
            compact_nodes=False,
            balanced_tree=False,
        )
        doubled = 2 * line_angle
        points = np.column_stack([line_px, turn * np.cos(doubled), turn * np.sin(doubled)])
        # what is further lies out of reach across the line, along it, or by its direction
        furthest = 6**0.5 * max(reach_px, 12 * self._unit)
        away, nearest = map(np.asarray, tree.query(points, distance_upper_bound=furthest))
        rows = np.flatnonzero(np.isfinite(away))
        nearest, along = nearest[rows], angle[nearest[rows]]
        normal = np.column_stack([-np.sin(along), np.cos(along)])
        across = np.abs(np.sum((here[nearest] - line_px[rows]) * normal, axis=1))
        turned = 2 * turn * np.abs(np.sin(along - line_angle[rows]))
        beside = np.sqrt(np.maximum(away[rows] ** 2 - across**2 - turned**2, 0))  # beyond the end of a line
        total = np.hypot(across, 0.5 * turned) + np.where(beside > 12 * self._unit, beside, 0)
        found.index[camera, rows], found.normal[camera, rows] = samples[nearest], normal
        found.away_px[camera, rows] = total

    def support(self, reach_px: float) -> Floats:
        """Sum for each camera (c,) how well the line points agree with it as it is, 0 to 1 each."""
        near = np.clip(1 - (self._matched(reach_px).away_px / reach_px) ** 2, 0, None) ** 2
        return np.asarray((self._line_score * near).sum(axis=1))

    def covered(self, reach_px: float) -> Floats:
        """Return for each camera (c,) the share of the court's visible lines that have a line point nearby."""
        return self._covered(self._matched(reach_px), reach_px)

    def _covered(self, matches: _LineMatches, reach_px: float) -> Floats:
        """See `covered`."""
        assert self._lines is not None
        drawn = self._drawn_now(self._lines.points_m)  # (c, n, 2)
        with np.errstate(invalid="ignore"):
            seen: NDArray[np.bool_] = np.all((drawn > 0) & (drawn < np.array(self._size)), axis=2)
        step = np.linalg.norm(np.diff(drawn, axis=1, prepend=drawn[:, :1]), axis=2)
        step[~np.isfinite(step) | (np.diff(self._lines.line, prepend=0) > 0)] = 1e6  # from one line to the next
        along = step.cumsum(axis=1)
        shares = []
        for camera, of_camera in enumerate(along):
            on_line = matches.index[camera, matches.away_px[camera] < reach_px]
            hits = np.concatenate([[-np.inf], np.sort(of_camera[on_line]), [np.inf]])
            after = np.searchsorted(hits, of_camera)
            near = np.minimum(of_camera - hits[after - 1], hits[after] - of_camera) < COVER_PX * self._unit
            weight = np.where(seen[camera] & (step[camera] < 1e6), step[camera], 0)
            shares.append(float((weight * near).sum() / max(weight.sum(), 1e-9)))
        return np.array(shares)

    def results(self, reach_px: float) -> list[Aligned]:
        """Measure how well the evidence agrees with each camera."""
        now = self.values[:, None]
        away_m = np.linalg.norm(self._place_residuals(now).reshape(*self._place_score.shape, 2), axis=2)
        has_lines = self._line_px.shape[1] > 0 and self._lines is not None
        agreement = self._agreement(reach_px) if has_lines else [(0, 0.0, np.inf, 0.0)] * len(self.values)
        doubts = self._uncertainty()
        found = []
        for place, camera in enumerate(self.cameras):
            lens = replace(self._lens, lam=float(self.values[place, 7]))
            place_error_m = _median(away_m[place, : self._places[place]])
            found.append(Aligned(camera, lens, self._court, *agreement[place], place_error_m, *doubts[place]))
        return found

    def _agreement(self, reach_px: float) -> list[tuple[int, float, float, float]]:
        """Return for each camera the number of inliers, their share, their error in px and the coverage."""
        self._matches = self._matched(reach_px)
        across = self._line_residuals(self.values[:, None])[:, 0]
        near = (self._matches.away_px < reach_px) & np.isfinite(across)
        found = []
        for camera, coverage in enumerate(self._covered(self._matches, reach_px).tolist()):
            inliers, score = near[camera], self._line_score[camera]
            count = int(inliers.sum())
            error_px = float(np.sqrt(np.mean(across[camera, inliers] ** 2))) if count else np.inf
            found.append((count, float(score[inliers].sum() / max(1e-9, score.sum())), error_px, coverage))
        return found

    def _uncertainty(self) -> list[tuple[float, Floats]]:
        """Return for each camera the expected error on the floor, metres, and the covariance of its eight numbers."""
        covariance = np.asarray(np.linalg.pinv(self._information, hermitian=True), np.float64)
        width, height = self._size
        u, v = np.meshgrid(np.linspace(0.02, 0.98, 13) * width, np.linspace(0.02, 0.98, 9) * height)
        px = np.column_stack([u.ravel(), v.ravel()])[None]
        base, matrix = self._derived(lambda values: self._on_floor(values, px).reshape(*values.shape[:2], -1))
        found = []
        for points, parts, spread_of in zip(base.reshape(len(base), -1, 2), matrix, covariance, strict=True):
            with np.errstate(invalid="ignore"):
                on = (points >= 0).all(axis=1) & (points <= [self._court.length_m, self._court.width_m]).all(axis=1)
            slopes = parts.reshape(-1, 2, 8)[on]
            error_m = np.inf
            if len(slopes) >= 4 and np.isfinite(slopes).all():
                spread = np.einsum("nij,jk,nik->n", slopes, spread_of, slopes)
                error_m = float(np.sqrt(np.percentile(np.maximum(spread, 0), 90)))
            found.append((error_m, spread_of))
        return found


def _padded(arrays: Sequence[Floats]) -> Floats:
    """Stack arrays (n_i, ...) to (c, n, ...), filled up with zeros."""
    most = max(len(each) for each in arrays)
    stacked = np.zeros((len(arrays), most, *arrays[0].shape[1:]))
    for place, each in enumerate(arrays):
        stacked[place, : len(each)] = each
    return stacked


def _median(values: Floats) -> float:
    """Take the median of what is finite; infinite if nothing is."""
    return float(np.nanmedian(values)) if np.isfinite(values).any() else np.inf


def _mapped(matrices: Floats, points: Floats, least: float) -> Floats:
    """Send points (c, k or 1, n, 2) through homographies (c, k, 3, 3): (c, k, n, 2); NaN where the weight is not above `least`."""
    homogeneous = points @ matrices[..., :2].swapaxes(-1, -2) + matrices[..., None, :, 2]  # (c, k, n, 3)
    weight = np.where(homogeneous[..., 2:] > least, homogeneous[..., 2:], np.nan)
    return np.asarray(homogeneous[..., :2] / weight)
