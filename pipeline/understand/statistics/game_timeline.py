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
from pipeline.understand.game import TrackedGame, frame_durations
from pipeline.understand.memory import Memory
from pipeline.understand.statistics.periods import attack_side, find_periods
from pipeline.understand.statistics.play import Play, read_play

Floats = NDArray[np.float64]

TEAMS = ("A", "B")
_NUMBERS = (
    *("row", "dt", "x_m", "y_m", "speed_mps", "speed_sd_mps", "attack_x_m", "attack_y_m", "phase", "is_live"),
    "player_id",
)


@dataclass(frozen=True)
class GameTimeline:
    """A game, or a period of one, frame by frame: what all statistics are sums over."""

    time_s: Floats  # (t,) of all analysed frames
    shot: NDArray[np.int64]  # (t,)
    duration_s: Floats  # (t,) that each frame stands for
    players: pd.DataFrame
    """Table `players`."""
    present: pd.DataFrame
    """One row per player and frame in view, or in an absence short enough to be none: player_id, `row` of the frames, `state`
    (seen: with a box; bridged: in a short gap; absent) and, where seen, confidence."""
    unknown: pd.DataFrame
    """One row per box of a player of whom nobody knows who he is: team, `row` of the frames."""
    located: pd.DataFrame
    """Table `positions` with `row`, `dt` (s), `team`, `role`, `attack_x_m` and `attack_y_m` (as if the team attacked the
    right basket; NaN where unknown), `phase` of the team and `is_live`: 1 while the game clock runs, else 0, NaN where unknown."""
    phases: dict[str, NDArray[np.int8]]
    """Of each team, per frame (t,): 1 offence, the play is where it attacks; -1 defence; 0 unknown."""
    periods: pd.DataFrame
    """Table `periods`."""
    has_metres: bool
    """Anybody was located in the whole game."""
    memory: Memory
    """What was computed of the game before."""

    def during(self, start_s: float, end_s: float) -> GameTimeline:
        """Leave out what is before or after."""
        inside = (self.time_s >= start_s) & (self.time_s < end_s)
        kept = {name: getattr(self, name) for name in ("present", "unknown", "located")}
        phases = {team: np.where(inside, phase, 0).astype(np.int8) for team, phase in self.phases.items()}
        rows_of = {name: rows[inside[rows["row"].to_numpy()]] for name, rows in kept.items()}
        return replace(self, phases=phases, **rows_of)

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
    is_live: Floats,
    court: Court,
    settings: StatsSettings,
    memory: Memory | None = None,
) -> GameTimeline:
    """Join the tables, find the periods and turn everybody into attacking direction.

    Args:
        game: frames, boxes, and the tracklets' boxes that count.
        identities: table `identities`.
        tracklets: table `tracklets`.
        players: table `players`.
        positions: table `positions`.
        is_live: (t,) whether the game clock runs: 1, or 0; NaN where that is not known.
        court: its measures.
        settings: the periods, if they are given.
        memory: what was computed of the game before.
    """
    duration_s = frame_durations(game.frames, settings.max_gap_s)
    row = np.searchsorted(game.frame, positions["frame"].to_numpy())
    located = positions.assign(row=row, dt=duration_s[row], is_live=is_live[row]).merge(
        players[["player_id", "team", "role"]], on="player_id", how="left"
    )
    play = read_play(game.time_s, located[located["role"] == "player"], court)
    periods = find_periods(game.time_s, duration_s, play, settings)
    phases = _phases(game.time_s, play, periods, court)
    return GameTimeline(
        game.time_s,
        game.shot,
        duration_s,
        players,
        _present(game, identities, settings),
        _unknown(game, identities, tracklets),
        _attacking(located, game.time_s, phases, periods, court),
        phases,
        periods,
        not positions.empty,
        memory or Memory(keeps=False),
    )


def content_of(located: pd.DataFrame) -> Floats:
    """Return all that statistics read of rows of `located`, as numbers (n, columns)."""
    numbers = located[list(_NUMBERS)].to_numpy(np.float64)
    return np.column_stack([numbers, (located["source"] == "bridged").to_numpy()])


