"""What is said of the people of a game holds when it is corrected further: answers, moves, merges, splits, names.

Tracklets are named by their number; what begins at a split gets the next one.
"""

from collections.abc import Sequence

import pandas as pd
import pytest

from pipeline.config import IdentifySettings
from pipeline.corrections import (
    Asked,
    DifferentPeople,
    Journal,
    Lock,
    Merge,
    Move,
    MoveStretch,
    Name,
    Number,
    Role,
    SamePerson,
    SplitAt,
    SplitTracklet,
    Team,
)
from pipeline.errors import InputError
from pipeline.geometry.court import COURTS
from pipeline.run.corrections.places import ShownRun
from pipeline.understand.features.corrections import split_where_corrected
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify
from tests.tracked_games import game

# Persons 0 and 1 are there all the time: 1 and 4 are one, 2 and 5 the other; 3 and 6 are seen once each. Tracklet 7 looks
# like person 0, as he is for its greater part, and is there together with 8, that looks like nobody else.
GAME = game(
    [(0, 0, 40), (1, 0, 40), (2, 10, 30), (0, 50, 90), (1, 50, 90), (3, 180, 210), (0, 100, 160), (4, 130, 170)]
)


class Said:
    """A game, and what was said of it so far; solved anew after each step."""

    def __init__(self, made: TrackedGame = GAME) -> None:
        self.made, self.journal, self.notes = made, Journal(), []
        self.tables: dict[str, pd.DataFrame] = {}
        self.solve()

    def solve(self) -> None:
        former = self.tables.get("player_ids")
        found = identify(
            self.made, COURTS["fiba"], IdentifySettings(), corrections=self.journal.lines, former_ids=former
        )
        tables = {name: getattr(found, name) for name in ("identities", "players", "player_ids", "tracklets")}
        self.tables = {
            "frames": self.made.frames, "detections": self.made.detections, "split_tracks": self.made.tracks, **tables
        }  # fmt: skip

    def say(self, *asked: Asked) -> "Said":
        shown = ShownRun(self.tables, self.journal)
        journal = self.journal.with_step(shown.lines(asked))
        notes = shown.check(journal.lines, journal.steps[-1].number)
        self.journal, self.notes = journal, notes
        self.solve()
        return self

    def undo(self, number: int) -> "Said":
        journal = self.journal.undo(number)
        ShownRun(self.tables, self.journal).check(journal.lines)
        self.journal = journal
        self.solve()
        return self

    @property
    def of(self) -> dict[int, int]:
        """Player of each tracklet."""
        return dict(zip(self.tables["identities"]["track_id"], self.tables["identities"]["player_id"], strict=True))

    def begins_s(self, track_id: int) -> float:
        """When a tracklet begins, as it is split now."""
        split = self.made.with_tracks(split_where_corrected(self.made, self.journal.lines))
        return float(split.box_time_s[split.tracked_rows][split.tracks["track_id"] == track_id].min())

    def name_of(self, track_id: int, label: str = "name") -> str | None:
        value = self.tables["players"].set_index("player_id")[label].get(self.of[track_id])
        return None if pd.isna(value) else str(value)


def test_the_game_as_it_is_solved() -> None:
    of = Said().of
    assert of[1] == of[4] == of[7]
    assert of[2] == of[5]
    assert len({of[track_id] for track_id in (1, 2, 3, 6, 8)}) == 5


@pytest.mark.parametrize(("pictured_s", "begins_s"), [(11.0, 10.0), (15.5, 14.0)])
def test_the_part_that_an_answer_ties_to_a_player_stays_his(pictured_s: float, begins_s: float) -> None:
    """An answer was about two pictures: the part of a split tracklet that holds the picture goes on being his."""
    said = Said()
    who = said.of[1]
    said.say(SamePerson(7, 1, pictured_s, 2.0)).say(SplitTracklet(7, 14.0))
    assert said.of[7] == who == said.of[1]  # the part that stays keeps the number
    assert said.of[7] != said.of[9]
    assert said.begins_s(7) == begins_s
    assert said.journal.steps[-1].words.startswith("until 0:14.0" if begins_s == 14.0 else "from 0:14.0 on")
    said.undo(2)
    assert said.of[7] == who


def test_what_comes_before_stays_where_both_parts_are_tied_to_him() -> None:
    """Then what answers tie to the rest goes with it, though it was kept as his before."""
    said = Said()
    who = said.of[1]
    said.say(Move(6, who)).say(SamePerson(7, 1, 11.0, 2.0)).say(SamePerson(7, 4, 15.5, 7.0))
    said.say(SplitTracklet(7, 14.0))
    assert said.of[7] == who == said.of[1]
    assert said.of[9] == said.of[4] != who


def test_an_answer_that_two_are_two_is_of_the_part_with_the_picture() -> None:
    said = Said().say(DifferentPeople(7, 1, 11.0, 2.0))
    assert said.of[7] != said.of[1]
    said.say(SplitTracklet(7, 14.0))
    assert said.of[7] != said.of[1]  # what follows looks like him
    assert said.of[9] == said.of[1]
    with pytest.raises(InputError, match="contradicts"):
        said.say(Move(7, said.of[1]))


