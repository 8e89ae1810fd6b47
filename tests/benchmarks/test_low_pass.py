"""Errors after a low-pass, on paths of which they are known."""

import numpy as np
import pytest

from benchmarks.low_pass import joined, path_errors, table

TIME_S = np.arange(500) / 25
LINE = np.column_stack([3.0 * TIME_S, 0 * TIME_S])


def test_a_path_that_is_off_by_a_constant_has_its_error_and_no_other() -> None:
    errors = path_errors(TIME_S, LINE, LINE + np.array([0.3, 0.4]), np.full(500, 3.2))
    assert errors.position_m == pytest.approx(0.5)
    assert errors.speed_mps[50:-50] == pytest.approx(0.2, abs=1e-3)
    assert errors.true_mps[50:-50] == pytest.approx(3.0, abs=1e-3)


def test_noise_of_single_samples_is_filtered_away() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, LINE.shape)
    errors = path_errors(TIME_S, LINE, LINE + noise, np.full(500, 3.0))
    assert np.sqrt(np.mean(errors.position_m**2)) < 0.12


def test_stretches_that_are_short_or_unknown_are_left_out() -> None:
    speed = np.where(TIME_S < 1.0, 3.0, np.nan)
    assert len(path_errors(TIME_S, LINE, LINE, speed).true_mps) == 0
    assert "jogging" in table(joined([path_errors(TIME_S, LINE, LINE, np.full(500, 3.0))]))
