"""Camera motion and cuts on pictures whose motion is known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import ShotSettings
from pipeline.perceive import motion

SETTINGS = ShotSettings()
NOBODY = np.zeros((0, 4), dtype=np.float32)


def hall(seed: int, size: tuple[int, int] = (1400, 800)) -> NDArray[np.uint8]:
    """A picture (h, w, 3) with blobs of many sizes, in the colours of one hall."""
    rng = np.random.default_rng(seed)
    image = np.full((size[1], size[0], 3), (120, 160, 190), dtype=np.uint8)
    for _ in range(500):
        centre = tuple(int(v) for v in rng.uniform([0, 0], size))
        color = tuple(int(v) for v in rng.uniform(0, 255, 3))
        cv2.circle(image, centre, int(rng.uniform(3, 25)), color, -1, cv2.LINE_AA)
    return image


def seen(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """What a 960 x 540 camera sees after the homography."""
    return np.asarray(cv2.warpPerspective(image, matrix, (960, 540), flags=cv2.INTER_AREA), dtype=np.uint8)


def pan(dx: float, dy: float = 0.0, zoom: float = 1.0) -> NDArray[np.float64]:
    return np.array([[zoom, 0, dx], [0, zoom, dy], [0, 0, 1.0]])


@pytest.mark.parametrize("step", [pan(-7.3), pan(12, 3), pan(-2, 1, 1.01), pan(0.4)])
def test_recovers_the_motion_of_the_camera(step: NDArray[np.float64]) -> None:
    start = pan(-150, -100)
    image = hall(1)
    views = [motion.view(seen(image, m), SETTINGS) for m in (start, step @ start)]

    found = motion.compare(*views, NOBODY, SETTINGS)

    assert not found.cut
    assert found.matrix is not None
    corners = np.array([[0, 0, 1], [960, 0, 1], [960, 540, 1], [0, 540, 1]], dtype=np.float64).T
    there, wanted = found.matrix @ corners, step @ corners
    assert np.abs(there[:2] / there[2] - wanted[:2] / wanted[2]).max() < 0.6


def test_a_camera_that_stands_still_moves_by_exactly_nothing() -> None:
    image = seen(hall(2), pan(-100, -100))
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)

    found = motion.compare(motion.view(image, SETTINGS), motion.view(noisy, SETTINGS), NOBODY, SETTINGS)

    assert found.matrix is not None
    assert (found.matrix == np.eye(3)).all()


def test_people_who_run_do_not_move_the_camera() -> None:
    image = seen(hall(3), pan(-100, -100))
    runner = hall(4)[:300, :200]
    frames = [image.copy(), image.copy()]
    frames[0][100:400, 300:500], frames[1][100:400, 320:520] = runner, runner

    people = np.array([[300, 100, 500, 400]], dtype=np.float32)
    found = motion.compare(*(motion.view(f, SETTINGS) for f in frames), people, SETTINGS)

    assert found.matrix is not None
    assert np.abs(found.matrix - np.eye(3)).max() < 0.05


def test_a_cut_in_the_same_hall_is_a_cut() -> None:
    image = hall(5, (3000, 1000))
    views = [motion.view(seen(image, pan(dx, -100)), SETTINGS) for dx in (0, -1800)]

    assert motion.compare(*views, NOBODY, SETTINGS) == motion.Motion(None, cut=True)


def test_a_camera_flash_is_no_cut() -> None:
    image = seen(hall(6), pan(-100, -100))
    flash = np.clip(image.astype(np.int16) * 2 + 40, 0, 255).astype(np.uint8)

    assert not motion.compare(motion.view(image, SETTINGS), motion.view(flash, SETTINGS), NOBODY, SETTINGS).cut


def test_an_empty_picture_has_no_motion_and_no_cut() -> None:
    blank = motion.view(np.zeros((540, 960, 3), dtype=np.uint8), SETTINGS)

    assert motion.compare(blank, blank, NOBODY, SETTINGS) == motion.Motion(None, cut=False)


def test_cuts_of_a_broadcast(real_data) -> None:  # type: ignore[no-untyped-def]
    capture = cv2.VideoCapture(str(real_data / "videos" / "nba_dal_lac_360p30_cuts.mp4"))
    cuts, last = [], None
    for frame in range(420):
        view = motion.view(capture.read()[1], SETTINGS)
        if last is not None and motion.compare(last, view, NOBODY, SETTINGS).cut:
            cuts.append(frame)
        last = view

    assert cuts == [296, 399]
