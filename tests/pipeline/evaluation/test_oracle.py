"""Oracles: the truth in the shape of a stage's tables, and what scoring makes of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline import tables
from pipeline.errors import InputError
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.oracle import true_court, true_detections, true_identities, true_tracks
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import PERSON_COLUMNS, Truth
from pipeline.evaluation.truth.court import CourtMap
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens

FRAMES, FPS = 60, 20.0


def court(frames: int) -> CourtMap:
    matrix = np.diag([1 / 40, 1 / 40, 1.0])
    lens = Lens((0.0, 0.0), 1.0, 0.0)
    return CourtMap(COURTS["fiba"], (1120, 600), lens, np.arange(frames), np.repeat(matrix[None], frames, axis=0))


@pytest.fixture
def truth() -> Truth:
    """Two players and a referee who stand apart; player 2 is away in frames 20 to 49."""
    rows = [
        (f, f / FPS, i, "referee" if i == 7 else "player", "A", "4", 150.0 * i, 300.0, 40.0, 90.0, 1.0, 5.0 * i, 9.0)
        for f in range(FRAMES)
        for i in (0, 2, 7)
        if not (i == 2 and 20 <= f < 50)
    ]
    frames = pd.DataFrame({"frame": np.arange(FRAMES), "time_s": np.arange(FRAMES) / FPS, "shot": 0})
    return Truth(
        "made up", pd.DataFrame(rows, columns=list(PERSON_COLUMNS)), frames, court(FRAMES), exact_positions=True
    )


@pytest.fixture
def run(truth) -> dict[str, pd.DataFrame]:
    """A run that has missed every box of frame 5, sees one false person, and tracks in pieces of ten frames."""
    people = truth.persons[truth.persons["frame"] != 5]
    rows = pd.DataFrame(
        {
            "frame": people["frame"], "x1": people["x"] + 2, "y1": people["y"], "x2": people["x"] + people["w"] + 2,
            "y2": people["y"] + people["h"], "class": people["role"], "person": people["identity"],
        }
    )  # fmt: skip
    false = pd.DataFrame(
        {"frame": np.arange(FRAMES), "x1": 700.0, "y1": 10.0, "x2": 740.0, "y2": 90.0, "class": "player", "person": 99}
    )
    ball = pd.DataFrame({"frame": [3], "x1": 1.0, "y1": 1.0, "x2": 9.0, "y2": 9.0, "class": "ball", "person": -1})
    rows = pd.concat([rows, false, ball]).sort_values("frame", kind="stable").reset_index(drop=True)
    rows = rows.assign(
        detection_id=np.arange(len(rows)), score=0.8, quality=0.7, jersey_l=50.0, jersey_a=1.0, jersey_b=2.0
    )
    tracked = rows[rows["person"] >= 0]
    piece = pd.factorize(pd.MultiIndex.from_arrays([tracked["person"], tracked["frame"] // 10]))[0] + 1
    missing = {f"m{i}{j}": np.nan for i in (1, 2, 3) for j in (1, 2, 3)}
    return {
        "frames": tables.conform("frames", truth.frames.assign(**missing)),
        "detections": tables.conform("detections", rows),
        "tracks": tables.conform("tracks", pd.DataFrame({"detection_id": tracked["detection_id"], "track_id": piece})),
    }


def embeddings(run: dict[str, pd.DataFrame]) -> np.ndarray:
    """One number per detection, its own."""
    return run["detections"]["detection_id"].to_numpy(np.float16)[:, None]


def test_true_detections_have_the_looks_of_the_runs_own(truth, run):
    detections, vectors = true_detections(truth, run, embeddings(run))
    persons = detections[detections["class"] != "ball"]
    assert len(persons) == len(truth.persons)
    assert persons["frame"].is_monotonic_increasing
    assert (detections["class"] == "ball").sum() == 1
    missed = (detections["frame"] == 5).to_numpy()
    assert np.isnan(vectors[missed]).all()
    seen = (persons["frame"] != 5).to_numpy()
    source = vectors[persons.index.to_numpy()[seen], 0].astype(int)
    offset_px = persons["x1"].to_numpy()[seen] + 2 - run["detections"]["x1"].to_numpy()[source]
    assert offset_px == pytest.approx(0)
    assert detections.loc[missed, "jersey_l"].isna().all()


def test_true_tracks_end_where_a_tracker_must_lose_the_person(truth, run):
    tracks = true_tracks(truth, run)
    assert tracks["track_id"].nunique() == 4  # three people, one of them twice
    assert len(tracks) == (run["detections"]["x1"] != 700).sum() - 1


def test_true_identities_join_all_pieces_of_a_person_and_leave_false_ones_out(truth, run):
    identities, players = true_identities(truth, run)
    assert players["player_id"].tolist() == [1, 2, 3]
    assert players["role"].tolist() == ["player", "player", "referee"]
    scores = score(of_tables("oracle", run | {"identities": identities, "players": players}), truth)
    assert scores.identity.accuracy_when_found == 1
    assert scores.players.false_boxes == 0
    assert scores.identity.players_found == 2


def test_two_tracklets_at_the_same_time_are_never_one_person(truth, run):
    doubled = run["detections"].assign(detection_id=run["detections"]["detection_id"] + 10_000)
    both = tables.conform("detections", pd.concat([run["detections"], doubled], ignore_index=True))
    again = run["tracks"].assign(
        detection_id=run["tracks"]["detection_id"] + 10_000, track_id=run["tracks"]["track_id"] + 500
    )
    tracks = tables.conform("tracks", pd.concat([run["tracks"], again], ignore_index=True))
    identities, players = true_identities(truth, run | {"detections": both, "tracks": tracks})
    people = of_tables(
        "x", run | {"detections": both, "tracks": tracks, "identities": identities, "players": players}
    ).people
    assert not pd.DataFrame({"f": people.boxes.frame, "i": people.boxes.identity}).duplicated().any()


def test_the_true_court(truth, run):
    table, facts = true_court(truth, run)
    assert len(table) == FRAMES
    assert facts["court"] == "fiba"
    found = of_tables(
        "x", run | {"identities": tables.IDENTITIES.empty(), "players": tables.PLAYERS.empty(), "court": table}, facts
    )
    assert score(found, truth).court.error_px_p95 == pytest.approx(0, abs=1e-9)


def test_truth_of_a_few_frames_is_no_oracle(truth, run):
    sparse = Truth(truth.name, truth.persons[truth.persons["frame"] % 6 == 0], truth.frames, truth.court)
    with pytest.raises(InputError, match="an oracle needs truth of every frame, made up has it of 17%"):
        true_tracks(sparse, run)


def test_a_second_out_of_sight_is_not_yet_another_tracklet(truth, run):
    """At 20 frames a second, boxes 20 frames apart are a second apart, 21 more; a cut ends a tracklet, too."""
    frame = run["detections"]["frame"].to_numpy()
    for away, count in ((19, 1), (20, 2)):
        kept = run["detections"][(run["detections"]["x1"] == 2) & ((frame <= 10) | (frame > 10 + away))]
        tracks = true_tracks(truth, run | {"detections": kept})
        assert tracks["track_id"].nunique() == count
    cut = run["frames"].assign(shot=(run["frames"]["frame"] >= 30).astype(int))
    assert true_tracks(truth, run | {"frames": tables.conform("frames", cut)})["track_id"].nunique() == 6


def test_a_tracklet_of_which_half_shows_nobody_has_no_identity(truth, run):
    """Ten boxes of person 0; in the tracklet lie also nine or ten on the false person."""
    own = run["detections"][(run["detections"]["x1"] == 2) & (run["detections"]["frame"].between(10, 19))]
    false = run["detections"][(run["detections"]["x1"] == 700) & (run["detections"]["frame"].between(20, 29))]
    for others, known in ((9, 1), (10, 0)):
        ids = [*own["detection_id"], *false["detection_id"][:others]]
        tracks = tables.conform("tracks", pd.DataFrame({"detection_id": ids, "track_id": 4}))
        identities, players = true_identities(truth, run | {"tracks": tracks})
        assert (len(identities), len(players)) == (known, known)


def test_people_of_whom_little_is_visible_are_no_true_detections(truth, run):
    persons = truth.persons.assign(visible=np.where(truth.persons["identity"] == 7, 0.3, 1 / 3))
    detections, _ = true_detections(replace(truth, persons=persons), run, embeddings(run))
    assert set(detections["class"]) == {"player", "ball"}
    assert len(detections) == (persons["identity"] != 7).sum() + 1


def test_truth_of_half_of_the_frames_is_enough(truth, run):
    half = replace(truth, persons=truth.persons[truth.persons["frame"] % 2 == 0])
    assert true_tracks(half, run)["track_id"].nunique() >= 3
    with pytest.raises(InputError, match="has no court"):
        true_court(replace(truth, court=None), run)
    with pytest.raises(InputError, match="has no court"):
        true_court(replace(truth, court=replace(court(1), frames=np.array([FRAMES]))), run)