@pytest.mark.parametrize("first", [
    lambda of: [Lock(of[1])],
    lambda of: [Move(6, of[1])],
    lambda of: [Merge(of[1], of[6])],
    lambda of: [Name(of[1], "Ada"), Number(of[1], "7"), Team(of[1], "B")],
    lambda of: [Role(of[1], "referee")],
    lambda _: [SamePerson(7, 1, 15.5, 2.0)],
    lambda _: [DifferentPeople(7, 6, 15.5, 19.0)],
    lambda of: [MoveStretch(of[1], 5.0, 7.0, None)],
])  # fmt: skip
def test_everything_can_be_split_whatever_was_said_before(first: Sequence[Asked]) -> None:
    said = Said()
    said.say(*first(said.of))
    last = max(said.of)
    said.say(SplitAt(said.of[1], 14.0)).say(SplitAt(said.of[1], 2.0)).say(SplitAt(said.of[4], 8.0))
    assert max(said.of) == last + 3
    assert said.of[1] != said.of[last + 2]


def test_what_a_player_is_called_stays_with_the_part_that_stays_his() -> None:
    """It was said of him, wherever on his longest tracklet it was noted."""
    said = Said()
    who = said.of[1]
    said.say(Name(who, "Ada"), Number(who, "7"))
    said.say(SplitTracklet(7, 11.0))  # most of it follows
    assert said.of[7] == who
    assert (said.name_of(7), said.name_of(7, "number")) == ("Ada", "7")
    assert said.name_of(9) is None
    said.undo(1)
    assert said.name_of(7) is None


def test_what_a_player_is_called_stays_his_when_the_tracklet_is_moved() -> None:
    said = Said()
    who = said.of[7]
    said.say(Name(who, "Ada")).say(Move(7, None))
    assert said.of[7] != who == said.of[1]
    assert (said.name_of(1), said.name_of(7)) == ("Ada", None)
    said.say(MoveStretch(who, 2.0, 3.0, None))
    assert said.name_of(1) == "Ada"


def test_a_tracklet_of_two_keeps_what_was_said_through_several_splits() -> None:
    said = Said()
    said.say(Name(said.of[7], "Ada")).say(SplitTracklet(7, 12.0)).say(SplitTracklet(7, 11.0))
    assert said.name_of(7) == "Ada"
    assert said.name_of(10) is None  # 9 was not he who is seen just before it; it may be Ada again
    said.undo(2)
    assert said.name_of(7) == "Ada"


def test_a_tracklet_goes_to_a_player_who_was_guessed_to_be_elsewhere_at_that_time() -> None:
    """What a person says goes before a guess; what the player had then is no longer his, and that is said."""
    said = Said()
    who = said.of[7]
    said.say(Name(who, "Ada")).say(Move(8, who))
    assert said.of[8] == who == said.of[1] == said.of[4]
    assert said.of.get(7) != who
    assert said.name_of(8) == "Ada"
    assert said.notes == ["Ada can no longer be who is seen from 0:10.0 on"]


def test_a_tracklet_does_not_go_to_a_player_of_whom_somebody_said_that_he_is_elsewhere() -> None:
    said = Said()
    said.say(Move(7, said.of[2])).say(Move(7, said.of[1]))
    with pytest.raises(InputError, match=r": they are in the picture together at 0:13\.0"):
        said.say(Move(8, said.of[1]))
    with pytest.raises(InputError, match=r": they are in the picture together at 0:01\.0"):
        said.say(Move(1, said.of[3]))


def test_nobody_is_nobody_with_all_his_tracklets_until_one_of_them_is_somebody() -> None:
    said = Said()
    said.say(Role(said.of[2], "nobody"))
    assert {2, 5}.isdisjoint(said.of)
    said.say(Move(5, said.of[3]))
    assert said.of[5] == said.of[3]
    assert 2 not in said.of


def test_a_merge_holds_when_a_guessed_part_of_it_is_moved_away() -> None:
    said = Said()
    said.say(Merge(said.of[1], said.of[6]))
    who = said.of[7]
    said.say(Move(4, None))
    assert said.of[4] != who
    assert said.of[1] == said.of[6] == said.of[7] == who


def test_two_are_merged_though_a_lesser_piece_of_the_second_is_there_with_the_first() -> None:
    """What somebody is guessed to be yields, and that is said; who is there most of the time is somebody else."""
    said = Said(game([(0, 0, 90), (1, 100, 160), (1, 40, 55), (2, 20, 80)]))
    first, second = said.of[1], said.of[2]
    assert said.of[3] == second
    with pytest.raises(
        InputError, match=r"in the picture together at 0:02\.0, so they are not one person; split or move"
    ):
        said.say(Merge(first, said.of[4]))
    said.say(Merge(first, second))
    assert said.of[1] == said.of[2] == first
    assert said.of.get(3) != first
    assert said.notes == [f"P{first} can no longer be who is seen from 0:04.0 on"]


@pytest.mark.parametrize("at_s", [1.0, 4.0])
def test_the_id_stays_when_a_split_is_made_and_undone(at_s: float) -> None:
    """Also where most of the tracklet, and all there is of him, follows the split."""
    said = Said(game([(0, 0, 50), (1, 0, 50)]))
    before = said.of
    said.say(Name(before[1], "Ada")).say(SplitTracklet(1, at_s))
    assert said.of[1] == before[1] != said.of[3]
    said.undo(2)
    assert said.of == before


def test_two_parts_of_a_tracklet_are_put_together_again() -> None:
    said = Said()
    said.say(SplitTracklet(7, 14.0)).say(Move(9, said.of[7]))
    assert said.of[9] == said.of[7] == said.of[1]
