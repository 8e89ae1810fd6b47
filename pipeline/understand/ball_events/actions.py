"""From turns with the ball and flights to a basket to events: passes, turnovers, shots, rebounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court, beyond_three_point
from pipeline.understand.ball_events.touches import Touch

Floats = NDArray[np.float64]

PASS_S = 2.5
"""A pass is not longer on its way."""
REBOUND_S = 3.5
"""Who has the ball within so long after the rim got the rebound."""
GATHERED_S = 0.7
"""A shorter turn with the ball under the rim is somebody whom it passed, if another follows."""
SHOT_SLACK_S = 0.5
"""A turn that ends, or begins, so long beside a flight belongs to it."""
THROW_M, STANDS_MPS, BEFORE_S = 1.0, 0.7, 1.0
"""Who shoots from so near the middle of the free-throw line, and moved no faster for so long, has a free throw."""
MADE, MISSED = 0.95, 0.2
"""A shot of at least, or at most, this probability of having gone through is made, or missed: a soft bounce off the rim is much like a made shot."""
BY_WAY = (0.02, 0.98)
"""The ball's way behind the rim tells no more than this."""
KEPT_OF = (0.1, 0.25)
"""Share of the made shots, and of the missed, after which the shooter's team is seen to have the ball: a rebound; or a mistake about who has it."""
SCORED_S = (-0.5, 7.0)
"""The score rises so long after a made shot."""
SCOREBOARD_SURE = 0.97
UNDER_RIM_M, FAR_M = 4.5, 9.0
"""Who takes up a ball so near to a rim, after somebody of the other team so near had it, may have it from a shot that was not seen."""
LINE_M = 0.3
"""Standard deviation of where a shooter stands, across the three-point line, m."""


@dataclass(frozen=True)
class GameAround:
    """What else is known while the ball is played."""

    court: Court
    positions: pd.DataFrame
    """Table `positions` of players, in order of time."""
    team_of: dict[int, str]
    live: pd.DataFrame
    """Rows of the table `play` with the ball in play."""
    points: pd.DataFrame
    """Events `points` of a known team."""
    score_s: Floats
    """(k,) when the score was read."""

    def is_live(self, start_s: float, end_s: float) -> bool:
        """Say whether the ball is in play from one time to another."""
        if self.live.empty:
            return True
        return bool(((self.live["start_s"] <= start_s + 1.0) & (self.live["end_s"] >= end_s - 1.0)).any())

    def near(self, time_s: float, before_s: float = 0.2, after_s: float = 0.2) -> pd.DataFrame:
        """Return positions about a time."""
        times = self.positions["time_s"].to_numpy(np.float64)
        first, last = np.searchsorted(times, [time_s - before_s, time_s + after_s])
        return self.positions.iloc[first:last]


@dataclass(frozen=True)
class BallAction:
    """An event before it is a row: what is not said is unknown."""

    kind: str
    time_s: float
    earliest_s: float
    latest_s: float
    team: str
    player_id: int
    confidence: float
    more: dict[str, Any] = field(default_factory=dict)


def find_actions(touches: list[Touch], flights: pd.DataFrame, around: GameAround) -> list[BallAction]:
    """Collect what is done with the ball, in order of time.

    Args:
        touches: turns with the ball.
        flights: table `flights`.
        around: the game.
    """
    shots = [shot for row in flights.to_dict("records") if (shot := _shot(row, touches, around)) is not None]
    rebounds = [rebound for shot in shots if (rebound := _rebound(shot, touches)) is not None]
    moves = list(_moves(touches, shots, around))
    return sorted([*shots, *rebounds, *moves], key=lambda action: action.time_s)


def _moves(touches: list[Touch], shots: list[BallAction], around: GameAround) -> Iterator[BallAction]:
    """Yield passes and turnovers: the ball goes from one player to another without a shot."""
    for before, after in pairwise(touches):
        gap_s = after.start_s - before.end_s
        is_shot = any(
            shot.time_s < after.start_s + SHOT_SLACK_S and shot.latest_s > before.end_s - SHOT_SLACK_S for shot in shots
        )
        if before.player_id == after.player_id or gap_s > PASS_S or is_shot:
            continue
        if not around.is_live(before.end_s, after.start_s):
            continue
        confidence = min(before.confidence, after.confidence) * _plain(before) * _plain(after)
        length_m = float(np.hypot(before.end_m[0] - after.start_m[0], before.end_m[1] - after.start_m[1]))
        kind = "pass" if before.team == after.team else "turnover"
        if kind == "turnover" and _maybe_shot(before, after, around.court):
            confidence *= 0.5
        more = {
            "partner_id": after.player_id,
            "length_m": length_m if kind == "pass" else np.nan,
            "x_m": before.end_m[0],
            "y_m": before.end_m[1],
        }
        yield BallAction(
            kind, before.end_s, before.end_s, after.start_s, before.team, before.player_id, confidence, more
        )


def _plain(touch: Touch) -> float:
    """Weigh a turn by how long the ball was seen in it."""
    return float(1 - 0.5 * np.exp(-touch.seen_s / 0.3))


