"""The stage `lineups`: who is on the floor, substitutions, stints, and who played with whom for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.tables import ALL, FIVE_COLUMNS, TableName, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.lineups.clock_events import clock_events, events_table
from pipeline.understand.lineups.fives import Fives, likeliest_fives
from pipeline.understand.lineups.live_time import clock_probability, live_probability, play_table
from pipeline.understand.lineups.score import ScoreLine
from pipeline.understand.lineups.sightings import (
    BIN_S,
    Floats,
    Ints,
    SightedPlayers,
    Sightings,
    pieces,
    sighted_players,
    sightings,
)
from pipeline.understand.lineups.substitutions import Stint, Substitution, find_stints, find_substitutions

TEAMS = ("A", "B")
SURE = 0.8
"""A substitution of at least this confidence counts; others are candidates."""


@dataclass(frozen=True)
class GamePieces:
    """The analysed time in pieces."""

    start_s: Floats
    """(t,) begin of each."""
    end_s: float
    """End of the last."""
    view_s: Floats
    """(t,) seconds of each with the game in view."""
    live: Floats
    """(t,) probability that the ball is in play."""
    by_clock: NDArray[np.bool_]
    """(t,) whether the clock says so, or else movement."""

    def in_view_s(self, start_s: float, end_s: float) -> float:
        """Measure how long the game is in view between two times."""
        return self._sum(self.view_s, start_s, end_s)

    def live_s(self, start_s: float, end_s: float) -> float:
        """Measure how long the ball is in play between two times."""
        return self._sum((self.live >= 0.5) * BIN_S, start_s, end_s)

    def _sum(self, seconds: NDArray[np.floating], start_s: float, end_s: float) -> float:
        """Add up seconds of pieces, those at either end in part."""
        edges = np.append(self.start_s, self.start_s[-1] + BIN_S)
        total = np.concatenate([[0.0], np.cumsum(seconds)])
        return float(np.interp(end_s, edges, total) - np.interp(start_s, edges, total))


@dataclass(frozen=True)
class LineupTables:
    """The tables of the stage."""

    play: pd.DataFrame
    lineups: pd.DataFrame
    stints: pd.DataFrame
    pairs: pd.DataFrame
    fives: pd.DataFrame
    events: pd.DataFrame

    def tables(self) -> Mapping[TableName, pd.DataFrame]:
        """Return them by name."""
        return {name: getattr(self, name) for name in ("play", "lineups", "stints", "pairs", "fives", "events")}


def find_lineups(
    game: TrackedGame,
    in_view: NDArray[np.bool_],
    is_located: NDArray[np.bool_],
    off_court: NDArray[np.bool_],
    identities: pd.DataFrame,
    players: pd.DataFrame,
    positions: pd.DataFrame,
    clock: pd.DataFrame,
    periods: pd.DataFrame,
    court: Court,
) -> LineupTables:
    """Find line-ups, substitutions and stints.

    Args:
        game: f frames, m boxes, and the tracklets' boxes in shots of the game.
        in_view: (f,) which frames show the game.
        is_located: (f,) in which the court was found.
        off_court: (m,) which boxes are known to stand off the court.
        identities: table `identities`.
        players: table `players`.
        positions: table `positions`.
        clock: table `clock`; may be empty.
        periods: table `periods`.
        court: its size, and how many play on it.
    """
    is_player = positions["player_id"].isin(players.loc[players["role"] == "player", "player_id"])
    of_players = positions[is_player].sort_values("time_s", kind="stable")
    time = _timeline(game, in_view, is_located, of_players, clock, court)
    play = play_table(time.live, time.by_clock, time.start_s, time.end_s)
    boxes = sighted_players(game, identities, players, off_court, court)
    of_teams = [_TeamOnFloor(team, players, boxes, time, court) for team in TEAMS] if len(time.start_s) else []
    score = ScoreLine.of(clock, game.frames, of_players, periods, court)
    lineups = _joined("lineups", [each.lineups(score) for each in of_teams])
    stints = _joined("stints", [each.stints() for each in of_teams])
    return LineupTables(
        play=play,
        lineups=lineups,
        stints=stints,
        pairs=pairs_of(lineups),
        fives=fives_of(lineups),
        events=events_table(
            [*(each.events() for each in of_teams), clock_events(clock, game.frames, score)], clock, game.frames
        ),
    )


def _timeline(
    game: TrackedGame,
    in_view: NDArray[np.bool_],
    is_located: NDArray[np.bool_],
    of_players: pd.DataFrame,
    clock: pd.DataFrame,
    court: Court,
) -> GamePieces:
    """Cut the analysed time into pieces, and tell live from dead ones by the clock or by where the players were."""
    start_s, view_s = pieces(game.time_s, game.duration_s, in_view)
    end_s = float(game.time_s[-1] + game.duration_s[-1]) if len(start_s) else 0.0
    by_clock = clock_probability(clock, game.frames, start_s)
    _, located_s = pieces(game.time_s, game.duration_s, in_view & is_located)
    by_movement = live_probability(of_players, start_s, view_s, located_s, court)
    has_clock = np.isfinite(by_clock)
    return GamePieces(start_s, end_s, view_s, np.where(has_clock, by_clock, by_movement), has_clock)


class _TeamOnFloor:
    """Line-ups of one team."""

    def __init__(self, team: str, players: pd.DataFrame, boxes: SightedPlayers, time: GamePieces, court: Court) -> None:
        member = (players["team"] == team) & (players["role"] == "player")
        self.team, self.time = team, time
        self.size = court.team_size
        self.player_id: Ints = np.sort(players.loc[member, "player_id"].to_numpy(np.int64))
        self.boxes = boxes.of(self.player_id)
        self.seen: Sightings = sightings(self.boxes, self.player_id, time.start_s, time.view_s)
        self.found: Fives = likeliest_fives(self.seen, 1 - time.live, self.size)
        self.changes: list[Substitution] = find_substitutions(self.found, self.seen, self.boxes)
        span_s = float(time.start_s[0]), time.end_s
        self.of_players: list[Stint] = find_stints(self.found, self.player_id, span_s, self.changes)

    def lineups(self, score: ScoreLine) -> pd.DataFrame:
        """Make this team's rows of the table `lineups`."""
        ends = {stint.start_s for stint in self.of_players} | {stint.end_s for stint in self.of_players}
        times = np.array(sorted({float(self.time.start_s[0]), self.time.end_s} | ends))
        rows = []
        for start_s, end_s in pairwise(times):
            middle_s = (start_s + end_s) / 2
            five = sorted(s.player_id for s in self.of_players if s.start_s <= middle_s < s.end_s)[: len(FIVE_COLUMNS)]
            rows.append(
                {
                    "team": self.team,
                    "start_s": start_s,
                    "end_s": end_s,
                    **dict(zip(FIVE_COLUMNS, [*five, *[pd.NA] * (len(FIVE_COLUMNS) - len(five))], strict=True)),
                    "confidence": self._confidence(five, start_s, end_s),
                    "seen_s": self.time.in_view_s(start_s, end_s),
                    "live_s": self.time.live_s(start_s, end_s),
                    **score.points(self.team, start_s, end_s),
                }
            )
        return pd.DataFrame(rows)

    def _confidence(self, five: list[int], start_s: float, end_s: float) -> float:
        """Average the probability that these are on the floor, and nobody else of the team."""
        first, last = (int((moment - self.time.start_s[0]) / BIN_S) for moment in (start_s, end_s))
        of_time = self.found.probability[:, first : max(last, first + 1)]
        on = np.isin(self.player_id, five)[:, None]
        if len(five) < self.size or not of_time.size:
            return 0.0
        return float(np.where(on, of_time, 1 - of_time).prod(axis=0).mean())

    def stints(self) -> pd.DataFrame:
        """Make this team's rows of the table `stints`."""
        rows = []
        for stint in self.of_players:
            of_player = (self.boxes.player_id == stint.player_id) & (self.boxes.time_s >= stint.start_s)
            seen_s = float(self.boxes.lasts_s[of_player & (self.boxes.time_s < stint.end_s)].sum())
            seen_s = min(seen_s, stint.end_s - stint.start_s)
            rows.append(
                {
                    "player_id": stint.player_id,
                    "team": self.team,
                    "start_s": stint.start_s,
                    "end_s": stint.end_s,
                    "seen_s": seen_s,
                    "bridged_s": stint.end_s - stint.start_s - seen_s,
                    "live_s": self.time.live_s(stint.start_s, stint.end_s),
                    "came_for": stint.came_for or pd.NA,
                    "left_for": stint.left_for or pd.NA,
                    "confidence": stint.confidence,
                }
            )
        return pd.DataFrame(rows)

    def events(self) -> pd.DataFrame:
        """Make this team's substitutions."""
        rows = [
            {
                "time_s": change.time_s,
                "earliest_s": change.earliest_s,
                "latest_s": change.latest_s,
                "kind": "substitution",
                "team": self.team,
                "player_id": change.incoming or pd.NA,
                "partner_id": change.outgoing or pd.NA,
                "confidence": change.confidence,
                "status": "sure" if change.confidence >= SURE else "candidate",
            }
            for change in self.changes
        ]
        return pd.DataFrame(rows)


