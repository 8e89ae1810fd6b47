"""Every camera sees the court, and no wall stands between."""

from itertools import islice
from typing import get_args

import numpy as np
import pytest

from pipeline.geometry.court import COURTS
from pipeline.rendering.camera.views import canvas_view, rig
from pipeline.rendering.game import Game
from pipeline.rendering.scene import hall
from pipeline.rendering.settings import STANDING, CameraName, RenderSettings

COURT = COURTS["fiba"]
SIZES = {"panorama": (1650, 224), "upright": (270, 480)}
WHOLE = ("fixed", "diagonal", "endline", "opposite", "roof", "panorama")
"""Cameras that see nearly the whole floor."""


def size_of(name: CameraName) -> tuple[int, int]:
    return SIZES.get(name, (480, 270))


@pytest.mark.parametrize("name", get_args(CameraName))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_floor_is_seen_and_nothing_stands_before_it(name, seed):
    size = size_of(name)
    settings = RenderSettings(camera=name, width_px=size[0], height_px=size[1], hall="gym")
    camera = rig(name, COURT, size, 0.0, np.random.default_rng(seed))
    canvas = canvas_view(camera, COURT)
    grid = np.array([[x, y, 0.0] for x in np.linspace(0.5, 27.5, 15) for y in np.linspace(0.5, 14.5, 8)])
    px, depth = canvas.project(grid)
    seen = (depth > 0.5) & (px >= 0).all(axis=1) & (px <= np.array(canvas.size)).all(axis=1)
    assert seen.mean() > (0.85 if name in WHOLE else 0.3)
    ground, *walls = hall._planes(canvas, COURT, False, settings, np.random.default_rng(seed))
    walls += hall._near_walls(canvas, COURT, False, np.random.default_rng(seed)) if name in hall._ALL_ROUND else []
    rays = (grid[seen] - canvas.position)[None].astype(np.float32)  # (1, k, 3), 1 at the floor
    assert hall._hit(rays, canvas.position, ground)[3].all()
    for wall in walls:
        reached, _, _, within = hall._hit(rays, canvas.position, wall)
        assert not (within & (reached < 0.99)).any()


@pytest.mark.parametrize("name", ["diagonal", "endline", "opposite", "low", "roof", "panorama", "upright"])
def test_people_stand_where_the_homography_says(name):
    size = size_of(name)
    settings = RenderSettings(
        camera=name, seconds=0.4, fps=10, start_s=6, width_px=size[0], height_px=size[1], crowd=0.1, many_lines=True
    )
    game = Game(settings)
    take, shot = next(islice(game.frames(), 2, 3))
    assert len(shot.people) >= 5
    assert game.coverage.camera.moves == (name not in STANDING)
    for person in shot.people:
        if person.visible < 0.95:
            continue
        (foot,), _ = take.view.project(np.array([[person.x_m, person.y_m, 0.0]]))
        x, y, width, height = person.box
        assert x - width < foot[0] < x + 2 * width
        assert y + 0.6 * height < foot[1] < y + 1.25 * height


def test_lines_of_many_sports_are_painted_in_their_colours():
    plain, many = (
        Game(RenderSettings(camera="roof", seconds=0.2, fps=10, width_px=480, height_px=270, crowd=0, many_lines=lines))
        for lines in (False, True)
    )
    before, after = (next(game.frames())[1].image.astype(int) for game in (plain, many))
    changed = np.abs(before - after).max(axis=2) > 25
    assert 0.01 < changed.mean() < 0.2
