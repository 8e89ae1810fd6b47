"""Court registration: fixed and moving cameras with known motion, cuts, bad calibrations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.config import CourtSettings
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import CalibratedFrame, Calibration
from pipeline.geometry.court import COURTS
from pipeline.geometry.homography import oriented, project
from pipeline.geometry.lens import Lens
from pipeline.tables import COURT_POINTS, DETECTIONS, FRAMES, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, check, conform
from pipeline.understand.court import register_court
from pipeline.understand.court.registration import COURT_NOISE_M, FOOT_DEPTH_M, FOOT_NOISE, CourtRegistration

SIZE = (1280, 720)
SETTINGS = CourtSettings()
FOCAL = 1100.0


def to_px(pan, tilt=0.32, focal=FOCAL):
    """Court metres to undistorted px of a camera 10 m behind the near side line, 7 m up, turned by `pan` to the right."""
    forward = np.array([np.sin(pan) * np.cos(tilt), -np.cos(pan) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.cos(pan), np.sin(pan), 0.0])
    down = np.cross(right, forward)  # x right, y to the camera, z up is left-handed
    rotation = np.stack([right, down, forward])
    inner = np.array([[focal, 0, 640], [0, focal, 360], [0, 0, 1.0]])
    position = np.array([14.0, 25.0, 7.0])
    return inner @ rotation @ np.column_stack([[1, 0, 0], [0, 1, 0], -position])


def to_court(pan, **camera):
    return oriented(np.linalg.inv(to_px(pan, **camera)), np.array([640.0, 720.0]))


def frames_of(pans, fps=30.0, shots=None, focal=None, start=0, step=1):
    """Frames of a panning camera with its true motion."""
    focal = np.full(len(pans), FOCAL) if focal is None else focal
    shots = np.zeros(len(pans), int) if shots is None else np.asarray(shots)
    motion = np.full((len(pans), 9), np.nan)
    for i in range(1, len(pans)):
        if shots[i] == shots[i - 1]:
            matrix = to_px(pans[i], focal=focal[i]) @ np.linalg.inv(to_px(pans[i - 1], focal=focal[i - 1]))
            motion[i] = (matrix / matrix[2, 2]).ravel()
    number = start + step * np.arange(len(pans))
    columns = dict(zip(MOTION_COLUMNS, motion.T, strict=True))
    return conform("frames", pd.DataFrame({"frame": number, "time_s": number / fps, "shot": shots, **columns}))


def still(count, **changes):
    return frames_of(np.zeros(count), **changes)


def register(frames, calibration, settings):
    return register_court(frames, COURT_POINTS.empty(), DETECTIONS.empty(), calibration, SIZE, settings)


def calibration_of(*views, lens=None, fixed=None):
    return Calibration("fiba", SIZE, lens or Lens(), tuple(views), fixed)


def view(pan, frame=None, **changes):
    return CalibratedFrame(to_court(pan), frame=frame, **changes)


def boxes(px, frame, name="player"):
    """Boxes whose lower edge has its middle at px (n, 2)."""
    px = np.asarray(px, float)
    table = pd.DataFrame({"detection_id": np.arange(len(px)), "frame": frame})
    table["x1"], table["y1"], table["x2"], table["y2"] = px[:, 0] - 20, px[:, 1] - 100, px[:, 0] + 20, px[:, 1]
    table["score"], table["class"], table["quality"] = 0.9, name, 0.5
    table["jersey_l"] = table["jersey_a"] = table["jersey_b"] = 0.0
    return conform("detections", table)


def error_m(registration, pans, focal=None):
    """Largest error over the visible court for each row."""
    grid = np.array([[x, y] for x in np.linspace(0, 28, 29) for y in np.linspace(0, 15, 16)])
    errors = []
    for frame, *matrix in registration.table[["frame", *HOMOGRAPHY_COLUMNS]].to_numpy():
        pan = pans[int(frame)]
        px = project(to_px(pan, focal=FOCAL if focal is None else focal[int(frame)]), grid)
        visible = (px > 0).all(axis=1) & (px < SIZE).all(axis=1)
        mapped = project(np.array(matrix).reshape(3, 3), px[visible])
        errors.append(np.linalg.norm(mapped - grid[visible], axis=1).max())
    return np.array(errors)


def test_a_fixed_camera_has_one_homography_everywhere():
    found = register(still(50), calibration_of(view(0.0, 10)), SETTINGS)
    assert found.fixed
    assert len(found.table) == 50
    assert error_m(found, np.zeros(50)).max() < 1e-6
    assert set(found.table["source"]) == {"measured"}
    assert not found.warnings
    check("court", found.table)


def test_measurement_noise_does_not_make_a_camera_move():
    frames = still(900)
    noise = np.random.default_rng(0).normal(0, 0.15, (900, 2))
    frames.loc[1:, "m13"] += noise[1:, 0]
    frames.loc[1:, "m23"] += noise[1:, 1]
    found = register(frames, calibration_of(view(0.0, 10)), SETTINGS)
    assert found.fixed
    assert error_m(found, np.zeros(900)).max() < 1e-6


def test_without_any_motion_one_calibrated_frame_is_taken_for_the_shot():
    frames = still(40, shots=np.repeat([0, 1], 20))
    frames[list(MOTION_COLUMNS)] = np.nan
    found = register(frames, calibration_of(view(0.0, 3)), SETTINGS)
    assert found.table["frame"].tolist() == list(range(20))
    (said,) = found.coverage_warnings(frames["frame"].to_numpy())
    assert "50%" in said
    assert '"camera": "fixed"' in said


def test_frames_that_do_not_count_are_not_missed():
    """A close-up without a court once made the report ask for a calibration there."""
    frames = still(40, shots=np.repeat([0, 1], 20))
    frames[list(MOTION_COLUMNS)] = np.nan
    found = register(frames, calibration_of(view(0.0, 3)), SETTINGS)
    assert found.coverage_warnings(np.arange(20)) == ()
    assert found.coverage_warnings(np.arange(0)) == ()


def test_a_camera_said_to_be_fixed_is_so_across_cuts():
    frames = still(40, shots=np.repeat([0, 1], 20))
    found = register(frames, calibration_of(view(0.0, 3), fixed=True), SETTINGS)
    assert len(found.table) == 40


def test_a_pan_is_followed_from_one_calibrated_frame():
    pans = np.linspace(-0.3, 0.3, 120)
    found = register(frames_of(pans), calibration_of(view(pans[60], 60)), SETTINGS)
    assert not found.fixed
    assert len(found.table) == 120
    assert error_m(found, pans).max() < 1e-6
    assert (found.table["source"] == "measured").sum() == 1


def test_zoom_is_followed():
    pans, focal = np.zeros(60), np.linspace(900, 1500, 60)
    anchor = CalibratedFrame(oriented(np.linalg.inv(to_px(0, focal=900)), np.array([640.0, 720.0])), frame=0)
    found = register(frames_of(pans, focal=focal), calibration_of(anchor), SETTINGS)
    assert error_m(found, pans, focal).max() < 1e-6


def test_drift_is_shared_between_two_calibrated_frames():
    pans = np.linspace(-0.2, 0.2, 101)
    frames = frames_of(pans)
    frames.loc[1:, "m13"] += 0.15  # 15 px too far at the end: about half a metre
    calibrated = calibration_of(view(pans[0], 0), view(pans[100], 100))
    both = error_m(register(frames, calibrated, SETTINGS), pans)
    from_first = error_m(register(frames, calibration_of(view(pans[0], 0)), SETTINGS), pans)
    assert both.max() < 0.1 < from_first[-1]
    assert both[[0, 100]].max() < 1e-6


def test_two_sides_that_contradict_each_other_give_nothing_between():
    pans = np.linspace(-0.2, 0.2, 101)
    calibrated = calibration_of(view(pans[0], 0), view(pans[100] + 0.15, 100))
    table = register(frames_of(pans), calibrated, SETTINGS).table
    assert 50 not in table["frame"].to_numpy()
    assert {0, 100} <= set(table["frame"])


def test_nothing_is_propagated_across_a_cut():
    pans = np.linspace(-0.2, 0.2, 90)
    frames = frames_of(pans, shots=np.repeat([0, 1, 2], 30))
    found = register(frames, calibration_of(view(pans[5], 5), view(pans[70], 70)), SETTINGS)
    assert set(found.table["frame"]) == set(range(30)) | set(range(60, 90))
    assert error_m(found, pans).max() < 1e-6


def test_nothing_is_propagated_over_a_motion_that_is_unknown_or_that_no_camera_makes():
    pans = np.linspace(-0.2, 0.2, 90)
    frames = frames_of(pans)
    frames.loc[30, list(MOTION_COLUMNS)] = np.nan
    frames.loc[60, "m13"] = 900.0
    found = register(frames, calibration_of(view(pans[45], 45)), SETTINGS)
    assert set(found.table["frame"]) == set(range(30, 60))


def test_a_calibration_is_propagated_no_further_than_allowed():
    pans = np.linspace(-0.2, 0.2, 120)
    settings = CourtSettings(max_propagation_s=1.0)
    found = register(frames_of(pans), calibration_of(view(pans[60], 60)), settings)
    assert found.table["frame"].tolist() == list(range(30, 91))


def test_while_the_camera_stands_a_court_is_propagated_five_times_as_far():
    pans = np.concatenate([np.linspace(-0.2, 0.0, 60), np.zeros(240), np.linspace(0.0, 0.2, 60)])
    settings = CourtSettings(max_propagation_s=1.01)
    found = register(frames_of(pans), calibration_of(view(0.0, 75)), settings)
    assert found.table["frame"].tolist() == list(range(32, 227))


def test_where_no_court_is_in_view_there_is_none():
    pans = np.linspace(0, 1.6, 240)
    found = register(frames_of(pans), calibration_of(view(0.0, 0)), SETTINGS)
    assert 0 in found.table["frame"].to_numpy()
    assert 239 not in found.table["frame"].to_numpy()


@pytest.mark.parametrize("lam", [-0.05, 0.03])
def test_the_lens_is_kept_while_the_camera_pans(lam):
    lens = Lens((640, 360), 640, lam)
    pans = np.linspace(-0.1, 0.1, 60)
    frames = frames_of(pans)
    border = np.array([[u, v] for u in np.linspace(0, 1280, 9) for v in np.linspace(0, 720, 6)])
    for i in range(1, 60):  # what a tracker of source px would measure
        straight = lens.undistort(border)
        moved = lens.distort(project(to_px(pans[i]) @ np.linalg.inv(to_px(pans[i - 1])), straight))
        frames.loc[i, list(MOTION_COLUMNS)] = _least_squares(border, moved).ravel()
    found = register(frames, calibration_of(view(pans[30], 30), lens=lens), SETTINGS)
    assert error_m(found, pans).max() < 0.15


def _least_squares(start, stop):
    x, y = start.T
    rows = []
    for u, v, a, b in zip(x, y, *stop.T, strict=True):
        rows.append([u, v, 1, 0, 0, 0, -a * u, -a * v, -a])
        rows.append([0, 0, 0, u, v, 1, -b * u, -b * v, -b])
    scaled = np.array(rows) * np.array([1 / 640, 1 / 360, 1] * 3)
    matrix = np.linalg.svd(scaled)[2][-1] * np.array([1 / 640, 1 / 360, 1] * 3)
    return (matrix / matrix[-1]).reshape(3, 3)


def test_frame_numbers_are_of_the_source_when_every_second_is_analysed():
    pans = np.linspace(-0.3, 0.3, 121)
    frames = frames_of(pans[::2], fps=60.0, step=2)
    for number, limit_m in ((60, 1e-6), (61, 0.03), (59, 0.03)):
        found = register(frames, calibration_of(view(pans[number], number)), SETTINGS)
        assert len(found.table) == 61
        assert error_m(found, pans).max() < limit_m
        assert (found.table["source"] == "measured").sum() == (number == 60)


def test_frame_numbers_are_of_the_source_when_the_analysis_starts_later():
    pans = np.linspace(-0.3, 0.3, 120)
    frames = frames_of(pans).iloc[45:].reset_index(drop=True)
    later = frames.assign(frame=frames["frame"] - 45)
    found = register(later, calibration_of(view(pans[60], 60)), SETTINGS)
    assert error_m(found, pans[45:]).max() < 1e-6
    by_time = register(later, calibration_of(CalibratedFrame(to_court(pans[60]), time_s=2.0)), SETTINGS)
    pd.testing.assert_frame_equal(found.table, by_time.table)


def test_a_calibrated_frame_outside_the_analysed_part_is_said_to_be_out_of_reach():
    pans = np.linspace(-0.3, 0.3, 120)
    found = register(frames_of(pans), calibration_of(view(0.3, 500), fixed=False), SETTINGS)
    assert found.table.empty
    assert any("within reach" in text for text in found.warnings)


def test_a_calibration_that_does_not_fit_is_refused_and_the_others_serve():
    misfitting, fitting = view(0.5, 0, error_px=80.0), view(0.0, 30, error_px=1.0)
    found = register(still(60), calibration_of(misfitting, fitting), SETTINGS)
    assert "frame 0 refused: its points miss the court by 80.0 px" in found.warnings[0]
    assert error_m(found, np.zeros(60)).max() < 1e-6
    with pytest.raises(CalibrationError, match=r"80\.0 px"):
        register(still(60), calibration_of(misfitting), SETTINGS)


def test_a_span_in_which_the_camera_stands_is_constant_and_propagated_from_its_ends():
    pans = np.concatenate([np.linspace(-0.1, 0, 30), np.zeros(60)])
    frames = frames_of(pans)
    frames.loc[31:, "m13"] += 0.05
    found = register(frames, calibration_of(view(0.0, 30, last_frame=89)), SETTINGS)
    assert len(found.table) == 90
    assert (found.table["source"] == "measured").sum() == 60
    assert error_m(found, pans).max() < 1e-6


@pytest.mark.parametrize("automatic", [True, False])
def test_without_a_calibration_there_are_no_metres_and_a_word_about_it(automatic):
    found = register(still(5), None, CourtSettings(court="nba", automatic=automatic))
    assert found.table.empty
    assert found.court.name == "nba"
    assert "--calibration" in found.warnings[0]
    detections = boxes([[100, 100]], 0)
    assert np.isnan(found.feet_m(detections)).all()
    assert found.on_court(detections, 1.5).all()


class TestFeet:
    positions = np.array([[3.0, 4.0], [14.0, 7.5], [25.0, 1.0]])

    def registration(self, lens=None):
        return register(still(5), calibration_of(view(0.0, 0), lens=lens, fixed=True), SETTINGS)

    def test_a_person_is_a_foots_depth_behind_the_middle_of_the_lower_edge(self):
        detections = boxes(project(to_px(0.0), self.positions), 2)
        behind = self.registration().feet_m(detections) - self.positions
        assert np.linalg.norm(behind, axis=1) == pytest.approx(FOOT_DEPTH_M, abs=1e-3)
        away = self.positions - [14.0, 25.0]
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        assert (np.sum(behind * away, axis=1) > 0.95 * FOOT_DEPTH_M).all()

    def test_feet_go_through_the_lens(self):
        lens = Lens((640, 360), 640, -0.1)
        straight = self.registration().feet_m(boxes(project(to_px(0.0), self.positions), 2))
        detections = boxes(lens.distort(project(to_px(0.0), self.positions)), 2)
        assert self.registration(lens).feet_m(detections) == pytest.approx(straight, abs=0.03)

    def test_feet_lie_about_as_far_off_as_is_said(self):
        rng = np.random.default_rng(0)
        place = np.repeat(project(to_px(0.0), self.positions), 1000, axis=0)
        noise = rng.normal(0, 100 * np.array(FOOT_NOISE), place.shape)  # boxes are 100 px tall
        off = (self.registration().feet_m(boxes(place + noise, 2))).reshape(3, 1000, 2)
        said = self.registration().foot_covariance_m2(boxes(place[::1000], 2)) - COURT_NOISE_M**2 * np.eye(2)
        for errors, spread in zip(off, said, strict=True):
            assert np.cov(errors.T) == pytest.approx(spread, rel=0.25, abs=0.005)

    def test_where_nobody_stands_is_not_known_how_far_off(self):
        spread = self.registration().foot_covariance_m2(boxes([[640, 500]], 2, "ball"))
        assert spread.shape == (1, 2, 2)
        assert np.isnan(spread).all()

    def test_what_is_no_person_has_no_feet(self):
        assert np.isnan(self.registration().feet_m(boxes([[640, 500]], 2, "ball"))).all()

    def test_feet_below_the_picture_are_unknown_but_the_person_is_on_court(self):
        detections = boxes([[640, 719.5]], 2)
        assert np.isnan(self.registration().feet_m(detections)).all()
        assert self.registration().on_court(detections, 5.0).all()

    def test_beyond_the_horizon_is_nowhere_and_off_the_court(self):
        flat = CalibratedFrame(to_court(0.0, tilt=0.2))
        found = register(still(5), calibration_of(flat), SETTINGS)
        detections = boxes([[640, 130], [640, 600]], 2)
        assert np.isnan(found.feet_m(detections)).all(axis=1).tolist() == [True, False]
        assert found.on_court(detections, 1.5).tolist() == [False, True]

    def test_the_margin_decides_who_is_on_court(self):
        detections = boxes(project(to_px(0.0), np.array([[14.0, -1.0], [14.0, -2.0], [14.0, 7.0]])), 2)
        assert self.registration().on_court(detections, 1.5).tolist() == [True, False, True]

    def test_a_frame_without_homography_leaves_it_open(self):
        detections = boxes([[640, 30]], 99)
        assert self.registration().on_court(detections, 1.5).all()

    def test_no_boxes_no_feet(self):
        assert self.registration().feet_m(DETECTIONS.empty()).shape == (0, 2)


@pytest.mark.parametrize("fixed", [True, False, None])
def test_no_frames_no_rows(fixed):
    found = register(FRAMES.empty(), calibration_of(view(0.0, 0), fixed=fixed), SETTINGS)
    assert found.table.empty
    assert not found.warnings


@pytest.mark.parametrize("fixed", [True, False, None])
def test_one_frame_is_enough(fixed):
    found = register(still(1), calibration_of(view(0.0, 0), fixed=fixed), SETTINGS)
    assert found.table["frame"].tolist() == [0]


def test_feet_under_graphics_are_not_seen() -> None:
    boxes = pd.DataFrame(
        {
            "frame": 0,
            "class": "player",
            "x1": [100.0, 300.0, 500.0, 500.0],
            "x2": [140.0, 340.0, 540.0, 540.0],
            "y1": [300.0, 470.0, 470.0, 520.0],
            "y2": [400.0, 571.0, 540.0, 600.0],
        }
    )
    table = pd.DataFrame([[0, *np.diag([0.01, 0.01, 1.0]).ravel()]], columns=["frame", *HOMOGRAPHY_COLUMNS])
    free = CourtRegistration(table, Lens(), COURTS["fiba"], (1280, 720), True, ())

    covered = replace(free, graphics_px=((0.0, 576.0, 450.0, 144.0), (510.0, 590.0, 200.0, 40.0)))

    assert np.isfinite(free.feet_m(boxes)).all()
    assert np.isfinite(covered.feet_m(boxes)).all(axis=1).tolist() == [True, False, True, False]
