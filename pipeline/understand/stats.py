"""Statistics per player: seconds, metres, speeds and zones. Counts are summed first and divided last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court, beyond_three_point, in_paint
from pipeline.tables import PLAYER_STATS, conform
from pipeline.understand.timeline import frame_durations

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MEMORY_S = 1.0
"""Errors of the smoothed speed at moments further apart are taken as independent."""
SMOOTHING_SHARE = 0.04
"""Distance that smoothing gains or loses on game-like movement (benchmarks/stats.py), as a share."""
BRIDGED_MPS = 0.5
"""What a straight bridge may miss per second."""
Z_95 = 1.96


def player_stats(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    court: Court,
    settings: StatsSettings,
) -> pd.DataFrame:
    """Make the table `player_stats`.

    Seconds are sums of frame durations by timestamps. Distance is the integral of the smoothed speed over located
    frames; without any position in the game all metres are NaN, while the seconds stand.

    Returns:
        One row per player who was in view at all.
    """
    duration_s = frame_durations(frames)
    seen = _seen(frames, detections, tracks, identities)
    metres = not positions.empty
    rows = []
    for player in players.to_dict("records"):
        own = seen[seen["player_id"] == player["player_id"]]
        if own.empty:
            continue
        located = positions[positions["player_id"] == player["player_id"]]
        who = {key: player[key] for key in ("player_id", "role", "team", "number", "name")}
        times = _times(frames, own, duration_s, settings)
        rows.append(
            {**who, **times, **(_metres(frames, located, duration_s, court, settings) if metres else NO_METRES)}
        )
    return conform("player_stats", pd.DataFrame(rows)) if rows else PLAYER_STATS.empty()


METRE_COLUMNS = tuple(c.name for c in PLAYER_STATS.columns[PLAYER_STATS.names.index("located_s") :])
NO_METRES: dict[str, Any] = {name: pd.NA if name == "sprints" else np.nan for name in METRE_COLUMNS}


def _seen(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, identities: pd.DataFrame
) -> pd.DataFrame:
    """Join boxes to players: player_id, row of `frames`, confidence; one per player and frame."""
    joined = tracks.merge(identities, on="track_id").merge(detections[["detection_id", "frame"]], on="detection_id")
    joined = joined.sort_values(["player_id", "frame", "confidence"], ascending=[True, True, False], kind="stable")
    joined = joined.drop_duplicates(["player_id", "frame"])
    return joined.assign(row=np.searchsorted(frames["frame"].to_numpy(), joined["frame"].to_numpy()))


def _times(frames: pd.DataFrame, own: pd.DataFrame, duration_s: Floats, settings: StatsSettings) -> dict[str, Any]:
    """Sum the seconds of one player."""
    row = own["row"].to_numpy(np.int64)
    time_s, shot = frames["time_s"].to_numpy(np.float64), frames["shot"].to_numpy()
    seen_s = float(duration_s[row].sum())
    short = (np.diff(time_s[row]) <= settings.max_gap_s) & (np.diff(shot[row]) == 0)
    total = np.concatenate([[0.0], np.cumsum(duration_s)])
    hidden_s = total[row[1:]] - total[row[:-1] + 1]
    confidence = own["confidence"].to_numpy(np.float64)
    return {
        "confidence": min(1.0, float(np.average(confidence, weights=duration_s[row] if seen_s > 0 else None))),
        "first_s": float(time_s[row[0]]),
        "last_s": float(time_s[row[-1]]),
        "seen_s": seen_s,
        "bridged_s": float(hidden_s[short].sum()),
    }


def _metres(
    frames: pd.DataFrame, located: pd.DataFrame, duration_s: Floats, court: Court, settings: StatsSettings
) -> dict[str, Any]:
    """Sum what needs positions."""
    if located.empty:
        return {**NO_METRES, "located_s": 0.0}
    row = np.searchsorted(frames["frame"].to_numpy(), located["frame"].to_numpy())
    dt = duration_s[row]
    speed = located["speed_mps"].to_numpy(np.float64)
    moving = np.isfinite(speed)
    speed_dt = float(dt[moving].sum())
    distance = float(speed[moving] @ dt[moving]) if moving.any() else np.nan
    low, high = _interval(located, dt, distance, settings)
    piece = _pieces(row, frames["shot"].to_numpy()[row])
    return {
        "located_s": float(dt.sum()),
        "distance_m": distance,
        "distance_low_m": low,
        "distance_high_m": high,
        "distance_per_min_m": 60 * distance / speed_dt if speed_dt > 0 else np.nan,
        "mean_speed_mps": distance / speed_dt if speed_dt > 0 else np.nan,
        "top_speed_mps": _held(_surely(located), dt, piece, settings.top_speed_hold_s),
        **_speed_zones(speed, dt, settings),
        "sprints": _sprints(speed, dt, piece, settings),
        **_places(located[["x_m", "y_m"]].to_numpy(np.float64), dt, court),
    }


def _interval(located: pd.DataFrame, dt: Floats, distance: float, settings: StatsSettings) -> tuple[float, float]:
    """Bound the distance at 95 %.

    Random: the speed's standard deviation, independent over `MEMORY_S`. Systematic: what smoothing cuts or adds
    (`SMOOTHING_SHARE`), what straight bridges may miss, and below the dead band what creeping may have been.
    """
    speed, sd = (located[name].to_numpy(np.float64) for name in ("speed_mps", "speed_sd_mps"))
    sd = np.where(np.isfinite(sd), sd, 0.0)
    bridged = (located["source"] == "bridged").to_numpy()
    random = Z_95 * np.sqrt(np.sum(np.where(speed > 0, sd**2, 0.0) * dt) * MEMORY_S)
    known = np.hypot(random, SMOOTHING_SHARE * distance)
    missed = BRIDGED_MPS * float(dt[bridged].sum())
    creeping = float(np.sum(np.minimum(sd, settings.dead_band_mps)[speed == 0] * dt[speed == 0])) / 2
    low = max(0.0, distance - np.hypot(known, missed))
    return low, distance + float(np.hypot(known, missed)) + creeping


def _pieces(row: NDArray[np.int64], shot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the runs (n,) of neighbouring frames of one shot."""
    return np.concatenate([[0], np.cumsum((np.diff(row) > 1) | (np.diff(shot) != 0))]).astype(np.int64)


