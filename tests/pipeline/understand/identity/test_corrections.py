"""What a person corrects holds, whatever the evidence says; what contradicts is refused with its line."""

import pandas as pd
import pytest

from pipeline.config import IdentifySettings
from pipeline.corrections import Action, Correction, Spot
from pipeline.errors import InputError
from pipeline.geometry.court import COURTS
from pipeline.understand.features.corrections import check_corrections, split_where_corrected
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify
from pipeline.understand.identity.stage import IdentityResult
from tests.tracked_games import game, spot


def correct(action: Action, spot: Spot, second: Spot | None = None, value: str = "", line: int = 2) -> Correction:
    return Correction(action, spot, second, value, where=f"corrections.csv: line {line}")


def people(made: TrackedGame, *corrections: Correction) -> tuple[list[int], pd.DataFrame, tuple[str, ...]]:
    """Player of each tracklet (0 for nobody), the players, and the warnings."""
    found = identify(made, COURTS["fiba"], IdentifySettings(), corrections=corrections)
    of = dict(zip(found.identities["track_id"], found.identities["player_id"], strict=True))
    return (
        [of.get(k, 0) for k in sorted(set(made.tracks["track_id"]))],
        found.players.set_index("player_id"),
        found.warnings,
    )


TWO = game([(0, 0, 30), (1, 0, 30), (0, 50, 80), (1, 50, 80)])


def test_without_corrections_appearance_decides() -> None:
    assert people(TWO)[0] == [1, 2, 1, 2]


def test_two_who_look_different_are_one_if_a_person_says_so() -> None:
    assert people(TWO, correct("same", spot(1, 10), spot(4, 60)))[0] == [1, 2, 2, 1]


def test_two_who_look_alike_are_two_if_a_person_says_so() -> None:
    found = people(TWO, correct("apart", spot(1, 10), spot(3, 60)))[0]
    assert found[0] != found[2]
    assert found[1] == found[3]


def test_name_number_and_team_are_given() -> None:
    given = [
        correct("name", spot(1, 10), value="Ada"),
        correct("number", spot(3, 60), value="07"),
        correct("team", spot(2, 5), value="B"),
    ]
    of, players, _ = people(TWO, *given)
    assert (players.loc[of[0], "name"], players.loc[of[0], "number"]) == ("Ada", "07")
    assert players.loc[of[1], "team"] == "B"


def test_different_names_are_different_people() -> None:
    found = people(TWO, correct("name", spot(1, 10), value="Ada"), correct("name", spot(3, 60), value="Bo", line=3))[0]
    assert found[0] != found[2]


def test_nobody_is_left_out_with_all_his_tracklets() -> None:
    found, players, _ = people(TWO, correct("role", spot(2, 10), value="nobody"))
    assert found == [1, 0, 1, 0]
    assert len(players) == 1


def test_a_tracklet_is_split_and_its_parts_are_two_people() -> None:
    made = game([(0, 0, 30), (1, 0, 30), (0, 50, 90)])
    cut = correct("split", spot(3, 70), spot(3, 69))
    made = made.with_tracks(split_where_corrected(made, [cut]))
    sizes = made.tracks.groupby("track_id").size()
    assert sizes.loc[[3, 4]].tolist() == [20, 21]
    found = people(made, cut)[0]
    assert found[2] != found[3]


def test_a_spot_where_nobody_is_is_said_and_left_aside() -> None:
    found, _, warnings = people(TWO, correct("same", spot(1, 10), Spot(6.0, 5, 5)))
    assert found == [1, 2, 1, 2]
    assert warnings == ("corrections.csv: line 2: nobody was found at 6.00 s at 5, 5: the correction was left aside",)


