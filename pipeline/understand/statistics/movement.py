"""How fast one player was, what of it is believed, and when the efforts were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.tables import EFFORTS, conform
from pipeline.understand.statistics.efforts import Stretches, efforts, held_stretch
from pipeline.understand.statistics.game_timeline import GameTimeline, content_of
from pipeline.understand.statistics.least import LEAST_SPEED_S, lasts

Floats = NDArray[np.float64]

TOP_SPEED = "top-speed"
"""The kind of effort that is the player's fastest stretch."""


@dataclass(frozen=True)
class Movement:
    """Speeds of one player.

    The top speed is the least that the speeds allow: held for a time, less half a standard deviation, no less than the mean. No
    moment counts as faster, whether for zones, sprints or efforts.
    """

    begin_s: Floats  # (n,) of each sample
    dt_s: Floats  # (n,) that each stands for
    speed_mps: Floats  # (n,) NaN where unknown
    piece: NDArray[np.int64]  # (n,) number of the uninterrupted piece
    mean_mps: float
    top_mps: float
    fastest: tuple[int, int]
    """Where it was: first sample, one past the last; the same twice where no piece is long enough."""

    @property
    def believed_mps(self) -> Floats:
        """The speeds (n,), none faster than the top speed."""
        return np.asarray(np.minimum(self.speed_mps, self.top_mps))

    @property
    def known_s(self) -> float:
        """Time with a speed."""
        return float(self.dt_s[np.isfinite(self.speed_mps)].sum())

    def efforts(self, settings: StatsSettings) -> dict[str, Stretches]:
        """Find the sprints, accelerations and decelerations."""
        return efforts(self.believed_mps, self.dt_s, self.piece, settings)

    def row(self, kind: str, stretch: tuple[int, int]) -> dict[str, Any]:
        """Make a row of table `efforts`, but for the player."""
        first, stop = stretch
        speeds = self.believed_mps[first:stop]
        return {
            "kind": kind,
            "start_s": float(self.begin_s[first]),
            "end_s": float(self.begin_s[stop - 1] + self.dt_s[stop - 1]),
            "top_speed_mps": float(np.nanmax(speeds)) if np.isfinite(speeds).any() else np.nan,
        }


def movement_of(timeline: GameTimeline, located: pd.DataFrame, settings: StatsSettings) -> Movement | None:
    """Collect the speeds of one player; None where none is known.

    Args:
        timeline: of a game or a period.
        located: the rows of the player.
        settings: how long a speed has to be held.
    """
    row, dt, speed = located["row"].to_numpy(np.int64), column(located, "dt"), column(located, "speed_mps")
    moving = np.isfinite(speed)
    speed_s = float(dt[moving].sum())
    if speed_s <= 0:
        return None
    mean = float(speed[moving] @ dt[moving]) / speed_s
    piece = _pieces(timeline, row)
    held, fastest = held_stretch(_cautious_speed(located), dt, piece, settings.top_speed_hold_s)
    return Movement(timeline.time_s[row], dt, speed, piece, mean, float(np.fmax(held, mean)), fastest)


def player_efforts(timeline: GameTimeline, settings: StatsSettings) -> pd.DataFrame:
    """Make the table `efforts`: when everybody sprinted, sped up, slowed down, and was fastest.

    The efforts are those that `player_stats` counts; the fastest stretch is there where the top speed is.

    Args:
        timeline: of the whole game.
        settings: limits of the definitions.
    """
    rows: list[dict[str, Any]] = []
    seen = set(timeline.present.loc[timeline.present["state"] == "seen", "player_id"].tolist())
    for who, located in timeline.located.groupby("player_id"):
        if who in seen:
            work = partial(_efforts, timeline, located, settings)
            found = timeline.memory.result("efforts", (content_of(located),), work)
            rows += [{"player_id": who, **row} for row in found]
    if not rows:
        return EFFORTS.empty()
    return conform("efforts", pd.DataFrame(rows).sort_values(["player_id", "start_s", "kind"], kind="stable"))


def _efforts(timeline: GameTimeline, located: pd.DataFrame, settings: StatsSettings) -> list[dict[str, Any]]:
    """Find the efforts of one player as rows."""
    moved = movement_of(timeline, located, settings)
    if moved is None:
        return []
    found = [moved.row(kind, each) for kind, stretches in moved.efforts(settings).items() for each in stretches]
    first, stop = moved.fastest
    if stop > first and lasts(moved.known_s, LEAST_SPEED_S):
        found.append({**moved.row(TOP_SPEED, moved.fastest), "top_speed_mps": moved.top_mps})
    return found


def column(table: pd.DataFrame, name: str) -> Floats:
    """Return a column (n,) as numbers."""
    return table[name].to_numpy(np.float64)


def deviations(located: pd.DataFrame) -> Floats:
    """Give the standard deviation of each speed (n,), 0 where unknown."""
    return np.nan_to_num(column(located, "speed_sd_mps"))


def _pieces(timeline: GameTimeline, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the runs (n,) of neighbouring frames of one shot, without a hole in the video."""
    hole = np.diff(timeline.time_s[row]) > timeline.duration_s[row[:-1]] + 1e-6
    breaks = (np.diff(row) > 1) | (np.diff(timeline.shot[row]) != 0) | hole
    return np.concatenate([[0], np.cumsum(breaks)]).astype(np.int64)


def _cautious_speed(located: pd.DataFrame) -> Floats:
    """Take half a standard deviation off each speed (n,): the highest of many would else be the luckiest."""
    return np.asarray(np.maximum(column(located, "speed_mps") - 0.5 * deviations(located), 0.0))
