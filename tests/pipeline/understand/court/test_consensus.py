"""What fits of a camera agree on, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.geometry.camera_fitting.evidence import Aligned
from pipeline.understand.court.consensus import common_place, mean_share, mean_support, middle_lens, support
from tests.pipeline.understand.court.test_gate import CAMERA, FIT


def fit_at(x: float = 14.0, y: float = 40.0, z: float = 9.0, sd: float = 0.45, lam: float = 0.0) -> Aligned:
    """A fit of a camera at a place that is known to so many metres, with a lens known to 0.01."""
    values = CAMERA.values.copy()
    values[3:6] = x, y, z
    lens = replace(FIT.lens, lam=lam)
    covariance = np.diag([1.0, 1, 1, sd**2, sd**2, sd**2, 1, 1e-4])
    return replace(FIT, camera=CAMERA.with_values(values), lens=lens, covariance=covariance)


def test_support_is_points_times_their_share() -> None:
    half = replace(FIT, inliers=40, inlier_share=0.5)
    assert support(half) == 20
    assert mean_support([half, replace(half, inliers=80)]) == 30
    assert mean_share([half, replace(half, inlier_share=0.3)]) == pytest.approx(0.4)
    assert (mean_support([]), mean_share([])) == (0, 0)


def test_the_place_is_the_median_and_known_as_well_as_the_fits_agree() -> None:
    found = common_place([fit_at(x) for x in (12.0, 13.0, 14.0, 15.0, 90.0)])
    assert found is not None
    assert found.camera.position_m.tolist() == [14, 40, 9]
    sd = np.sqrt(np.diag(found.covariance))
    assert sd[3:6] == pytest.approx([1.4826 / 2, 0.15, 0.15])
    assert sd[[0, 1, 2, 6, 7]].tolist() == [1] * 5


def test_surer_fits_count_more() -> None:
    fits = [fit_at(13.0, sd=0.05), *(fit_at(x) for x in (14.0, 14.1, 14.2, 14.3))]
    found = common_place(fits)
    assert found is not None
    assert found.camera.position_m[0] == 13


def test_too_few_fits_or_places_far_apart_do_not_agree() -> None:
    assert common_place([fit_at()] * 4) is None
    assert common_place([fit_at()] * 5) is not None
    for axis, limit in (("x", 2.5), ("z", 2.5), ("y", 4.0)):
        for share, agree in ((0.99, True), (1.01, False)):
            step = limit / 1.4826 * share
            fits = [fit_at(**{axis: 50.0 + k * step}) for k in (-1, -1, 0, 1, 1)]
            assert (common_place(fits) is not None) == agree


def test_the_lens_is_the_middle_one_where_it_is_known() -> None:
    assert middle_lens([fit_at(lam=lam) for lam in (-0.3, -0.1, 0.2)]) == -0.1
    unsure = replace(fit_at(lam=0.5), covariance=np.eye(8))
    assert middle_lens([unsure]) == 0
    assert middle_lens([unsure, fit_at(lam=-0.2)]) == -0.2
    assert middle_lens([]) == 0
    assert middle_lens([replace(fit_at(lam=0.3), covariance=np.zeros((8, 8)))]) == 0.3
