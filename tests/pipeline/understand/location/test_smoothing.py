"""Smoothed positions: how far off they are said to be, and that noise which lasts is known for what it is."""

import numpy as np
import pytest

from pipeline.understand.location.smoothing import Smoothed, smooth

NOISE_M = 0.1


def standing(lasts: int, fps: float = 30.0) -> tuple[Smoothed, float]:
    """Somebody who stands at 0, 0, seen with noise of which as many samples in a row are alike; and how far off it is."""
    count = 3000
    white = np.random.default_rng(1).normal(0, NOISE_M, (count + lasts, 2))
    seen = sum(white[shift : shift + count] for shift in range(lasts)) / np.sqrt(lasts)
    smoothed = smooth(np.arange(count) / fps, np.asarray(seen), np.zeros(count, np.int64), 0.35)
    return smoothed, float(smoothed.position_m.std())


@pytest.mark.parametrize("lasts", [1, 2])
def test_positions_lie_about_as_far_off_as_is_said(lasts: int) -> None:
    smoothed, off_m = standing(lasts)
    assert np.median(smoothed.position_sd_m) == pytest.approx(off_m, rel=0.15)


def test_noise_that_lasts_is_said_to_leave_more() -> None:
    """Less than twice as much where two samples in a row are alike: more noise is smoothed more."""
    said = [np.median(standing(lasts)[0].position_sd_m ** 2) for lasts in (1, 2)]
    assert 1.3 < said[1] / said[0] < 2
