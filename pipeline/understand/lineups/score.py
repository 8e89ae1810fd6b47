"""The score of both teams: which of the two on the scoreboard is whose, points between two times, and when they were scored.

A scoreboard does not say which jerseys its teams wear. But who scores has attacked: in the seconds before a score rises the play was
before the basket that this team attacks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.understand.lineups.sightings import Floats

BEFORE_S = (7.0, 2.0)
"""The play is looked at from the first to the second before the score rises: it is shown some seconds after the shot."""
LEAST_PLAYERS = 4
SIDE_M = 3.0
"""The players' centre is so far from the half-way line, m."""
LEAST_VOTES, LEAST_SHARE = 3, 0.75
"""So many rises have to tell whose score is whose, and so large a share of them alike."""
MOST_POINTS = 4
"""A score that rises by more was not read for a while, or is wrong."""


@dataclass(frozen=True)
class Rise:
    """A score went up."""

    time_s: float
    earliest_s: float
    """When the score before was last seen."""
    place: int
    """0 for the first score of the board, 1 for the second."""
    points: int
    frame: int


@dataclass(frozen=True)
class ScoreLine:
    """The score over time."""

    time_s: Floats
    """(k,) when the score was read."""
    score: Floats
    """(k, 2) first and second of the board."""
    rises: tuple[Rise, ...]
    teams: tuple[str, str] | None
    """Whose score is first and second; None where that is not clear."""

    @classmethod
    def of(
        cls, clock: pd.DataFrame, frames: pd.DataFrame, positions: pd.DataFrame, periods: pd.DataFrame, court: Court
    ) -> ScoreLine:
        """Take the score from the table `clock`, and find out whose it is.

        Args:
            clock: table `clock`.
            frames: table `frames`.
            positions: table `positions`, of players.
            periods: table `periods`.
            court: its length.
        """
        scored = clock.dropna(subset=["score_first", "score_second"])
        time_s = frames.set_index("frame")["time_s"].reindex(scored["frame"]).to_numpy(np.float64)
        score = scored[["score_first", "score_second"]].to_numpy(np.float64)
        rises = _rises(time_s, score, scored["frame"].to_numpy(np.int64))
        return cls(time_s, score, rises, _teams(rises, positions, periods, court))

    def points(self, team: str, start_s: float, end_s: float) -> dict[str, object]:
        """Count points for and against a team between two times; none where that is not known."""
        if self.teams is None:
            return {"points_for": pd.NA, "points_against": pd.NA}
        place = self.teams.index(team)
        before, after = (max(int(np.searchsorted(self.time_s, at, side="right")) - 1, 0) for at in (start_s, end_s))
        gained = self.score[after] - self.score[before]
        return {"points_for": round(float(gained[place])), "points_against": round(float(gained[1 - place]))}


def _rises(time_s: Floats, score: Floats, frame: NDArray[np.int64]) -> tuple[Rise, ...]:
    """Find when either score goes up."""
    found = []
    for row, place in np.argwhere(np.diff(score, axis=0) > 0).tolist():
        points = round(float(score[row + 1, place] - score[row, place]))
        found.append(Rise(float(time_s[row + 1]), float(time_s[row]), place, points, int(frame[row + 1])))
    return tuple(found)


def _teams(
    rises: tuple[Rise, ...], positions: pd.DataFrame, periods: pd.DataFrame, court: Court
) -> tuple[str, str] | None:
    """Let every rise vote for whose score is first."""
    votes = [vote for rise in rises if (vote := _vote(rise, positions, periods, court)) is not None]
    first_is_a = sum(votes)
    share = max(first_is_a, len(votes) - first_is_a) / max(len(votes), 1)
    if len(votes) < LEAST_VOTES or share < LEAST_SHARE:
        return None
    return ("A", "B") if 2 * first_is_a > len(votes) else ("B", "A")


def _vote(rise: Rise, positions: pd.DataFrame, periods: pd.DataFrame, court: Court) -> bool | None:
    """Say whether this rise tells that the first score is that of A; None where it tells nothing."""
    now = periods[(periods["start_s"] <= rise.time_s) & (periods["end_s"] > rise.time_s)]
    if rise.points > MOST_POINTS or now.empty or pd.isna(now["right_team"].iloc[0]):
        return None
    begin, end = (int(np.searchsorted(positions["time_s"], rise.time_s - before_s)) for before_s in BEFORE_S)
    near = positions.iloc[begin:end]
    ahead_m = float(near["x_m"].mean()) - court.length_m / 2 if len(near) else 0.0
    if near["player_id"].nunique() < LEAST_PLAYERS or abs(ahead_m) < SIDE_M:
        return None
    scores_right = ahead_m > 0
    team = "A" if (now["right_team"].iloc[0] == "A") == scores_right else "B"
    return (team == "A") == (rise.place == 0)