def _present(game: TrackedGame, identities: pd.DataFrame, settings: StatsSettings) -> pd.DataFrame:
    """Join boxes to players, one per player and frame, and add the frames of their short absences."""
    joined = _boxes(game, identities)
    joined = joined.sort_values(["player_id", "frame", "confidence"], ascending=[True, True, False], kind="stable")
    seen = joined.drop_duplicates(["player_id", "frame"])[["player_id", "row", "confidence"]].reset_index(drop=True)
    player, row = seen["player_id"].to_numpy(np.int64), seen["row"].to_numpy(np.int64)
    away_s, step = np.diff(game.time_s[row]), np.diff(row)
    bridged = (away_s <= settings.max_gap_s) & (np.diff(game.shot[row]) == 0)
    hidden = (np.diff(player) == 0) & (step > 1) & (bridged | (away_s <= settings.max_absence_s))
    count = (step - 1)[hidden]
    before = np.repeat(np.flatnonzero(hidden), count)
    ahead = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
    state = np.where(bridged[before], "bridged", "absent")
    away = pd.DataFrame({"player_id": player[before], "row": row[before] + ahead, "confidence": np.nan, "state": state})
    table = pd.concat([seen.assign(state="seen"), away], ignore_index=True)
    return table.sort_values(["player_id", "row"], kind="stable", ignore_index=True)


def _unknown(game: TrackedGame, identities: pd.DataFrame, tracklets: pd.DataFrame) -> pd.DataFrame:
    """Join boxes to the teams of players of whom nobody knows who they are."""
    nameless = (tracklets["role"] == "player") & ~tracklets["track_id"].isin(identities["track_id"])
    return _boxes(game, tracklets.loc[nameless, ["track_id", "team"]])


def _boxes(game: TrackedGame, of_tracklets: pd.DataFrame) -> pd.DataFrame:
    """Return every box of some tracklets, with what is known of its tracklet and its `row` of the frames."""
    frame_of_box = game.detections[["detection_id", "frame"]]
    boxes = game.tracks.merge(of_tracklets, on="track_id").merge(frame_of_box, on="detection_id")
    return boxes.assign(row=np.searchsorted(game.frame, boxes["frame"].to_numpy()))


def _phases(time_s: Floats, play: Play, periods: pd.DataFrame, court: Court) -> dict[str, NDArray[np.int8]]:
    """Say of each team where the play is (t,): 1 where it attacks, -1 where it defends, 0 unknown."""
    if court.baskets == 1:
        return {team: np.zeros(len(time_s), np.int8) for team in TEAMS}
    return {team: (attack_side(time_s, periods, team) * play.side).astype(np.int8) for team in TEAMS}


def _attacking(
    located: pd.DataFrame, time_s: Floats, phases: dict[str, NDArray[np.int8]], periods: pd.DataFrame, court: Court
) -> pd.DataFrame:
    """Add places in attacking direction, and whether the team attacks."""
    row, team = located["row"].to_numpy(np.int64), located["team"].to_numpy()
    phase = sum(np.where(team == name, phases[name][row], 0) for name in TEAMS)
    side = np.full(len(located), -1) if court.baskets == 1 else _attack_sides(team, time_s[row], periods)
    place = located[["x_m", "y_m"]].to_numpy(np.float64)
    ahead = np.where(side[:, None] == 1, place, np.where(side[:, None] == -1, turned(court, place), np.nan))
    return located.assign(attack_x_m=ahead[:, 0], attack_y_m=ahead[:, 1], phase=phase)


def _attack_sides(team: NDArray[Any], time_s: Floats, periods: pd.DataFrame) -> NDArray[np.int8]:
    """Return the basket (n,) that a team (n,) attacks at a time (n,): -1 left, 1 right, 0 unknown."""
    sides = [np.where(team == name, attack_side(time_s, periods, name), 0) for name in TEAMS]
    return (sides[0] + sides[1]).astype(np.int8)
