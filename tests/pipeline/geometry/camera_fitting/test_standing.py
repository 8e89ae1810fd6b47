"""A standing camera searched for, though the places of the floor err together by metres."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.geometry.camera_fitting.alignment import line_coverage
from pipeline.geometry.camera_fitting.evidence import CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.standing import align_standing
from pipeline.geometry.court import COURTS
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from tests.sightings import sighting, visible

SIZE = (1280, 720)
LENS = Lens((640.0, 360.0), 640.0, -0.28)
CAMERA = Pinhole(np.array([0.01, 0.3, 0.0, 14.3, 28.0, 6.0, np.log(0.62)]), SIZE)
LINES = CourtLines(COURTS["fiba"])


def seen(pictures: int = 4) -> CourtEvidence:
    rng = np.random.default_rng(5)
    return CourtEvidence.joined([sighting(CAMERA, rng, "fiba", LENS) for _ in range(pictures)])


def away_m(camera: Pinhole, lens: Lens) -> float:
    px, floor = visible(CAMERA, LENS, "fiba")
    return float(np.mean(np.linalg.norm(project(camera.to_floor(), lens.undistort(px)) - floor, axis=1)))


def test_places_that_are_squeezed_towards_the_far_side_do_not_mislead() -> None:
    evidence = seen()
    found = align_standing(replace(evidence, place=evidence.place * [1, 0.75]), LINES, SIZE, seed=0)
    assert found is not None
    assert found.coverage > 0.8
    assert found.lens.lam == pytest.approx(LENS.lam, abs=0.02)
    assert away_m(found.camera, found.lens) < 0.15


def test_without_places_there_is_nothing_to_start_from() -> None:
    evidence = seen(1)
    bare = replace(evidence, place_px=np.zeros((0, 2)), place=np.zeros((0, 2)), place_score=np.zeros(0))
    assert align_standing(bare, LINES, SIZE, seed=0) is None


def test_the_true_camera_is_covered_and_one_beside_it_is_not() -> None:
    evidence = seen()
    assert line_coverage(evidence, LINES, [CAMERA], [LENS])[0] > 0.9
    beside = CAMERA.with_values(CAMERA.values + np.array([0, 0, 0, 0, 1.5, 0, 0]))
    assert line_coverage(evidence, LINES, [beside], [LENS])[0] < 0.5


def test_one_line_that_agrees_covers_little_however_many_points_it_has() -> None:
    evidence = seen()
    near = project(CAMERA.to_floor(), LENS.undistort(evidence.line_px))[:, 1] > COURTS["fiba"].width_m - 0.3
    only = replace(
        evidence,
        line_px=np.repeat(evidence.line_px[near], 20, axis=0),
        line_angle=np.repeat(evidence.line_angle[near], 20),
        line_score=np.repeat(evidence.line_score[near], 20),
    )
    assert line_coverage(only, LINES, [CAMERA], [LENS])[0] < 0.5
