"""The camera's path under graphics that sweep over the picture, flashes and cuts."""

import itertools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import ShotSettings
from pipeline.perceive import motion
from pipeline.perceive.camera_path import CameraPath, TimedView
from pipeline.perceive.motion import Motion
from tests.pipeline.perceive.test_motion import NOBODY, hall, pan, seen

Image = NDArray[np.uint8]
SETTINGS = ShotSettings()
STEP_PX = -3.0
"""The camera turns by so much from frame to frame."""


def panned(count: int, image: Image, start_px: float = -40.0) -> list[Image]:
    return [seen(image, pan(start_px + STEP_PX * k, -100)) for k in range(count)]


def card(width: int, height: int) -> Image:
    """A graphic with text."""
    image = np.full((height, width, 3), (130, 40, 25), dtype=np.uint8)
    for y in range(40, height, 46):
        cv2.putText(image, "PLAYER STATS 23 PTS 11 REB 7 AST " * 2, (9, y), 0, 1.0, (255, 255, 255), 2)
    return image


def laid(picture: Image, graphic: Image, x: int) -> Image:
    """Lay a graphic over the full height of a picture from x on."""
    picture = picture.copy()
    left, right = max(0, x), min(960, x + graphic.shape[1])
    if right > left:
        picture[:, left:right] = graphic[:, left - x : right - x]
    return picture


def path(pictures: list[Image], fps: float = 30.0) -> list[Motion]:
    """Measure the path of the camera through pictures."""
    views = [TimedView(k / fps, motion.view(picture, SETTINGS), NOBODY) for k, picture in enumerate(pictures)]
    measured = CameraPath(SETTINGS)
    measured.add(views[0], Motion(None, cut=False))
    for before, now in itertools.pairwise(views):
        measured.add(now, motion.compare(before.view, now.view, NOBODY, SETTINGS))
    return measured.finish()


def shifts_px(moved: list[Motion]) -> NDArray[np.float64]:
    """How the picture's middle moves (n - 1, 2), NaN where unknown."""
    middle = np.array([480.0, 270.0, 1.0])
    ends = [np.full(3, np.nan) if each.matrix is None else each.matrix @ middle for each in moved[1:]]
    return np.array([end[:2] / end[2] - middle[:2] for end in ends])


@pytest.mark.parametrize("frames", [12, 20, 40])
def test_a_wipe_does_not_move_the_camera(frames: int) -> None:
    wipe = card(1100, 540)
    pictures = panned(frames + 20, hall(1))
    for k in range(frames):
        pictures[10 + k] = laid(pictures[10 + k], wipe, int(-1100 + 2060 * (k + 0.5) / frames))

    moved = path(pictures)

    shift = shifts_px(moved)
    assert not any(each.cut for each in moved)
    assert np.nanmax(np.abs(shift - (STEP_PX, 0))) < 1.5
    assert np.isfinite(shift[-8:]).all(), "unknown for a while at most"
    if frames <= 20:
        assert shift[:, 0].sum() == pytest.approx(STEP_PX * len(shift), abs=6), "what the wipe hides is bridged"


def test_a_wipe_into_another_scene_is_a_cut() -> None:
    wipe = card(1100, 540)
    pictures = panned(25, hall(1)) + panned(35, 255 - hall(2), -200.0)
    for k in range(20):
        pictures[15 + k] = laid(pictures[15 + k], wipe, int(-1100 + 2060 * (k + 0.5) / 20))

    moved = path(pictures)

    cuts = [k for k, each in enumerate(moved) if each.cut]
    assert len(cuts) == 1
    assert 15 <= cuts[0] <= 36
    known = np.isfinite(shifts_px(moved)[:, 0])
    assert known[:13].all()
    assert known[36:].all()


def test_a_flash_is_bridged() -> None:
    pictures = panned(20, hall(3))
    pictures[10] = np.full_like(pictures[10], 255)

    moved = path(pictures)

    assert not any(each.cut for each in moved)
    assert shifts_px(moved) == pytest.approx(np.tile([STEP_PX, 0.0], (19, 1)), abs=0.7)


def test_a_cut_is_where_it_is() -> None:
    moved = path(panned(15, hall(4)) + panned(45, 255 - hall(5), -90.0))

    assert [k for k, each in enumerate(moved) if each.cut] == [15]
    known = np.isfinite(shifts_px(moved)[:, 0])
    assert np.flatnonzero(~known).tolist() == [14]


def test_an_unknown_end_stays_unknown() -> None:
    pictures = panned(10, hall(6))
    pictures += [np.full_like(pictures[0], 90)] * 5

    shift = shifts_px(path(pictures))

    assert np.isfinite(shift[:9]).all()
    assert np.isnan(shift[9:]).all()
