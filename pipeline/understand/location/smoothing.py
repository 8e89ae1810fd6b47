"""Local linear regression of positions over a window that adapts to noise and movement (Lepski's rule).

Around every moment a straight line is fitted to the samples within windows of growing length, and neighbouring windows
are combined so that turning and accelerating bend the result less. A longer window has less noise but cuts corners; the
longest one is taken that does not contradict the shorter ones (intersection of confidence intervals: Goldenshluger and
Nemirovski, "On spatially adaptive estimation of nonparametric regression", 1997). A player who stays within a small
circle for seconds stands, whatever the noise does meanwhile. True timestamps throughout; no window crosses from one
segment to another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

GROWTH = 1.35
"""Ratio of one window to the next."""
LONGEST_S = 3.5
"""Longest window, s."""
CONFIDENCE = 1.2
"""Half-width of the compared intervals, in standard deviations."""
MIN_SAMPLES = 4
"""Fewer in a window do not tell its residual variance."""
PLAIN_FROM = -3
"""The longest windows also serve without extrapolation."""
CENTRED = 0.25
"""A window is centred if its mean time is this close to the moment, in standard deviations of its times."""
USUAL_NOISE_M = 0.1
"""Taken where a track is too short to tell."""
NOISE_WINDOW_S = 1.0
"""Window, s, about whose line fit the noise is measured."""
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
    """(n, 2)."""
    position_sd_m: Floats
    """(n,) standard deviation of each coordinate."""
    velocity_sd_mps: Floats
    """(n,) standard deviation of each component."""
    window_s: Floats
    """(n,) length of the window taken."""
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
    offset: Floats
    """Moment of evaluation minus mean time, s."""
    residual: Floats
    """Residual variance per coordinate, m^2; NaN with fewer than MIN_SAMPLES."""


def smooth(
    time_s: Floats, position_m: Floats, segment: Integers, window_s: float, standing_mps: float = 0.3
) -> Smoothed:
    """Smooth a track.

    Args:
        time_s: (n,), rising.
        position_m: (n, 2).
        segment: (n,) number of the unbroken piece that a sample belongs to, rising.
        window_s: the shortest window.
        standing_mps: who drifts faster over seconds does not stand.

    Returns:
        Positions, velocities and their uncertainty at the samples; velocity is NaN where a segment has one sample.
    """
    time_s = _separated(time_s, segment)
    windows = window_s * GROWTH ** np.arange(np.ceil(np.log(max(LONGEST_S / window_s, 1)) / np.log(GROWTH)) + 1)
    sums = _RunningSums(time_s, position_m)
    fits = [sums.fit(window) for window in windows]
    scatter = _scatter(fits)
    noise = _noise(time_s, position_m, segment, sums, scatter)
    standing = _standing(sums.fit(STANDING_WINDOW_S), scatter, standing_mps)
    return _longest_consistent(_ladder(fits, windows, noise), standing)


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
        return _LineFit(position, slope, n, spread, offset, residual)


def _separated(time_s: Floats, segment: Integers) -> Floats:
    """Move segments so far apart that no window spans two."""
    breaks = np.diff(segment, prepend=segment[:1]) != 0
    gap = np.diff(time_s, prepend=time_s[:1])
    return np.asarray(time_s + np.cumsum(np.where(breaks, np.maximum(0, 2 * LONGEST_S - gap), 0.0)))


def _noise(time_s: Floats, position_m: Floats, segment: Integers, sums: _RunningSums, scatter: Floats) -> Floats:
    """Estimate the noise (n,): variance per sample times its correlation length in samples, m^2."""
    if not np.isfinite(scatter).any():
        return np.full(len(time_s), USUAL_NOISE_M**2)
    local = _running_mean(time_s, scatter, LONGEST_S)
    local = np.where(np.isfinite(local), local, np.nanmedian(scatter))
    return np.maximum(local, 0.005**2) * _correlation(time_s, position_m, segment, sums)


def _correlation(time_s: Floats, position_m: Floats, segment: Integers, sums: _RunningSums) -> float:
    """Estimate how many samples of the noise count as one: 1 + 2 (sum of its autocorrelation), up to MAX_CORRELATION_S."""
    fit = sums.fit(NOISE_WINDOW_S)
    residual = position_m - fit.position
    level = _running_mean(time_s, (residual**2).mean(axis=1), NOISE_WINDOW_S)
    full = fit.spread > 0.5 * fit.count * NOISE_WINDOW_S**2 / 12
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


@dataclass(frozen=True)
class _RungEstimate:
    """What one rung of the ladder says at each sample."""

    position: Floats
    velocity: Floats
    position_variance: Floats
    velocity_variance: Floats
    """NaN where it says nothing."""
    window_s: float


def _ladder(fits: list[_LineFit], windows: Floats, noise: Floats) -> list[_RungEstimate]:
    """Order estimates from the least biased to the least noisy.

    First pairs of neighbouring windows, combined so that a constant change of acceleration does no harm (Richardson's
    extrapolation; the same order as a local cubic), then the plain lines that have still less noise.
    """
    rungs = [
        _extrapolated(long, short, noise, float(w))
        for short, long, w in zip(fits[:-1], fits[1:], windows[1:], strict=True)
    ]
    plain = [_plain(fit, noise, float(w)) for fit, w in zip(fits, windows, strict=True)]
    return [*rungs, *(plain[PLAIN_FROM:])] if len(fits) > 1 else plain


def _plain(fit: _LineFit, noise: Floats, window_s: float) -> _RungEstimate:
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where((fit.spread > 1e-12) & (fit.count >= MIN_SAMPLES), noise / fit.spread, np.nan)
        place = noise / fit.count + np.where(fit.spread > 1e-12, noise * fit.offset**2 / fit.spread, 0)
    return _RungEstimate(fit.position, fit.velocity, place, variance, window_s)


def _extrapolated(long: _LineFit, short: _LineFit, noise: Floats, window_s: float) -> _RungEstimate:
    """Combine two windows; one-sided ones, at the ends of a segment, stay as they are."""
    a, b = _plain(long, noise, window_s), _plain(short, noise, window_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (short.spread / short.count) / (long.spread / long.count)
        centred = np.maximum(_off_centre(long), _off_centre(short)) < CENTRED
        usable = centred & (ratio < 0.8) & np.isfinite(b.velocity_variance)
        w = np.where(usable, 1 / (1 - ratio), 0.0)
    variances = [
        np.where(usable, w**2 * y + (1 - w) ** 2 * x + 2 * w * (1 - w) * x, x)
        for x, y in ((a.position_variance, b.position_variance), (a.velocity_variance, b.velocity_variance))
    ]
    values = [
        np.where(usable[:, None], w[:, None] * y + (1 - w)[:, None] * x, x)
        for x, y in ((a.position, b.position), (a.velocity, b.velocity))
    ]
    return _RungEstimate(values[0], values[1], variances[0], variances[1], window_s)


def _off_centre(fit: _LineFit) -> Floats:
    """Measure how far the moment is from the mean time (n,), in standard deviations of the times."""
    return np.asarray(np.abs(fit.offset) / np.sqrt(fit.spread / fit.count))


def _longest_consistent(rungs: list[_RungEstimate], standing: Mask) -> Smoothed:
    """Take for each sample the estimate with least noise before velocities begin to contradict each other."""
    count = len(standing)
    low, high = np.full((count, 2), -np.inf), np.full((count, 2), np.inf)
    open_, chosen = np.ones(count, bool), np.zeros(count, np.int64)
    best = np.full(count, np.inf)
    for k, rung in enumerate(rungs):
        sd = np.sqrt(rung.velocity_variance)[:, None]
        usable = np.isfinite(sd[:, 0])
        low = np.where(usable[:, None], np.maximum(low, rung.velocity - CONFIDENCE * sd), low)
        high = np.where(usable[:, None], np.minimum(high, rung.velocity + CONFIDENCE * sd), high)
        open_ &= (low <= high).all(axis=1)
        better = open_ & (~(sd[:, 0] >= best))
        chosen[better] = k
        best[better] = np.where(usable, sd[:, 0], np.inf)[better]
    rows = np.arange(count)
    position, velocity, place, pace = (
        np.stack([getattr(rung, name) for rung in rungs])[chosen, rows]
        for name in ("position", "velocity", "position_variance", "velocity_variance")
    )
    windows = np.array([rung.window_s for rung in rungs])
    return Smoothed(position, velocity, np.sqrt(place), np.sqrt(pace), windows[chosen], standing)
