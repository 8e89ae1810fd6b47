"""Adaptation to a game: learns how tracklets of one person really differ, and is refused where it does not help."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config import IdentifySettings
from pipeline.understand.features.appearance_model import LEAST_NOISE, Looks, Seen
from pipeline.understand.identity import identify
from pipeline.understand.identity.adapt import Adaptation, relearned
from tests.pipeline.understand.identity.test_stage import Piece, scene


def drifting(people: int, each: int, seed: int) -> tuple[Seen, np.ndarray]:
    """Tracklets whose people differ along both axes, and that drift from turn to turn along the second."""
    rng = np.random.default_rng(seed)
    person = np.tile(np.arange(people), each)
    place = rng.normal(0, 10, (people, 2))[person] + rng.normal(0, [0.5, 15.0], (len(person), 2))
    looks = Looks(np.zeros(2), np.eye(2), np.array([100.0, 100.0]))
    return Seen(looks, place, np.full(len(person), 1 / LEAST_NOISE)), person


@pytest.mark.parametrize("seed", range(3))
def test_an_axis_along_which_people_drift_counts_less(seed: int) -> None:
    seen, person = drifting(people=12, each=30, seed=seed)
    learned = relearned(seen, person)
    assert learned is not None
    steady, drift = (np.linalg.norm(learned.project(np.eye(2)[axis : axis + 1])) for axis in range(2))
    assert steady > 3 * drift


def test_few_tracklets_teach_nothing() -> None:
    seen, person = drifting(people=3, each=4, seed=0)
    assert relearned(seen, person) is None
    assert relearned(seen, np.arange(len(person))) is None


def test_what_is_learned_is_which_way_people_drift_not_how_much() -> None:
    """People found among tracklets are likelier alike than people are: noise learned from them once tore players apart."""
    seen, person = drifting(people=12, each=30, seed=0)
    same = replace(seen, place=seen.place[:12][person])  # all tracklets of a person alike to the last
    learned = relearned(same, person)
    assert learned is not None
    assert abs(np.linalg.det(learned.basis)) == pytest.approx(1.0, rel=0.01)


def test_it_helps_only_where_there_is_something_to_gain() -> None:
    looks = Looks(np.zeros(2), np.eye(2), np.ones(2))
    assert Adaptation(looks, before=0.95, after=0.96).helps
    assert not Adaptation(looks, before=0.96, after=0.95).helps
    assert not Adaptation(looks, before=1.0, after=1.0).helps
    assert "was not adapted" in str(Adaptation(looks, before=0.96, after=0.95))


def test_what_came_of_it_is_said_and_changes_nothing_where_it_is_refused() -> None:
    made = scene([Piece(p, 0, 30) for p in range(4)] + [Piece(p, 40, 70) for p in range(4)])
    plain, asked = identify(*made, IdentifySettings()), identify(*made, IdentifySettings(adapt=True))
    assert plain.warnings == ()
    assert "not adapted" in asked.warnings[0]
    assert asked.identities.equals(plain.identities)