def _slices(piece: NDArray[np.int64]) -> Iterator[slice]:
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(piece)], strict=True):
        yield slice(int(start), int(stop))


def _surely(located: pd.DataFrame) -> Floats:
    """Take half a standard deviation off each speed (n,): the highest of many would else be the luckiest."""
    speed, sd = (located[name].to_numpy(np.float64) for name in ("speed_mps", "speed_sd_mps"))
    return np.asarray(np.maximum(speed - 0.5 * np.where(np.isfinite(sd), sd, 0.0), 0.0))


def _held(speed: Floats, dt: Floats, piece: NDArray[np.int64], hold_s: float) -> float:
    """Find the highest speed that is held for `hold_s`; NaN if no run is that long."""
    count = max(1, int(np.ceil(hold_s / float(np.median(dt)) - 1e-6)))
    best = np.nan
    for run in _slices(piece):
        values = np.where(np.isfinite(speed[run]), speed[run], 0.0)
        if len(values) >= count:
            lowest = minimum_filter1d(values, count)[count // 2 : len(values) - (count - 1) // 2]
            best = np.fmax(best, lowest.max())
    return float(best)


def _speed_zones(speed: Floats, dt: Floats, settings: StatsSettings) -> dict[str, float]:
    """Sum the time in each zone of speed."""
    edges = [0.0, settings.jog_mps, settings.run_mps, settings.sprint_mps, np.inf]
    known = np.isfinite(speed)
    totals, _ = np.histogram(speed[known], bins=edges, weights=dt[known])
    return dict(zip(("walk_s", "jog_s", "run_s", "sprint_s"), totals.tolist(), strict=True))


def _sprints(speed: Floats, dt: Floats, piece: NDArray[np.int64], settings: StatsSettings) -> int:
    """Count the runs at sprinting speed that last long enough."""
    fast = speed >= settings.sprint_mps
    count = 0
    for run in _slices(piece):
        edges = np.flatnonzero(np.diff(fast[run].astype(np.int8), prepend=0, append=0))
        total = np.concatenate([[0.0], np.cumsum(dt[run])])
        count += int(np.sum(total[edges[1::2]] - total[edges[::2]] >= settings.min_sprint_s - 1e-9))
    return count


def _places(position_m: Floats, dt: Floats, court: Court) -> dict[str, float]:
    """Weigh places by time."""
    total = float(dt.sum())
    if total <= 0:
        return {}

    def share(mask: Mask) -> float:
        return min(1.0, float(dt[mask].sum()) / total)

    return {
        "left_half_share": share(position_m[:, 0] < court.length_m / 2),
        "paint_share": share(in_paint(court, position_m)),
        "three_point_share": share(beyond_three_point(court, position_m)),
        "mean_x_m": float(dt @ position_m[:, 0]) / total,
        "mean_y_m": float(dt @ position_m[:, 1]) / total,
    }
