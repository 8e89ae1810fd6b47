"""Graphics over pictures whose camera is known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.perceive.graphics import NO_GRAPHICS, Graphics, find_graphics
from tests.pipeline.perceive.test_motion import hall, pan, seen

Image = NDArray[np.uint8]
BAR = (60, 430, 840, 80)
"""x, y, width, height."""


def with_bar(image: Image, clock: int) -> Image:
    """Lay a score bar with a running clock over a picture."""
    x, y, width, height = BAR
    image = image.copy()
    cv2.rectangle(image, (x, y), (x + width, y + height), (60, 20, 20), -1)
    cv2.rectangle(image, (x, y), (x + width, y + height), (250, 250, 250), 3)
    for k, text in enumerate(("HOME 57", "AWAY 49", f"4th {clock // 60}:{clock % 60:02}")):
        cv2.putText(image, text, (x + 20 + 290 * k, y + 55), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255, 255, 255), 3)
    return image


def panned(count: int, step_px: float = 17.0) -> list[Image]:
    """A camera that turns over a hall."""
    image = hall(7)
    return [seen(image, pan(-20 - step_px * k, -100)) for k in range(count)]


def test_finds_a_score_bar_whose_clock_runs_while_the_camera_moves() -> None:
    found = find_graphics([with_bar(image, 600 - 20 * k) for k, image in enumerate(panned(16))])

    truth = np.zeros((540, 960), dtype=bool)
    truth[BAR[1] : BAR[1] + BAR[3], BAR[0] : BAR[0] + BAR[2]] = True
    mask = found.at(960, 540)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8
    assert len(found.boxes((960, 540))) == 1
    assert found.boxes((960, 540))[0] == pytest.approx(BAR, abs=14)


def test_a_bar_that_is_hidden_a_fifth_of_the_time_is_found() -> None:
    pictures = [image if k % 5 == 0 else with_bar(image, 600 - k) for k, image in enumerate(panned(20))]

    assert find_graphics(pictures).at(960, 540)[470, 480]


@pytest.mark.parametrize("step_px", [0.0, 2.0, 17.0, 40.0])
def test_a_hall_has_no_graphics_however_the_camera_moves(step_px: float) -> None:
    lines = panned(16, step_px)
    for image in lines:
        cv2.line(image, (0, 300), (960, 300), (255, 255, 255), 4)  # level lines stay where they are in a pan

    assert not find_graphics(lines).mask.any()


def test_nothing_is_said_where_the_camera_stands() -> None:
    assert not find_graphics([with_bar(panned(1)[0], 600 - k) for k in range(16)]).mask.any()


def test_few_pictures_say_nothing_and_sizes_must_agree() -> None:
    assert find_graphics(panned(1)) is NO_GRAPHICS
    with pytest.raises(InputError, match="different sizes"):
        find_graphics([panned(1)[0], panned(1)[0][:100]])


def test_boxes_and_points_are_measured_against_the_mask() -> None:
    mask = np.zeros((90, 160), dtype=bool)
    mask[60:, :] = True
    graphics = Graphics(mask)

    cover = graphics.cover(np.array([[0, 0, 100, 300], [100, 440, 200, 520], [100, 500, 200, 720]]), (1280, 720))

    assert cover == pytest.approx([0.0, 0.5, 1.0], abs=0.03)
    assert graphics.hold(np.array([[10.0, 470.0], [10.0, 490.0], [1280.0, 720.0]]), (1280, 720)).tolist() == [
        False,
        True,
        True,
    ]
    assert graphics.boxes((1280, 720)) == [(0, 480, 1280, 240)]
    assert NO_GRAPHICS.cover(np.array([[0.0, 0, 9, 9]]), (1280, 720)).tolist() == [0.0]
