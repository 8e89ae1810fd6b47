"""What is told of tracklets and players besides who they are."""

import numpy as np
import pytest

from pipeline.config import IdentifySettings
from pipeline.corrections import Correction, Spot
from pipeline.understand.identity import IdentityResult
from tests.pipeline.understand.identity.test_numbered_players import with_numbers
from tests.pipeline.understand.identity.test_stage import GREY, Scene, Tracklet, scene

LAST = 15
TRACKLETS = [
    Tracklet(0, 0, 40),
    Tracklet(2, 0, 40),
    Tracklet(1, 0, 40),
    Tracklet(0, 60, 100),
    Tracklet(2, 60, 100),
    Tracklet(1, 60, 100),
]


def doubtful(seed: int = 0) -> Scene:
    """The last tracklet looks like something between players 0 and 2, team-mates who are not there at its time."""
    tracklets = [Tracklet(p, 0, 40) for p in range(8)] + [Tracklet(p, 60, 100) for p in (1, 3, 4, 5, 6, 7)]
    made = scene([*tracklets, Tracklet(0, 60, 75)], noise=0.1, seed=seed)
    between = made.game.tracks["track_id"].to_numpy() == LAST
    mean = (np.eye(32)[0] + np.eye(32)[2]) / np.sqrt(2)
    made.game.embeddings[between] = mean + np.random.default_rng(seed).normal(0, 0.1, (int(between.sum()), 32))
    return made


def identified(made: Scene, **settings: float) -> IdentityResult:
    return made.identify(IdentifySettings(**settings))


def test_the_runner_up_is_whom_it_could_be_as_well() -> None:
    found = identified(doubtful(), unknown_below=0.0)
    players = found.identities.set_index("track_id")["player_id"]
    row = found.tracklets.set_index("track_id").loc[LAST]
    assert {row["likeliest"], row["runner_up"]} == {players[1], players[3]}
    assert row["likeliest_confidence"] >= row["runner_up_confidence"] > 0.1
    assert row["likeliest_confidence"] + row["runner_up_confidence"] <= 1 + 1e-6


def test_who_is_too_doubtful_is_unknown_and_not_counted() -> None:
    sure, strict = identified(doubtful(), unknown_below=0.0), identified(doubtful(), unknown_below=0.9)
    assert sure.identities["track_id"].tolist() == list(range(1, LAST + 1))
    assert strict.identities["track_id"].tolist() == list(range(1, LAST))
    unknown = strict.tracklets.set_index("track_id").loc[LAST]
    assert (unknown["role"], unknown["team"]) == ("player", "A")
    assert len(strict.players) == 8


def test_what_keeps_players_apart_is_said() -> None:
    evidence = identified(scene(TRACKLETS)).player_evidence.set_index("player_id")
    assert evidence["tracklets"].tolist() == [2, 2, 2]
    assert evidence.loc[1, "nearest"] == 2
    assert evidence.loc[1, "kept_apart_by"] == "together"
    assert evidence.loc[1, "together_s"] == pytest.approx(8.2)
    assert (evidence["team_confidence"] > 0.9).all()


def test_a_player_alone_has_nobody_near() -> None:
    evidence = identified(scene([Tracklet(0, 0, 40)])).player_evidence
    assert evidence["nearest"].isna().all()
    assert evidence["kept_apart_by"].isna().all()


def test_different_numbers_keep_apart_who_are_never_seen_together() -> None:
    made, reads = with_numbers(
        scene([Tracklet(0, 0, 150), Tracklet(0, 170, 320), Tracklet(1, 0, 320)]), {1: "4", 2: "5", 3: "23"}, every=3
    )
    found = made.identify(number_reads=reads)
    worn = dict(zip(found.players["number"], found.players["player_id"], strict=True))
    evidence = found.player_evidence.set_index("player_id")
    assert evidence.loc[worn["4"], "nearest"] == worn["5"]
    assert evidence.loc[worn["4"], "kept_apart_by"] == "number"
    votes = found.number_votes.set_index(["player_id", "number"])
    assert votes.loc[(worn["23"], "23"), "reads"] == 107
    assert votes.loc[(worn["23"], "23"), "probability"] == pytest.approx(0.98, abs=0.001), "no number is surer"
    assert sorted(votes.index) == sorted((worn[text], text) for text in ("4", "5", "23"))
    tracklets = found.tracklets.set_index("track_id")
    assert tracklets["number"].tolist() == ["4", "5", "23"]


