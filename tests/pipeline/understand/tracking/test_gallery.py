"""Appearance of tracklets: nearest sample, median jersey colour, what is forgotten, and what a distance means."""

import numpy as np
import pytest

from models.vectors import unit_or_nan
from pipeline.understand.features.embeddings import with_jersey_colour
from pipeline.understand.tracking.gallery import AppearanceScale, Gallery

UNKNOWN = np.full((4, 3), np.nan)


def gallery_of(budget: int, *samples: np.ndarray) -> tuple[Gallery, np.ndarray]:
    """Make a gallery with one tracklet per array of samples (k, dim + 3)."""
    gallery = Gallery(budget, samples[0].shape[1] - 3)
    places = np.array([gallery.open() for _ in samples])
    for place, vectors in zip(places, samples, strict=True):
        for vector in vectors:
            gallery.add(np.array([place]), vector[None])
    return gallery, places


def test_unknown_colours_leave_the_embedding_to_decide() -> None:
    vectors = with_jersey_colour(np.eye(4), UNKNOWN)
    gallery, places = gallery_of(3, vectors[:1], vectors[1:2])
    assert gallery.distances(places, vectors)[0].round(3).tolist() == [[0, 1, 1, 1], [1, 0, 1, 1]]


def test_only_the_newest_samples_are_kept() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    gallery, places = gallery_of(2, vectors[:3])
    assert gallery.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 0, 0]]


def test_the_old_appearance_of_a_hidden_tracklet_is_forgotten() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    gallery, places = gallery_of(3, vectors[:3])
    gallery.hold(places)
    assert gallery.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 0, 0]]
    gallery.hold(places)
    assert gallery.distances(places, vectors[:3])[0].round(3).tolist() == [[1, 1, 0]]


def test_a_place_is_given_to_another_without_a_trace() -> None:
    vectors = with_jersey_colour(np.eye(4), np.zeros((4, 3)))
    gallery, places = gallery_of(3, vectors[:3])
    gallery.close(int(places[0]))
    assert gallery.open() == places[0]
    assert np.isnan(gallery.distances(places, vectors)).all()
    gallery.add(places, vectors[3:])
    assert gallery.distances(places, vectors)[0].round(3).tolist() == [[1, 1, 1, 0]]


def test_a_box_without_embedding_is_no_sample_and_has_no_distance() -> None:
    vectors = with_jersey_colour(np.array([[1.0, 0], [0, 0], [0, 1]]), np.zeros((3, 3)))
    gallery, places = gallery_of(3, vectors[:2])
    distance, _ = gallery.distances(places, vectors)
    assert distance[0, [0, 2]].round(3).tolist() == [0, 1]
    assert np.isnan(distance[0, 1])


@pytest.mark.parametrize("filled", [1, 2, 3, 4, 7])
def test_the_colour_is_the_median_of_the_samples_kept(filled: int) -> None:
    colours = np.random.default_rng(filled).normal(50, 20, (filled, 3))
    vectors = with_jersey_colour(np.ones((filled, 2)), colours)
    gallery, places = gallery_of(4, vectors)
    at_median = with_jersey_colour(np.ones((1, 2)), np.median(colours[-4:], axis=0)[None])
    assert gallery.distances(places, at_median)[1][0, 0] == pytest.approx(0, abs=1e-6)


def test_more_tracklets_than_places() -> None:
    vectors = with_jersey_colour(np.eye(40), np.zeros((40, 3)))
    gallery, places = gallery_of(2, *(vector[None] for vector in vectors))
    assert np.allclose(np.diag(gallery.distances(places, vectors)[0]), 0, atol=1e-6)


@pytest.mark.parametrize("stretch", [1.0, 0.4])
def test_a_distance_means_the_same_with_an_encoder_that_spreads_people_less(stretch: float) -> None:
    rng = np.random.default_rng(0)
    people = unit_or_nan(rng.normal(size=(20, 6, 16)).astype(np.float32).reshape(-1, 16)).reshape(20, 6, 16)
    anna, berta = people[0, 0], people[0, 1]
    usual = AppearanceScale.measured(people)

    def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.array([[1 - a @ b]])

    narrow = AppearanceScale(stretch * usual.mean, stretch * usual.spread)
    unknown = np.full((1, 1), np.nan)
    for pair in ((anna, anna), (anna, berta)):
        given = distance(*pair)
        np.testing.assert_allclose(
            usual.log_ratio(given, unknown), narrow.log_ratio(stretch * given, unknown), rtol=1e-5, atol=1e-6
        )


def test_the_same_appearance_speaks_for_one_person_another_for_two_and_none_for_neither() -> None:
    distances = np.array([[0.05, 0.9, np.nan]])
    colours = np.array([[0.1, 0.9, np.nan]])
    for_one, for_two, neither = AppearanceScale().log_ratio(distances, colours)[0]
    assert for_one > 0 > for_two
    assert neither == 0
    assert AppearanceScale().log_ratio(distances[:, :1] + 0.3, colours[:, 1:2])[0, 0] < for_one - 1


def test_too_few_people_are_not_measured() -> None:
    assert AppearanceScale.measured([np.eye(3, dtype=np.float32)]) == AppearanceScale()
    assert AppearanceScale.measured([]) == AppearanceScale()


def test_a_box_without_embedding_does_not_keep_the_old_appearance() -> None:
    vectors = with_jersey_colour(np.array([[1.0, 0], [0, 1], [np.nan, np.nan]]), np.zeros((3, 3)))
    gallery, places = gallery_of(2, vectors)
    gallery.hold(places)
    assert gallery.distances(places, vectors[:2])[0].round(3).tolist() == [[1, 0]]


def test_a_place_given_to_another_holds_nothing_of_the_one_before() -> None:
    vectors = with_jersey_colour(np.eye(2), np.zeros((2, 3)))
    gallery, places = gallery_of(2, vectors[:1])
    gallery.close(int(places[0]))
    gallery.open()
    gallery.hold(places)
    assert np.isnan(gallery.distances(places, vectors)[0]).all()


def test_samples_of_unknown_colour_are_left_out_of_the_median() -> None:
    vectors = with_jersey_colour(np.ones((3, 2)), np.array([[10.0, 0, 0], [np.nan] * 3, [30.0, 0, 0]]))
    gallery, places = gallery_of(4, vectors)
    at_median = with_jersey_colour(np.ones((1, 2)), np.array([[20.0, 0, 0]]))
    assert gallery.distances(places, at_median)[1][0, 0] == pytest.approx(0, abs=1e-6)
