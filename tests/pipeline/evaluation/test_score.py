"""From directories to scores: a made-up game whose run knows the truth, and what happens when it does not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import tables
from pipeline.errors import InputError
from pipeline.evaluation import compare_rows, evaluate, player_rows, rows
from pipeline.evaluation.boxes import IdentifiedBoxes
from pipeline.evaluation.found import first_frame, labels, of_mot, of_tables, off_court, read_found
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import Truth, read_truth, thinned
from pipeline.evaluation.truth.court import MARGIN_M
from pipeline.store import RunDirectory
from pipeline.tables import HOMOGRAPHY_COLUMNS

FPS, FRAMES, PX_PER_M = 25.0, 100, 40.0
LENS = {"center_px": [0.0, 0.0], "scale_px": 1.0, "lam": 0.0}
SIZE = [1120, 600]
PEOPLE = {1: ("player", "A", "4"), 2: ("player", "A", "5"), 3: ("player", "B", "4"), 4: ("referee", None, None)}


def paths() -> pd.DataFrame:
    """Four people on straight paths seen from above, 2 m/s at most; the last of three shots a close-up."""
    table = pd.DataFrame([(f, i) for f in range(FRAMES) for i in PEOPLE], columns=["frame", "id"])
    table["time_s"] = table["frame"] / FPS
    table["x_m"] = 3.0 + 5 * table["id"] + table["time_s"] * 0.5 * table["id"]
    table["y_m"] = 3.0 * table["id"] + 1
    return table


def write_game(folder: Path) -> Path:
    """What `courtside render-game` leaves behind, as far as evaluation reads it."""
    folder.mkdir()
    people = paths()
    for k, column in enumerate(("role", "team", "jersey")):
        people[column] = [PEOPLE[i][k] for i in people["id"]]
    people = people.assign(w=24.0, h=40.0, visible=1.0, occluded=False)
    people["x"], people["y"] = people["x_m"] * PX_PER_M - 12, people["y_m"] * PX_PER_M - 40
    people.to_parquet(folder / "truth.parquet")
    frame = np.arange(FRAMES)
    kinds = np.where(frame < 80, "play", "closeup")
    pd.DataFrame({"frame": frame, "time_s": frame / FPS, "shot": frame // 40, "kind": kinds}).to_parquet(
        folder / "frames.parquet"
    )
    court(frame[:80]).to_parquet(folder / "court.parquet")
    (folder / "game.json").write_text(json.dumps({"court": "fiba", "size": SIZE, "fps": FPS}))
    (folder / "calibration.json").write_text(json.dumps({"court": "fiba", "lens": LENS, "frames": []}))
    return folder


def court(frames: np.ndarray) -> pd.DataFrame:
    matrix = np.diag([1 / PX_PER_M, 1 / PX_PER_M, 1.0]).ravel()
    values = {name: matrix[k] for k, name in enumerate(HOMOGRAPHY_COLUMNS)}
    table = pd.DataFrame({"frame": frames, **values, "error_px": 0.0, "source": "measured"})
    return tables.conform("court", table)


def run_tables(start: int = 0, step: int = 1) -> dict[str, pd.DataFrame]:
    """What a run that makes no mistake stores, when it analyses every `step`-th frame from `start`."""
    people = paths()
    people = people[(people["frame"] >= start) & ((people["frame"] - start) % step == 0)].reset_index(drop=True)
    times = people.groupby("frame")["time_s"].first()
    frame = people["frame"] - start
    boxes = people.assign(frame=frame, detection_id=np.arange(len(people)), score=0.9, quality=1.0)
    boxes["x1"], boxes["x2"] = boxes["x_m"] * PX_PER_M - 12, boxes["x_m"] * PX_PER_M + 12
    boxes["y1"], boxes["y2"] = boxes["y_m"] * PX_PER_M - 40, boxes["y_m"] * PX_PER_M
    boxes["class"] = [PEOPLE[i][0] for i in people["id"]]
    players = pd.DataFrame(
        [(10 + i, *labels) for i, labels in PEOPLE.items()], columns=["player_id", "role", "team", "number"]
    )
    seconds = float(times.iloc[-1] - times.iloc[0])
    stats = players.assign(
        first_s=0.0,
        last_s=seconds,
        bridged_s=0.0,
        seen_s=80 / FPS,
        on_court_s=80 / FPS,
        distance_m=seconds * 0.5 * (players["player_id"] - 10),
    )
    given = {
        "frames": pd.DataFrame({"frame": times.index - start, "time_s": times.to_numpy(), "shot": 0}),
        "detections": boxes,
        "tracks": pd.DataFrame({"detection_id": boxes["detection_id"], "track_id": people["id"]}),
        "identities": pd.DataFrame(
            {"track_id": list(PEOPLE), "player_id": [10 + i for i in PEOPLE], "confidence": 0.8}
        ),
        "players": players,
        "positions": people.assign(frame=frame, player_id=10 + people["id"], speed_mps=1.0, source="seen"),
        "player_stats": stats,
        "court": court(np.unique(frame)),
    }
    return {name: filled(name, table) for name, table in given.items()}


def filled(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Add what the schema asks for and the test does not, as missing."""
    missing = {c.name: np.nan for c in tables.ALL[name].columns if c.name not in table.columns}
    for column in [c.name for c in tables.ALL[name].columns if c.name in missing and c.dtype == "Int64"]:
        missing[column] = pd.NA
    return tables.conform(name, table.assign(**missing))


