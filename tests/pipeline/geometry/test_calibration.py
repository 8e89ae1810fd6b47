"""Calibration files: what is read, fitted, refused and written."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import Calibration, read_calibration, write_calibration
from pipeline.geometry.court import COURTS, landmarks
from pipeline.geometry.homography import oriented, project
from pipeline.geometry.lens import Lens

SIZE = (1280, 720)
TO_PX = np.array([[40.0, -12.0, 80.0], [2.0, 11.0, 250.0], [0.001, -0.012, 1.0]])
"""A camera in the stand: court metres to px, the far side line above the near one."""


def seen(names, lens=None, court="fiba"):
    """Draw landmarks into the picture."""
    positions = np.array([landmarks(COURTS[court])[name] for name in names])
    px = project(TO_PX, positions)
    return (lens or Lens()).distort(px)


def file_of(tmp_path, **changes):
    names = [
        "corner_far_left",
        "corner_far_right",
        "half_near",
        "half_far",
        "free_throw_near_left",
        "lane_base_far_right",
    ]
    points = [{"px": px.tolist(), "landmark": name} for name, px in zip(names, seen(names), strict=True)]
    data = {
        "format": "courtside-calibration",
        "version": 1,
        "court": "fiba",
        "image_size": list(SIZE),
        "frames": [{"frame": 0, "points": points}],
        **changes,
    }
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}))
    return path


def on_floor(calibration: Calibration, px, view=0):
    return project(calibration.frames[view].homography, calibration.lens.undistort(np.asarray(px, float)))


def test_landmarks_give_the_homography_exactly(tmp_path):
    calibration = read_calibration(file_of(tmp_path))
    positions = np.array([[3.0, 4.0], [20.0, 9.0], [14.0, 15.0]])
    assert on_floor(calibration, project(TO_PX, positions)) == pytest.approx(positions, abs=1e-4)
    assert calibration.frames[0].error_px < 1e-3


def test_points_in_metres_do_as_well_as_names(tmp_path):
    positions = [[0, 0], [28, 0], [14, 15], [5.8, 9.95]]
    px = project(TO_PX, np.array(positions, float)).tolist()
    points = [{"px": p, "court_m": m} for p, m in zip(px, positions, strict=True)]
    calibration = read_calibration(file_of(tmp_path, frames=[{"points": points}]))
    assert on_floor(calibration, px) == pytest.approx(np.array(positions, float), abs=1e-6)
    assert calibration.frames[0].error_px is None, "four points fit anything: there is nothing to check with"


def test_one_wrong_click_of_twelve_does_not_move_the_court(tmp_path):
    names = [n for n in sorted(landmarks(COURTS["fiba"])) if not n.startswith("basket")][:12]
    px = seen(names)
    px[3] += [60, -40]
    points = [{"px": p.tolist(), "landmark": n} for n, p in zip(names, px, strict=True)]
    calibration = read_calibration(file_of(tmp_path, frames=[{"frame": 0, "points": points}], lens="none"))
    positions = np.array([[3.0, 4.0], [20.0, 9.0], [14.0, 12.0]])
    assert np.abs(on_floor(calibration, project(TO_PX, positions)) - positions).max() < 0.25
    assert calibration.frames[0].error_px > 15


@pytest.mark.parametrize("lam", [-0.3, -0.05, 0.04])
def test_a_bent_lens_is_found_from_points(tmp_path, lam):
    lens = Lens((640, 360), 640, lam)
    names = [n for n in sorted(landmarks(COURTS["fiba"])) if np.isfinite(seen([n], lens)).all()]
    px = seen(names, lens) + np.random.default_rng(0).normal(0, 0.3, (len(names), 2))
    points = [{"px": p.tolist(), "landmark": n} for n, p in zip(names, px, strict=True)]
    calibration = read_calibration(file_of(tmp_path, frames=[{"frame": 0, "points": points}]))
    assert calibration.lens.lam == pytest.approx(lam, abs=0.01)
    positions = np.array([[3.0, 4.0], [14.0, 9.0], [24.0, 9.0]])
    assert np.abs(on_floor(calibration, lens.distort(project(TO_PX, positions))) - positions).max() < 0.05


def test_a_straight_lens_stays_straight_however_the_clicks_shake(tmp_path):
    names = [n for n in sorted(landmarks(COURTS["fiba"])) if not n.startswith("basket")]
    for seed in range(10):
        px = seen(names) + np.random.default_rng(seed).normal(0, 2.0, (len(names), 2))
        points = [{"px": p.tolist(), "landmark": n} for n, p in zip(names, px, strict=True)]
        calibration = read_calibration(file_of(tmp_path, frames=[{"frame": 0, "points": points}]))
        assert abs(calibration.lens.lam) < 0.02


def test_what_is_written_is_read_back(tmp_path):
    names = sorted(landmarks(COURTS["fiba"]))
    lens = Lens((640, 360), 640, -0.1)
    points = [{"px": p.tolist(), "landmark": n} for n, p in zip(names, seen(names, lens), strict=True)]
    first = read_calibration(file_of(tmp_path, frames=[{"time_s": 2.5, "points": points}], camera="moving"))
    path = tmp_path / "again.json"
    write_calibration(path, first)
    second = read_calibration(path)
    assert second.frames[0].homography == pytest.approx(first.frames[0].homography, rel=1e-9)
    assert (second.lens, second.fixed, second.court) == (first.lens, False, "fiba")
    assert second.frames[0].time_s == 2.5
    assert second.frames[0].error_px == pytest.approx(first.frames[0].error_px)


def test_a_smaller_copy_of_the_video_is_rescaled(tmp_path):
    half = read_calibration(file_of(tmp_path)).resized((640, 360))
    positions = np.array([[3.0, 4.0], [20.0, 9.0]])
    assert on_floor(half, project(TO_PX, positions) / 2) == pytest.approx(positions, abs=1e-4)


def test_another_shape_of_picture_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match=r"1280x720, but the video is 1024x768"):
        read_calibration(file_of(tmp_path)).resized((1024, 768))


def points_at(positions, px=None):
    px = project(TO_PX, np.array(positions, float)).tolist() if px is None else px
    return [{"px": list(p), "court_m": list(m)} for p, m in zip(px, positions, strict=True)]


MIRRORED = points_at([[0, 0], [28, 0], [28, 15], [0, 15]], [[900, 200], [100, 200], [50, 600], [1000, 600]])
CROSSED = points_at([[0, 0], [28, 0], [0, 15], [28, 15]], [[100, 200], [900, 200], [1000, 600], [50, 600]])

BAD = [
    ({"frames": [{"frame": 7, "points": points_at([[0, 0], [28, 0], [14, 15]])}]}, "frame 7: 3 points"),
    ({"frames": [{"frame": 7, "points": points_at([[0, 0], [7, 0], [14, 0], [28, 0]])}]}, "frame 7: .* on a line"),
    ({"frames": [{"frame": 7, "points": points_at([[0, 0], [0, 0], [14, 0], [28, 9]])}]}, "different points"),
    ({"frames": [{"frame": 7, "points": MIRRORED}]}, "mirrored"),
    ({"frames": [{"frame": 7, "points": CROSSED}]}, "horizon"),
    ({"frames": [{"points": [{"px": [1, 2], "landmark": "corner_far_lft"}]}]}, "unknown landmark 'corner_far_lft'"),
    ({"frames": [{"points": [{"px": [1, 2]}]}]}, r"frames.0.points.0: a point needs either"),
    ({"frames": [{"frame": 3}]}, "neither points nor a homography"),
    ({"frames": [{"frame": 3, "homography": [[0, 0, 0]] * 3}]}, "singular"),
    ({"frames": [{"frame": 3, "homography": [[1, 2], [3, 4]]}]}, "frames.0.homography"),
    ({"frames": [{"frame": 3, "last_frame": 2}]}, "last_frame must follow"),
    ({"frames": [{"time_s": 3, "last_frame": 2}]}, "last_frame must follow"),
    ({"frames": [{"points": []}, {"points": []}]}, "each needs its frame or time_s"),
    ({"frames": []}, "frames"),
    ({"court": "moon"}, "court"),
    ({"image_size": None}, "image_size"),
    ({"colour": 3}, "colour"),
    ({"version": 2}, "version"),
    ({"format": "other"}, "format"),
]


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_file_is_one_clear_line(tmp_path, changes, message):
    path = file_of(tmp_path, **changes)
    with pytest.raises(CalibrationError, match=message) as caught:
        read_calibration(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "no json", "[1, 2", "\xff", "3", "null", '{"frames": 3}', '{"frames": [3]}'])
def test_a_file_that_is_no_calibration_is_an_error_of_ours(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CalibrationError, match=re.escape(str(path))):
        read_calibration(path)


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        (
            [{"frame": 0, "points": [{"px": [1, 2], "court_m": [3, 4]}] * 10_000}],
            "10000 points in one frame, at most 200",
        ),
        ([{"frame": n, "homography": np.eye(3).tolist()} for n in range(5001)], "5001 frames, at most 5000"),
        (
            [{"frame": n, "points": [{"px": [1, 2], "court_m": [3, 4]}]} for n in range(501)],
            "501 frames with points and no homography, at most 500",
        ),
    ],
)
def test_more_than_any_calibration_has_is_refused_before_it_is_fitted(tmp_path, frames, says):
    with pytest.raises(CalibrationError, match=says):
        read_calibration(file_of(tmp_path, frames=frames))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"frames": [{"time_s": 1e308, "homography": np.eye(3).tolist()}]}, "frames.0.time_s"),
        ({"frames": [{"frame": 10**80, "homography": np.eye(3).tolist()}]}, "frames.0.frame"),
        ({"frames": [{"frame": 0, "homography": [[1e308, 0, 0], [0, 1, 0], [0, 0, 1]]}]}, "frames.0.homography"),
        ({"image_size": [10**9, 10**9]}, "image_size"),
        ({"image_size": [True, 720]}, "image_size"),
        ({"lens": {"center_px": [0, 0], "scale_px": 1e-300, "lam": 0}}, "lens"),
    ],
)
def test_numbers_are_bounded(tmp_path, changes, says):
    with pytest.raises(CalibrationError, match=says):
        read_calibration(file_of(tmp_path, **changes))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 100_000, "nested more than 50 deep"),
        ('{"court": "fiba", "court": "nba"}', "the key 'court' stands twice"),
        ('{"image_size": [NaN, 1]}', "NaN is no number of JSON"),
        (" " * (9 << 20), "larger than 8,192 KiB"),
    ],
)
def test_json_is_read_within_limits(tmp_path, text, says):
    (tmp_path / "k.json").write_text(text)
    with pytest.raises(CalibrationError, match=f"k.json is not JSON that is read here: {says}"):
        read_calibration(tmp_path / "k.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CalibrationError, match=r"cannot read .*nowhere.json"):
        read_calibration(tmp_path / "nowhere.json")
    with pytest.raises(CalibrationError, match="cannot read"):
        read_calibration(tmp_path)


def test_a_court_that_contradicts_the_file_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="'fiba', but 'nba'"):
        read_calibration(file_of(tmp_path), court="nba")
    assert read_calibration(file_of(tmp_path, court=None), court="fiba").court == "fiba"


ANNOTATIONS = [
    ("court/novellara_lugo_court_points.json", "fiba", 2.0, 0.15),
    ("court/serieC_court_points.json", "fiba", 3.5, 0.08),
    ("court/finals2018/court.json", "nba", 2.0, 0.1),
    ("truth/novellara_lugo/court_points.json", "fiba", 2.0, 0.15),
    ("truth/spurs_thunder/court.json", "nba", 1.6, 0.06),
    ("truth/cvd_novellara/court.json", "fiba", 2.0, 0.06),
]


@pytest.mark.parametrize(("name", "court", "error_px", "error_m"), ANNOTATIONS)
def test_annotation_files_are_read_as_they_are(real_data, name, court, error_px, error_m):
    calibration = read_calibration(real_data / name)
    assert calibration.court == court
    for i, view in enumerate(calibration.frames):
        assert view.error_px < error_px * calibration.image_size_px[0] / 1280
        assert np.abs(on_floor(calibration, view.pairs.px, i) - view.pairs.court_m).max() < error_m


def test_fitting_the_annotators_points_gives_their_homography_back(real_data, tmp_path):
    given = read_calibration(real_data / "truth" / "spurs_thunder" / "court.json")
    view = given.frames[0]
    points = points_at(view.pairs.court_m.tolist(), view.pairs.px.tolist())
    path = file_of(tmp_path, court="nba", lens="none", frames=[{"frame": 0, "points": points}])
    own = read_calibration(path)
    assert np.linalg.norm(on_floor(own, view.pairs.px) - on_floor(given, view.pairs.px), axis=1).max() < 0.15


def test_a_homography_alone_is_oriented_downwards(tmp_path):
    matrix = -np.linalg.inv(TO_PX)
    calibration = read_calibration(file_of(tmp_path, frames=[{"frame": 0, "homography": matrix.tolist()}]))
    assert calibration.frames[0].homography == pytest.approx(oriented(matrix, np.array([640.0, 720.0])))


def test_the_format_need_not_be_named(tmp_path):
    assert read_calibration(file_of(tmp_path, format=None, version=None)).court == "fiba"


class TestDocumentation:
    page = (Path(__file__).parents[3] / "docs" / "guide" / "calibration.md").read_text(encoding="utf-8")

    def test_the_example_is_read(self, tmp_path):
        example = re.search(r"```json\n(.*?)```", self.page, re.DOTALL)
        path = tmp_path / "example.json"
        path.write_text(example.group(1))
        calibration = read_calibration(path)
        assert calibration.fixed
        assert calibration.frames[0].error_px < 5

    def test_every_landmark_is_listed_and_no_other(self):
        listed = set(re.findall(r"`((?:corner|lane|free|three|basket|half|centre)_\w+)`", self.page))
        mirrored = {name.removesuffix("_left") + "_right" for name in listed if name.endswith("_left")}
        assert listed | mirrored == set(landmarks(COURTS["nba"]))
