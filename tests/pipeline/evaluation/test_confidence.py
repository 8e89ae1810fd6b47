"""Risk over coverage, by hand."""

import numpy as np
import pytest

from pipeline.evaluation.confidence import COVERAGES, risk_coverage


def test_the_surest_first():
    """Wrong are the third and the last of ten."""
    correct = np.array([True, True, False, True, True, True, True, True, True, False])
    curve = risk_coverage(np.linspace(1.0, 0.1, 10), correct)
    assert curve is not None
    assert curve.coverage == COVERAGES
    assert curve.risk == pytest.approx((1 / 5, 1 / 7, 1 / 8, 1 / 9, 2 / 10))
    shares = [0, 0, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7, 1 / 8, 1 / 9, 2 / 10]
    assert curve.area == pytest.approx(np.mean(shares))
    assert curve.boxes == 10


@pytest.mark.parametrize("first", [True, False])
def test_of_equal_confidence_none_is_the_surer(first):
    curve = risk_coverage(np.array([0.5, 0.5, 0.9, 0.9]), np.array([first, not first, True, True]))
    assert curve is not None
    assert curve.risk == pytest.approx((0, 0.5 / 3, 1 / 4, 1 / 4, 1 / 4))
    assert curve.area == pytest.approx((0 + 0 + 0.5 / 3 + 1 / 4) / 4)


def test_a_single_box_is_at_every_coverage():
    curve = risk_coverage(np.array([0.3]), np.array([False]))
    assert curve is not None
    assert curve.risk == (1,) * 5
    assert risk_coverage(np.zeros(0), np.zeros(0, dtype=bool)) is None
