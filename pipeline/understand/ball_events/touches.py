"""Turns of players with the ball, and of teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.tables import POSSESSIONS, TOUCHES, conform

JOINED_S = 0.5
"""Two turns of one player, with the ball nobody's for less between, are one."""
SHORTEST_S = 0.25
"""A shorter turn is somebody whom the ball passed."""
LOST_S = 10.0
"""A team that has the ball again within so long, with nobody of the other between, had it all the time."""
PASSING_S, AMONG_S = 0.8, 2.5
"""A turn shorter than this, between two of the other team that are so near to each other, is somebody whom the ball passed."""


@dataclass(frozen=True)
class Touch:
    """One player's turn with the ball."""

    player_id: int
    team: str
    start_s: float
    end_s: float
    seen_s: float
    start_m: tuple[float, float]
    """Where he stands at its start, m; NaN where not known."""
    end_m: tuple[float, float]
    confidence: float

    @property
    def lasts_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


def find_touches(ball: pd.DataFrame, team_of: Mapping[int, str], step_s: float) -> list[Touch]:
    """Collect turns with the ball, in order of time.

    Args:
        ball: table `ball`.
        team_of: teams of the players by player_id; who has none is left out.
        step_s: usual time between frames.
    """
    held = ball[(ball["state"] == "held") & ball["player_id"].isin(list(team_of))]
    if held.empty:
        return []
    time_s = held["time_s"].to_numpy(np.float64)
    who = held["player_id"].to_numpy(np.int64)
    changes = np.flatnonzero((np.diff(who) != 0) | (np.diff(time_s) > JOINED_S)) + 1
    edges = [0, *changes.tolist(), len(held)]
    pieces = [_touch(held.iloc[first:last], team_of, step_s) for first, last in pairwise(edges)]
    turns = _joined([piece for piece in pieces if piece.lasts_s >= SHORTEST_S])
    return _joined([turn for k, turn in enumerate(turns) if not _is_passed(turns[max(k - 1, 0) : k + 2], turn)])


def _is_passed(around: list[Touch], turn: Touch) -> bool:
    """Say whether a short turn lies between two of the other team."""
    if len(around) < 3 or turn.lasts_s >= PASSING_S:
        return False
    before, _, after = around
    return turn.team not in (before.team, after.team) and after.start_s - before.end_s <= AMONG_S


def _touch(rows: pd.DataFrame, team_of: Mapping[int, str], step_s: float) -> Touch:
    player_id = int(rows["player_id"].iloc[0])
    places = rows[["x_m", "y_m"]].to_numpy(np.float64)
    found_m = places[np.isfinite(places).all(axis=1)]
    first, last = (tuple(found_m[k].tolist()) if len(found_m) else (np.nan, np.nan) for k in (0, -1))
    return Touch(
        player_id,
        team_of[player_id],
        float(rows["time_s"].iloc[0]),
        float(rows["time_s"].iloc[-1]) + step_s,
        float((rows["source"] == "seen").sum() * step_s),
        (first[0], first[1]),
        (last[0], last[1]),
        float(rows["confidence"].mean()),
    )


def _joined(pieces: list[Touch]) -> list[Touch]:
    """Join turns of one player that follow each other closely."""
    found: list[Touch] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and last.player_id == piece.player_id and piece.start_s - last.end_s <= JOINED_S:
            weight = last.lasts_s / max(last.lasts_s + piece.lasts_s, 1e-9)
            found[-1] = replace(
                last,
                end_s=piece.end_s,
                seen_s=last.seen_s + piece.seen_s,
                end_m=piece.end_m,
                confidence=weight * last.confidence + (1 - weight) * piece.confidence,
            )
        else:
            found.append(piece)
    return found


def touches_table(touches: list[Touch]) -> pd.DataFrame:
    """Make the table `touches`."""
    if not touches:
        return TOUCHES.empty()
    rows = [
        {name: getattr(touch, name) for name in ("player_id", "team", "start_s", "end_s", "seen_s", "confidence")}
        | {"x_m": touch.end_m[0], "y_m": touch.end_m[1]}
        for touch in touches
    ]
    return conform("touches", pd.DataFrame(rows))


def possessions_table(touches: list[Touch]) -> pd.DataFrame:
    """Make the table `possessions`: turns of the players of one team, joined."""
    rows: list[dict[str, object]] = []
    groups: list[list[Touch]] = []
    for touch in touches:
        last = groups[-1][-1] if groups else None
        if last is not None and last.team == touch.team and touch.start_s - last.end_s <= LOST_S:
            groups[-1].append(touch)
        else:
            groups.append([touch])
    for group in groups:
        length_s = np.array([touch.lasts_s for touch in group])
        rows.append(
            {
                "team": group[0].team,
                "start_s": group[0].start_s,
                "end_s": group[-1].end_s,
                "touches": len(group),
                "confidence": float(np.average([touch.confidence for touch in group], weights=length_s)),
            }
        )
    return conform("possessions", pd.DataFrame(rows)) if rows else POSSESSIONS.empty()
