"""Which camera fits are believed: their support by the lines, where the camera is, where people stand and how tall they are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.camera_fitting.evidence import Aligned
from pipeline.geometry.court import COURTS
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from pipeline.tables import DETECTIONS, MOTION_COLUMNS, conform
from pipeline.understand.court.gate import LIMITS, PERSON_M, Gate

CAMERA = Pinhole(np.array([0.0, 0.24, 0.0, 14.0, 40.0, 9.0, 0.3]), (1280, 720))
FIT = Aligned(CAMERA, Lens(), COURTS["fiba"], 100, 0.8, 1.0, 0.9, 0.2, 0.1, np.eye(8))
ON_COURT = [(x, y) for x in (5.0, 14.0, 23.0) for y in (4.0, 11.0)]


def gate(places_m: list[tuple[float, float]], tall: float = 1.0, width_px: float = 30.0, frame: int = 7) -> Gate:
    """A gate that sees people with their feet at places on the floor, so many times as tall as a player, in one frame."""
    feet = CAMERA.project(np.array([[x, y, 0.0] for x, y in places_m]))
    height = tall * CAMERA.heights_px(np.array(places_m), PERSON_M)
    boxes = pd.DataFrame({"x1": feet[:, 0] - width_px / 2, "y1": feet[:, 1] - height, "y2": feet[:, 1], "frame": frame})
    boxes = boxes.assign(x2=boxes["x1"] + width_px, detection_id=np.arange(len(boxes)), **{"class": "player"})
    boxes = boxes.assign(score=0.9, quality=1.0, jersey_l=50.0, jersey_a=0.0, jersey_b=0.0)
    frames = pd.DataFrame({"frame": [6, 7, 8], "time_s": [0.6, 0.7, 0.8], "shot": 0})
    frames[list(MOTION_COLUMNS)] = np.nan
    return Gate(conform("frames", frames), conform("detections", boxes))


def test_people_of_human_size_on_the_court_are_believed() -> None:
    assert gate(ON_COURT).believes(FIT, 1)
    assert gate(ON_COURT).believes_standing(FIT, 1)


@pytest.mark.parametrize(("tall", "believed"), [(0.5, False), (0.65, True), (1.45, True), (1.6, False)])
def test_people_are_neither_dwarfs_nor_giants(tall: float, believed: bool) -> None:
    assert gate(ON_COURT, tall).believes(FIT, 1) == believed


@pytest.mark.parametrize(
    ("place", "believed"),
    [((-1.9, 5.0), True), ((-2.1, 5.0), False), ((29.9, 5.0), True), ((30.1, 5.0), False), ((14.0, -1.9), True),
     ((14.0, -2.1), False), ((14.0, 16.9), True), ((14.0, 17.1), False)],
)  # fmt: skip
def test_people_stand_no_further_beside_the_court_than_two_metres(place: tuple[float, float], believed: bool) -> None:
    """A box stands on the middle of its lower edge, however wide it is."""
    for width_px in (10.0, 300.0):
        assert gate([place] * 4, width_px=width_px).believes(FIT, 1) == believed


def test_half_of_the_people_have_to_stand_on_the_court_and_three_at_least() -> None:
    beside = [(14.0, -4.0)]
    assert gate(ON_COURT[:4] + beside * 4).believes(FIT, 1)
    assert not gate(ON_COURT[:4] + beside * 5).believes(FIT, 1)
    assert gate(ON_COURT[:3] + beside).believes(FIT, 1)
    assert not gate(ON_COURT[:2] + beside * 2).believes(FIT, 1)


def test_three_people_or_those_of_another_frame_tell_nothing() -> None:
    giants = 3.0
    assert gate(ON_COURT[:3], giants).believes(FIT, 1)
    assert not gate(ON_COURT[:4], giants).believes(FIT, 1)
    assert gate(ON_COURT, giants, frame=6).believes(FIT, 1)
    assert gate(ON_COURT, giants, frame=8).believes(FIT, 1)


@pytest.mark.parametrize(
    "limit",
    [{"inliers": LIMITS.inliers}, {"expected_error_m": LIMITS.expected_error_m}, {"place_error_m": LIMITS.place_error_m},
     {"inlier_share": LIMITS.inlier_share}],
)  # fmt: skip
def test_a_fit_at_a_limit_is_believed_and_one_beyond_is_not(limit: dict[str, float]) -> None:
    (name, value), step = next(iter(limit.items())), 1 if "inlier" in next(iter(limit)) else -1
    beyond: dict[str, Any] = {name: value - step * (1 if name == "inliers" else 0.01)}
    seen = gate(ON_COURT)
    assert seen.believes(replace(FIT, **{name: value}), 1)  # type: ignore[arg-type]
    assert not seen.believes(replace(FIT, **beyond), 1)


@pytest.mark.parametrize(("name", "limit"), [("coverage", LIMITS.coverage), ("inlier_share", LIMITS.standing_share)])
def test_a_standing_camera_has_limits_of_its_own(name: str, limit: float) -> None:
    at: dict[str, Any] = {name: limit}
    below: dict[str, Any] = {name: limit - 0.01}
    assert gate(ON_COURT).believes_standing(replace(FIT, **at), 1)
    assert not gate(ON_COURT).believes_standing(replace(FIT, **below), 1)


@pytest.mark.parametrize(("height_m", "believed"), [(1.1, False), (1.2, True), (45.0, True), (45.1, False)])
def test_a_camera_is_above_the_floor_and_under_a_roof(height_m: float, believed: bool) -> None:
    values = CAMERA.values.copy()
    values[5] = height_m
    nobody = Gate(pd.DataFrame({"frame": [0]}), DETECTIONS.empty())
    assert nobody.believes(replace(FIT, camera=CAMERA.with_values(values)), 0) == believed
