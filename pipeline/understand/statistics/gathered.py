"""What statistics are made of: who was seen and located in which frame, in attacking direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import StatsSettings
from pipeline.geometry.court import Court
from pipeline.geometry.zones import turned
from pipeline.understand.game import frame_durations
from pipeline.understand.statistics.periods import attack_side, find_periods
from pipeline.understand.statistics.play import Play, read_play

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gathered:
    """A game, or a period of one."""

    time_s: Floats
    """(n,) of all analysed frames."""
    shot: NDArray[np.int64]
    """(n,)."""
    duration_s: Floats
    """(n,) seconds that each frame stands for."""
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

    def during(self, start_s: float, end_s: float) -> Gathered:
        """Leave out what is before or after."""
        inside = (self.time_s >= start_s) & (self.time_s < end_s)
        kept = {name: getattr(self, name) for name in ("seen", "unknown", "located")}
        return replace(self, **{name: rows[inside[rows["row"].to_numpy()]] for name, rows in kept.items()})


def gather(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
    tracklets: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    court: Court,
    settings: StatsSettings,
) -> Gathered:
    """Join the tables, find the periods and turn everybody into attacking direction."""
    time_s, duration_s = frames["time_s"].to_numpy(np.float64), frame_durations(frames)
    row = np.searchsorted(frames["frame"].to_numpy(), positions["frame"].to_numpy())
    located = positions.assign(row=row, dt=duration_s[row]).merge(
        players[["player_id", "team", "role"]], on="player_id", how="left"
    )
    play = read_play(time_s, located[located["role"] == "player"], court)
    periods = find_periods(time_s, duration_s, play, settings)
    return Gathered(
        time_s,
        frames["shot"].to_numpy(np.int64),
        duration_s,
        players,
        _seen(frames, detections, tracks, identities),
        _unknown(frames, detections, tracks, identities, tracklets),
        _attacking(located, time_s, play, periods, court),
        periods,
        not positions.empty,
    )


def _seen(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, identities: pd.DataFrame
) -> pd.DataFrame:
    """Join boxes to players; one per player and frame."""
    joined = _boxes(frames, detections, tracks, identities)
    joined = joined.sort_values(["player_id", "frame", "confidence"], ascending=[True, True, False], kind="stable")
    return joined.drop_duplicates(["player_id", "frame"])


def _unknown(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
    tracklets: pd.DataFrame,
) -> pd.DataFrame:
    """Join boxes to the teams of players of whom nobody knows who they are."""
    nameless = (tracklets["role"] == "player") & ~tracklets["track_id"].isin(identities["track_id"])
    return _boxes(frames, detections, tracks, tracklets.loc[nameless, ["track_id", "team"]])


def _boxes(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, of_tracklets: pd.DataFrame
) -> pd.DataFrame:
    """Give every box of some tracklets, with what is known of its tracklet and its `row` of the frames."""
    boxes = tracks.merge(of_tracklets, on="track_id").merge(detections[["detection_id", "frame"]], on="detection_id")
    return boxes.assign(row=np.searchsorted(frames["frame"].to_numpy(), boxes["frame"].to_numpy()))


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
    """Say which basket each one's team (n,) attacks at a time (n,)."""
    sides = [np.where(team == name, attack_side(time_s, periods, name), 0) for name in ("A", "B")]
    return (sides[0] + sides[1]).astype(np.int8)