def test_a_later_line_about_the_same_fact_takes_the_place_of_the_earlier() -> None:
    mended = [correct("name", spot(1, 9), value="Adda"), correct("name", spot(1, 20), value="Ada", line=3)]
    of, players, _ = people(TWO, *mended)
    assert players.loc[of[0], "name"] == "Ada"
    answered = [correct("same", spot(1, 10), spot(4, 60)), correct("apart", spot(4, 61), spot(1, 9), line=3)]
    found = people(TWO, *answered)[0]
    assert found[0] != found[3]
    assert people(TWO, *reversed(answered))[0][0] == people(TWO, *reversed(answered))[0][3]


def test_what_was_said_of_a_person_is_replaced_whatever_tracklet_it_was_said_of() -> None:
    given = [
        correct("number", spot(1, 9), value="4"),
        correct("same", spot(1, 9), spot(3, 60), line=3),
        correct("number", spot(3, 60), value="5", line=4),
    ]
    of, players, _ = people(TWO, *given)
    assert of[0] == of[2]
    assert players.loc[of[0], "number"] == "5"


def test_somebody_has_no_number_if_a_person_says_so() -> None:
    given = [correct("number", spot(1, 9), value="4"), correct("number", spot(3, 60), value="-", line=3)]
    of, players, _ = people(TWO, *given[:1])
    assert players.loc[of[0], "number"] == "4"
    of, players, _ = people(TWO, correct("same", spot(1, 9), spot(3, 60)), *given)
    assert pd.isna(players.loc[of[0], "number"])


def test_a_referee_is_who_a_person_says_is_and_a_number_makes_a_player() -> None:
    of, players, _ = people(TWO, correct("role", spot(1, 9), value="referee"), correct("name", spot(3, 9), value="Ray"))
    assert players.loc[of[0], "role"] == "referee"
    assert pd.isna(players.loc[of[0], "team"])
    of, players, _ = people(TWO, correct("team", spot(1, 9), value="B"))
    assert (players.loc[of[0], "role"], players.loc[of[0], "team"]) == ("player", "B")


@pytest.mark.parametrize(
    ("corrections", "says"),
    [
        (
            [correct("same", spot(1, 10), spot(2, 10))],
            r"line 2 \(same; at 0:01.0 and 0:01.0\): they are in the picture together at 0:00.0",
        ),
        (
            [correct("same", spot(1, 10), spot(4, 60)), correct("same", spot(4, 60), spot(2, 9), line=3)],
            "line 3 .*: they are in the picture together at 0:00.0, so they are not one person; with .*line 2",
        ),
        (
            [
                correct("same", spot(1, 9), spot(3, 60)),
                correct("same", spot(3, 55), spot(4, 60), line=3),
            ],
            "line 3 .*: they are in the picture together at 0:05.0",
        ),
        (
            [
                correct("number", spot(1, 9), value="4"),
                correct("number", spot(3, 60), value="5", line=3),
                correct("same", spot(1, 9), spot(3, 60), line=4),
            ],
            "line 4 .*: one person would have two numbers, by .*line 2 .*number 4.* and .*line 3 .*number 5",
        ),
        (
            [correct("role", spot(1, 9), value="nobody"), correct("name", spot(1, 9), value="Ada", line=3)],
            "line 3 .*: this person would have a name by .*line 3 .* and be nobody by .*line 2",
        ),
        (
            [correct("team", spot(1, 9), value="A"), correct("role", spot(1, 9), value="referee", line=3)],
            "line 3 .*: this person would have a team by .*line 2 .* and be a referee by .*line 3",
        ),
    ],
)
def test_contradictions_are_refused_with_both_lines(corrections: list[Correction], says: str) -> None:
    with pytest.raises(InputError, match=says):
        people(TWO, *corrections)
    with pytest.raises(InputError, match=says):
        check_corrections(TWO, corrections)


def test_who_is_one_by_a_chain_of_lines_is_not_two() -> None:
    made = game([(0, 0, 30), (1, 50, 80), (2, 100, 130)])
    given = [
        correct("same", spot(1, 9), spot(2, 60)),
        correct("same", spot(2, 60), spot(3, 110), line=3),
        correct("apart", spot(3, 111), spot(1, 8), line=4),
    ]
    with pytest.raises(InputError, match=r"line 4 .* contradicts corrections.csv: line 3"):
        people(made, *given)


