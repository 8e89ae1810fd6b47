"""Timeline of a game: who was seen and located in which frame, in attacking direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court
from pipeline.geometry.zones import turned
from pipeline.understand.game import TrackedGame
from pipeline.understand.statistics.periods import attack_side, find_periods
from pipeline.understand.statistics.play import Play, read_play

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GameTimeline:
    """A game, or a period of one, frame by frame: what all statistics are sums over."""

    time_s: Floats  # (t,) of all analysed frames
    shot: NDArray[np.int64]  # (t,)
    duration_s: Floats  # (t,) that each frame stands for
    players: pd.DataFrame
    """Table `players`."""
    seen: pd.DataFrame
    """One row per player and frame with a box: player_id, `row` of the frames, confidence."""
    unknown: pd.DataFrame
    """One row per box of a player of whom nobody knows who he is: team, `row` of the frames."""
    located: pd.DataFrame
    """Table `positions` with `row`, `dt` (s), `team`, `role`, `attack_x_m` and `attack_y_m` (as if the team attacked the
    right basket; NaN where unknown) and `phase` (1 offence: the play is where the team attacks, -1 defence, 0 unknown)."""
    periods: pd.DataFrame
    """Table `periods`."""
    has_metres: bool
    """Anybody was located in the whole game."""

    def during(self, start_s: float, end_s: float) -> GameTimeline:
        """Leave out what is before or after."""
        inside = (self.time_s >= start_s) & (self.time_s < end_s)
        kept = {name: getattr(self, name) for name in ("seen", "unknown", "located")}
        return replace(self, **{name: rows[inside[rows["row"].to_numpy()]] for name, rows in kept.items()})

    def by_period(self) -> Iterator[tuple[int, GameTimeline]]:
        """Yield the number of each period with what is in it."""
        for period, start_s, end_s in self.periods[["period", "start_s", "end_s"]].itertuples(index=False):
            yield period, self.during(start_s, end_s)


def build_timeline(
    game: TrackedGame,
    identities: pd.DataFrame,
    tracklets: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    court: Court,
    settings: StatsSettings,
) -> GameTimeline:
    """Join the tables, find the periods and turn everybody into attacking direction.

    Args:
        game: frames, boxes, and the tracklets' boxes that count.
        identities: table `identities`.
        tracklets: table `tracklets`.
        players: table `players`.
        positions: table `positions`.
        court: its measures.
        settings: the periods, if they are given.
    """
    row = np.searchsorted(game.frame, positions["frame"].to_numpy())
    located = positions.assign(row=row, dt=game.duration_s[row]).merge(
        players[["player_id", "team", "role"]], on="player_id", how="left"
    )
    play = read_play(game.time_s, located[located["role"] == "player"], court)
    periods = find_periods(game.time_s, game.duration_s, play, settings)
    return GameTimeline(
        game.time_s,
        game.shot,
        game.duration_s,
        players,
        _seen(game, identities),
        _unknown(game, identities, tracklets),
        _attacking(located, game.time_s, play, periods, court),
        periods,
        not positions.empty,
    )


def _seen(game: TrackedGame, identities: pd.DataFrame) -> pd.DataFrame:
    """Join boxes to players; one per player and frame."""
    joined = _boxes(game, identities)
    joined = joined.sort_values(["player_id", "frame", "confidence"], ascending=[True, True, False], kind="stable")
    return joined.drop_duplicates(["player_id", "frame"])


def _unknown(game: TrackedGame, identities: pd.DataFrame, tracklets: pd.DataFrame) -> pd.DataFrame:
    """Join boxes to the teams of players of whom nobody knows who they are."""
    nameless = (tracklets["role"] == "player") & ~tracklets["track_id"].isin(identities["track_id"])
    return _boxes(game, tracklets.loc[nameless, ["track_id", "team"]])


def _boxes(game: TrackedGame, of_tracklets: pd.DataFrame) -> pd.DataFrame:
    """Return every box of some tracklets, with what is known of its tracklet and its `row` of the frames."""
    frame_of_box = game.detections[["detection_id", "frame"]]
    boxes = game.tracks.merge(of_tracklets, on="track_id").merge(frame_of_box, on="detection_id")
    return boxes.assign(row=np.searchsorted(game.frame, boxes["frame"].to_numpy()))


def _attacking(located: pd.DataFrame, time_s: Floats, play: Play, periods: pd.DataFrame, court: Court) -> pd.DataFrame:
    """Add places in attacking direction, and whether the team attacks."""
    row = located["row"].to_numpy(np.int64)
    if court.baskets == 1:
        side, phase = np.full(len(located), -1), np.zeros(len(located), np.int8)
    else:
        side = _attack_sides(located["team"].to_numpy(), time_s[row], periods)
        phase = side * play.side[row]
    place = located[["x_m", "y_m"]].to_numpy(np.float64)
    ahead = np.where(side[:, None] == 1, place, np.where(side[:, None] == -1, turned(court, place), np.nan))
    return located.assign(attack_x_m=ahead[:, 0], attack_y_m=ahead[:, 1], phase=phase)


def _attack_sides(team: NDArray[Any], time_s: Floats, periods: pd.DataFrame) -> NDArray[np.int8]:
    """Return the basket (n,) that a team (n,) attacks at a time (n,): -1 left, 1 right, 0 unknown."""
    sides = [np.where(team == name, attack_side(time_s, periods, name), 0) for name in ("A", "B")]
    return (sides[0] + sides[1]).astype(np.int8)
