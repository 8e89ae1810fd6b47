"""The same boxes for every tracker, and a table of what became of them."""

import numpy as np
import pandas as pd

from benchmarks.baselines import Line, link, markdown, rows_on_court
from benchmarks.trackers import deep_sort
from pipeline import tables
from pipeline.config import Settings
from pipeline.evaluation.found import of_tables
from pipeline.evaluation.score import score
from pipeline.evaluation.truth import PERSON_COLUMNS, Truth

PEOPLE, FRAMES = {1: "player", 2: "player", 3: "referee"}, 30


def scene() -> tuple[Truth, dict, np.ndarray]:
    """Three people who walk apart, one of them a referee; their boxes as a run would store them, on every second frame."""
    rows = pd.DataFrame([(f, i) for f in range(0, 2 * FRAMES, 2) for i in PEOPLE], columns=["frame", "identity"])
    rows = rows.assign(
        x=200.0 * rows["identity"] + rows["frame"], y=100.0, w=40.0, h=90.0, visible=1.0, time_s=rows["frame"] / 50
    )
    rows = rows.assign(role=rows["identity"].map(PEOPLE), team=None, jersey=None, x_m=np.nan, y_m=np.nan)
    times = pd.DataFrame({"frame": np.arange(0, 2 * FRAMES, 2), "time_s": np.arange(0, 2 * FRAMES, 2) / 50, "shot": 0})
    motion = {f"m{i}{j}": np.nan for i in (1, 2, 3) for j in (1, 2, 3)}
    boxes = rows.assign(
        detection_id=np.arange(len(rows)), x1=rows["x"], y1=rows["y"], x2=rows["x"] + 40, y2=rows["y"] + 90, score=0.9, quality=1.0,
        jersey_l=50.0, jersey_a=0.0, jersey_b=0.0,
    ).rename(columns={"role": "class"})  # fmt: skip
    run = {
        "frames": tables.conform("frames", times.assign(**motion)),
        "detections": tables.conform("detections", boxes),
        **{name: tables.ALL[name].empty() for name in ("tracks", "identities", "players")},
    }
    embeddings = np.eye(4, dtype=np.float16)[rows["identity"]]
    return Truth("made up", rows[list(PERSON_COLUMNS)], times), run, embeddings


def test_a_tracker_gets_all_people_and_its_players_are_scored() -> None:
    truth, run, embeddings = scene()
    found = of_tables("run", run)
    linked = link(found, rows_on_court(found, Settings()), embeddings, deep_sort, video=None)
    scores = score(linked, truth)
    assert scores.identity.players_found == 2
    assert scores.identity.accuracy_when_found == 1
    assert scores.identity.accuracy > 0.85  # it waits for three boxes before it confirms
    assert scores.players.false_boxes == 0
    line = Line("made up", "deep-sort-realtime", scores.players, scores.identity)
    assert markdown([line]).splitlines()[-1].startswith("| made up | deep-sort-realtime | ")
