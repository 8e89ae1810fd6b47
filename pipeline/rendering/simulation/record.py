"""What happens in a simulated game, and what its scoreboard shows: the official's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.choices import CourtName
from pipeline.rendering.settings import RenderSettings

EventKind = Literal[
    "pass", "shot", "made", "missed", "free-throw-made", "free-throw-missed", "rebound", "turnover", "foul", "time-out",
    "substitution", "period-start", "period-end",
]  # fmt: skip
BallStateName = Literal["held", "pass", "shot", "loose"]
NOBODY = -1
PERIOD_S: Mapping[CourtName, float] = {"nba": 720, "wnba": 600, "ncaa": 1200, "ncaaw": 600, "fiba": 600, "3x3": 600}
"""Length of a period by the rule books: NBA rule 5, WNBA rule 5, NCAA men 5-6 and women 5-6, FIBA art. 8, FIBA 3x3 art. 5."""
SHOT_CLOCK_S: Mapping[CourtName, tuple[float, float]] = {
    "nba": (24, 14), "wnba": (24, 14), "ncaa": (30, 20), "ncaaw": (30, 20), "fiba": (24, 14), "3x3": (12, 12),
}  # fmt: skip
"""The shot clock at the begin of a possession, and after an offensive rebound: NBA rule 7, NCAA 2-11, FIBA art. 29 and 50."""


@dataclass(frozen=True)
class GameEvent:
    """Something that happened."""

    kind: EventKind
    team: int
    """0 or 1; -1 for nobody's."""
    person: int = NOBODY
    """Who did it, by place in the cast; of a substitution, who comes in."""
    partner: int = NOBODY
    """Who receives a pass, takes the ball away, or goes out."""
    points: int = 0
    place_m: tuple[float, float] | None = None
    """Where, m on the court."""


@dataclass(frozen=True)
class BallState:
    """What the ball does."""

    name: BallStateName
    """Held or dribbled, in a pass, in a shot, or free after one."""
    holder: int = NOBODY


@dataclass(frozen=True)
class BoardState:
    """What a scoreboard shows."""

    period: int
    clock_s: float
    shot_clock_s: float
    score: tuple[int, int]


def opening(settings: RenderSettings) -> BoardState:
    """Say what the scoreboard shows when the play begins: of a game of periods their start, else some moment of a game."""
    length_s, (shot_s, _) = PERIOD_S[settings.court], SHOT_CLOCK_S[settings.court]
    if settings.period_s is not None:
        return BoardState(1, length_s, shot_s, (0, 0))
    rng = np.random.default_rng([settings.seed, 0x5C0])
    period = int(rng.integers(1, 3 if length_s > 1000 else 5))
    clock_s = float(rng.uniform(0.05, 1.0)) * length_s
    played = (period - clock_s / length_s) * length_s / 60
    score = np.round(played * rng.uniform(1.3, 2.6, 2)).astype(int).tolist()
    return BoardState(period, clock_s, shot_s, (score[0], score[1]))
