"""At most five of a team count at once: known changes, a slow second implementation, and the rule on every input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import StatsSettings
from pipeline.geometry.court import COURTS
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.location import lineup_tracks, locate
from pipeline.understand.location.lineup import counted_until

ABSENCE_S = 6.0
ON_COURT, BENCH = (10.0, 7.0), (10.0, -2.0)


class Game(NamedTuple):
    tracked: TrackedGame
    identities: pd.DataFrame
    players: pd.DataFrame

    def counted_tracks(self, court: str) -> pd.DataFrame:
        """The tracklets' boxes that count."""
        return lineup_tracks(self.tracked, self.identities, self.players, COURTS[court], ABSENCE_S)  # type: ignore[index]

    def counted(self, court: str = "fiba") -> pd.DataFrame:
        """The boxes that count: player_id, frame, team."""
        boxes = self.counted_tracks(court).merge(self.identities, on="track_id").merge(self.players, on="player_id")
        return boxes.merge(self.tracked.detections[["detection_id", "frame"]], on="detection_id")

    def frames_of(self, player: int, court: str = "fiba") -> list[int]:
        """First and last frame in which a player counts."""
        counted = self.counted(court)
        numbers = counted.loc[counted["player_id"] == player, "frame"]
        return [int(numbers.min()), int(numbers.max())]


def game(
    seen: dict[int, list[int]],
    fps: float = 2.0,
    team: dict[int, str | None] | None = None,
    off: dict[int, list[int]] | None = None,
    referees: frozenset[int] = frozenset(),
) -> Game:
    """Players (from 1) seen in frames, of team A unless said otherwise, at times off the court."""
    rows = [(frame, player) for player, frames in seen.items() for frame in frames]
    table = pd.DataFrame(rows, columns=["frame", "track_id"]).sort_values(["frame", "track_id"], ignore_index=True)
    table = table.assign(detection_id=table.index)
    length = max((frame for frame, _ in rows), default=0) + 1
    frames = pd.DataFrame({"frame": range(length), "time_s": np.arange(length) / fps, "shot": 0})
    frames[list(MOTION_COLUMNS)] = np.nan
    box = {"x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0, "score": 0.9, "class": "player", "quality": 1.0}
    colour = {"jersey_l": 0.0, "jersey_a": 0.0, "jersey_b": 0.0}
    feet = [
        BENCH if frame in (off or {}).get(player, []) else ON_COURT
        for frame, player in zip(table["frame"], table["track_id"], strict=True)
    ]
    players = pd.DataFrame({"player_id": sorted(seen), "number": None, "name": None, "color": None})
    players["role"] = ["referee" if player in referees else "player" for player in sorted(seen)]
    players["team"] = [None if player in referees else (team or {}).get(player, "A") for player in sorted(seen)]
    identities = pd.DataFrame({"track_id": sorted(seen), "player_id": sorted(seen), "confidence": 0.9})
    tracked = TrackedGame.of(
        conform("frames", frames),
        conform("detections", table.assign(**box, **colour)),
        feet_m=np.array(feet, dtype=float).reshape(-1, 2),
        tracks=conform("tracks", table),
    )
    return Game(tracked, conform("identities", identities), conform("players", players))


FOUR = {player: list(range(100)) for player in range(1, 5)}


def test_who_comes_in_counts_and_who_leaves_does_not() -> None:
    change = game({**FOUR, 5: list(range(50)), 6: list(range(40, 100))})
    assert change.frames_of(5) == [0, 39]
    assert change.frames_of(6) == [40, 99]
    assert all(change.frames_of(player) == [0, 99] for player in FOUR)


def test_who_is_away_for_a_moment_has_not_left() -> None:
    """Frames are half a second apart: ten are an absence, twenty are a change."""
    hidden = game({**FOUR, 5: [*range(45), *range(55, 100)], 6: list(range(40, 50))})
    assert 6 not in hidden.counted()["player_id"].tolist()
    away = game({**FOUR, 5: [*range(45), *range(65, 100)], 6: list(range(40, 65))})
    assert away.frames_of(6) == [40, 64]
    assert len(away.counted().query("player_id == 5")) == 40 + 35


def test_five_of_each_team_three_in_3x3_and_as_many_referees_as_there_are() -> None:
    everybody = {player: list(range(20)) for player in range(1, 15)}
    both = game(everybody, team={player: "AB"[player % 2] for player in everybody}, referees=frozenset({13, 14}))
    assert both.counted().groupby(["frame", "team"]).size().unique().tolist() == [5]
    assert both.counted("3x3").groupby(["frame", "team"]).size().unique().tolist() == [3]
    assert both.counted()["player_id"].isin([13, 14]).sum() == 40


def test_without_teams_all_count() -> None:
    many = game({player: list(range(20)) for player in range(1, 9)}, team=dict.fromkeys(range(1, 9)))
    assert len(many.counted()) == 160


def test_who_waits_beside_the_court_does_not_count_until_he_comes_in() -> None:
    waits = game({**FOUR, 5: list(range(50)), 6: list(range(100))}, off={6: list(range(48))})
    assert waits.frames_of(6) == [48, 99]
    assert waits.frames_of(5) == [0, 47]


def test_who_throws_the_ball_in_counts_all_the_while() -> None:
    throws = game({**FOUR, 5: list(range(100))}, off={5: list(range(40, 48))})
    assert len(throws.counted().query("player_id == 5")) == 100


def test_nobody_at_all() -> None:
    assert game({1: []}).counted().empty


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), min_size=1, max_size=14)


@given(spans=spans, most=st.integers(1, 5))
def test_it_is_always_the_one_who_leaves_first(spans: list[tuple[int, int]], most: int) -> None:
    first = np.array([start for start, _ in spans])
    last = first + [length for _, length in spans]
    until = counted_until(first, last, most)
    for moment in range(int(last.max()) + 1):
        on_court = [stint for stint in range(len(first)) if first[stint] <= moment <= last[stint]]
        stay = sorted(on_court, key=lambda stint: (last[stint], -first[stint], stint))[-most:]
        assert [stint for stint in on_court if moment < until[stint]] == sorted(stay)


@st.composite
def games(draw: st.DrawFn) -> Game:
    """Two teams of up to nine, seen now and then, on the court or beside it, in places known or not."""
    frames = st.lists(st.integers(0, 90), max_size=60, unique=True)
    seen = {player: draw(frames) for player in range(1, draw(st.integers(2, 18)) + 1)}
    off = {player: list(range(*sorted((draw(st.integers(0, 90)), draw(st.integers(0, 90)))))) for player in seen}
    made = game(
        seen, fps=draw(st.sampled_from([2.0, 10.0])), team={player: "AB"[player % 2] for player in seen}, off=off
    )
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    feet_m = made.tracked.feet_m
    feet_m[rng.random(len(feet_m)) < draw(st.sampled_from([0.0, 0.4, 1.0]))] = np.nan
    return made


@settings(max_examples=20)
@given(made=games(), court=st.sampled_from(["fiba", "3x3"]))
def test_never_more_than_the_rule_has_of_a_team_in_a_frame(made: Game, court: str) -> None:
    most = COURTS[court].team_size  # type: ignore[index]
    counted = made.counted(court)
    assert counted.groupby(["team", "frame"]).size().max() <= most or counted.empty
    tracked = made.tracked.with_tracks(made.counted_tracks(court))
    positions = locate(tracked, made.identities, StatsSettings())
    located = positions.merge(made.players, on="player_id")
    assert located.empty or located.groupby(["team", "frame"]).size().max() <= most
