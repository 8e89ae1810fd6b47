"""A court found without clicks: moving and standing cameras, wrong keyframes, no court."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.config import CourtSettings
from pipeline.geometry.camera_fitting.evidence import CourtEvidence
from pipeline.geometry.court import COURTS, Court, court_of
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from pipeline.tables import COURT_POINTS, DETECTIONS, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, conform
from pipeline.understand.court import CourtRegistration, register_court
from pipeline.understand.court.automatic import GUESSED, NO_AGREEMENT, NO_KEYFRAME
from tests.sightings import as_table, sighting, visible

SIZE = (1280, 720)
FPS = 10.0


def panning(count: int) -> list[Pinhole]:
    """A broadcast camera that pans and zooms."""
    share = np.linspace(0, 1, count)
    values = np.tile(np.array([0.0, 0.24, 0.01, 14.5, 40.0, 9.0, 0.75]), (count, 1))
    values[:, 0] = -0.25 + 0.5 * share
    values[:, 6] = 0.75 - 0.2 * share
    return [Pinhole(row, SIZE) for row in values]


def frames_of(cameras: list[Pinhole]) -> pd.DataFrame:
    """The table `frames` of cameras, with their true motion."""
    steps = [np.full((3, 3), np.nan)]
    for before, now in itertools.pairwise(cameras):
        step = now.to_px() @ np.linalg.inv(before.to_px())
        steps.append(step / step[2, 2])
    motion = np.array(steps).reshape(-1, 9)
    table = {"frame": np.arange(len(cameras)), "time_s": np.arange(len(cameras)) / FPS, "shot": 0}
    return conform("frames", pd.DataFrame(table | dict(zip(MOTION_COLUMNS, motion.T, strict=True))))


def errors_m(found: CourtRegistration, cameras: list[Pinhole], court: str | Court, lens: Lens) -> np.ndarray:
    rows = found.table.set_index("frame")[list(HOMOGRAPHY_COLUMNS)]
    away = []
    for frame, row in rows.iterrows():
        px, floor = visible(cameras[int(frame)], lens, court)  # type: ignore[call-overload]
        mapped = project(row.to_numpy(np.float64).reshape(3, 3), found.lens.undistort(px))
        away.append(float(np.median(np.linalg.norm(mapped - floor, axis=1))))
    return np.array(away)


def register(frames: pd.DataFrame, points: pd.DataFrame, court: str | None = None) -> CourtRegistration:
    return register_court(frames, points, DETECTIONS.empty(), None, SIZE, CourtSettings(court=court))  # type: ignore[arg-type]


@pytest.mark.parametrize("court", ["nba", "fiba", "wnba", "ncaa"])
def test_moving_camera_is_registered_in_every_frame(court: str) -> None:
    cameras = panning(41)
    rng = np.random.default_rng(1)
    seen = {row: sighting(cameras[row], rng, court) for row in range(0, 41, 10)}
    found = register(frames_of(cameras), as_table(seen))
    assert found.court.name == court
    assert "times as well as those of" in found.warnings[0]
    assert len(found.table) == 41
    assert not found.fixed
    assert np.max(errors_m(found, cameras, court, Lens())) < 0.15


def test_a_floor_off_the_book_is_measured_and_said() -> None:
    size_m = (26.0, 14.0)
    cameras, hall = panning(41), court_of("fiba", size_m)
    rng = np.random.default_rng(4)
    found = register(frames_of(cameras), as_table({row: sighting(cameras[row], rng, hall) for row in range(0, 41, 10)}))
    assert (found.court.length_m, found.court.width_m) == pytest.approx(size_m, abs=0.11)
    assert f"as FIBA on a floor of {found.court.length_m:.1f} x" in found.warnings[0]
    assert len(found.table) == 41
    assert np.max(errors_m(found, cameras, hall, Lens())) < 0.2


def test_a_keyframe_that_its_neighbours_contradict_is_dropped() -> None:
    """A perfectly consistent sighting of another place, as a replay on a screen would give."""
    cameras = panning(41)
    rng = np.random.default_rng(1)
    seen = {row: sighting(cameras[row], rng) for row in range(0, 41, 5)}
    seen[20] = sighting(cameras[0], rng)
    found = register(frames_of(cameras), as_table(seen), "fiba")
    assert len(found.table) == 41
    assert np.max(errors_m(found, cameras, "fiba", Lens())) < 0.2


def test_standing_camera_is_fitted_once_with_its_lens() -> None:
    camera = Pinhole(np.array([0.05, 0.2, 0.0, 14.0, 26.0, 5.0, -0.5]), SIZE)
    lens = Lens((640, 360), 640, -0.3)
    rng = np.random.default_rng(1)
    frames = frames_of([camera] * 31)
    found = register(frames, as_table({row: sighting(camera, rng, lens=lens) for row in range(0, 31, 10)}), "fiba")
    assert found.fixed
    assert len(found.table) == 31
    assert found.lens.lam == pytest.approx(-0.3, abs=0.02)
    assert errors_m(found, [camera] * 31, "fiba", lens)[0] < 0.06


def test_standing_camera_behind_an_end_line_is_found_though_its_places_are_wrong() -> None:
    """The network never saw such a view: its places are those of a camera at the side."""
    camera = Pinhole(np.array([1.5, 0.27, 0.0, -8.6, 8.5, 6.0, -0.41]), SIZE)
    rng = np.random.default_rng(1)

    def misplaced(seen: CourtEvidence) -> CourtEvidence:
        return replace(seen, place=np.column_stack([0.3 + 0.2 * seen.place[:, 1], 0.9 - 0.5 * seen.place[:, 0]]))

    points = as_table({row: misplaced(sighting(camera, rng)) for row in range(0, 31, 5)})
    found = register(frames_of([camera] * 31), points, "fiba")
    assert found.fixed
    assert len(found.table) == 31
    assert errors_m(found, [camera] * 31, "fiba", Lens())[0] < 0.1


@pytest.mark.parametrize("court", ["nba", "wnba"])
def test_standing_camera_tells_kindred_courts_apart(court: str) -> None:
    camera = Pinhole(np.array([0.05, 0.2, 0.0, 14.0, 26.0, 5.0, -0.5]), SIZE)
    rng = np.random.default_rng(1)
    frames = frames_of([camera] * 11)
    found = register(frames, as_table({row: sighting(camera, rng, court) for row in (0, 10)}))
    assert found.court.name == court
    assert errors_m(found, [camera] * 11, court, Lens())[0] < 0.1


def test_no_court_no_rows() -> None:
    frames = frames_of(panning(5))
    nothing = register(frames, COURT_POINTS.empty())
    assert nothing.table.empty
    assert NO_KEYFRAME in nothing.warnings[0]
    rng = np.random.default_rng(2)
    clutter = sighting(panning(5)[0], rng)
    shuffled = type(clutter)(
        clutter.place_px, rng.permutation(clutter.place), clutter.place_score,
        clutter.line_px, clutter.line_angle, clutter.line_score,
    )  # fmt: skip
    found = register(frames, as_table({0: shuffled}))
    assert found.table.empty
    assert any(f"no court was found in the picture ({NO_AGREEMENT})" in warning for warning in found.warnings)


def test_people_of_a_wrong_size_refuse_a_court() -> None:
    """Lines fit, but everybody would be a giant."""
    cameras = panning(21)
    rng = np.random.default_rng(1)
    points = as_table({row: sighting(cameras[row], rng) for row in range(0, 21, 5)})
    rows = []
    for frame in range(21):
        feet = cameras[frame].project(np.array([[x, y, 0.0] for x in (8, 12, 15) for y in (3, 8)]))
        rows += [(frame, u - 80, v - 400, u + 80, v) for u, v in feet]
    boxes = pd.DataFrame(rows, columns=["frame", "x1", "y1", "x2", "y2"])
    extra = {"score": 0.9, "class": "player", "quality": 1.0, "jersey_l": 50.0, "jersey_a": 0.0, "jersey_b": 0.0}
    detections = conform("detections", boxes.assign(detection_id=np.arange(len(boxes)), **extra))
    frames = frames_of(cameras)
    assert len(register(frames, points, "fiba").table) == 21
    assert register_court(frames, points, detections, None, SIZE, CourtSettings(court="fiba")).table.empty


def test_guessed_courts_exist() -> None:
    assert set(GUESSED) <= set(COURTS)


def test_a_court_with_one_basket_is_not_looked_for() -> None:
    cameras = panning(2)
    seen = {0: sighting(cameras[0], np.random.default_rng(2))}
    assert register(frames_of(cameras), as_table(seen), "3x3").table.empty
