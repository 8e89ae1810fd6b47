"""Points from a file or from the page: the calibration that they make, and what is said of each."""

import json

import numpy as np
import pytest

from pipeline.calibrate.points import assessed, calibrate_by_points, entry_of, point_errors
from pipeline.calibrate.sketch import from_above, in_picture, to_px
from pipeline.errors import CalibrationError, CourtsideError, InputError
from pipeline.geometry.calibration import CalibratedFrame, read_calibration, write_calibration
from pipeline.geometry.court import COURTS, court_of, landmarks
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole, ahead_px

SIZE = (1280, 720)
CAMERA = Pinhole(np.array([0.0, 0.42, 0.01, 14.0, 26.0, 9.0, np.log(0.62)]), SIZE)
BENT = Lens((640.0, 360.0), 640.0, -0.25)
NAMES = (
    "corner_far_left", "corner_far_right", "half_near", "free_throw_near_left", "free_throw_near_right",
    "centre_circle_far", "half_far", "three_point_top_left",
)  # fmt: skip


def seen(name: str, lens: Lens = BENT) -> list[float]:
    """Where a landmark is in the camera's picture."""
    place = np.array([landmarks(COURTS["fiba"])[name]])
    return to_px(place, CalibratedFrame(CAMERA.to_floor()), lens)[0].tolist()


def csv_of(names=NAMES, lens: Lens = BENT, **columns: str) -> str:
    rows = [",".join(["u_px", "v_px", "landmark", *columns])]
    for name in names:
        u, v = seen(name, lens)
        rows.append(",".join([f"{u:.3f}", f"{v:.3f}", name, *columns.values()]))
    return "\n".join(rows) + "\n"


