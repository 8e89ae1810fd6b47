"""What tracklets look like: nearest sample, median kit, and what is forgotten."""

import numpy as np
import pytest

from pipeline.understand.appearance import Looks, with_kit

UNKNOWN = np.full((4, 3), np.nan)


def looks_of(budget: int, *samples: np.ndarray) -> tuple[Looks, np.ndarray]:
    """Give looks with one tracklet per array of samples (k, dim + 3)."""
    looks = Looks(budget, samples[0].shape[1] - 3)
    places = np.array([looks.open() for _ in samples])
    for place, vectors in zip(places, samples, strict=True):
        for vector in vectors:
            looks.add(np.array([place]), vector[None])
    return looks, places


def test_unknown_kits_leave_the_embedding_to_decide() -> None:
    vectors = with_kit(np.eye(4), UNKNOWN)
    looks, places = looks_of(3, vectors[:1], vectors[1:2])
    assert looks.distances(places, vectors).round(3).tolist() == [[0, 1, 1, 1], [1, 0, 1, 1]]


def test_only_the_newest_samples_are_kept() -> None:
    vectors = with_kit(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(2, vectors[:3])
    assert looks.distances(places, vectors[:3]).round(3).tolist() == [[0.7, 0, 0]]


def test_of_a_hidden_tracklet_old_looks_are_forgotten() -> None:
    vectors = with_kit(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(3, vectors[:3])
    looks.hold(places)
    assert looks.distances(places, vectors[:3]).round(3).tolist() == [[0.7, 0, 0]]
    looks.hold(places)
    assert looks.distances(places, vectors[:3]).round(3).tolist() == [[0.7, 0.7, 0]]


def test_a_place_is_given_to_another_without_a_trace() -> None:
    vectors = with_kit(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(3, vectors[:3])
    looks.close(int(places[0]))
    assert looks.open() == places[0]
    assert np.isnan(looks.distances(places, vectors)).all()
    looks.add(places, vectors[3:])
    assert looks.distances(places, vectors).round(3).tolist() == [[0.7, 0.7, 0.7, 0]]


def test_a_box_without_embedding_is_no_sample_and_has_no_distance() -> None:
    vectors = with_kit(np.array([[1.0, 0], [0, 0], [0, 1]]), np.zeros((3, 3)))
    looks, places = looks_of(3, vectors[:2])
    distance = looks.distances(places, vectors)
    assert distance[0, [0, 2]].round(3).tolist() == [0, 0.7]
    assert np.isnan(distance[0, 1])


@pytest.mark.parametrize("filled", [1, 2, 3, 4, 7])
def test_the_kit_is_the_median_of_the_samples_kept(filled: int) -> None:
    kits = np.random.default_rng(filled).normal(50, 20, (filled, 3))
    vectors = with_kit(np.ones((filled, 2)), kits)
    looks, places = looks_of(4, vectors)
    at_median = with_kit(np.ones((1, 2)), np.median(kits[-4:], axis=0)[None])
    assert looks.distances(places, at_median)[0, 0] == pytest.approx(0, abs=1e-6)


def test_more_tracklets_than_places() -> None:
    vectors = with_kit(np.eye(40), np.zeros((40, 3)))
    looks, places = looks_of(2, *(vector[None] for vector in vectors))
    assert np.allclose(np.diag(looks.distances(places, vectors)), 0, atol=1e-6)