def test_who_never_moves_is_on_the_bench_in_a_team_jersey_and_in_the_crowd_without() -> None:
    tracklets = [Tracklet(p, 0, 50) for p in range(6)]
    found = identified(scene(tracklets, jersey={5: (55.0, 60.0, 60.0)}, still=frozenset({4, 5})))
    assert found.tracklets["role"].tolist() == ["player"] * 4 + ["bench", "crowd"]
    assert found.identities["track_id"].tolist() == [1, 2, 3, 4]


def placed(made: Scene, where_m: dict[int, tuple[float, float]]) -> Scene:
    """Put the feet of some tracklets on a place of the court or beside it, the others in its middle."""
    track = made.game.tracks["track_id"].to_numpy()
    place = np.array([where_m.get(int(number), (14.0, 7.5)) for number in track])
    return made.but(feet_m=place + np.random.default_rng(1).normal(0, 0.1, place.shape))


ASIDE = [Tracklet(p, 0, 119) for p in range(4)]
ON_COURT, BEHIND_FAR_LINE, BEHIND_NEAR_LINE, BEHIND_END_LINE = (5.0, 3.0), (10.0, -1.0), (10.0, 15.8), (-0.8, 7.0)


@pytest.mark.parametrize(
    ("where_m", "referee", "role"),
    [
        (ON_COURT, False, "player"),
        (BEHIND_FAR_LINE, False, "coach"),
        (BEHIND_FAR_LINE, True, "coach"),
        (BEHIND_NEAR_LINE, False, "coach"),
        (BEHIND_END_LINE, True, "referee"),
        ((10.0, -0.1), True, "referee"),
    ],
)
def test_who_walks_along_a_side_line_is_a_coach(where_m: tuple[float, float], referee: bool, role: str) -> None:
    made = scene([*ASIDE, Tracklet(4, 0, 119)], referees=frozenset({4} if referee else ()))
    found = identified(placed(made, {5: where_m}))
    assert found.tracklets["role"].tolist() == ["player"] * 4 + [role]
    assert (5 in found.identities["track_id"].tolist()) == (role != "coach")


def test_without_a_court_nobody_is_a_coach() -> None:
    assert identified(scene([*ASIDE, Tracklet(4, 0, 119)])).tracklets["role"].tolist() == ["player"] * 5


def test_who_throws_the_ball_in_stays_a_player() -> None:
    made = scene([*ASIDE, Tracklet(4, 0, 59), Tracklet(4, 62, 119)])
    found = identified(placed(made, {5: (10.0, 0.5), 6: BEHIND_FAR_LINE}))
    assert found.tracklets["role"].tolist() == ["player"] * 6
    assert len(found.players) == 5


def test_a_substitute_who_waits_is_on_the_bench_and_no_second_player() -> None:
    made = placed(scene([*ASIDE, Tracklet(4, 0, 150), Tracklet(4, 160, 300)]), {5: BEHIND_FAR_LINE})
    found = identified(made)
    assert found.tracklets["role"].tolist() == ["player"] * 4 + ["bench", "player"]
    assert found.identities["track_id"].tolist() == [1, 2, 3, 4, 6]
    assert len(found.players) == 5


def test_who_wears_a_number_is_no_coach() -> None:
    made, reads = with_numbers(placed(scene([*ASIDE, Tracklet(4, 0, 119)]), {5: BEHIND_FAR_LINE}), {5: "23"}, every=3)
    found = made.identify(number_reads=reads)
    assert found.tracklets["role"].tolist() == ["player"] * 4 + ["bench"]


def test_a_coach_whom_a_person_names_is_taken_for_a_player() -> None:
    made = placed(scene([*ASIDE, Tracklet(4, 0, 119)]), {5: BEHIND_FAR_LINE})
    box = made.game.detections.loc[made.game.tracks["track_id"] == 5].iloc[0]
    here = Spot(0.0, float(box["x1"]) + 5, float(box["y1"]) + 5)
    found = made.identify(corrections=[Correction("name", here, None, "E", "corrections.csv: line 2")])
    assert found.tracklets["role"].tolist() == ["player"] * 5


def test_one_jersey_tells_no_team() -> None:
    found = identified(scene([Tracklet(p, 0, 30) for p in range(4)], jersey=dict.fromkeys(range(4), GREY)))
    assert found.tracklets["team"].isna().all()
    assert found.player_evidence["team_confidence"].isna().all()
