"""Statistics per player: seconds, metres, speeds and zones. Counts are summed first and divided last."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court, beyond_three_point, in_paint
from pipeline.geometry.zones import ZONES, zones
from pipeline.tables import PLAYER_PERIODS, PLAYER_STATS, conform
from pipeline.understand.statistics.efforts import speed_zones
from pipeline.understand.statistics.game_timeline import GameTimeline, content_of
from pipeline.understand.statistics.least import (
    LEAST_PHASE_S,
    LEAST_PLACE_S,
    LEAST_RATE_S,
    LEAST_SHARE_OF_TIME,
    LEAST_SPEED_S,
    lasts,
)
from pipeline.understand.statistics.movement import column, deviations, movement_of

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
    present = dict(list(timeline.present.groupby("player_id")))
    located = dict(list(timeline.located.groupby("player_id")))
    rows = []
    for player in timeline.players.to_dict("records"):
        rows_present = present.get(player["player_id"])
        if rows_present is None or not (rows_present["state"] == "seen").any():
            continue
        who = {key: player[key] for key in ("player_id", "role", "team", "number", "name")}
        row = {**who, **_times(timeline, rows_present)}
        if timeline.has_metres:
            located_rows = located.get(player["player_id"], timeline.located.iloc[:0])
            inputs = content_of(located_rows), np.array([row["on_court_s"]])
            row |= timeline.memory.result(
                "metres",
                inputs,
                partial(_metres, timeline, located_rows, row["on_court_s"], court, settings),
            )
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


def _times(timeline: GameTimeline, present: pd.DataFrame) -> dict[str, Any]:
    """Sum the seconds of one player."""
    row, state = present["row"].to_numpy(np.int64), present["state"].to_numpy()
    lasting = timeline.duration_s[row]
    seen = state == "seen"
    seen_s, confidence = float(lasting[seen].sum()), present["confidence"].to_numpy(np.float64)[seen]
    return {
        "confidence": min(1.0, float(np.average(confidence, weights=lasting[seen] if seen_s > 0 else None))),
        "first_s": float(timeline.time_s[row[seen][0]]),
        "last_s": float(timeline.time_s[row[seen][-1]]),
        "seen_s": seen_s,
        "bridged_s": float(lasting[state == "bridged"].sum()),
        "on_court_s": seen_s + float(lasting[~seen].sum()),
    }


def _metres(
    timeline: GameTimeline, located: pd.DataFrame, on_court_s: float, court: Court, settings: StatsSettings
) -> dict[str, Any]:
    """Sum what needs positions."""
    if located.empty:
        return {"located_s": 0.0}
    dt = column(located, "dt")
    return {
        "located_s": float(dt.sum()),
        **_movement(timeline, located, on_court_s, settings),
        **_phases(located),
        **_live(located),
        **_places(located[["x_m", "y_m"]].to_numpy(np.float64), dt, court),
        **_attack_places(located, court),
    }


def _movement(
    timeline: GameTimeline, located: pd.DataFrame, on_court_s: float, settings: StatsSettings
) -> dict[str, Any]:
    """Sum what needs speeds."""
    moved = movement_of(timeline, located, settings)
    if moved is None:
        return {}
    dt, speed, top, mean = moved.dt_s, moved.speed_mps, moved.top_mps, moved.mean_mps
    moving = np.isfinite(speed)
    speed_s, distance = float(dt[moving].sum()), float(speed[moving] @ dt[moving])
    low, high = _interval(located, dt, distance, settings)
    enough = lasts(speed_s, LEAST_SPEED_S)
    estimable = enough and lasts(speed_s, LEAST_SHARE_OF_TIME * on_court_s)
    return {
        "distance_m": distance,
        "distance_low_m": low,
        "distance_high_m": high,
        "estimated_full_distance_m": distance + mean * max(0.0, on_court_s - speed_s) if estimable else np.nan,
        "distance_per_min_m": 60 * mean if lasts(speed_s, LEAST_RATE_S) else np.nan,
        "mean_speed_mps": mean if enough else np.nan,
        "top_speed_mps": top if enough else np.nan,
        **speed_zones(speed, moved.believed_mps, dt, settings),
        **{f"{kind}s": len(found) for kind, found in moved.efforts(settings).items()},
    }


def _interval(located: pd.DataFrame, dt: Floats, distance: float, settings: StatsSettings) -> tuple[float, float]:
    """Bound the distance at 95 %.

    Random: the speed's standard deviation, independent over `MEMORY_S`. Systematic: what smoothing cuts or adds
    (`SMOOTHING_SHARE`), what straight bridges may miss, and below the dead band what creeping may have been.
    """
    speed, sd = column(located, "speed_mps"), deviations(located)
    bridged = (located["source"] == "bridged").to_numpy()
    random = Z_95 * np.sqrt(np.sum(np.where(speed > 0, sd**2, 0.0) * dt) * MEMORY_S)
    measured = np.hypot(random, SMOOTHING_SHARE * distance)
    missed = BRIDGED_MPS * float(dt[bridged].sum())
    creeping = float(np.sum(np.minimum(sd, settings.dead_band_mps)[speed == 0] * dt[speed == 0])) / 2
    low = max(0.0, distance - np.hypot(measured, missed))
    return low, distance + float(np.hypot(measured, missed)) + creeping


def _phases(located: pd.DataFrame) -> dict[str, float]:
    """Sum time and distance in offence and in defence; NaN where neither is ever known."""
    phase, dt, speed = located["phase"].to_numpy(), column(located, "dt"), column(located, "speed_mps")
    if not phase.any():
        return {}
    moving = np.isfinite(speed)
    sums: dict[str, float] = {}
    for name, sign in (("offence", 1), ("defence", -1)):
        inside = phase == sign
        measured = inside & moving
        metres = float(speed[measured] @ dt[measured]) if measured.any() or not inside.any() else np.nan
        sums |= {f"{name}_s": float(dt[inside].sum()), f"{name}_m": metres}
    return sums


def _live(located: pd.DataFrame) -> dict[str, float]:
    """Sum time and distance while the game clock runs; nothing where it was never read."""
    is_live, dt, speed = (column(located, name) for name in ("is_live", "dt", "speed_mps"))
    if not np.isfinite(is_live).any():
        return {}
    moving = (is_live == 1) & np.isfinite(speed)
    speed_s, metres = float(dt[moving].sum()), float(speed[moving] @ dt[moving])
    rate = 60 * metres / speed_s if lasts(speed_s, LEAST_RATE_S) else np.nan
    return {"live_s": float(dt[is_live == 1].sum()), "live_m": metres, "distance_per_live_min_m": rate}


def _places(position_m: Floats, dt: Floats, court: Court) -> dict[str, float]:
    """Weigh places by time."""
    total = float(dt.sum())
    if not lasts(total, LEAST_PLACE_S):
        return {}
    return {
        "left_half_share": _share(position_m[:, 0] < court.length_m / 2, dt),
        "paint_share": _share(in_paint(court, position_m), dt),
        "three_point_share": _share(beyond_three_point(court, position_m), dt),
        "mean_x_m": float(dt @ position_m[:, 0]) / total,
        "mean_y_m": float(dt @ position_m[:, 1]) / total,
    }


def _attack_places(located: pd.DataFrame, court: Court) -> dict[str, float]:
    """Weigh places in attacking direction by time, where it is known; nothing is said of who was seen in one phase only."""
    ahead_m, dt = located[["attack_x_m", "attack_y_m"]].to_numpy(np.float64), column(located, "dt")
    turned, phase = np.isfinite(ahead_m[:, 0]), located["phase"].to_numpy()
    briefer_s = min(float(dt[phase == sign].sum()) for sign in (1, -1))
    ahead_m, dt = ahead_m[turned], dt[turned]
    total = float(dt.sum())
    if not lasts(total, LEAST_PLACE_S) or (court.baskets == 2 and not lasts(briefer_s, LEAST_PHASE_S)):
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
