"""The stage `statistics`: per player and team, of the game and of its periods."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court
from pipeline.tables import TableName
from pipeline.understand.game import TrackedGame
from pipeline.understand.memory import Memory
from pipeline.understand.statistics.game_timeline import build_timeline
from pipeline.understand.statistics.movement import player_efforts
from pipeline.understand.statistics.player_stats import player_periods, player_stats
from pipeline.understand.statistics.team_stats import team_periods, team_stats


@dataclass(frozen=True)
class Statistics:
    """The tables that the stage makes."""

    periods: pd.DataFrame
    player_stats: pd.DataFrame
    player_periods: pd.DataFrame
    efforts: pd.DataFrame
    team_stats: pd.DataFrame
    team_periods: pd.DataFrame

    def tables(self) -> dict[TableName, pd.DataFrame]:
        """Return the tables by name."""
        return {
            "periods": self.periods,
            "player_stats": self.player_stats,
            "player_periods": self.player_periods,
            "efforts": self.efforts,
            "team_stats": self.team_stats,
            "team_periods": self.team_periods,
        }


def compute_statistics(
    game: TrackedGame,
    identities: pd.DataFrame,
    tracklets: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    is_live: NDArray[np.float64],
    court: Court,
    settings: StatsSettings,
    memory: Memory | None = None,
) -> Statistics:
    """Find the periods and sum up every player and team, over the game and over each period.

    Args:
        game: frames, boxes, and the tracklets' boxes that count.
        identities: table `identities`.
        tracklets: table `tracklets`; players of whom nobody knows who they are count for their team.
        players: table `players`.
        positions: table `positions`.
        is_live: (t,) whether the game clock runs in each frame: 1, or 0; NaN where that is not known.
        court: its zones, and how many play on it.
        settings: limits of the definitions.
        memory: what was computed of the game before.
    """
    memory = memory or Memory(keeps=False)
    timeline = memory.result(
        "timeline",
        (
            *(_numbers(table) for table in (game.tracks, identities, tracklets, players, positions)),
            *(_texts(table, ("role", "team")) for table in (tracklets, players)),
            _texts(positions, ("source",)),
            is_live,
        ),
        lambda: build_timeline(game, identities, tracklets, players, positions, is_live, court, settings, memory),
    )
    timeline = replace(timeline, players=players)
    return Statistics(
        periods=timeline.periods,
        player_stats=player_stats(timeline, court, settings),
        player_periods=player_periods(timeline, court, settings),
        efforts=player_efforts(timeline, settings),
        team_stats=team_stats(timeline, court),
        team_periods=team_periods(timeline, court),
    )


def _numbers(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the columns of a table that are numbers, (n, columns)."""
    return table.select_dtypes("number").to_numpy(np.float64, na_value=np.nan)


def _texts(table: pd.DataFrame, columns: tuple[str, ...]) -> NDArray[np.str_]:
    """Return columns of text, (n, columns)."""
    return table[list(columns)].fillna("").to_numpy(dtype="U16")
