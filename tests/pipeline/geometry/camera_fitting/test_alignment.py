"""A camera from rough places and painted lines: found to centimetres, and what cannot be known is said."""

import numpy as np
import pytest

from pipeline.geometry.camera_fitting.alignment import align, align_all
from pipeline.geometry.camera_fitting.evidence import Aligned, CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.start import _SHIFT_M, _bent, _consensus, start_from_places
from pipeline.geometry.court import COURTS
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from tests.sightings import sighting, visible

SIZE = (1280, 720)
WIDE = Lens((640, 360), 640, -0.25)
FLAT = Lens((640, 360), 640, 0.0)
VIEWS = {
    "broadcast": [-0.3, 0.24, 0.01, 14.5, 40.0, 9.0, 0.75],
    "stand": [0.4, 0.31, -0.02, 12.0, 22.0, 6.3, -0.15],
    "corner": [0.6, 0.42, 0.01, 4.0, 22.0, 7.0, -0.1],
}


def found(evidence: CourtEvidence, court: str, lens: Lens, free_lens: bool = False) -> Aligned:
    start = start_from_places(evidence, COURTS[court], lens, SIZE, 0)  # type: ignore[index]
    assert start is not None
    return align(evidence, CourtLines(COURTS[court]), start, lens, free_lens)  # type: ignore[index]


def error_m(fit: Aligned, camera: Pinhole, lens: Lens, court: str) -> float:
    px, floor = visible(camera, lens, court)
    return float(np.median(np.linalg.norm(project(fit.to_floor, fit.lens.undistort(px)) - floor, axis=1)))


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("court", ["fiba", "nba"])
def test_camera_is_found(name: str, court: str) -> None:
    camera = Pinhole(np.array(VIEWS[name]), SIZE)
    evidence = sighting(camera, np.random.default_rng(4), court)
    fit = found(evidence, court, FLAT)
    assert error_m(fit, camera, FLAT, court) < 0.06
    assert fit.inliers > 100
    assert fit.expected_error_m < 0.3


def test_lens_is_found() -> None:
    camera = Pinhole(np.array([0.05, 0.2, 0.0, 14.0, 26.0, 5.0, -0.5]), SIZE)
    evidence = sighting(camera, np.random.default_rng(4), lens=WIDE)
    fit = found(evidence, "fiba", Lens((640, 360), 640, -0.2), free_lens=True)
    assert fit.lens.lam == pytest.approx(-0.25, abs=0.02)
    assert error_m(fit, camera, WIDE, "fiba") < 0.1


def test_lines_of_another_court_agree_less() -> None:
    camera = Pinhole(np.array(VIEWS["stand"]), SIZE)
    evidence = sighting(camera, np.random.default_rng(4), "nba")
    right, wrong = (found(evidence, court, FLAT) for court in ("nba", "fiba"))
    assert right.inliers > 1.2 * wrong.inliers


@pytest.mark.parametrize("free_lens", [False, True])
def test_many_at_a_time_are_fitted_as_each_by_itself(free_lens: bool) -> None:
    """Pictures with fewer points than others, or without any line, are filled up with points that count nothing."""
    cameras = [Pinhole(np.array(values), SIZE) for values in VIEWS.values()]
    full = [sighting(camera, np.random.default_rng(4)) for camera in cameras]
    evidence = [full[0], full[1].thinned(30, 70), full[2].thinned(50, 0)]
    starts = [camera.with_values(camera.values + 0.01) for camera in cameras]
    lines, lenses = CourtLines(COURTS["fiba"]), [FLAT, Lens((640, 360), 640, -0.02), FLAT]
    together = align_all(evidence, lines, starts, lenses, free_lens)
    assert together[2].inliers == 0
    for fit, *alone in zip(together, evidence, starts, lenses, strict=True):
        expected = align(alone[0], lines, alone[1], alone[2], free_lens)  # type: ignore[arg-type]
        np.testing.assert_allclose(fit.camera.values, expected.camera.values, rtol=1e-7)
        np.testing.assert_allclose(fit.covariance, expected.covariance, rtol=1e-5, atol=1e-12)
        measured = ("inliers", "inlier_share", "error_px", "coverage", "place_error_m", "expected_error_m")
        for name in measured:
            assert getattr(fit, name) == pytest.approx(getattr(expected, name), rel=1e-6), name
        assert fit.lens.lam == pytest.approx(expected.lens.lam, abs=1e-9)


def test_few_lines_are_uncertain() -> None:
    """A side line alone does not say how far along the court it is seen."""
    camera = Pinhole(np.array(VIEWS["stand"]), SIZE)
    evidence = sighting(camera, np.random.default_rng(4))
    full = found(evidence, "fiba", FLAT)
    floor = project(camera.to_floor(), evidence.line_px)
    near = np.abs(floor[:, 1]) < 0.1
    poor = CourtEvidence(
        evidence.place_px, evidence.place, evidence.place_score,
        evidence.line_px[near], evidence.line_angle[near], evidence.line_score[near],
    )  # fmt: skip
    assert found(poor, "fiba", FLAT).expected_error_m > 2 * full.expected_error_m


def test_places_that_do_not_agree_give_no_start() -> None:
    rng = np.random.default_rng(3)
    px = rng.uniform(0, 1, (60, 2)) * SIZE
    nothing = np.zeros((0, 2))
    evidence = CourtEvidence(px, rng.uniform(0, 1, (60, 2)), np.ones(60), nothing, np.zeros(0), np.zeros(0))
    assert start_from_places(evidence, COURTS["fiba"], FLAT, SIZE, 0) is None


def test_guesses_move_all_places_by_some_metres_whatever_the_courts_size() -> None:
    """The middle of the places is moved by as many metres along a court of 28 by 15 m as across it."""
    camera, rng = Pinhole(np.array(VIEWS["stand"]), SIZE), np.random.default_rng(4)
    evidence = sighting(camera, rng)
    moved = np.array([(_bent(evidence, rng).place - evidence.place).mean(axis=0) for _ in range(800)])
    assert moved.std(axis=0) * [28, 15] == pytest.approx([_SHIFT_M] * 2, rel=0.1)


def test_the_homography_that_most_places_agree_on_is_found() -> None:
    """Far from the middle of the axes, with a tenth of the places anywhere."""
    camera = Pinhole(np.array(VIEWS["broadcast"]), SIZE)
    px, floor = visible(camera, FLAT, "fiba")
    wrong = np.arange(len(px)) % 10 == 0
    matrix, inside = _consensus(px, floor + np.where(wrong[:, None], 9.0, 0.0), np.random.default_rng(0))
    assert matrix is not None
    assert (inside == ~wrong).all()
    assert project(matrix, px) == pytest.approx(floor, abs=1e-3)
