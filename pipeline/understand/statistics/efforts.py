"""Efforts of one player: top speed, zones of speed, sprints, and hard accelerations and decelerations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.config import StatsSettings

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Stretches = list[tuple[int, int]]

KINDS = ("sprint", "acceleration", "deceleration")
SPEED_ZONES = ("walk", "jog", "run", "sprint")
ACCELERATION_S = 0.5
"""Accelerations are means over this long, s: shorter ones are noise as often as not."""


def held_stretch(
    speed_mps: Floats, dt_s: Floats, piece: NDArray[np.int64], hold_s: float
) -> tuple[float, tuple[int, int]]:
    """Find the highest speed that is held for `hold_s` (maximum of a sliding minimum), and where.

    Args:
        speed_mps: (n,), NaN where unknown.
        dt_s: (n,) seconds that each sample stands for.
        piece: (n,) number of the uninterrupted piece that each belongs to.
        hold_s: how long.

    Returns:
        The speed, NaN if no piece is that long, and the stretch: first sample, one past the last.

    Example:
        >>> speed = np.array([1.0, 5.0, 4.0, 9.0, 1.0])
        >>> held_stretch(speed, np.array([0.1, 0.1, 0.4, 0.1, 0.1]), np.zeros(5, dtype=int), 0.5)
        (4.0, (1, 3))
    """
    best, where = -np.inf, (0, 0)
    for run in _slices(piece):
        values = np.where(np.isfinite(speed_mps[run]), speed_mps[run], -np.inf)
        total = np.concatenate([[0.0], np.cumsum(dt_s[run])])
        stop = np.searchsorted(total, total[:-1] + hold_s - 1e-9)
        start = np.flatnonzero(stop < len(total))
        if len(start):
            window = np.column_stack([start, np.maximum(stop[start], start + 1)])
            least = np.minimum.reduceat(np.append(values, np.inf), window.ravel())[::2]
            place = int(least.argmax())
            if least[place] > best:
                best, where = (
                    float(least[place]),
                    (run.start + int(window[place, 0]), run.start + int(window[place, 1])),
                )
    return best if np.isfinite(best) else np.nan, where


def speed_zones(speed_mps: Floats, believed_mps: Floats, dt_s: Floats, settings: StatsSettings) -> dict[str, float]:
    """Sum the time and the distance in each zone of speed: `walk_s`, `walk_m` and so on.

    Args:
        speed_mps: (n,), NaN where unknown.
        believed_mps: (n,) the same, no faster than the top speed: it says which zone a moment is in.
        dt_s: (n,) seconds that each sample stands for.
        settings: the limits of the zones.
    """
    edges = [0.0, settings.jog_mps, settings.run_mps, settings.sprint_mps, np.inf]
    moving = np.isfinite(speed_mps)
    speed, believed, dt = speed_mps[moving], believed_mps[moving], dt_s[moving]
    seconds, _ = np.histogram(believed, bins=edges, weights=dt)
    metres, _ = np.histogram(believed, bins=edges, weights=speed * dt)
    return {
        **{f"{zone}_s": float(value) for zone, value in zip(SPEED_ZONES, seconds, strict=True)},
        **{f"{zone}_m": float(value) for zone, value in zip(SPEED_ZONES, metres, strict=True)},
    }


def efforts(speed_mps: Floats, dt_s: Floats, piece: NDArray[np.int64], settings: StatsSettings) -> dict[str, Stretches]:
    """Find sprints, accelerations and decelerations.

    A sprint is a run at sprinting speed that lasts. An acceleration is a stretch in which the speed rises by at least
    `acceleration_mps2` on average over half a second, a deceleration one in which it falls so; 2.5 m/s^2 is where
    high intensity begins in Harper, Carling and Kiely, "High-intensity acceleration and deceleration demands in elite
    team sports competitive match play", Sports Medicine 49 (2019).

    Args:
        speed_mps: (n,), NaN where unknown.
        dt_s: (n,) seconds that each sample stands for.
        piece: (n,) number of the uninterrupted piece that each belongs to.
        settings: the limits.

    Returns:
        By kind of effort, in order of time, its stretches: first sample, one past the last.
    """
    found: dict[str, Stretches] = {kind: [] for kind in KINDS}
    for run in _slices(piece):
        speed, dt = speed_mps[run], dt_s[run]
        least_s = max(settings.min_sprint_s, settings.top_speed_hold_s)
        found["sprint"] += _lasting(speed >= settings.sprint_mps, dt, least_s, run.start)
        change = _change(speed, dt)
        hard = np.abs(change) >= settings.acceleration_mps2 * ACCELERATION_S
        found["acceleration"] += _lasting(hard & (change > 0), dt, 0.0, run.start)
        found["deceleration"] += _lasting(hard & (change < 0), dt, 0.0, run.start)
    return found


def _change(speed: Floats, dt: Floats) -> Floats:
    """Measure how much faster (n,) somebody is a quarter of a second later than before; NaN at the ends."""
    middle = np.cumsum(dt) - dt
    around = [np.interp(middle + k * ACCELERATION_S / 2, middle, speed, np.nan, np.nan) for k in (-1, 1)]
    return np.asarray(around[1] - around[0])


def _lasting(mask: Mask, dt: Floats, least_s: float, begin: int) -> Stretches:
    """Find the stretches of True that last (first, one past the last), counted from where the first sample is `begin`."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    total = np.concatenate([[0.0], np.cumsum(dt)])
    return [
        (begin + int(start), begin + int(stop))
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
        if total[stop] - total[start] >= least_s - 1e-9
    ]


def _slices(piece: NDArray[np.int64]) -> Iterator[slice]:
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(piece)], strict=True):
        yield slice(int(start), int(stop))
