"""Where the play is, moment by moment: the half of the court that the players are in, and which team attacks there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
"""-1 left, 1 right, 0 unknown."""

LEAST_PEOPLE = 4
"""Fewer located players say nothing about where the play is."""
LEAST_OF_TEAM = 3
"""Fewer of a team say nothing about how far from the basket it is."""
MIDDLE_M = 2.0
"""The play changes halves when the players' centre is this far beyond the half-way line."""
SET_M = 5.0
"""Further than this in one half teams are set; nearer they are on their way, and attackers may be ahead or behind."""
HOLD_S = 3.0
"""The play stays in its half for so long while nobody can tell."""


@dataclass(frozen=True)
class Play:
    """One row per analysed frame."""

    side: Signs
    """(n,) half that the play is in."""
    first_attacks: Signs
    """(n,) basket that team A seems to attack, where teams are set."""


def read_play(time_s: Floats, located: pd.DataFrame, court: Court) -> Play:
    """See where the play is and who attacks.

    The half is that of the players' centre, with a neutral strip. Who attacks: defenders stand between their men and the
    basket, so of two set teams the one that is further from the basket on average attacks it.

    Args:
        time_s: (n,) of the analysed frames.
        located: positions of players of both teams: `row` of the frames, `team`, `x_m`, `y_m`.
        court: the court.
    """
    count, middle = len(time_s), court.length_m / 2
    on_court = located[located["x_m"].between(0, court.length_m) & located["y_m"].between(0, court.width_m)]
    centre = _mean_of(on_court, on_court["x_m"].to_numpy(np.float64), count, LEAST_PEOPLE) - middle
    basket_x = np.where(centre > 0, court.length_m - court.basket_m, court.basket_m)[on_court["row"].to_numpy()]
    away = np.hypot(on_court["x_m"] - basket_x, on_court["y_m"] - court.width_m / 2).to_numpy(np.float64)
    far = []
    for team in ("A", "B"):
        of_team = (on_court["team"] == team).to_numpy()
        far.append(_mean_of(on_court[of_team], away[of_team], count, LEAST_OF_TEAM))
    with np.errstate(invalid="ignore"):
        attacks = np.where(np.abs(centre) >= SET_M, np.sign(far[0] - far[1]) * np.sign(centre), 0.0)
        side = np.where(np.abs(centre) >= MIDDLE_M, np.sign(centre), 0.0)
    return Play(_held(np.nan_to_num(side).astype(np.int8), time_s), np.nan_to_num(attacks).astype(np.int8))


def _mean_of(rows: pd.DataFrame, values: Floats, count: int, least: int) -> Floats:
    """Average the values (k,) of rows (k,) per frame (count,); NaN for fewer than `least`."""
    row = rows["row"].to_numpy(np.int64)
    people = np.bincount(row, minlength=count)
    total = np.bincount(row, values, minlength=count)
    return np.where(people >= least, total / np.maximum(people, 1), np.nan)


def _held(side: Signs, time_s: Floats) -> Signs:
    """Keep the last known half for a while."""
    last = np.maximum.accumulate(np.where(side != 0, np.arange(len(side)), -1))
    recent = (last >= 0) & (time_s - time_s[np.maximum(last, 0)] <= HOLD_S)
    return np.where(recent, side[np.maximum(last, 0)], 0).astype(np.int8)
