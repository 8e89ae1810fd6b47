"""Statistics per player: seconds, metres, speeds and zones. Counts are summed first and divided last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court, beyond_three_point, in_paint
from pipeline.geometry.zones import ZONES, zones
from pipeline.tables import PLAYER_PERIODS, PLAYER_STATS, conform
from pipeline.understand.statistics.efforts import efforts, held_speed, speed_zones
from pipeline.understand.statistics.game_timeline import GameTimeline

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

MEMORY_S = 1.0
"""Errors of the smoothed speed at moments further apart are taken as independent."""
SMOOTHING_SHARE = 0.04
"""Distance that smoothing gains or loses on game-like movement (benchmarks/stats.py), as a share."""
BRIDGED_MPS = 0.5
"""What a straight bridge may miss, m/s."""
Z_95 = 1.96
"""Half-width of a 95 % interval, in standard deviations of a normal distribution."""


def player_stats(timeline: GameTimeline, court: Court, settings: StatsSettings) -> pd.DataFrame:
    """Make the table `player_stats` of a game, or the same of a period.

    Seconds are sums of frame durations by timestamps. Distance is the integral of the smoothed speed over located
    frames; without any position in the game all metres are NaN, while the seconds stand.

    Args:
        timeline: of a game or a period.
        court: its zones.
        settings: limits of the definitions.

    Returns:
        One row per player who was in view at all.
    """
    seen = dict(list(timeline.seen.groupby("player_id")))
    located = dict(list(timeline.located.groupby("player_id")))
    rows = []
    for player in timeline.players.to_dict("records"):
        seen_rows = seen.get(player["player_id"])
        if seen_rows is None:
            continue
        who = {key: player[key] for key in ("player_id", "role", "team", "number", "name")}
        row = {**who, **_times(timeline, seen_rows, settings)}
        if timeline.has_metres:
            located_rows = located.get(player["player_id"], timeline.located.iloc[:0])
            row |= _metres(timeline, located_rows, row["on_court_s"], court, settings)
        rows.append({**PLAYER_STATS.unknown(), **row})
    return conform("player_stats", pd.DataFrame(rows)) if rows else PLAYER_STATS.empty()


def player_periods(timeline: GameTimeline, court: Court, settings: StatsSettings) -> pd.DataFrame:
    """Make the table `player_periods`: the same per period.

    Args:
        timeline: of the whole game.
        court: its zones.
        settings: limits of the definitions.
    """
    tables = [
        player_stats(of_period, court, settings).assign(period=period) for period, of_period in timeline.by_period()
    ]
    tables = [table for table in tables if len(table)]
    return conform("player_periods", pd.concat(tables, ignore_index=True)) if tables else PLAYER_PERIODS.empty()


def _times(timeline: GameTimeline, seen: pd.DataFrame, settings: StatsSettings) -> dict[str, Any]:
    """Sum the seconds of one player."""
    row = seen["row"].to_numpy(np.int64)
    time_s, duration_s = timeline.time_s, timeline.duration_s
    seen_s = float(duration_s[row].sum())
    away_s = np.diff(time_s[row])
    bridged = (away_s <= settings.max_gap_s) & (np.diff(timeline.shot[row]) == 0)
    total = np.concatenate([[0.0], np.cumsum(duration_s)])
    hidden_s = total[row[1:]] - total[row[:-1] + 1]
    confidence = seen["confidence"].to_numpy(np.float64)
    return {
        "confidence": min(1.0, float(np.average(confidence, weights=duration_s[row] if seen_s > 0 else None))),
        "first_s": float(time_s[row[0]]),
        "last_s": float(time_s[row[-1]]),
        "seen_s": seen_s,
        "bridged_s": float(hidden_s[bridged].sum()),
        "on_court_s": seen_s + float(hidden_s[away_s <= settings.max_absence_s].sum()),
    }


def _metres(
    timeline: GameTimeline, located: pd.DataFrame, on_court_s: float, court: Court, settings: StatsSettings
) -> dict[str, Any]:
    """Sum what needs positions."""
    if located.empty:
        return {"located_s": 0.0}
    row, dt, speed = located["row"].to_numpy(np.int64), _column(located, "dt"), _column(located, "speed_mps")
    moving = np.isfinite(speed)
    speed_s = float(dt[moving].sum())
    distance = float(speed[moving] @ dt[moving]) if moving.any() else np.nan
    mean_speed = distance / speed_s if speed_s > 0 else np.nan
    low, high = _interval(located, dt, distance, settings)
    piece = _pieces(row, timeline.shot[row])
    return {
        "located_s": float(dt.sum()),
        "distance_m": distance,
        "distance_low_m": low,
        "distance_high_m": high,
        "estimated_full_distance_m": distance + mean_speed * max(0.0, on_court_s - speed_s),
        "distance_per_min_m": 60 * mean_speed,
        "mean_speed_mps": mean_speed,
        "top_speed_mps": held_speed(_cautious_speed(located), dt, piece, settings.top_speed_hold_s),
        **speed_zones(speed, dt, settings),
        **efforts(speed, _deviations(located), dt, piece, settings),
        **_phases(located, dt, np.where(moving, speed, 0.0)),
        **_places(located[["x_m", "y_m"]].to_numpy(np.float64), dt, court),
        **_attack_places(located[["attack_x_m", "attack_y_m"]].to_numpy(np.float64), dt, court),
    }


def _column(table: pd.DataFrame, name: str) -> Floats:
    return table[name].to_numpy(np.float64)


def _interval(located: pd.DataFrame, dt: Floats, distance: float, settings: StatsSettings) -> tuple[float, float]:
    """Bound the distance at 95 %.

    Random: the speed's standard deviation, independent over `MEMORY_S`. Systematic: what smoothing cuts or adds
    (`SMOOTHING_SHARE`), what straight bridges may miss, and below the dead band what creeping may have been.
    """
    speed, sd = _column(located, "speed_mps"), _deviations(located)
    bridged = (located["source"] == "bridged").to_numpy()
    random = Z_95 * np.sqrt(np.sum(np.where(speed > 0, sd**2, 0.0) * dt) * MEMORY_S)
    measured = np.hypot(random, SMOOTHING_SHARE * distance)
    missed = BRIDGED_MPS * float(dt[bridged].sum())
    creeping = float(np.sum(np.minimum(sd, settings.dead_band_mps)[speed == 0] * dt[speed == 0])) / 2
    low = max(0.0, distance - np.hypot(measured, missed))
    return low, distance + float(np.hypot(measured, missed)) + creeping


def _pieces(row: Integers, shot: Integers) -> Integers:
    """Number the runs (n,) of neighbouring frames of one shot."""
    return np.concatenate([[0], np.cumsum((np.diff(row) > 1) | (np.diff(shot) != 0))]).astype(np.int64)


def _cautious_speed(located: pd.DataFrame) -> Floats:
    """Take half a standard deviation off each speed (n,): the highest of many would else be the luckiest."""
    return np.asarray(np.maximum(_column(located, "speed_mps") - 0.5 * _deviations(located), 0.0))


def _deviations(located: pd.DataFrame) -> Floats:
    """Give the standard deviation of each speed (n,), 0 where unknown."""
    return np.nan_to_num(_column(located, "speed_sd_mps"))


def _phases(located: pd.DataFrame, dt: Floats, speed: Floats) -> dict[str, float]:
    """Sum time and distance in offence and in defence; NaN where neither is ever known."""
    phase = located["phase"].to_numpy()
    if not phase.any():
        return {}
    sums: dict[str, float] = {}
    for name, sign in (("offence", 1), ("defence", -1)):
        inside = phase == sign
        sums |= {f"{name}_s": float(dt[inside].sum()), f"{name}_m": float(speed[inside] @ dt[inside])}
    return sums


def _places(position_m: Floats, dt: Floats, court: Court) -> dict[str, float]:
    """Weigh places by time."""
    total = float(dt.sum())
    if total <= 0:
        return {}
    return {
        "left_half_share": _share(position_m[:, 0] < court.length_m / 2, dt),
        "paint_share": _share(in_paint(court, position_m), dt),
        "three_point_share": _share(beyond_three_point(court, position_m), dt),
        "mean_x_m": float(dt @ position_m[:, 0]) / total,
        "mean_y_m": float(dt @ position_m[:, 1]) / total,
    }


def _attack_places(ahead_m: Floats, dt: Floats, court: Court) -> dict[str, float]:
    """Weigh places in attacking direction by time, where it is known."""
    turned = np.isfinite(ahead_m[:, 0])
    ahead_m, dt = ahead_m[turned], dt[turned]
    total = float(dt.sum())
    if total <= 0:
        return {}
    zone = zones(court, ahead_m)
    shares = {
        f"attack_{name}_share" if name != "backcourt" else "backcourt_share": zone == k for k, name in enumerate(ZONES)
    }
    return {
        **{name: _share(mask, dt) for name, mask in shares.items()},
        "mean_attack_x_m": float(dt @ ahead_m[:, 0]) / total,
        "mean_attack_y_m": float(dt @ ahead_m[:, 1]) / total,
    }


def _share(mask: Mask, dt: Floats) -> float:
    """Weigh a mask by time; 1 at most, whatever the rounding."""
    return min(1.0, float(dt[mask].sum()) / float(dt.sum()))
