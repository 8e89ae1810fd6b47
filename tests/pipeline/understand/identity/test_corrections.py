"""What a person corrects holds, whatever the evidence says; what contradicts is refused with its line."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config import IdentifySettings
from pipeline.corrections import Action, Correction, Spot
from pipeline.errors import InputError
from pipeline.geometry.court import COURTS
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.features.corrections import check_corrections, split_where_corrected
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify

FPS = 10.0


def game(tracklets: list[tuple[int, int, int]]) -> TrackedGame:
    """Tracklets as (who he looks like, first frame, last frame); tracklet k runs about x = 200 k px."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        [
            (frame, k, person)
            for k, (person, first, last) in enumerate(tracklets, 1)
            for frame in range(first, last + 1)
        ],
        columns=["frame", "track_id", "person"],
    ).sort_values(["frame", "track_id"], ignore_index=True)
    frames = pd.DataFrame({"frame": np.arange(rows["frame"].max() + 1), "shot": 0})
    frames["time_s"] = frames["frame"] / FPS
    frames[list(MOTION_COLUMNS)] = np.nan
    left = 200.0 * rows["track_id"] + 8.0 * (rows["frame"] % 15)
    boxes = {"x1": left, "y1": 100.0, "x2": left + 40, "y2": 200.0, "score": 0.9, "class": "player", "quality": 0.8}
    detections = pd.DataFrame({"detection_id": rows.index, "frame": rows["frame"], **boxes})
    detections = detections.assign(jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    vectors = np.eye(16)[rows["person"]] + rng.normal(0, 0.05, (len(rows), 16))
    tracks = pd.DataFrame({"detection_id": rows.index, "track_id": rows["track_id"]})
    return TrackedGame.of(
        conform("frames", frames), conform("detections", detections), vectors, tracks=conform("tracks", tracks)
    )


def spot(tracklet: int, frame: int) -> Spot:
    """The middle of a tracklet's box."""
    return Spot(frame / FPS, 200.0 * tracklet + 8.0 * (frame % 15) + 20, 150.0)


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
    found, players, _ = people(TWO, correct("nobody", spot(2, 10)))
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


@pytest.mark.parametrize(
    ("corrections", "says"),
    [
        ([correct("same", spot(1, 10), spot(2, 10))], "line 2: they are in the picture at the same time"),
        (
            [correct("same", spot(1, 9), spot(3, 60)), correct("apart", spot(3, 61), spot(1, 8), line=3)],
            "line 3: these two are one person",
        ),
        (
            [correct("name", spot(1, 9), value="Ada"), correct("name", spot(1, 20), value="Bo", line=3)],
            "line 3: this person's name is Ada",
        ),
        (
            [
                correct("number", spot(1, 9), value="4"),
                correct("number", spot(3, 60), value="5", line=3),
                correct("same", spot(1, 9), spot(3, 60), line=4),
            ],
            "line 4: one person would have two numbers: 4, 5",
        ),
        (
            [correct("nobody", spot(1, 9)), correct("name", spot(1, 9), value="Ada", line=3)],
            "line 3: this person has a name",
        ),
    ],
)
def test_contradictions_are_refused_with_their_line(corrections: list[Correction], says: str) -> None:
    with pytest.raises(InputError, match=says):
        people(TWO, *corrections)
    with pytest.raises(InputError, match=says):
        check_corrections(TWO, corrections)
