"""How well line points agree with a camera, by hand: half of the half-way line, seen some px beside where it is."""

import numpy as np
import pytest

from pipeline.geometry.camera_fitting.evidence import CourtEvidence, CourtLines
from pipeline.geometry.camera_fitting.gauss_newton import CameraFits
from pipeline.geometry.court import COURTS
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole

CAMERA = Pinhole(np.array([0.3, 0.31, -0.02, 12.0, 22.0, 6.3, -0.15]), (1280, 720))
FIBA = COURTS["fiba"]
LINES = CourtLines(FIBA)
SCORE = 0.8


def seen_beside(away_px: float, turned_rad: float = 0.0) -> tuple[CameraFits, int]:
    """Samples of the half-way line beyond the centre circle, moved across it, and how many there are."""
    middle = np.flatnonzero(
        np.isclose(LINES.points_m[:, 0], FIBA.length_m / 2) & (np.abs(LINES.directions[:, 0]) < 1e-9)
    )
    chosen = middle[LINES.points_m[middle, 1] < 5.0][5:-5]
    here, ahead = (
        project(CAMERA.to_px(), LINES.points_m[chosen] + step * LINES.directions[chosen]) for step in (0.0, 0.05)
    )
    angle = np.arctan2(*(ahead - here).T[::-1])
    normal = np.column_stack([-np.sin(angle), np.cos(angle)])
    none = np.zeros(0)
    evidence = CourtEvidence(
        np.zeros((0, 2)), np.zeros((0, 2)), none,
        here + away_px * normal, (angle + turned_rad) % np.pi, np.full(len(here), SCORE),
    )  # fmt: skip
    return CameraFits([CAMERA], [Lens((640, 360), 640, 0.0)], FIBA, [evidence], LINES), len(here)


@pytest.mark.parametrize("away_px", [0.0, 2.5, 5.0, 9.0, 11.0])
def test_points_count_by_tukeys_weight(away_px: float) -> None:
    fits, count = seen_beside(away_px)
    assert count > 20
    weight = max(0.0, 1 - (away_px / 10) ** 2) ** 2
    assert fits.support(10.0)[0] == pytest.approx(count * SCORE * weight, rel=0.01, abs=1e-9)


def test_a_line_of_another_direction_is_no_match() -> None:
    fits, _ = seen_beside(0.0, turned_rad=1.0)
    assert fits.support(10.0)[0] == 0


def test_inliers_lie_within_reach_and_their_error_is_the_distance_across() -> None:
    for away_px, reach_px, inliers in ((4.0, 4.1, True), (4.0, 3.9, False)):
        fits, count = seen_beside(away_px)
        (result,) = fits.results(reach_px)
        assert result.inliers == (count if inliers else 0)
        assert result.inlier_share == pytest.approx(1.0 if inliers else 0.0)
        assert result.error_px == (pytest.approx(4.0, rel=0.01) if inliers else np.inf)
        assert result.place_error_m == np.inf


def test_only_the_seen_part_of_the_court_is_covered() -> None:
    fits, _ = seen_beside(0.0)
    share = fits.covered(10.0)[0]
    assert 0.015 < share < 0.03
    assert fits.results(10.0)[0].coverage == pytest.approx(share)
    assert seen_beside(30.0)[0].covered(10.0)[0] == 0


def test_a_camera_that_sees_no_court_is_of_unknown_error() -> None:
    away = CAMERA.with_values(CAMERA.values + np.array([0, 0, 0, 300.0, 0, 0, 0]))
    none = np.zeros(0)
    nothing = CourtEvidence(np.zeros((0, 2)), np.zeros((0, 2)), none, np.zeros((0, 2)), none, none)
    fits = CameraFits([away, CAMERA], [Lens((640, 360), 640, 0.0)] * 2, FIBA, [nothing] * 2, None)
    beside, seeing = fits.results(10.0)
    assert beside.expected_error_m == np.inf
    assert np.isfinite(seeing.expected_error_m)
    assert (seeing.inliers, seeing.inlier_share, seeing.error_px, seeing.coverage) == (0, 0, np.inf, 0)
