"""Smoothing of positions: of all paths the one that agrees with the samples, as far as their noise goes, with the least jerk.

A smoothing spline of degree five, on a grid of time (Whittaker, "On a new method of graduation", 1923; the same as a
Kalman smoother whose acceleration wanders). How much a sample weighs is its noise, which is measured on the path itself,
together with how long it lasts; how much people's acceleration wanders is known. A player who stays within a small circle for
seconds stands, whatever the noise does meanwhile. True timestamps throughout; no piece of the path knows of another one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import median_filter

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEP_S = 0.04
"""Step of the grid, s."""
JERK_DENSITY = 25.0
"""Power of the jerk of people who play, m^2 s^-5, at the usual setting of the smoothing."""
USUAL_SMOOTH_S = 0.6
"""That setting, s."""
RIDGE = 1e-6
"""Share of a sample's weight by which neighbours on the grid hold together where nothing was seen."""
PROBES = 12
"""Times that noise is sent through the smoothing, to see what is left of it."""
PROBE_WINDOW_S = 0.5
"""What is left of the noise is averaged over so many seconds."""
MIN_SAMPLES = 4
"""Fewer in a window do not tell its residual variance."""
USUAL_NOISE_M = 0.1
"""Taken where a track is too short to tell."""
LEAST_NOISE_M = 0.005
"""No box is more exact."""
NOISE_WINDOWS_S = (0.45, 0.8, 1.5)
"""Windows, s, about whose line fits the noise is measured: the shortest that has enough samples."""
LEVEL_WINDOW_S = 3.5
"""The level of the noise is averaged over so many seconds."""
CORRELATION_WINDOW_S = 1.0
"""Window, s, about whose line fit the noise's duration is measured."""
CALM_SHARE = 0.3
"""Noise is read off the calmest part of the track: movement only adds to residuals."""
MAX_LAG_S = 0.5
"""Longest lag at which the noise's autocorrelation counts, s."""
MAX_CORRELATION_S = 4 / 30
"""Noise that lasts looks like movement; what lasts longer than this is taken for movement."""
STANDING_WINDOW_S = 2.7
"""Window over which a player must stay in place, s."""
STANDING_RADIUS_M, STANDING_DEVIATIONS = 0.2, 1.5
"""Standing: over the window the scatter is below the radius, or below this many times the noise where that is more."""
OUTLIER_WINDOW_S = 0.7
"""Window of the running median, s."""
OUTLIER_M, OUTLIER_DEVIATIONS = 0.6, 5.0
"""An outlier is further off than either: m, and times the usual distance from the median."""


@dataclass(frozen=True)
class Smoothed:
    """One row per sample."""

    position_m: Floats
    """(n, 2)."""
    velocity_mps: Floats
    """(n, 2); NaN where a segment is too short."""
    position_sd_m: Floats
    """(n,) standard deviation of each coordinate."""
    velocity_sd_mps: Floats
    """(n,) standard deviation of each component."""
    standing: Mask
    """(n,) stays within a small circle, without drifting faster than the given speed."""


@dataclass(frozen=True)
class _LineFit:
    """Straight-line fits around each sample with one window."""

    position: Floats
    velocity: Floats
    count: Floats
    spread: Floats
    """Sum of squared times about their mean, s^2."""
    residual: Floats
    """Residual variance per coordinate, m^2; NaN with fewer than MIN_SAMPLES."""


def smooth(
    time_s: Floats, position_m: Floats, segment: Integers, smooth_s: float, standing_mps: float = 0.3
) -> Smoothed:
    """Smooth a track.

    Args:
        time_s: (n,), rising.
        position_m: (n, 2).
        segment: (n,) number of the unbroken piece that a sample belongs to, rising.
        smooth_s: the strength; movements shorter than this are smoothed away at a usual noise.
        standing_mps: who drifts faster over seconds does not stand.

    Returns:
        Positions, velocities and their uncertainty at the samples; velocity is NaN where a segment has one sample.
    """
    if not len(time_s):
        none = np.zeros(0)
        return Smoothed(np.zeros((0, 2)), np.zeros((0, 2)), none, none, np.zeros(0, bool))
    apart_s = _separated(time_s, segment)
    sums = _RunningSums(apart_s, position_m)
    scatter = _scatter([sums.fit(window_s) for window_s in NOISE_WINDOWS_S])
    noise = _noise(apart_s, position_m, segment, sums, scatter)
    standing = _standing(sums.fit(STANDING_WINDOW_S), scatter, standing_mps)
    grid = _TimeGrid(time_s, segment, noise, JERK_DENSITY * (USUAL_SMOOTH_S / smooth_s) ** 6)
    origin = position_m.mean(axis=0)
    position, velocity = grid.fit(position_m - origin)
    probes = np.random.default_rng(0).normal(0, 1, (len(time_s), PROBES)) * np.sqrt(noise)[:, None]
    position_sd, velocity_sd = (
        np.sqrt(_running_mean(apart_s, (rest**2).mean(axis=1), PROBE_WINDOW_S)) for rest in grid.fit(probes)
    )
    return Smoothed(position + origin, velocity, position_sd, velocity_sd, standing)