def _maybe_shot(before: Touch, after: Touch, court: Court) -> bool:
    """Say whether what looks like a turnover may be the end of a shot that was not seen."""
    rims = [court.basket_m, court.length_m - court.basket_m][: court.baskets]
    ends = ((before.end_m, FAR_M), (after.start_m, UNDER_RIM_M))
    return any(all(np.hypot(x - rim, y - court.width_m / 2) < most for (x, y), most in ends) for rim in rims)


def _shot(row: dict[Any, Any], touches: list[Touch], around: GameAround) -> BallAction | None:
    """Describe a flight to a basket; None of who has no team."""
    player_id, court = int(row["player_id"]), around.court
    team = around.team_of.get(player_id)
    if team is None:
        return None
    place_m = np.array([row["x_m"], row["y_m"]])
    rim_m = np.array([row["rim_x_m"], court.width_m / 2])
    is_throw = _is_free_throw(player_id, place_m, rim_m, float(row["start_s"]), around)
    points = 1 if is_throw else court.points_inside + int(beyond_three_point(court, place_m[None])[0])
    result, sure = _result(row, team, _gathered(float(row["rim_s"]), touches), around)
    more = {
        "points": points,
        "points_confidence": _points_confidence(court, place_m),
        "result": result,
        "result_confidence": sure,
        "length_m": float(np.hypot(*(place_m - rim_m))),
        "x_m": place_m[0],
        "y_m": place_m[1],
        "nearest_opponent_m": _nearest_opponent_m(team, place_m, float(row["start_s"]), around),
    }
    kind = "free-throw" if is_throw else "shot"
    start_s, rim_s = float(row["start_s"]), float(row["rim_s"])
    return BallAction(
        kind, start_s, start_s, rim_s, team, player_id, float(row["confidence"] * row["player_confidence"]), more
    )


def _points_confidence(court: Court, place_m: Floats) -> float:
    """Say how sure it is on which side of the three-point line somebody stands, by places around."""
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    around = place_m + LINE_M * np.column_stack([np.cos(angle), np.sin(angle)])
    same = beyond_three_point(court, around) == beyond_three_point(court, place_m[None])[0]
    return float(np.clip(same.mean(), 0.5, 1.0))


def _result(row: dict[Any, Any], team: str, after: Touch | None, around: GameAround) -> tuple[str | None, float]:
    """Say whether a shot went in: by the score where it was read, else by the ball's way after the rim and whose it is then."""
    rim_s = float(row["rim_s"])
    first, last = rim_s + SCORED_S[0], rim_s + SCORED_S[1]
    if len(around.points) and np.any((around.score_s > last) & (around.score_s < last + 10)):
        rose = around.points[(around.points["time_s"] >= first) & (around.points["time_s"] <= last)]
        return ("made" if (rose["team"] == team).any() else "missed"), SCOREBOARD_SURE
    by_way = float(row["fell_through"])
    through = float(np.clip(by_way, *BY_WAY)) if np.isfinite(by_way) else 0.5
    if after is not None:
        made, missed = KEPT_OF if after.team == team else tuple(1 - share for share in KEPT_OF)
        through = through * made / (through * made + (1 - through) * missed)
    if MISSED < through < MADE:
        return None, np.nan
    return ("made", through) if through >= MADE else ("missed", 1 - through)


def _is_free_throw(player_id: int, place_m: Floats, rim_m: Floats, start_s: float, around: GameAround) -> bool:
    """Say whether somebody stands at the free-throw line, and stood there for a while."""
    court = around.court
    way = 1.0 if rim_m[0] < court.length_m / 2 or court.baskets == 1 else -1.0
    line_m = rim_m + np.array([way * (court.free_throw_m - court.basket_m), 0.0])
    if np.hypot(*(place_m - line_m)) > THROW_M:
        return False
    before = around.near(start_s, BEFORE_S, 0.0)
    speed = before.loc[before["player_id"] == player_id, "speed_mps"]
    return bool(len(speed) and speed.mean() < STANDS_MPS)


def _nearest_opponent_m(team: str, place_m: Floats, time_s: float, around: GameAround) -> float:
    """Measure how far the nearest player of the other team is; NaN where none is located."""
    now = around.near(time_s)
    others = now[now["player_id"].map(around.team_of).fillna(team).ne(team)]
    if others.empty:
        return np.nan
    return float(np.hypot(others["x_m"] - place_m[0], others["y_m"] - place_m[1]).min())


def _rebound(shot: BallAction, touches: list[Touch]) -> BallAction | None:
    """Find who has the ball after a shot; of a made one there is no rebound."""
    rim_s = shot.latest_s
    after = _gathered(rim_s, touches)
    if shot.more["result"] == "made" or after is None:
        return None
    missed = shot.more["result_confidence"] if shot.more["result"] == "missed" else 0.5
    confidence = min(shot.confidence, missed, after.confidence) * _plain(after)
    result = "offensive" if after.team == shot.team else "defensive"
    more = {"result": result, "result_confidence": confidence, "x_m": after.start_m[0], "y_m": after.start_m[1]}
    return BallAction("rebound", after.start_s, rim_s, after.start_s, after.team, after.player_id, confidence, more)


def _gathered(rim_s: float, touches: list[Touch]) -> Touch | None:
    """Find the turn in which somebody has the ball that comes off, or through, a rim."""
    later = [touch for touch in touches if -0.1 <= touch.start_s - rim_s <= REBOUND_S]
    return next((touch for touch in later if touch.lasts_s >= GATHERED_S), later[0] if later else None)