FACTS = {"court": "fiba", "lens": LENS, "image_size_px": SIZE, "fixed": True, "warnings": []}


@pytest.fixture
def game(tmp_path) -> Path:
    return write_game(tmp_path / "game")


@pytest.fixture
def truth(game) -> Truth:
    return read_truth(game)


def test_a_run_without_mistakes(game, tmp_path):
    run = RunDirectory(tmp_path / "run")
    with RunDirectory.opened(tmp_path / "run"):
        for name, table in run_tables().items():
            run.write_table(name, table)
        run.write_json("court.facts", FACTS)
    scores = evaluate(tmp_path / "run", game)
    assert (scores.frames_scored, scores.frames_of_truth) == (80, 80)
    assert (scores.players.hota, scores.players.idf1, scores.identity.accuracy) == pytest.approx((1, 1, 1), abs=1e-6)
    assert scores.players.truth_boxes == 3 * 80
    assert [shot.players.hota for shot in scores.shots] == pytest.approx([1, 1], abs=1e-6)
    assert scores.detection is not None
    assert scores.detection.referee.ap50 == pytest.approx(1)
    assert scores.court is not None
    assert scores.court.error_m_p95 == pytest.approx(0, abs=1e-9)
    assert scores.labels is not None
    assert (scores.labels.team_accuracy, scores.labels.number_accuracy, scores.labels.role_accuracy) == (1, 1, 1)
    assert scores.movement is not None
    assert scores.movement.position_error_p95_m == pytest.approx(0, abs=1e-6)
    assert scores.confidence is not None
    assert scores.confidence.area == 0
    assert len(player_rows(scores)) == 3
    assert json.loads(json.dumps(scores.as_dict(), allow_nan=False))["players"]["switches"] == 0
    told = {label: value for label, value, _ in rows(scores)}
    assert (told["HOTA"], told["identity accuracy"], told["players found"]) == ("100.0", "100.0", "3 of 3")


def test_distances_are_compared_over_the_located_time(truth):
    """Close-ups are no play: the run has located people there, the truth counts play alone."""
    movement = score(of_tables("run", run_tables(), FACTS), truth).movement
    assert movement is not None
    player = movement.players[0]
    assert player.distance_true_m == pytest.approx(79 / FPS * 0.5)
    assert player.distance_true_same_time_m == pytest.approx(79 / FPS * 0.5)
    assert player.distance_found_m == pytest.approx(99 / FPS * 0.5)
    assert player.seen_true_s == pytest.approx(80 / FPS)


@pytest.mark.parametrize(("start", "step", "scored"), [(0, 2, 40), (30, 1, 50), (10, 5, 14)])
def test_a_run_of_a_part_is_scored_on_that_part(truth, start, step, scored):
    scores = score(of_tables("run", run_tables(start, step), FACTS), truth)
    assert (scores.frames_scored, scores.frames_of_truth) == (scored, 80)
    assert scores.players.hota == pytest.approx(1, abs=1e-6)
    assert scores.movement is not None
    assert scores.movement.position_error_p95_m == pytest.approx(0, abs=1e-6)


