"""Weak labels of real footage: the number that a named person wears, cut where his number box is."""

from pathlib import Path

import numpy as np

from models.numbers.footage import read_footage
from models.numbers.render import NO_TEXT
from models.numbers.texts import TEXTS

PEOPLE = Path(__file__).parents[3] / "configs" / "reid" / "bpd3_people.csv"


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
