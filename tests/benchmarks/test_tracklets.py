"""What tracklets are worth by themselves, and which cuts along them are right."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks.tracklets import cut_row, cuts_and_changes, given_to_most
from pipeline import tables
from pipeline.evaluation.boxes import IdentifiedBoxes
from pipeline.evaluation.truth import PERSON_COLUMNS, Truth

FPS, FRAMES = 10, 60


def boxes(identity: np.ndarray, x: np.ndarray) -> IdentifiedBoxes:
    size = np.tile([100.0, 40.0, 90.0], (len(x), 1))
    return IdentifiedBoxes(np.arange(len(x)), identity, np.column_stack([x, size]))


def scene(cut_at: int) -> tuple[SimpleNamespace, Truth]:
    """One tracklet that goes over from person 1 to person 2 at frame 30, cut at some frame."""
    frame = np.arange(FRAMES)
    times = pd.DataFrame({"frame": frame, "time_s": frame / FPS, "shot": 0})
    rows = pd.DataFrame({"frame": np.repeat(frame, 2), "identity": np.tile([1, 2], FRAMES)})
    rows = rows.assign(x=300.0 * rows["identity"], y=100.0, w=40.0, h=90.0, visible=1.0, time_s=rows["frame"] / FPS)
    rows = rows.assign(role="player", team=None, jersey=None, x_m=np.nan, y_m=np.nan)
    seen = pd.DataFrame({"detection_id": frame, "frame": frame, "x1": np.where(frame < 30, 300.0, 600.0), "y1": 100.0})
    seen = seen.assign(x2=seen["x1"] + 40, y2=190.0, score=0.9, quality=1.0, jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    seen["class"] = "player"
    tracks = pd.DataFrame({"detection_id": frame, "track_id": 1})
    context = {
        "frames": times,
        "detections": tables.conform("detections", seen),
        "raw_tracks": tracks,
        "split_tracks": tracks.assign(track_id=np.where(frame < cut_at, 1, 2)),
    }
    return SimpleNamespace(tables=context), Truth("made up", rows[list(PERSON_COLUMNS)], times)


def test_a_cut_is_right_within_half_a_second() -> None:
    assert cut_row("a", *scene(33)) == "| a | 1 | 100 % | 1 | 100 % |"
    assert cut_row("a", *scene(40)) == "| a | 1 | 0 % | 1 | 0 % |"
    assert cut_row("a", *scene(FRAMES)) == "| a | 0 | - | 1 | 0 % |"


def test_the_time_of_a_change_lies_between_the_boxes() -> None:
    cuts, changes = cuts_and_changes(*scene(33))
    np.testing.assert_allclose(cuts, [[1, 3.25]])
    np.testing.assert_allclose(changes, [[1, 2.95]])


def test_a_tracklet_is_given_to_the_person_it_mostly_shows() -> None:
    truth = boxes(np.repeat(7, 10), np.full(10, 100.0))
    found = boxes(np.repeat([1, 2], [6, 4]), np.where(np.arange(10) < 9, 100.0, 900.0))
    assert (given_to_most(truth, found, np.arange(10)).identity == 7).all()