def test_a_run_of_another_part_is_refused(truth):
    with pytest.raises(InputError, match="run has analysed none of the 80 annotated frames of game"):
        score(of_tables("run", run_tables(start=85), FACTS), truth)


def test_a_player_taken_for_two(truth):
    run = run_tables()
    late = run["detections"]["frame"].to_numpy() >= 40
    run["tracks"]["track_id"] += np.where(late & (run["tracks"]["track_id"] == 1), 8, 0)
    run["identities"] = filled(
        "identities",
        pd.DataFrame(
            {"track_id": [1, 2, 3, 4, 9], "player_id": [11, 12, 13, 14, 19], "confidence": [0.9, 0.9, 0.9, 0.9, 0.1]}
        ),
    )
    extra = pd.DataFrame([(19, "player", "A", None)], columns=["player_id", "role", "team", "number"])
    run["players"] = filled("players", pd.concat([run["players"], extra], ignore_index=True))
    scores = score(of_tables("run", run, FACTS), truth)
    assert scores.identity.accuracy == pytest.approx(1 - 40 / 240)
    assert scores.identity.purity == 1
    assert scores.identity.players_found == 4
    assert scores.tracklet_identity is not None
    assert scores.tracklet_identity.fragments_per_player == pytest.approx(4 / 3)
    assert scores.confidence is not None
    assert scores.confidence.risk[0] == 0


def test_a_box_on_a_referee_is_a_false_one(truth):
    run = run_tables()
    run["players"] = filled("players", run["players"].assign(role="player"))
    scores = score(of_tables("run", run, FACTS), truth)
    assert scores.players.false_boxes == 80
    assert scores.labels is not None
    assert scores.labels.role_accuracy == pytest.approx(3 / 4)


def test_a_run_without_a_calibration_is_scored_without_metres(truth):
    run = run_tables()
    run["court"] = tables.COURT.empty()
    run["positions"] = tables.POSITIONS.empty()
    scores = score(of_tables("run", run, FACTS), truth)
    assert scores.players.hota == pytest.approx(1, abs=1e-6)
    assert scores.court is not None
    assert scores.court.registered_share == 0
    assert scores.movement is not None
    assert np.isnan(scores.movement.position_error_m)


def test_a_run_that_found_nobody(truth):
    run = run_tables()
    for name in ("detections", "tracks", "identities", "players", "positions", "player_stats"):
        run[name] = tables.ALL[name].empty()
    scores = score(of_tables("run", run, FACTS), truth)
    assert (scores.players.hota, scores.identity.accuracy, scores.players.misses) == (0, 0, 240)
    assert json.dumps(scores.as_dict(), allow_nan=False)
    assert rows(scores)


def test_the_boxes_of_another_tool(truth, game, tmp_path):
    boxes, _, _ = truth.boxes()
    lines = [
        f"{f + 1},{i},{x},{y},{w},{h},1,-1,-1,-1"
        for f, i, (x, y, w, h) in zip(boxes.frame, boxes.identity, boxes.xywh_px, strict=True)
    ]
    (tmp_path / "theirs.txt").write_text("\n".join(lines))
    scores = evaluate(tmp_path / "theirs.txt", game)
    assert (scores.players.hota, scores.identity.accuracy) == pytest.approx((1, 1))
    assert scores.movement is None
    assert scores.tracklets is None


def test_scoring_fewer_frames(truth):
    assert thinned(truth.frames, 5)["frame"].tolist() == list(range(0, 80, 5))
    scores = score(of_tables("run", run_tables(), FACTS), truth, max_fps=5)
    assert scores.frames_scored == 16
    assert scores.movement is not None
    assert scores.movement.players[0].seen_true_s == pytest.approx(80 / FPS)
    every = score(of_tables("run", run_tables(), FACTS), truth)
    assert scores.as_dict()["movement"] == every.as_dict()["movement"]


def test_comparing_two_runs(truth):
    boxes, _, _ = truth.boxes()
    half = IdentifiedBoxes(boxes.frame[::2], boxes.identity[::2], boxes.xywh_px[::2])
    first, second = score(of_mot("a", boxes), truth), score(of_tables("b", run_tables(), FACTS), truth)
    table = {label: (a, b) for label, a, b, _ in compare_rows(rows(first), rows(second))}
    assert table["HOTA"] == ("100.0", "100.0")
    assert table["team accuracy"] == ("", "100.0")
    worse = {label: b for label, _, b, _ in compare_rows(rows(first), rows(score(of_mot("c", half), truth)))}
    assert worse["identity accuracy"] == "50.0"