class _TimeGrid:
    """Regular times of all segments, one after the other, between which a position is interpolated linearly.

    Args:
        time_s: (n,) of the samples.
        segment: (n,) piece of each.
        noise: (n,) variance of each, m^2.
        jerk_density: m^2 s^-5.
    """

    def __init__(self, time_s: Floats, segment: Integers, noise: Floats, jerk_density: float) -> None:
        first = np.flatnonzero(np.diff(segment, prepend=segment[0] - 1))
        last = np.append(first[1:], len(segment)) - 1
        points = np.maximum(np.ceil((time_s[last] - time_s[first]) / STEP_S - 1e-6).astype(np.int64), 0) + 1
        begin = np.concatenate([[0], np.cumsum(points)])
        owner = np.repeat(np.arange(len(first)), last - first + 1)
        at = (time_s - time_s[first[owner]]) / STEP_S
        self.size = int(begin[-1])
        self.low = begin[owner] + np.minimum(np.floor(at + 1e-9).astype(np.int64), np.maximum(points[owner] - 2, 0))
        self.high = np.minimum(self.low + 1, begin[owner + 1] - 1)
        self.share = np.where(self.high > self.low, at - (self.low - begin[owner]), 0.0)
        self.weight = 1.0 / noise
        self.piece = np.repeat(np.arange(len(first)), points)  # (size,)
        self.single = points[owner] < 2
        self.bands = self._bands(jerk_density)

    def _bands(self, jerk_density: float) -> Floats:
        """Set up the normal equations (4, size), as SciPy stores the lower bands of a symmetric matrix."""
        bands = np.zeros((4, self.size))
        a, b = 1 - self.share, self.share
        np.add.at(bands[0], self.low, self.weight * a * a)
        np.add.at(bands[0], self.high, self.weight * b * b)
        np.add.at(bands[1], self.low[self.high > self.low], (self.weight * a * b)[self.high > self.low])
        held = RIDGE * float(np.median(self.weight))
        for difference, strength in (
            (np.array([-1.0, 1]), held),
            (np.array([-1.0, 3, -3, 1]), 1 / (jerk_density * STEP_S**5)),
        ):
            width = len(difference)
            if self.size < width:
                continue
            whole = self.piece[width - 1 :] == self.piece[: self.size - width + 1]
            for i in range(width):
                for j in range(i + 1):
                    bands[i - j, j : self.size - width + 1 + j] += strength * difference[i] * difference[j] * whole
        return bands

    def fit(self, values: Floats) -> tuple[Floats, Floats]:
        """Smooth values (n, k): positions and velocities (n, k) at the samples."""
        right = np.zeros((self.size, values.shape[1]))
        np.add.at(right, self.low, (self.weight * (1 - self.share))[:, None] * values)
        np.add.at(right, self.high, (self.weight * self.share)[:, None] * values)
        path = solveh_banded(self.bands[: min(4, self.size)], right, lower=True, check_finite=False)
        step = np.diff(path, axis=0, prepend=path[:1])
        inside = np.diff(self.piece, prepend=-1) == 0  # has a neighbour before it
        after = np.append(inside[1:], False)
        steps = step * inside[:, None] + np.append(step[1:], step[:1], axis=0) * after[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            velocity = steps / (STEP_S * (inside.astype(np.float64) + after))[:, None]
        return self._at(path), np.where(self.single[:, None], np.nan, self._at(velocity))

    def _at(self, path: Floats) -> Floats:
        """Interpolate a path (size, k) at the samples (n, k)."""
        return np.asarray((1 - self.share)[:, None] * path[self.low] + self.share[:, None] * path[self.high])


def _scatter(fits: list[_LineFit]) -> Floats:
    """Take the residual variance (n,) of the shortest window that has enough samples; NaN where none has."""
    scatter = fits[0].residual
    for fit in fits[1:]:
        scatter = np.where(np.isfinite(scatter), scatter, fit.residual)
    return scatter


def _standing(fit: _LineFit, scatter: Floats, standing_mps: float) -> Mask:
    """Say where a player (n,) stays in place for the whole of a window."""
    noise = np.sqrt(np.where(np.isfinite(scatter), scatter, 0.0))
    radius = np.maximum(STANDING_RADIUS_M, STANDING_DEVIATIONS * noise)
    long_enough = fit.spread > 0.6 * fit.count * STANDING_WINDOW_S**2 / 12
    with np.errstate(invalid="ignore"):
        slow = np.linalg.norm(fit.velocity, axis=1) < standing_mps
        return np.asarray(long_enough & slow & (np.sqrt(fit.residual) < radius))


def without_outliers(time_s: Floats, position_m: Floats) -> Mask:
    """Mark the samples (n,) that agree with the running median of their neighbourhood (Hampel's test).

    A wrong box for up to a third of a second is found; a lasting change is not an outlier.

    Example:
        >>> t = np.arange(20) / 30
        >>> x = np.column_stack([3 * t, 0 * t])
        >>> x[7] += 5
        >>> np.flatnonzero(~without_outliers(t, x)).tolist()
        [7]
    """
    if len(time_s) < 5:
        return np.ones(len(time_s), bool)
    step_s = float(np.median(np.diff(time_s)))
    size = min(2 * round(OUTLIER_WINDOW_S / 2 / step_s) + 1, len(time_s) // 2 * 2 - 1)
    middle = median_filter(position_m, size=(max(size, 5), 1), mode="nearest")
    away = np.linalg.norm(position_m - middle, axis=1)
    usual = median_filter(away, size=4 * max(size, 5) + 1, mode="nearest")
    return np.asarray(away <= np.maximum(OUTLIER_M, OUTLIER_DEVIATIONS * usual))


class _RunningSums:
    """Running sums over a track, so that a fit in any window costs the same."""

    def __init__(self, time_s: Floats, position_m: Floats) -> None:
        self.time_s = time_s
        self.origin = position_m.mean(axis=0)
        t = (time_s - time_s.mean()).astype(np.longdouble)
        x = (position_m - self.origin).astype(np.longdouble)
        columns = np.column_stack([np.ones_like(t), t, t * t, x, t[:, None] * x, x * x])
        self.total = np.vstack([np.zeros((1, columns.shape[1]), np.longdouble), np.cumsum(columns, axis=0)])
        self.mean_time = time_s.mean()

    def fit(self, window_s: float) -> _LineFit:
        """Fit a line around every sample."""
        half = window_s / 2 * (1 + 1e-9)
        low = np.searchsorted(self.time_s, self.time_s - half, side="left")
        high = np.searchsorted(self.time_s, self.time_s + half, side="right")
        sums = (self.total[high] - self.total[low]).astype(np.float64)
        n, t, x = sums[:, 0], sums[:, 1] / sums[:, 0], sums[:, 3:5] / sums[:, :1]
        spread = np.maximum(sums[:, 2] - n * t * t, 0)
        cross = sums[:, 5:7] - (n * t)[:, None] * x
        scatter = np.maximum(sums[:, 7:9] - n[:, None] * x * x, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(spread[:, None] > 1e-12, cross / spread[:, None], np.nan)
            left = np.maximum(scatter - slope * cross, 0).mean(axis=1) / (n - 2)
        offset = (self.time_s - self.mean_time) - t
        position = x + np.where(np.isnan(slope), 0, slope) * offset[:, None] + self.origin
        residual = np.where(n >= MIN_SAMPLES, left, np.nan)
        return _LineFit(position, slope, n, spread, residual)


def _separated(time_s: Floats, segment: Integers) -> Floats:
    """Move segments so far apart that no window spans two."""
    breaks = np.diff(segment, prepend=segment[:1]) != 0
    gap = np.diff(time_s, prepend=time_s[:1])
    return np.asarray(time_s + np.cumsum(np.where(breaks, np.maximum(0, 2 * LEVEL_WINDOW_S - gap), 0.0)))


def _noise(time_s: Floats, position_m: Floats, segment: Integers, sums: _RunningSums, scatter: Floats) -> Floats:
    """Estimate the noise (n,): variance per sample times its correlation length in samples, m^2."""
    if not np.isfinite(scatter).any():
        return np.full(len(time_s), USUAL_NOISE_M**2)
    local = _running_mean(time_s, scatter, LEVEL_WINDOW_S)
    local = np.where(np.isfinite(local), local, np.nanmedian(scatter))
    return np.maximum(local, LEAST_NOISE_M**2) * _correlation(time_s, position_m, segment, sums)


def _correlation(time_s: Floats, position_m: Floats, segment: Integers, sums: _RunningSums) -> float:
    """Estimate how many samples of the noise count as one: 1 + 2 (sum of its autocorrelation), up to MAX_CORRELATION_S."""
    fit = sums.fit(CORRELATION_WINDOW_S)
    residual = position_m - fit.position
    level = _running_mean(time_s, (residual**2).mean(axis=1), CORRELATION_WINDOW_S)
    full = fit.spread > 0.5 * fit.count * CORRELATION_WINDOW_S**2 / 12
    if full.sum() < 30:
        return 1.0
    calm = full & (level <= np.quantile(level[full], CALM_SHARE))
    step_s = float(np.median(np.diff(time_s)))
    total, variance = 1.0, float(np.mean(residual[calm] ** 2))
    for lag in range(1, int(MAX_LAG_S / step_s) + 1):
        both = calm[:-lag] & calm[lag:] & (segment[:-lag] == segment[lag:])
        if not both.any() or variance <= 0:
            break
        correlation = float(np.mean(residual[:-lag][both] * residual[lag:][both])) / variance
        if correlation < 0.05:
            break
        total += 2 * correlation
    return max(1.0, min(total, MAX_CORRELATION_S / step_s))


def _running_mean(time_s: Floats, values: Floats, window_s: float) -> Floats:
    """Average values (n,) over a window in time, NaN left out."""
    finite = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    low = np.searchsorted(time_s, time_s - window_s / 2, side="left")
    high = np.searchsorted(time_s, time_s + window_s / 2, side="right")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((sums[high] - sums[low]) / (counts[high] - counts[low]))
