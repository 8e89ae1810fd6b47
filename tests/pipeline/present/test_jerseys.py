"""Jersey colours: what a team wears, not the mean of stripes, skin and floor; what both teams have cancels out."""

import cv2
import numpy as np
import pandas as pd
import pytest

from pipeline.present.crops import Crop
from pipeline.present.jerseys import jersey_colors, with_jersey_colors
from pipeline.present.palette import Color, team_colors, to_lab

SKIN, FLOOR = (70, 100, 150), (120, 170, 210)  # BGR
PLAYERS = pd.DataFrame(
    {"player_id": [1, 2, 3], "role": ["player", "player", "referee"], "team": ["A", "B", None], "color": "#6d6a7e"}
)


def picture(stripes: list[tuple[int, int, int]], seed: int) -> Crop:
    """A person whose torso has stripes of these colours (BGR), with arms of skin, before a floor, more or less in the shade."""
    rng = np.random.default_rng(seed)
    image = np.full((200, 90, 3), FLOOR, np.float64)
    image[30:110, 24:66] = SKIN
    for k, color in enumerate(stripes):
        width = 28 // len(stripes)
        image[36:110, 31 + k * width : 31 + (k + 1) * width] = color
    image = image * rng.uniform(0.75, 1.05) + rng.normal(0, 4, image.shape)
    return Crop(seed, cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8))[1].tobytes())


def found(first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]) -> dict[str, str]:
    crops = {1: [picture(first, k) for k in range(8)], 2: [picture(second, 50 + k) for k in range(8)]}
    return jersey_colors(crops, PLAYERS)


def is_near(color: str, bgr: tuple[int, int, int], most: float = 20.0) -> bool:
    return bool(np.linalg.norm(to_lab(Color.parse(color)) - to_lab(Color(*bgr[::-1]))) < most)


def test_a_striped_jersey_is_one_of_its_colours_not_their_mean() -> None:
    blue, white, red = (230, 160, 90), (240, 240, 240), (40, 20, 170)
    colors = found([blue, white, blue], [red, red])
    assert is_near(colors["A"], blue)
    assert is_near(colors["B"], red)


def test_white_is_drawn_white_and_black_black() -> None:
    colors = found([(235, 238, 240)], [(30, 28, 26)])
    drawn = team_colors(with_jersey_colors(PLAYERS, colors))
    assert drawn["A"].luminance > 0.85
    assert drawn["B"].luminance < 0.05


def test_what_cannot_be_told_is_left_out() -> None:
    assert jersey_colors({}, PLAYERS) == {}
    assert jersey_colors({1: [picture([(40, 20, 170)], k) for k in range(8)]}, PLAYERS) == {}
    same = [picture([SKIN], k) for k in range(8)]
    assert jersey_colors({1: same, 2: same}, PLAYERS) == {}


@pytest.mark.parametrize("stored", [{"A": "red"}, {"A": 7}, {}, [], "x", None])
def test_colours_from_a_strangers_folder_are_checked(stored: object) -> None:
    assert with_jersey_colors(PLAYERS, stored)["color"].tolist() == ["#6d6a7e"] * 3
    assert with_jersey_colors(PLAYERS, {"A": "#102030"})["color"].tolist() == ["#102030", "#6d6a7e", "#6d6a7e"]
