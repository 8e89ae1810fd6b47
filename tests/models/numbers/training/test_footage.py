"""Weak labels of real footage: the number that a named person wears, cut where his number box is."""

from pathlib import Path

import numpy as np

from models.numbers.texts import TEXTS
from models.numbers.training.footage import Footage, exchange_halves, read_footage
from models.numbers.training.render import NO_TEXT, Examples

PEOPLE = Path(__file__).parents[4] / "configs" / "reid" / "bpd3_people.csv"


def test_numbers_of_named_people_are_found(real_data: Path) -> None:
    found = read_footage(
        real_data / "detection" / "basketball_player_detection_3",
        real_data / "reid" / "player_tracklets_bpd3.csv",
        PEOPLE,
        np.random.default_rng(0),
    )
    number = found.examples.text != NO_TEXT
    assert 2500 < number.sum() < 3500
    assert np.isfinite(found.height_px[number]).all()
    orlando = number & (found.game == "boston-celtics-orlando-magic-game-4")
    worn = {TEXTS[i] for i in np.unique(found.examples.text[orlando])}
    assert worn == {"0", "3", "5", "7", "8", "9", "10", "11", "14", "22", "34", "42"}
    assert 5 < float(np.median(found.height_px[number])) < 30


def test_halves_are_exchanged_within_a_kit() -> None:
    """Pictures are grey with the index of their number: the left half of one, the right half of another."""
    text = np.array([42, 15, 7, 23, NO_TEXT])
    shade = np.array([40, 80, 120, 160, 200], np.uint8)
    images = np.broadcast_to(shade[:, None, None, None], (5, 48, 48, 3)).copy()
    names = np.array(["g"] * 5)
    footage = Footage(Examples(images, text), names, names, np.array(["A", "A", "A", "B", ""]), np.ones(5))
    drawn = exchange_halves(footage, np.tile(np.arange(5), 40), 1.0, np.random.default_rng(0))
    for row, (picture, says) in enumerate(zip(drawn.images, drawn.text, strict=True)):
        own = row % 5
        left, right = int(picture[5, 5, 0]), int(picture[5, 43, 0])
        assert left == shade[own]
        if own in (2, 3, 4):
            assert (right, says) == (shade[own], text[own])
        else:
            assert says == 10 * (text[own] // 10) + text[list(shade).index(right)] % 10
    assert {42, 45, 15, 12} <= set(drawn.text.tolist())
    assert np.array_equal(footage.examples.images, images)
