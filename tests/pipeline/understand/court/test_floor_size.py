"""The search for the size of a floor, on supports that are known."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.geometry.court import COURTS, Court
from pipeline.understand.court.floor_size import OFF_THE_BOOK, best_size

FIBA = COURTS["fiba"]


def peak(length_m: float, width_m: float, floor: float = 0.3) -> Callable[[Court], float]:
    """A support that is 1 on one size, and falls to `floor` within two or three metres of it."""

    def support(court: Court) -> float:
        away = np.hypot((court.length_m - length_m) / 1.5, court.width_m - width_m)
        return floor + (1 - floor) * float(np.exp(-(away**2) / 2))

    return support


@pytest.mark.parametrize("size_m", [(26.0, 14.0), (24.0, 13.0), (27.1, 14.2), (25.9, 15.0), (28.0, 14.2)])
def test_the_best_size_is_found_to_a_decimetre(size_m: tuple[float, float]) -> None:
    found = best_size(FIBA, peak(*size_m))
    assert found is not None
    assert (found.length_m, found.width_m) == pytest.approx(size_m, abs=0.11)
    assert found.three_point_radius_m == FIBA.three_point_radius_m


def test_the_book_stays_where_nothing_is_clearly_better() -> None:
    assert best_size(FIBA, peak(28.0, 15.0)) is None
    assert best_size(FIBA, lambda court: 1.0 if court == FIBA else OFF_THE_BOOK - 0.01) is None
    assert best_size(FIBA, lambda _: 0.0) is None


def test_floors_that_nobody_plays_on_are_not_tried() -> None:
    tried: list[Court] = []

    def shorter_is_better(court: Court) -> float:
        tried.append(court)
        return 1 / court.length_m**4

    best_size(FIBA, shorter_is_better)
    assert min(court.length_m for court in tried) >= 20
    assert min(court.width_m for court in tried) >= 11
