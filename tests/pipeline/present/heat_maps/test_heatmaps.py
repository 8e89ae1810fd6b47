"""Heat maps: shares of time in the right place, whatever the frame rate."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.geometry.court import COURTS
from pipeline.present.heat_maps.colors import FOOT_PX, HEAD_PX, color_stops, heat_rgba
from pipeline.present.heat_maps.figures import figure_bytes, heat_figure
from pipeline.present.heat_maps.heatmaps import CELL_M, HeatMap, heat_map
from pipeline.present.heat_maps.painting import HeatPainter

FIBA = COURTS["fiba"]


def at(points: list[tuple[float, float]], times: list[float] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Positions of one player on consecutive frames, and the frames."""
    numbers = np.arange(len(points))
    times_s = numbers / 10 if times is None else np.array(times)
    frames = pd.DataFrame({"frame": numbers, "time_s": times_s})
    xy = np.array(points, float).reshape(-1, 2)
    return pd.DataFrame({"frame": numbers, "x_m": xy[:, 0], "y_m": xy[:, 1]}), frames


def centre_of(heat: HeatMap) -> tuple[float, float]:
    rows, columns = np.indices(heat.density.shape)
    share = heat.density / heat.density.sum()
    x = heat.x0_m + CELL_M * (0.5 + (columns * share).sum())
    return float(x), float(heat.y0_m + CELL_M * (0.5 + (rows * share).sum()))


@pytest.mark.parametrize("sigma_m", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("point", [(14.0, 7.5), (0.0, 0.0), (28.0, 15.0), (-1.4, 16.4)])
def test_shares_sum_to_one_wherever_the_player_stood(point: tuple[float, float], sigma_m: float) -> None:
    heat = heat_map(*at([point] * 5), FIBA, sigma_m)
    assert heat is not None
    assert heat.density.sum() * CELL_M**2 == pytest.approx(1.0, abs=1e-9)
    assert centre_of(heat) == pytest.approx(point, abs=CELL_M)


def test_kernel_is_a_gaussian_in_metres() -> None:
    heat = heat_map(*at([(14.03, 7.52)] * 3), FIBA, 0.8)
    assert heat is not None
    assert heat.density.max() == pytest.approx(1 / (2 * np.pi * 0.8**2), rel=0.02)


def test_places_count_by_time_not_by_frame() -> None:
    positions, frames = at([(5, 5)] * 10 + [(20, 5)] * 5, [*np.arange(10) * 0.1, *(1.0 + np.arange(5) * 0.2)])
    heat = heat_map(positions, frames, FIBA, 0.5)
    assert heat is not None
    split = round((12.5 - heat.x0_m) / CELL_M)
    assert heat.density[:, :split].sum() * CELL_M**2 == pytest.approx(1.0 / 2.0, abs=0.03)


def test_a_hole_in_the_analysis_is_not_time_spent() -> None:
    positions, frames = at([(5, 5), (5, 5), (20, 5), (20, 5)], [0.0, 0.1, 60.0, 60.1])
    heat = heat_map(positions, frames, FIBA, 0.5)
    assert heat is not None
    assert heat.located_s == pytest.approx(0.4)  # a usual step for each


def test_no_position_no_map() -> None:
    positions, frames = at([(5, 5), (5, 5)])
    assert heat_map(positions.iloc[:0], frames, FIBA, 0.8) is None
    assert heat_map(positions.assign(x_m=np.nan), frames, FIBA, 0.8) is None


def test_pictures_show_the_heat_where_the_player_stood() -> None:
    heat = heat_map(*at([(21.0, 3.0)] * 5), FIBA, 0.8)
    assert heat is not None
    pictures = HeatPainter(FIBA).paint(heat, "#23 $x_1$ <b>", "Team A")
    with Image.open(io.BytesIO(pictures.report_jpeg)) as opened:
        floor = np.asarray(opened.convert("L"), float)
    y, x = np.unravel_index(floor[20:-20, 20:-20].argmin(), floor[20:-20, 20:-20].shape)
    metre_px = floor.shape[1] / (28 + 3.2)
    assert ((x + 20) / metre_px - 1.6, (y + 20) / metre_px - 1.6) == pytest.approx((21.0, 3.0), abs=0.6)
    assert pictures.peak_share_per_m2 == pytest.approx(heat.density.max())
    with Image.open(io.BytesIO(pictures.file_png)) as opened:
        assert opened.width == 1200


def test_the_painted_map_is_the_one_that_matplotlib_draws() -> None:
    """Two ways to one picture: every run's maps are painted, a map that is asked for is a figure."""
    seen = heat_map(*at([(21.0, 3.0)] * 3 + [(19.0, 9.0)] * 4), FIBA, 0.8, lambda place: place[:, 0] > 12)
    assert seen is not None
    painted, drawn = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
        for data in (
            HeatPainter(FIBA).paint(seen, "Team A", "5 players").file_png,
            figure_bytes(heat_figure(seen, FIBA, "Team A", "5 players"), "png"),
        )
    )
    assert painted.shape == drawn.shape
    floor = np.s_[HEAD_PX:-FOOT_PX]
    assert np.abs(painted[floor] - drawn[floor]).mean() < 2.5
    assert (np.abs(painted[floor] - drawn[floor]).max(axis=2) > 40).mean() < 0.02


def test_a_painted_title_is_cut_at_the_edge() -> None:
    heat = heat_map(*at([(21.0, 3.0)] * 5), FIBA, 0.8)
    assert heat is not None
    for title in ("", "A name that goes on and on " * 12):
        with Image.open(io.BytesIO(HeatPainter(FIBA).paint(heat, title, title).file_png)) as opened:
            assert opened.width == 1200


def test_colours_are_clear_at_zero_and_darken_evenly() -> None:
    assert heat_rgba()[0, 3] == 0
    light = [sum(int(stop[k : k + 2], 16) for k in (1, 3, 5)) for stop in color_stops()]
    assert light == sorted(light, reverse=True)
