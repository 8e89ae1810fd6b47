"""Courts as drawings: lines at the right pixels, y downwards."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from pipeline.geometry.court import COURTS, Court, backboards, markings, small_markings
from pipeline.present.drawing.court import NIGHT, PAPER, draw_picture
from pipeline.present.heat_maps.court_figure import court_figure, draw_lines
from pipeline.present.palette import Color

EVERY_COURT = pytest.mark.parametrize("court", list(COURTS.values()), ids=list(COURTS))


@EVERY_COURT
def test_every_marking_is_painted_where_it_belongs(court: Court) -> None:
    drawn = draw_picture(court, width_px=1500, margin_m=1.0)
    floor = np.array(Color.parse(NIGHT.floor).bgr, float)
    line = np.array(Color.parse(NIGHT.line).bgr, float)
    for polyline in markings(court) + small_markings(court):
        middle = (polyline[:-1] + polyline[1:]) / 2
        x, y = np.floor(drawn.to_px(middle)).astype(int).T
        painted = (drawn.image[y, x].astype(float) - floor) @ (line - floor) / ((line - floor) @ (line - floor))
        assert painted.min() > 0.6, court.name


@EVERY_COURT
def test_between_the_lines_is_bare_floor(court: Court) -> None:
    drawn = draw_picture(court, width_px=1500, margin_m=1.0)
    bare = np.array([[-0.5, -0.5], [court.length_m / 2 - 3, 1.0], [court.length_m / 2 + 3, court.width_m - 1.0]])
    x, y = np.floor(drawn.to_px(bare)).astype(int).T
    assert (drawn.image[y, x] == Color.parse(NIGHT.floor).bgr).all()


def test_lines_are_as_wide_as_painted() -> None:
    drawn = draw_picture(COURTS["fiba"], width_px=3000, margin_m=1.0)
    row = drawn.image[int(drawn.to_px(np.array([[0.0, 2.0]]))[0, 1])].astype(float).sum(axis=1)
    floor, line = (sum(Color.parse(c).bgr) for c in (NIGHT.floor, NIGHT.line))
    left = slice(0, int(2.0 * drawn.metre_px))
    width_px = ((row[left] - floor) / (line - floor)).sum()
    assert width_px == pytest.approx(0.05 * drawn.metre_px, abs=0.6)


def test_small_pictures_keep_a_visible_line() -> None:
    drawn = draw_picture(COURTS["nba"], width_px=200, margin_m=1.5, min_px=1.0)
    y = int(drawn.to_px(np.array([[0.0, 2.0]]))[0, 1])
    x = int(drawn.to_px(np.array([[COURTS["nba"].length_m / 2, 0.0]]))[0, 0])
    assert drawn.image[y, x - 1 : x + 2].max() > 110


@EVERY_COURT
def test_figure_looks_from_the_camera_side(court: Court) -> None:
    _, axes = court_figure(court, 700, margin_m=1.5)
    bottom, top = axes.get_ylim()
    assert bottom == pytest.approx(court.width_m + 1.5)
    assert top == pytest.approx(-1.5)


def test_figure_has_the_same_scale_along_and_across() -> None:
    figure, axes = court_figure(COURTS["fiba"], 1400, margin_m=2.0, head_px=90, foot_px=50)
    origin, along, across = axes.transData.transform([[0, 0], [10, 0], [0, 10]])
    assert along[0] - origin[0] == pytest.approx(origin[1] - across[1], rel=0.005)
    assert figure.get_size_inches()[1] * 100 == pytest.approx(1400 * 19 / 32 + 140, abs=1)


def test_figure_lines_are_true_to_scale_on_large_pictures() -> None:
    _, axes = court_figure(COURTS["fiba"], 3000, margin_m=1.0)
    draw_lines(axes, COURTS["fiba"])
    lines = next(c for c in axes.collections if isinstance(c, LineCollection))
    assert lines.get_linewidth()[0] * 100 / 72 == pytest.approx(0.05 * 3000 / 30)
    assert len(lines.get_segments()) == len(markings(COURTS["fiba"]) + small_markings(COURTS["fiba"]))


def test_figure_draws_the_halfway_line_in_the_middle() -> None:
    figure, axes = court_figure(COURTS["fiba"], 600, margin_m=1.0)
    draw_lines(axes, COURTS["fiba"], min_px=2)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    pixels = np.asarray(Image.open(stream).convert("L"), float)
    assert pixels[60, 299:301].min() < 120
    assert pixels[60, 280] > 220
    assert Color.parse(PAPER.floor).luminance > 0.8


def test_backboards_face_the_court_at_their_rule_distance() -> None:
    left, right = backboards(COURTS["fiba"])
    assert left[:, 0].tolist() == [1.2, 1.2]
    assert right[:, 0].tolist() == [26.8, 26.8]
    assert abs(left[1, 1] - left[0, 1]) == pytest.approx(1.8)