def pairs_of(lineups: pd.DataFrame) -> pd.DataFrame:
    """Make the table `pairs`: how long every two team-mates were on the floor together.

    Args:
        lineups: table `lineups`.
    """
    rows = [
        {"team": row["team"], "player_id": first, "partner_id": second, "together_s": _length(row), **_shared(row)}
        for row in lineups.to_dict("records")
        for first, second in combinations([row[name] for name in FIVE_COLUMNS if not pd.isna(row[name])], 2)
    ]
    return _summed("pairs", rows, ["team", "player_id", "partner_id"])


def fives_of(lineups: pd.DataFrame) -> pd.DataFrame:
    """Make the table `fives`: how long, and how often, the same five were on the floor.

    Args:
        lineups: table `lineups`.
    """
    named = lineups[lineups[list(FIVE_COLUMNS)].notna().sum(axis=1) > 0]
    rows = [
        {
            **{name: row[name] for name in ("team", *FIVE_COLUMNS)},
            "together_s": _length(row),
            "times": 1,
            "weight": _length(row) * row["confidence"],
            **_shared(row),
        }
        for row in named.to_dict("records")
    ]
    return _summed("fives", rows, ["team", *FIVE_COLUMNS])


def _length(row: Mapping[object, object]) -> float:
    return float(str(row["end_s"])) - float(str(row["start_s"]))


def _shared(row: Mapping[object, object]) -> dict[str, object]:
    return {name: row[name] for name in ("live_s", "points_for", "points_against")}


def _summed(name: TableName, rows: list[dict[str, object]], keys: list[str]) -> pd.DataFrame:
    """Add up rows of the same people, the longest together first."""
    if not rows:
        return _joined(name, [])
    table = pd.DataFrame(rows)
    whole = {*keys, "points_for", "points_against"} - {"team"}
    table = table.astype(dict.fromkeys(whole, "Int64"))
    grouped = table.groupby(keys, dropna=False, sort=True)
    total = grouped.sum(min_count=1).reset_index()
    if "weight" in total.columns:
        total = total.assign(confidence=total["weight"] / total["together_s"]).drop(columns="weight")
    return conform(name, total.sort_values(["team", "together_s"], ascending=[True, False], kind="stable"))


def _joined(name: TableName, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of both teams together."""
    filled = [part for part in parts if len(part)]
    return conform(name, pd.concat(filled, ignore_index=True)) if filled else ALL[name].empty()
