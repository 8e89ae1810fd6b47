"""Line-ups of a whole rendered game without pixels, true identities: five on the floor, changes at the right moment."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.events.lineups import compare_lineups
from pipeline.geometry.court import COURTS
from pipeline.rendering import NoiseSettings, render_positions, whole_game
from pipeline.tables import ALL, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.lineups import find_lineups
from pipeline.understand.lineups.live_time import play_table
from pipeline.understand.lineups.stage import fives_of, pairs_of

SETTINGS = {"seed": 41, "seconds": 150.0, "fps": 4.0, "period_s": 700.0, "dead_ball_every_s": 15.0, "stint_s": 25.0}


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    settings = whole_game(**SETTINGS, court="fiba", camera="fixed", timeout_every_s=None)
    return render_positions(settings, NoiseSettings(miss=0.05, false_boxes=0), tmp_path_factory.mktemp("lineups"))


@pytest.fixture(scope="module")
def found(game):
    """Each true person is a tracklet and a player; positions are the true ones."""
    truth = pd.read_parquet(game / "truth.parquet")
    truth = truth[(truth["role"] == "player") & (truth["visible"] > 0.5)].reset_index(drop=True)
    frames = pd.read_parquet(game / "perceived" / "frames.parquet")
    unused = dict.fromkeys(("x1", "y1", "x2", "y2", "quality", "jersey_l", "jersey_a", "jersey_b"), 1.0)
    boxes = {"detection_id": truth.index, "frame": truth["frame"], "score": 0.9, "class": "player"}
    detections = conform("detections", pd.DataFrame({**boxes, **unused}))
    feet = truth[["x_m", "y_m"]].to_numpy()
    tracks = conform("tracks", pd.DataFrame({"detection_id": truth.index, "track_id": truth["id"]}))
    people = truth.drop_duplicates("id")
    identities = pd.DataFrame({"track_id": people["id"], "player_id": people["id"], "confidence": 1.0})
    nobody = dict.fromkeys(("number", "name", "color"))
    players = pd.DataFrame({"player_id": people["id"], "role": "player", "team": people["team"], **nobody})
    positions = truth.sort_values(["id", "frame"]).assign(player_id=truth["id"])
    step = positions.groupby("id")[["x_m", "y_m", "time_s"]].diff()
    positions["speed_mps"] = np.hypot(step["x_m"], step["y_m"]) / step["time_s"]
    court = COURTS["fiba"]
    off = (np.maximum(-feet, feet - [court.length_m, court.width_m]) > 0.5).any(axis=1)
    tracked = TrackedGame.of(frames, detections, feet_m=feet, tracks=tracks)
    shown = np.ones(len(frames), bool)
    tables = (
        conform("identities", identities),
        conform("players", players),
        positions,
        ALL["clock"].empty(),
        ALL["periods"].empty(),
    )
    return find_lineups(tracked, shown, shown, off, *tables, court).tables()


def test_the_right_five_and_their_changes(game, found):
    truth = pd.read_parquet(game / "truth_stints.parquet")
    ids = {int(person): int(person) for person in truth["id"].unique()}
    scores = compare_lineups(found, game, ids)
    assert scores.substitutions >= 4
    assert scores.right_live > 0.98
    assert scores.found >= scores.substitutions - 1
    assert scores.live_right > 0.8


def test_tables_are_as_their_schemas_say_and_add_up(found):
    for name, table in found.items():
        assert conform(name, table).equals(table)
    lineups, stints = found["lineups"], found["stints"]
    for _, of_team in lineups.groupby("team"):
        assert of_team["start_s"].tolist()[1:] == of_team["end_s"].tolist()[:-1]
    lasting = (lineups["end_s"] - lineups["start_s"]).sum()
    assert (stints["end_s"] - stints["start_s"]).sum() == pytest.approx(5 * lasting)
    assert (stints["seen_s"] + stints["bridged_s"]).tolist() == pytest.approx(
        (stints["end_s"] - stints["start_s"]).tolist()
    )
    assert found["fives"]["together_s"].sum() == pytest.approx(lasting)
    assert found["pairs"]["together_s"].sum() == pytest.approx(10 * lasting)
    assert found["events"]["event_id"].tolist() == list(range(1, len(found["events"]) + 1))


def test_pairs_and_fives_by_hand():
    five = {f"player_{k}": k for k in range(1, 6)}
    later = {**five, "player_5": 6}
    base = {"team": "A", "confidence": 0.5, "seen_s": 1.0, "points_against": pd.NA}
    rows = [
        {**base, **five, "start_s": 0.0, "end_s": 10.0, "live_s": 4.0, "points_for": 2},
        {**base, **later, "start_s": 10.0, "end_s": 12.0, "live_s": 2.0, "points_for": pd.NA},
        {**base, **five, "start_s": 12.0, "end_s": 15.0, "live_s": 3.0, "points_for": 3, "confidence": 1.0},
    ]
    table = conform("lineups", pd.DataFrame(rows))
    fives = fives_of(table)
    assert fives["together_s"].tolist() == [13.0, 2.0]
    assert fives["times"].tolist() == [2, 1]
    assert fives["points_for"].tolist()[0] == 5
    assert fives["points_for"].isna().tolist() == [False, True]
    assert fives["confidence"].tolist() == pytest.approx([(10 * 0.5 + 3 * 1.0) / 13, 0.5])
    pairs = pairs_of(table).set_index(["player_id", "partner_id"])
    assert pairs.loc[(1, 2), "together_s"] == 15.0
    assert pairs.loc[(1, 5), "together_s"] == 13.0
    assert pairs.loc[(4, 6), "live_s"] == 2.0
    assert (5, 6) not in pairs.index


def test_live_time_says_what_tells_it():
    live = np.array([0.9, 0.9, 0.2, 0.0, 1.0])
    table = play_table(live, np.array([False, False, False, True, True]), np.arange(5.0), 5.5)
    assert table["state"].tolist() == ["live", "dead", "dead", "live"]
    assert table["by"].tolist() == ["movement", "movement", "clock", "clock"]
    assert table["end_s"].tolist() == [2.0, 3.0, 4.0, 5.5]
    assert table["confidence"].tolist() == pytest.approx([0.9, 0.8, 1.0, 1.0])
