"""The limit between one person and two, read off pairs whose answer is known."""

import numpy as np
import pytest

from pipeline.understand.features.distance_scale import USUAL_LIMIT, distance_limit


def pairs(count: int, far: float) -> tuple[np.ndarray, np.ndarray]:
    return np.full((count, count), far), ~np.eye(count, dtype=bool)


@pytest.mark.parametrize("scale", [0.2, 1.0, 1.8])
def test_the_limit_follows_the_scale_of_the_encoder(scale: float) -> None:
    limit = distance_limit(np.full(30, 0.1 * scale), *pairs(30, 0.9 * scale))
    assert limit == pytest.approx(0.7 * scale)


def test_a_few_impure_tracklets_and_people_boxed_twice_do_not_move_it() -> None:
    same, (distance, different) = np.full(30, 0.1), pairs(30, 0.9)
    clean = distance_limit(same, distance, different)
    same[:4] = 1.2
    distance[0], distance[:, 0] = 0.05, 0.05
    assert distance_limit(same, distance, different) == pytest.approx(clean)


def test_too_few_pairs_or_no_embeddings_give_the_usual_limit() -> None:
    distance, different = pairs(30, 0.9)
    assert distance_limit(np.full(3, 0.1), distance, different) == USUAL_LIMIT
    assert distance_limit(np.full(30, 0.1), distance, np.zeros_like(different)) == USUAL_LIMIT
    assert distance_limit(np.full(30, np.nan), np.full_like(distance, np.nan), different) == USUAL_LIMIT


def test_mixed_tracklets_say_nothing() -> None:
    distance = np.full((20, 20), 0.1)

    assert distance_limit(np.full(20, 0.2), distance, ~np.eye(20, dtype=bool)) == USUAL_LIMIT
