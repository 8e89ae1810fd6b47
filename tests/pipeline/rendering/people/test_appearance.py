"""Kits can be told from the floor and from each other, and nobody shares a number."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.rendering.people.appearance import cast_people, team_uniforms, without_numbers
from pipeline.rendering.scene.floor import draw_floor_style
from pipeline.rendering.simulation.cast import Cast


def lab(color):
    return cv2.cvtColor(np.array([[color]], dtype=np.float32) / 255, cv2.COLOR_BGR2Lab)[0, 0]


def test_kits_stand_out():
    """CIE76 distance of 15 and more from any wood, 30 and more between the teams."""
    woods = [lab(draw_floor_style(True, np.random.default_rng(seed)).wood) for seed in range(30)]
    for seed in range(100):
        uniforms = [lab(uniform.shirt) for uniform in team_uniforms(np.random.default_rng(seed))]
        assert min(np.linalg.norm(uniform - wood) for uniform in uniforms[:2] for wood in woods) > 15
        assert np.linalg.norm(uniforms[0] - uniforms[1]) > 30


def test_nobody_wears_the_colour_of_the_others():
    """A team once had white shirts with dark stripes and dark shorts, against a dark team: nobody could tell them apart."""
    for seed in range(100):
        uniforms = team_uniforms(np.random.default_rng(seed))[:2]
        for own, other in (uniforms, uniforms[::-1]):
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
    assert all(person.style.surname == person.name for person in people[:24])


def test_without_numbers_only_the_prints_go():
    people = cast_people(Cast(5, 2), np.random.default_rng(3))
    plain = without_numbers(people)
    assert all(who.number is None and who.style.number is None and who.style.surname is None for who in plain)
    back = [replace(bare, number=who.number, style=who.style) for who, bare in zip(people, plain, strict=True)]
    assert back == people
    assert [who.style.shoes for who in plain] == [who.style.shoes for who in people]
