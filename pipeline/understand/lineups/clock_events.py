"""Events that the scoreboard tells: periods that begin and end, and points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.tables import EVENTS, conform
from pipeline.understand.game_clock import period_changes
from pipeline.understand.lineups.score import MOST_POINTS, ScoreLine

SURE_WITHIN_S = 3.0
"""Points are dated to within this, or are a candidate."""
END_S = 1.0
"""A period has ended where the clock shows less."""
_UNKNOWN: dict[str, Any] = {
    "team": pd.NA, "player_id": pd.NA, "partner_id": pd.NA, "points": pd.NA, "period": pd.NA, "clock_s": np.nan,
}  # fmt: skip


def clock_events(clock: pd.DataFrame, frames: pd.DataFrame, score: ScoreLine) -> pd.DataFrame:
    """Collect periods and points.

    Args:
        clock: table `clock`.
        frames: table `frames`.
        score: of both teams.
    """
    timed = clock.dropna(subset="clock_s").merge(frames[["frame", "time_s"]], on="frame")
    rows = [*_points(score, clock), *_periods(timed)]
    return pd.DataFrame(rows)


def events_table(parts: Sequence[pd.DataFrame], clock: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """Number events by time, with what the clock showed; make the table `events`.

    Args:
        parts: events of several kinds.
        clock: table `clock`.
        frames: table `frames`.
    """
    filled = [part for part in parts if len(part)]
    if not filled:
        return EVENTS.empty()
    table = pd.concat(filled, ignore_index=True)
    for name in set(_UNKNOWN) - set(table.columns):
        table[name] = _UNKNOWN[name]
    table = table.sort_values(["time_s", "kind", "team"], kind="stable", ignore_index=True)
    if len(clock):
        timed = clock.merge(frames[["frame", "time_s"]], on="frame")
        near = np.clip(np.searchsorted(timed["time_s"], table["time_s"]), 0, len(timed) - 1)
        is_near = np.abs(timed["time_s"].to_numpy()[near] - table["time_s"].to_numpy(np.float64)) <= SURE_WITHIN_S
        for name in ("period", "clock_s"):
            seen = timed[name].iloc[near].reset_index(drop=True).where(is_near)
            table[name] = table[name].astype(seen.dtype).fillna(seen)
    return conform("events", table.assign(event_id=np.arange(1, len(table) + 1)))


def _points(score: ScoreLine, clock: pd.DataFrame) -> list[dict[str, object]]:
    """List the points of both teams; sure where few enough were scored at once, within a short time."""
    confidence = clock.set_index("frame")["confidence"]
    rows = []
    for rise in score.rises:
        exact = rise.time_s - rise.earliest_s <= SURE_WITHIN_S and rise.points < MOST_POINTS
        rows.append(
            {
                "time_s": rise.time_s,
                "earliest_s": rise.earliest_s,
                "latest_s": rise.time_s,
                "kind": "points",
                "team": pd.NA if score.teams is None else score.teams[rise.place],
                "points": rise.points,
                "confidence": float(confidence.loc[rise.frame]),
                "status": "sure" if exact and score.teams is not None else "candidate",
            }
        )
    return rows


def _periods(timed: pd.DataFrame) -> list[dict[str, object]]:
    """List where the clock jumps up to a full period, and where it had run out before."""
    time_s, clock_s = (timed[name].to_numpy(np.float64) for name in ("time_s", "clock_s"))
    period = timed["period"]
    rows: list[dict[str, object]] = []
    for ends, last, begins in period_changes(clock_s):
        sure = "sure" if clock_s[last] <= END_S else "candidate"
        for kind, at, seen in (("period-end", ends, last), ("period-start", begins, last + 1)):
            rows.append(
                {
                    "time_s": time_s[at],
                    "earliest_s": min(time_s[at], time_s[last]),
                    "latest_s": max(time_s[at], time_s[seen]),
                    "kind": kind,
                    "period": period.iloc[at],
                    "clock_s": clock_s[at],
                    "confidence": float(timed["confidence"].iloc[at]),
                    "status": sure,
                }
            )
    return rows
