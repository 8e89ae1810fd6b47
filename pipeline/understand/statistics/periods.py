"""Periods of the game, and which basket each team attacks in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.tables import PERIODS, conform
from pipeline.understand.statistics.play import Play

Floats = NDArray[np.float64]

LEAST_SET_S = 4.0
"""Less time with set teams does not tell which basket they attack."""
LEAST_SET_OF_HALF_S = 60.0
"""The same before and after a change of sides that was not given."""
AGREEMENT = 0.6
"""Share of the time with set teams that has to agree."""


def find_periods(time_s: Floats, duration_s: Floats, play: Play, settings: StatsSettings) -> pd.DataFrame:
    """Make the table `periods`.

    Args:
        time_s: (n,) of the analysed frames.
        duration_s: (n,) seconds that each frame stands for.
        play: where the play is.
        settings: the starts of the periods. Without any the game is one period, or two where the teams clearly change
            sides.

    Returns:
        One row per period with analysed frames, numbered as given; which basket is attacked is missing where it is not clear.
    """
    if not len(time_s):
        return PERIODS.empty()
    votes = play.first_attacks * duration_s
    starts = np.array(settings.periods or _starts(time_s, votes), dtype=np.float64)
    ends = np.append(starts[1:], np.inf)
    rows = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        inside = (time_s >= start) & (time_s < end)
        if inside.any():
            last = min(end, float(time_s[inside][-1] + duration_s[inside][-1]))
            rows.append({"period": number, "start_s": start, "end_s": last, **_direction(votes[inside])})
    return conform("periods", pd.DataFrame(rows)) if rows else PERIODS.empty()


def _starts(time_s: Floats, votes: Floats) -> list[float]:
    """Begin at the first frame, and again where the teams change sides if they do."""
    first = float(time_s[0])
    voting = np.flatnonzero(votes)
    if not len(voting):
        return [first]
    total = np.cumsum(votes[voting])
    last = int(np.argmax(np.abs(2 * total - total[-1])))
    before, after = (_direction(half, LEAST_SET_OF_HALF_S) for half in np.split(votes[voting], [last + 1]))
    if {before["right_team"], after["right_team"]} != {"A", "B"}:
        return [first]
    return [first, float(time_s[voting[last : last + 2]].mean())]


def _direction(votes: Floats, least_s: float = LEAST_SET_S) -> dict[str, object]:
    """Say which team attacks the right basket, by the signed seconds (n,) in which team A does."""
    seconds = float(np.abs(votes).sum())
    if seconds < least_s:
        return {"right_team": None, "agreement": np.nan}
    share = float(votes[votes > 0].sum()) / seconds
    agreement = max(share, 1 - share)
    team = None if agreement < AGREEMENT else "A" if share > 0.5 else "B"
    return {"right_team": team, "agreement": agreement}


def attack_side(time_s: Floats, periods: pd.DataFrame, team: str) -> NDArray[np.int8]:
    """Return the basket that a team attacks at each time: -1 left, 1 right, 0 unknown or outside all periods.

    Args:
        time_s: (n,).
        periods: table `periods`.
        team: its name.

    Returns:
        (n,).

    Example:
        >>> periods = pd.DataFrame({"start_s": [0.0, 60], "end_s": [60.0, 120], "right_team": ["A", "B"]})
        >>> attack_side(np.array([30.0, 90.0, 150.0]), periods, "A").tolist()
        [1, -1, 0]
    """
    sides = np.zeros(len(time_s), np.int8)
    for start, end, right in zip(periods["start_s"], periods["end_s"], periods["right_team"], strict=True):
        if not pd.isna(right):
            sides[(time_s >= start) & (time_s < end)] = 1 if right == team else -1
    return sides