IDS = IdentifySettings()


def numbered(made: TrackedGame, former: pd.DataFrame | None, *corrections: Correction) -> IdentityResult:
    return identify(made, COURTS["fiba"], IDS, corrections=corrections, former_ids=former)


def test_ids_go_on_through_corrections() -> None:
    """Who keeps most of his tracklets keeps his id; a merged-away id is retired, and comes back with him."""
    made = game([(0, 0, 30), (1, 0, 30), (2, 50, 90), (0, 50, 90), (3, 100, 180)])
    first = numbered(made, None)
    assert first.identities["player_id"].tolist() == [1, 2, 3, 1, 4]
    merge = correct("same", spot(2, 10), spot(3, 60))
    merged = numbered(made, first.player_ids, merge)
    assert merged.identities["player_id"].tolist() == [1, 3, 3, 1, 4]  # 3 was seen for longer than 2
    assert merged.players["player_id"].tolist() == [1, 3, 4]
    apart = correct("apart", spot(1, 10), spot(4, 60), line=3)
    parted = numbered(made, merged.player_ids, merge, apart)
    assert parted.identities["player_id"].tolist() == [5, 3, 3, 1, 4]  # 2 is nobody new's
    undone = numbered(made, parted.player_ids, apart)
    assert undone.identities["player_id"].tolist() == [5, 2, 3, 1, 4]  # 2 is himself again
    assert set(undone.tracklets["likeliest"].dropna()) <= {1, 2, 3, 4, 5}
    assert undone.player_evidence["player_id"].tolist() == [1, 2, 3, 4, 5]


def test_ids_do_not_depend_on_how_tracklets_are_numbered() -> None:
    made = game([(0, 0, 30), (1, 0, 30), (2, 50, 90), (0, 50, 90)])
    first = numbered(made, None)
    again = made.with_tracks(made.tracks.assign(track_id=10 - made.tracks["track_id"]))
    found = numbered(again, first.player_ids.assign(player_id=first.player_ids["player_id"] + 20))
    of = first.identities.set_index("track_id")["player_id"]
    assert found.identities.set_index("track_id")["player_id"].to_dict() == {10 - k: 20 + who for k, who in of.items()}


def test_whose_a_tracklet_is_holds_against_the_evidence_and_gives_the_id() -> None:
    said = [correct("player", spot(1, 10), value="7"), correct("player", spot(4, 60), value="7", line=3)]
    found = numbered(TWO, None, *said)
    of = found.identities.set_index("track_id")
    assert of.loc[[1, 4], "player_id"].tolist() == [7, 7]
    assert of.loc[[1, 4], "confidence"].tolist() == [1.0, 1.0]
    assert 7 not in of.loc[[2, 3], "player_id"].tolist()


def test_whose_a_tracklet_is_may_be_said_anew_or_taken_back() -> None:
    said = [correct("player", spot(k, at), value="7") for k, at in ((1, 10), (4, 60))]
    moved = numbered(TWO, None, *said, correct("player", spot(4, 55), value="8", line=3)).identities
    assert moved.set_index("track_id").loc[[1, 4], "player_id"].tolist() == [7, 8]
    let_go = numbered(TWO, None, *said, correct("player", spot(4, 55), value="-", line=3)).identities
    assert let_go["player_id"].tolist() == [7, 2, 7, 2]


def test_two_in_the_picture_together_are_not_one_player() -> None:
    said = [correct("player", spot(1, 10), value="7"), correct("player", spot(2, 10), value="7", line=3)]
    with pytest.raises(InputError, match=r"line 3 .*: they are in the picture together at .*line 2"):
        people(TWO, *said)
    said[1] = correct("apart", spot(1, 11), spot(3, 55), line=3)
    with pytest.raises(InputError, match=r"line 4 .* contradicts .*line 3"):
        people(TWO, *said, correct("player", spot(3, 60), value="7", line=4))