def test_a_directory_that_is_no_run(tmp_path, game):
    with pytest.raises(InputError, match="neither an output directory"):
        read_found(tmp_path)
    with pytest.raises(InputError, match="neither an output directory"):
        evaluate(tmp_path / "missing", game)


def test_a_tracklet_is_a_referees_if_most_of_its_boxes_are():
    """Of the boxes of player 1, half say referee; of player 2, one more than half."""
    run = run_tables()
    track, frame = run["tracks"]["track_id"].to_numpy(), run["detections"]["frame"].to_numpy()
    referee = ((track == 1) & (frame < 50)) | ((track == 2) & (frame < 51)) | (track == 4)
    run["detections"] = filled(
        "detections", run["detections"].assign(**{"class": np.where(referee, "referee", "player")})
    )
    tracklets = of_tables("run", run, FACTS).tracklets
    assert tracklets is not None
    assert sorted(set(tracklets.identity.tolist())) == [1, 3]


def test_boxes_beside_the_court_by_the_runs_own_court_are_no_detections():
    """Feet are the middle of the lower edge; the margin is a metre and a half."""
    court_map = of_tables("run", run_tables(), FACTS).court
    margin_px = MARGIN_M * PX_PER_M
    feet = [(-margin_px + 1, 200), (-margin_px - 1, 200), (28 * PX_PER_M + margin_px + 1, 200), (500, -margin_px - 1)]
    boxes = pd.DataFrame({"frame": 0, "x1": [u - 90.0 for u, _ in feet], "x2": [u + 90.0 for u, _ in feet]})
    boxes["y2"] = [v for _, v in feet]
    assert off_court(boxes, court_map).tolist() == [False, True, True, True]
    assert not off_court(boxes, None).any()


def test_frames_are_counted_from_the_start_of_the_video():
    assert first_frame(pd.DataFrame({"frame": [3, 5], "time_s": [1.3, 1.5]})) == 10
    assert first_frame(pd.DataFrame({"frame": [0, 1], "time_s": [0.0, 0.1]})) == 0
    assert first_frame(pd.DataFrame({"frame": [0], "time_s": [7.0]})) == 0


def test_a_run_of_a_single_frame_is_scored(truth):
    one = {name: table[table["frame"] < 1] if "frame" in table else table for name, table in run_tables().items()}
    one["tracks"] = one["tracks"][one["tracks"]["detection_id"].isin(one["detections"]["detection_id"])]
    scores = score(of_tables("run", one, FACTS), truth)
    assert scores.frames_scored == 1
    assert scores.movement is not None
    assert np.isnan(scores.movement.players[0].seen_true_s)


def test_who_has_no_confidence_is_on_no_curve(truth):
    run = run_tables()
    run["identities"].loc[0, "confidence"] = np.nan
    scores = score(of_tables("run", run, FACTS), truth)
    assert scores.confidence is not None
    assert scores.confidence.boxes == 2 * 80


@pytest.mark.parametrize("facts", [{"court": "fiba"}, FACTS | {"lens": None}, FACTS | {"image_size_px": "big"}])
def test_a_court_without_its_lens_is_said(facts):
    with pytest.raises(InputError, match="the court's lens is not stored"):
        of_tables("run", run_tables(), facts)


@pytest.mark.parametrize("facts", [[1], FACTS | {"court": "moon"}, FACTS | {"image_size_px": [7]}])
def test_a_damaged_court_is_said(facts):
    with pytest.raises(InputError, match="what is stored of the court is damaged"):
        of_tables("run", run_tables(), facts)


def test_labels_are_texts_or_nothing():
    assert labels(pd.Series(["A", None, np.nan, pd.NA, "4"], dtype=object)).tolist() == ["A", None, None, None, "4"]


def test_frames_of_unknown_time_all_stay():
    assert len(thinned(pd.DataFrame({"time_s": [np.nan] * 4}), 5)) == 4
    assert thinned(pd.DataFrame({"time_s": [0.0, 0.2, 0.4, 0.59999]}), 5)["time_s"].tolist() == [0.0, 0.2, 0.4]
    assert thinned(pd.DataFrame({"time_s": []}), 5).empty