@pytest.fixture
def points(tmp_path):
    def write(text: str, name: str = "points.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_csv_gives_back_the_camera_and_its_lens(points):
    found = calibrate_by_points(points(csv_of()), SIZE, "fiba")
    assert found.lens.lam == pytest.approx(-0.25, abs=0.01)
    assert found.frames[0].error_px < 0.1
    corner = found.lens.undistort(np.array([seen("corner_near_right")]))
    mapped = np.append(corner[0], 1) @ found.frames[0].homography.T
    assert mapped[:2] / mapped[2] == pytest.approx(landmarks(COURTS["fiba"])["corner_near_right"], abs=0.1)


def test_rows_of_several_frames_become_several_frames(points):
    text = csv_of(frame="10") + csv_of(frame="55").split("\n", 1)[1]
    assert [view.frame for view in calibrate_by_points(points(text), SIZE, None).frames] == [10, 55]


def test_metres_do_as_well_as_names(points):
    rows = ["u_px,v_px,x_m,y_m"]
    for name in NAMES:
        (u, v), (x, y) = seen(name), landmarks(COURTS["fiba"])[name]
        rows.append(f"{u},{v},{x},{y}")
    assert calibrate_by_points(points("\n".join(rows)), SIZE, None).frames[0].error_px < 0.01


def test_a_wrong_click_is_the_point_with_the_largest_error(points):
    lines = csv_of(lens=Lens()).splitlines()
    u, v, name = lines[3].split(",")
    lines[3] = f"{float(u) + 40},{v},{name}"
    errors = point_errors(calibrate_by_points(points("\n".join(lines)), SIZE, None))
    assert max(errors, key=lambda point: point.error_px).point == "half_near"


def test_a_json_file_is_fitted_anew_from_its_points(points, tmp_path):
    write_calibration(tmp_path / "first.json", calibrate_by_points(points(csv_of()), SIZE, None))
    data = json.loads((tmp_path / "first.json").read_text())
    data["frames"][0]["homography"] = np.eye(3).tolist()
    again = calibrate_by_points(points(json.dumps(data), "again.json"), SIZE, None)
    assert again.frames[0].error_px < 0.1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x,y\n1,2\n", "u_px"),
        ("u_px,v_px,landmark\n1,two,half_far\n", "line 2"),
        ("u_px,v_px,landmark\n1,2,halfway\n", "halfway"),
        ("u_px,v_px,landmark\n1,2,half_far\n3,4,half_near\n", "at least 4"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said(points, text, named):
    with pytest.raises(CalibrationError, match=named):
        calibrate_by_points(points(text), SIZE, None)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="none"):
        calibrate_by_points(tmp_path / "none.csv", SIZE, None)


def payload(*counts: int):
    """What the page sends: so many points in each frame."""
    frames = [
        {"time_s": k * 1.0, "points": [{"px": seen(name), "landmark": name} for name in NAMES[:count]]}
        for k, count in enumerate(counts)
    ]
    return {"court": "fiba", "image_size": SIZE, "camera": "moving", "lens": "auto", "frames": frames}


class TestPage:
    def test_frames_are_judged_one_by_one(self):
        few, four, many = assessed(payload(3, 4, 8))["frames"]
        assert few == {"message": "1 more to go"}
        assert four["rms_px"] is None
        assert many["rms_px"] < 0.1
        assert len(many["error_px"]) == len(many["error_m"]) == 8

    def test_the_court_is_drawn_where_it_is(self):
        drawn = assessed(payload(8))["frames"][0]
        for name, px in drawn["landmarks"].items():
            assert px == pytest.approx(seen(name), abs=0.5), name
        painted = np.concatenate([np.array(line) for line in drawn["lines"]])
        corner = np.array(seen("corner_far_left"))
        assert np.linalg.norm(painted - corner, axis=1).min() < 1

    def test_mirrored_points_are_refused_with_the_reason(self):
        data = payload(6)
        for point in data["frames"][0]["points"]:
            point["px"][0] = SIZE[0] - point["px"][0]
        assert "mirrored" in assessed(data)["frames"][0]["message"]

    def test_what_is_saved_comes_back_as_it_was(self, points, tmp_path):
        write_calibration(tmp_path / "c.json", calibrate_by_points(points(csv_of()), SIZE, None))
        entry = entry_of(read_calibration(tmp_path / "c.json"))
        assert [point["landmark"] for point in entry["frames"][0]["points"]] == list(NAMES)
        assert entry["frames"][0]["homography"] is None


def test_a_court_off_the_book_keeps_its_size_on_the_page(tmp_path):
    hall = court_of("fiba", (26.0, 14.0))
    homography = CAMERA.to_floor().tolist()
    sent = {
        "court": "fiba",
        "court_size_m": [26, 14],
        "image_size": SIZE,
        "lens": "none",
        "frames": [{"homography": homography}],
    }
    (tmp_path / "c.json").write_text(json.dumps(sent))
    entry = entry_of(read_calibration(tmp_path / "c.json"))
    assert entry["court_size_m"] == (26.0, 14.0)
    assert (entry["floor"]["length_m"], entry["floor"]["landmarks"]) == (26.0, landmarks(hall))
    drawn = assessed(sent)["frames"][0]["landmarks"]
    for name, px in drawn.items():
        assert project(np.array(homography), np.array([px]))[0] == pytest.approx(landmarks(hall)[name], abs=0.05), name


def test_lines_behind_the_camera_are_not_drawn():
    low = Pinhole(np.array([0.3, 0.3, 0.0, 14.0, 10.0, 3.0, np.log(0.7)]), SIZE)
    drawn = in_picture(COURTS["fiba"], CalibratedFrame(low.to_floor()), Lens(), SIZE)
    px = np.concatenate([np.array(line) for line in drawn])
    assert np.isfinite(px).all()
    assert px[:, 1].min() > ahead_px(low.values, low.size_px)[1] - 720


@pytest.mark.parametrize("name", COURTS)
def test_every_court_can_be_shown(name):
    sketch = from_above(COURTS[name])
    assert len(sketch["paints"]) == len(sketch["rings"]) == COURTS[name].baskets
    json.dumps(sketch, allow_nan=False)


@pytest.mark.parametrize(
    "text", ["", "u_px,v_px\n" + "9" * 200_000, 'u_px,v_px,landmark\n1,2,"x', "u_px,v_px,landmrak\n1,2,x"]
)
def test_tables_of_points_that_cannot_be_meant_are_refused(points, text):
    with pytest.raises(CourtsideError, match=r"points\.csv"):
        calibrate_by_points(points(text), SIZE, None)
