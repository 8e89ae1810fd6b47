"""Presence rows and numbers as text."""

import re
from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.present.formats import clock, measure, percent
from pipeline.present.report.lanes import COLUMNS, WIDTH, boxes_of_people, lane, presence, ticks
from pipeline.present.results import Results


def rows_of(results: Results, tracks: pd.DataFrame | None = None) -> dict[Hashable, np.ndarray]:
    tracks = results.tracks if tracks is None else tracks
    return presence(results.frames, boxes_of_people(replace(results, tracks=tracks)))


def stretches(row: np.ndarray) -> list[tuple[float, float]]:
    """Read begin and end of the bars of a lane back from its paths, in shares of the time."""
    bars = re.findall(r"M([\d.]+) 2h([\d.]+)v12", "".join(lane(row).values()))
    return sorted((float(x) / WIDTH, (float(x) + float(width)) / WIDTH) for x, width in bars)


def test_always_in_view_is_one_bar(make_results: Callable[..., Results]) -> None:
    results = make_results()
    rows = rows_of(results)
    assert sorted(map(str, rows)) == sorted(map(str, results.players["player_id"]))
    assert stretches(rows[1]) == [(0.0, 1.0)]
    assert list(lane(rows[1])) == pytest.approx([0.8], abs=0.21)


def test_out_of_view_is_a_gap(make_results: Callable[..., Results]) -> None:
    results = make_results()
    away = results.tracks["track_id"].eq(3) & results.tracks["detection_id"].between(13 * 8, 13 * 16 - 1)
    (_, end), (begin, _) = stretches(rows_of(results, results.tracks[~away])[3])
    assert end == pytest.approx(8 / 23, abs=2 / COLUMNS)
    assert begin == pytest.approx(16 / 23, abs=2 / COLUMNS)


def test_doubt_is_a_lane_of_its_own() -> None:
    row = np.array([1.0, 1.0, 0.4, 1.0])
    assert list(lane(row)) == [0.4, 1.0]
    assert stretches(row) == [(0.0, 0.5), (0.5, 0.75), (0.75, 1.0)]


def test_nobody_has_no_rows(make_results: Callable[..., Results]) -> None:
    assert rows_of(make_results(players=0)) == {}
    assert lane(np.full(10, np.nan)) == {}


@pytest.mark.parametrize("span", [0.3, 2.0, 15.0, 61.0, 600.0, 2880.0, 9000.0])
def test_axes_have_a_few_round_ticks(span: float) -> None:
    found = ticks(3.7, 3.7 + span)
    assert 2 <= len(found) <= 10
    assert all(3.7 <= t <= 3.7 + span + 1e-6 for t in found)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599.7, "1:00:00"), (None, "–"), (float("nan"), "–")]
)
def test_clock(seconds: float | None, text: str) -> None:
    assert clock(seconds) == text


def test_almost_all_is_not_all() -> None:
    assert percent(0.99999) == "99 %"
    assert percent(1.0) == "100 %"
    assert percent(0.004) == "0 %"
    assert measure(1234567.0) == "1\u202f234\u202f567"
