"""What is drawn on frames: sprites, trails, the mini-map and the overlay."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS
from pipeline.present.annotated_video.canvas import bgr_of, planes_of, yuv_of
from pipeline.present.annotated_video.minimap import MiniMap
from pipeline.present.annotated_video.overlay import NOT_COUNTED, LabelStyle, Legend, Overlay, header
from pipeline.present.annotated_video.scenes import Scene
from pipeline.present.annotated_video.sprites import dot, foot_ring, pill, rounded, stack, triangle
from pipeline.present.annotated_video.trails import Trails, draw_trails
from pipeline.present.drawing.text import text_coverage
from pipeline.present.palette import Color
from pipeline.video import Planes

RED = Color(220, 40, 40)
BLUE = Color(40, 80, 220)
FAR = np.array([99.0])
MOVES = ((1, 0.8), (2, 3.0), (3, 0.1))
"""(player, metres per frame)."""


def plain(width: int = 320, height: int = 180, value: int = 100) -> Planes:
    return planes_of(np.full((height, width, 3), value, np.uint8))


def changed(planes: Planes, ground: int = 100) -> np.ndarray:
    """Where (h, w) a picture that was plain is drawn on."""
    return np.asarray(planes.luma != plain(2, 2, ground).luma[0, 0])


def scene(boxes: list[list[float]], ids: list[int], known: list[bool] | None = None, time_s: float = 0.0) -> Scene:
    return Scene(
        time_s=time_s,
        motion=np.eye(3),
        boxes_px=np.array(boxes, float).reshape(-1, 4),
        player_id=np.array(ids, np.int64),
        identified=np.array([True] * len(ids) if known is None else known, bool),
        unsure=np.zeros(len(ids), bool),
        ball_px=None,
    )


def overlay(width: int, height: int, label: str = "#23 Jokic", trail_s: float = 1.0) -> Overlay:
    return Overlay((width, height), 1.0, {7: LabelStyle(label, RED, False)}, [Legend("Team A", RED)], trail_s, None)


# --- sprites ----------------------------------------------------------------------------------------------------------


def test_an_opaque_sprite_shows_its_colour_and_a_clear_one_the_ground() -> None:
    coverage = np.zeros((4, 6), np.float32)
    coverage[:, 3:] = 1
    for left in (10, 11):
        planes = plain()
        stack([(coverage, RED, 1.0)]).lay(planes, left, 20)
        y, cb, cr = (round(value) for value in yuv_of(RED))
        assert (planes.luma[20:24, left + 3 : left + 6] == y).all()
        assert (planes.chroma[10:12, left // 2 + 2] == (cb, cr)).all()
        planes.luma[20:24, left + 3 : left + 6] = plain().luma[0, 0]
        assert not changed(planes).any()
        planes.chroma[10:12, (left + 3) // 2 : (left + 7) // 2] = 128
        assert (planes.chroma == 128).all()


def test_half_covered_is_halfway() -> None:
    planes = plain(value=0)
    stack([(np.full((2, 2), 0.5, np.float32), Color(200, 100, 50), 1.0)]).lay(planes, 0, 0)
    assert np.abs(bgr_of(planes)[0, 0].astype(int) - [25, 50, 100]).max() <= 2


def test_colours_survive_the_way_there_and_back() -> None:
    rng = np.random.default_rng(0)
    colors = np.repeat(np.repeat(rng.integers(0, 256, (20, 20, 3)), 2, axis=0), 2, axis=1).astype(np.uint8)
    assert np.abs(bgr_of(planes_of(colors)).astype(int) - colors).max() <= 3
    assert planes_of(np.zeros((5, 7, 3), np.uint8)).size_px == (8, 6)


@pytest.mark.parametrize("corner", [(-5, -5), (315, 175), (-100, 0), (0, 500), (318, -3)])
def test_sprites_are_cut_at_the_border(corner: tuple[int, int]) -> None:
    whole, part = plain(340, 200), plain(320, 180)
    sprite = pill("#23", RED, 14)
    sprite.lay(part, *corner)
    sprite.lay(whole, corner[0] + 10, corner[1] + 10)
    assert (part.luma == whole.luma[10:190, 10:330]).all()
    assert (part.chroma == whole.chroma[5:95, 5:165]).all()
    reaches = -sprite.width < corner[0] < 320 and -sprite.height < corner[1] < 180
    assert changed(part).any() == reaches


def test_text_of_other_scripts_is_set() -> None:
    assert text_coverage("Jokić Šćž", 20).max() == 1
    assert text_coverage("", 20).shape[1] >= 1


def test_a_wider_text_makes_a_wider_pill() -> None:
    assert pill("#23 Jokic", RED, 14).width > pill("#2", RED, 14).width + 30


def test_rings_are_as_wide_as_asked_and_flat() -> None:
    ring = foot_ring(30, RED, 3.0)
    covered = ring.clear[:, :, 0] < 0.5
    columns = np.flatnonzero(covered.any(axis=0))
    rows = np.flatnonzero(covered.any(axis=1))
    assert columns[-1] - columns[0] == pytest.approx(2 * 30 + 3, abs=4)
    assert rows[-1] - rows[0] == pytest.approx(2 * 0.35 * 30 + 3, abs=6)


def test_markers_are_centred() -> None:
    for sprite in (dot(5, RED), dot(5, RED, hollow=True), foot_ring(20, RED, 2.0, broken=True)):
        covered = 1 - sprite.clear[:, :, 0]
        x = (covered.sum(axis=0) * (np.arange(sprite.width) + 0.5)).sum() / covered.sum()
        assert x == pytest.approx(sprite.width / 2, abs=0.6)
    assert triangle(12, RED).height == 16


def test_rounded_corners_are_clear_and_the_middle_full() -> None:
    shape = rounded(40, 20, 8)
    assert shape[0, 0] == 0
    assert shape[10, 20] == 1


# --- trails -----------------------------------------------------------------------------------------------------------


def test_trails_move_with_the_camera_and_grow_old() -> None:
    trails = Trails(1.0)
    trails.add(0.0, np.array([1]), np.array([[10.0, 20.0]]), FAR)
    trails.move(np.array([[1, 0, 5], [0, 1, -2], [0, 0, 1.0]]))
    trails.add(0.3, np.array([1, 2]), np.array([[12.0, 20.0], [0.0, 0.0]]), np.array([99.0, 99.0]))
    assert trails.lines()[1].tolist() == [[15.0, 18.0], [12.0, 20.0]]
    trails.add(1.2, np.array([2]), np.array([[1.0, 1.0]]), FAR)
    assert trails.lines()[1].tolist() == [[12.0, 20.0]]


def test_trails_do_not_cross_an_absence() -> None:
    trails = Trails(2.0)
    for seconds in (0.0, 0.1, 0.8, 0.9):
        trails.add(seconds, np.array([1]), np.array([[100 * seconds, 0.0]]), FAR)
    assert trails.lines()[1][:, 0].tolist() == [80.0, 90.0]


def test_trails_do_not_jump_to_another_person() -> None:
    trails = Trails(2.0)
    for n, x in enumerate((0.0, 10.0, 200.0, 210.0)):
        trails.add(n / 30, np.array([1]), np.array([[x, 0.0]]), np.array([70.0]))
    assert trails.lines()[1][:, 0].tolist() == [200.0, 210.0]


def test_a_cut_forgets_the_trails() -> None:
    trails = Trails(1.0)
    trails.add(0.0, np.array([1]), np.array([[10.0, 20.0]]), FAR)
    trails.move(np.full((3, 3), np.nan))
    assert trails.lines() == {}


def test_trails_are_drawn_where_they_are() -> None:
    planes = plain()
    draw_trails(planes, [(np.array([[20.0, 50.0], [120.0, 50.0]]), RED)], 3, 0.5)
    drawn = changed(planes)
    assert drawn[49:51, 30:110].all()
    assert not drawn[:45].any()
    assert not drawn[55:].any()
    halfway = (np.array(yuv_of(RED)) + yuv_of(Color(100, 100, 100))) / 2
    assert [float(v) for v in (planes.luma[50, 100], planes.chroma[24, 50, 0])] == pytest.approx(halfway[:2], abs=8)
    before = planes.buffer.copy()
    draw_trails(planes, [(np.array([[20.0, 50.0]]), RED), (np.array([[-90.0, -50.0], [-80, -50]]), RED)], 3, 0.5)
    assert (planes.buffer == before).all()


# --- mini-map ---------------------------------------------------------------------------------------------------------


def positions(x_m: float, y_m: float, source: str = "seen") -> pd.DataFrame:
    rows = [(1, frame, frame / 10, x_m, y_m, 0.0, source) for frame in range(3)]
    return pd.DataFrame(rows, columns=["player_id", "frame", "time_s", "x_m", "y_m", "speed_mps", "source"])


def test_a_player_is_on_the_map_where_on_the_court() -> None:
    minimap = MiniMap(COURTS["fiba"], positions(21.0, 3.0), {1: RED}, 310, trail_s=1.0)
    empty = MiniMap(COURTS["fiba"], positions(21.0, 3.0).iloc[:0], {1: RED}, 310, trail_s=1.0)
    difference = minimap.picture(0.1).luma != empty.picture(0.1).luma
    y, x = np.nonzero(difference)
    assert ((x.mean() + 0.5) / 10 - 1.5, (y.mean() + 0.5) / 10 - 1.5) == pytest.approx((21.0, 3.0), abs=0.1)


def test_nobody_is_moved_onto_the_map_who_is_beyond_it() -> None:
    away = MiniMap(COURTS["fiba"], positions(40.0, 3.0), {1: RED}, 310, trail_s=1.0)
    empty = MiniMap(COURTS["fiba"], positions(40.0, 3.0).iloc[:0], {1: RED}, 310, trail_s=1.0)
    assert (away.picture(0.1).buffer == empty.picture(0.1).buffer).all()


def test_a_player_out_of_view_is_not_on_the_map() -> None:
    minimap = MiniMap(COURTS["fiba"], positions(21.0, 3.0), {1: RED}, 310, trail_s=1.0)
    empty = MiniMap(COURTS["fiba"], positions(21.0, 3.0).iloc[:0], {1: RED}, 310, trail_s=1.0)
    assert (minimap.picture(0.55).buffer == empty.picture(0.55).buffer).all()


def test_between_two_frames_a_player_is_on_the_line_between() -> None:
    rows = pd.DataFrame(
        [(who, k, k / 10, 10.0 + step * k, 3.0 + 9 * (who == 2), 0.0, "seen") for k in range(3) for who, step in MOVES],
        columns=["player_id", "frame", "time_s", "x_m", "y_m", "speed_mps", "source"],
    )
    rows = rows[(rows["player_id"] != 3) | (rows["frame"] != 1)]
    minimap = MiniMap(COURTS["fiba"], rows, {1: RED, 2: BLUE, 3: RED}, 310, trail_s=0.0)
    empty = MiniMap(COURTS["fiba"], rows.iloc[:0], {}, 310, trail_s=0.0)
    y, x = np.nonzero(minimap.picture(0.05).luma != empty.picture(0.05).luma)
    # 1 moved from 10.0 to 10.8 m; 2 from 10 to 13 m, which is no step; 3 was not located at 0.1 s
    assert ((x.mean() + 0.5) / 10 - 1.5, (y.mean() + 0.5) / 10 - 1.5) == pytest.approx((10.4, 3.0), abs=0.1)


# --- overlay ----------------------------------------------------------------------------------------------------------


def test_a_person_gets_ring_and_label_and_the_rest_stays() -> None:
    planes = plain(640, 360)
    overlay(640, 360).draw(planes, scene([[300, 100, 330, 200]], [7]), 0.0)
    drawn = changed(planes)
    assert drawn[195:225, 280:350].any()
    assert not drawn[60:180].any()
    assert not drawn[240:350].any()


def test_nobody_known_gets_a_ring_without_label() -> None:
    known, unknown = plain(640, 360), plain(640, 360)
    overlay(640, 360).draw(known, scene([[300, 100, 330, 200]], [7]), 0.0)
    overlay(640, 360).draw(unknown, scene([[300, 100, 330, 200]], [0], [False]), 0.0)
    below = np.s_[215:235, 270:360]
    assert changed(known)[below].any()
    assert not changed(unknown)[below].any()
    assert changed(unknown)[190:215, 270:360].any()


def test_who_is_too_doubtful_gets_a_question_mark() -> None:
    nobody, doubtful = plain(640, 360), plain(640, 360)
    standing = scene([[300, 100, 330, 200]], [0], [False])
    overlay(640, 360).draw(nobody, standing, 0.0)
    overlay(640, 360).draw(doubtful, replace(standing, unsure=np.array([True])), 0.0)
    differs = np.nonzero(nobody.luma != doubtful.luma)
    assert len(differs[0]) > 50
    assert differs[0].min() > 190


def test_the_time_line_shows_progress() -> None:
    planes = plain(200, 120)
    overlay(200, 120).draw(planes, scene([], []), 0.5)
    assert (planes.luma[-1, :100] != planes.luma[-1, 100:]).all()


def test_a_shot_that_does_not_count_is_marked_and_has_no_map() -> None:
    minimap = MiniMap(COURTS["fiba"], positions(14.0, 7.5), {1: RED}, 80, 0.0)
    drawn = []
    for kind in (None, "replay"):
        planes = plain()
        Overlay((320, 180), 1.0, {}, [], 0.0, minimap).draw(planes, replace(scene([], []), not_counted=kind), 0.0)
        drawn.append(planes)
    counted, replayed = drawn
    assert changed(counted)[10:40, 240:300].any()
    assert not changed(replayed)[10:40, 240:300].any()
    shown = bgr_of(replayed)[20:60, :120].astype(int)
    assert (np.abs(shown - NOT_COUNTED.bgr).sum(axis=2) < 40).sum() > 200


def test_header_names_the_teams_in_their_colours() -> None:
    sprite = header("1:23", [Legend("Team A", RED), Legend("Team B", BLUE)], 16)
    solid = sprite.premultiplied[(sprite.clear[:, :, 0] == 0)]
    for color in (RED, BLUE):
        assert (np.abs(solid - np.array(color.bgr)) < 2).all(axis=1).any()
