"""Which frames a person is asked for, from a video alone and from a run."""

import numpy as np
import pandas as pd
import pytest

from pipeline.calibrate.checks import check_lines
from pipeline.calibrate.moments import LONG_GAP_S, MOST_ASKED, Moments, of_run, search_video
from pipeline.errors import CalibrationError
from pipeline.evaluation.truth.court import read_court_table
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.store import RunDirectory
from pipeline.tables import COURT_POINTS, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, conform
from pipeline.video import probe
from tests.videos import make_video, steady

SIZE = (1280, 720)
LENS = {"center_px": [640.0, 360.0], "scale_px": 640.0, "lam": -0.1}
FPS = 10


def a_run(folder, known, looked, shots=None, fixed=False):
    """Write the tables of a run with a court in some frames."""
    count = len(known)
    frames = {"frame": np.arange(count), "time_s": np.arange(count) / FPS, "shot": np.zeros(count, np.int64)}
    frames |= {"shot": shots} if shots is not None else {}
    frames |= dict.fromkeys(MOTION_COLUMNS, np.full(count, np.nan))
    court = {"frame": np.flatnonzero(known), "error_px": 1.0, "source": "measured"}
    court |= dict(zip(HOMOGRAPHY_COLUMNS, np.diag([0.02, 0.02, 1.0]).ravel(), strict=True))
    points = COURT_POINTS.empty().reindex(range(len(looked)))
    points = points.assign(frame=looked, point=0, kind="place", x_px=1.0, y_px=1.0, along=0.5, across=0.5, score=1.0)
    run = RunDirectory(folder)
    run.write_table("frames", conform("frames", pd.DataFrame(frames)))
    run.write_table("court", conform("court", pd.DataFrame(court)))
    run.write_table("court_points", conform("court_points", points))
    run.write_json("court.facts", {"court": "nba", "lens": LENS, "fixed": fixed, "warnings": []})
    return folder


def test_a_run_is_asked_about_its_gaps(tmp_path):
    known = np.ones(100, bool)
    known[20:50] = known[60:63] = False  # 3 s, and one too short to matter
    looked = np.arange(0, 100, 5)
    moments = of_run(a_run(tmp_path, known, looked), SIZE)
    assert moments.asked_s == (3.5,)
    assert not moments.stands
    assert moments.found.court == "nba"
    assert moments.found.lens.lam == -0.1
    assert len(moments.found.frames) == known.sum()


def test_only_frames_that_showed_something_are_asked_for(tmp_path):
    known = np.zeros(60, bool)
    assert of_run(a_run(tmp_path, known, np.array([41])), SIZE).asked_s == (4.1,)


def test_each_shot_is_asked_for_by_itself_and_the_longest_first(tmp_path):
    shots = np.repeat(np.arange(12), 15)
    moments = of_run(a_run(tmp_path, np.zeros(180, bool), np.arange(180), shots), SIZE)
    assert len(moments.asked_s) == MOST_ASKED
    assert LONG_GAP_S <= 1.4


def test_nothing_is_asked_of_a_camera_that_stands(tmp_path):
    moments = of_run(a_run(tmp_path, np.arange(50) > 20, np.arange(50), fixed=True), SIZE)
    assert moments.stands
    assert moments.asked_s == ()
    assert len(moments.found.frames) == 1


def test_a_video_without_a_court_gives_nothing_to_ask(tmp_path):
    moments = search_video(probe(make_video(tmp_path / "clip.mp4", steady(50, 25))), None)
    assert moments.found is None
    assert moments.asked_s == ()


@pytest.fixture(scope="module")
def fixed_moments(fixed_game):
    return search_video(probe(fixed_game / "video.mp4"), "fiba")


def test_a_standing_camera_is_found_to_stand(fixed_moments):
    assert fixed_moments.stands
    assert fixed_moments.asked_s == ()


def test_a_calibration_that_contradicts_the_lines_of_other_frames_is_refused(fixed_game, fixed_moments):
    court = read_court_table(fixed_game)
    shift = np.eye(3)
    shift[0, 2] = 2.0  # metres
    right, wrong = (
        Calibration("fiba", (640, 360), court.lens, (CalibratedFrame(matrix, time_s=1.0),), True)
        for matrix in (court.matrices[0], shift @ court.matrices[0])
    )
    check_lines(right, fixed_moments)
    check_lines(wrong, Moments(None, True))  # nothing was looked at
    with pytest.raises(CalibrationError, match="contradicts the lines that are seen"):
        check_lines(wrong, fixed_moments)
