"""Kits can be told from the floor and from each other, and nobody shares a number."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.rendering.cast import Cast
from pipeline.rendering.floor import draw_floor_style
from pipeline.rendering.people import cast_people, team_kits, without_numbers


def lab(color):
    return cv2.cvtColor(np.array([[color]], dtype=np.float32) / 255, cv2.COLOR_BGR2Lab)[0, 0]


def test_kits_stand_out():
    """CIE76 distance of 15 and more from any wood, 30 and more between the teams."""
    woods = [lab(draw_floor_style(True, np.random.default_rng(seed)).wood) for seed in range(30)]
    for seed in range(100):
        kits = [lab(kit.shirt) for kit in team_kits(np.random.default_rng(seed))]
        assert min(np.linalg.norm(kit - wood) for kit in kits[:2] for wood in woods) > 15
        assert np.linalg.norm(kits[0] - kits[1]) > 30


def test_nobody_wears_the_colour_of_the_others():
    """A team once had white shirts with dark stripes and dark shorts, against a dark team: nobody could tell them apart."""
    for seed in range(100):
        kits = team_kits(np.random.default_rng(seed))[:2]
        for own, other in (kits, kits[::-1]):
            parts = [own.shorts, own.trim] if own.pattern == "stripes" else [own.shorts]
            for part in parts:
                assert np.linalg.norm(lab(part) - lab(other.shirt)) > 20


@pytest.mark.parametrize("seed", range(4))
def test_everybody_has_a_part_and_a_number(seed):
    people = cast_people(Cast(12, 3), np.random.default_rng(seed))
    assert [person.person_id for person in people] == list(range(1, 30))
    assert [person.role for person in people] == ["player"] * 24 + ["referee"] * 3 + ["coach"] * 2
    for team in "AB":
        numbers = [person.number for person in people if person.team == team and person.role == "player"]
        assert len(set(numbers)) == 12
    assert all(person.number is None for person in people[24:])
    assert all(person.look.surname == person.name for person in people[:24])


def test_without_numbers_only_the_prints_go():
    people = cast_people(Cast(5, 2), np.random.default_rng(3))
    plain = without_numbers(people)
    assert all(who.number is None and who.look.number is None and who.look.surname is None for who in plain)
    back = [replace(bare, number=who.number, look=who.look) for who, bare in zip(people, plain, strict=True)]
    assert back == people
    assert [who.look.shoes for who in plain] == [who.look.shoes for who in people]
