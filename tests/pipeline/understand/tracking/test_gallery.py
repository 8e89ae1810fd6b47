"""What tracklets look like: nearest sample, median kit, what is forgotten, and what a distance means."""

import numpy as np
import pytest

from pipeline.understand.features.embeddings import unit, with_jersey_colour
from pipeline.understand.tracking.gallery import Difference, Looks

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
    vectors = with_jersey_colour(np.eye(4), UNKNOWN)
    looks, places = looks_of(3, vectors[:1], vectors[1:2])
    assert looks.distances(places, vectors)[0].round(3).tolist() == [[0, 1, 1, 1], [1, 0, 1, 1]]


def test_only_the_newest_samples_are_kept() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(2, vectors[:3])
    assert looks.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 0, 0]]


def test_of_a_hidden_tracklet_old_looks_are_forgotten() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(3, vectors[:3])
    looks.hold(places)
    assert looks.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 0, 0]]
    looks.hold(places)
    assert looks.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 1, 0]]


def test_a_place_is_given_to_another_without_a_trace() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    looks, places = looks_of(3, vectors[:3])
    looks.close(int(places[0]))
    assert looks.open() == places[0]
    assert np.isnan(looks.distances(places, vectors)).all()
    looks.add(places, vectors[3:])
    assert looks.distances(places, vectors)[0].round(3).tolist() == [[1, 1, 1, 0]]


def test_a_box_without_embedding_is_no_sample_and_has_no_distance() -> None:
    vectors = with_jersey_colour(np.array([[1.0, 0], [0, 0], [0, 1]]), np.zeros((3, 3)))
    looks, places = looks_of(3, vectors[:2])
    distance, _ = looks.distances(places, vectors)
    assert distance[0, [0, 2]].round(3).tolist() == [0, 1]
    assert np.isnan(distance[0, 1])


@pytest.mark.parametrize("filled", [1, 2, 3, 4, 7])
def test_the_kit_is_the_median_of_the_samples_kept(filled: int) -> None:
    kits = np.random.default_rng(filled).normal(50, 20, (filled, 3))
    vectors = with_jersey_colour(np.ones((filled, 2)), kits)
    looks, places = looks_of(4, vectors)
    at_median = with_jersey_colour(np.ones((1, 2)), np.median(kits[-4:], axis=0)[None])
    assert looks.distances(places, at_median)[1][0, 0] == pytest.approx(0, abs=1e-6)


def test_more_tracklets_than_places() -> None:
    vectors = with_jersey_colour(np.eye(40), np.zeros((40, 3)))
    looks, places = looks_of(2, *(vector[None] for vector in vectors))
    assert np.allclose(np.diag(looks.distances(places, vectors)[0]), 0, atol=1e-6)


@pytest.mark.parametrize("stretch", [1.0, 0.4])
def test_a_distance_means_the_same_with_an_encoder_that_spreads_people_less(stretch: float) -> None:
    rng = np.random.default_rng(0)
    people = unit(rng.normal(size=(20, 6, 16)).astype(np.float32).reshape(-1, 16)).reshape(20, 6, 16)
    one, other = people[0, 0], people[0, 1]
    usual = Difference.measured(people)

    def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.array([[1 - a @ b]])

    narrow = Difference(stretch * usual.mean, stretch * usual.spread)
    unknown = np.full((1, 1), np.nan)
    for pair in ((one, one), (one, other)):
        given = distance(*pair)
        np.testing.assert_allclose(
            usual.log_ratio(given, unknown), narrow.log_ratio(stretch * given, unknown), rtol=1e-5, atol=1e-6
        )


def test_the_same_look_speaks_for_one_person_another_for_two_and_none_for_neither() -> None:
    looks = np.array([[0.05, 0.9, np.nan]])
    kits = np.array([[0.1, 0.9, np.nan]])
    for_one, for_two, neither = Difference().log_ratio(looks, kits)[0]
    assert for_one > 0 > for_two
    assert neither == 0
    assert Difference().log_ratio(looks[:, :1] + 0.3, kits[:, 1:2])[0, 0] < for_one - 1


def test_too_few_people_are_not_measured() -> None:
    assert Difference.measured([np.eye(3, dtype=np.float32)]) == Difference()
    assert Difference.measured([]) == Difference()
