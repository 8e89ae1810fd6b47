"""Presence rows and numbers as text."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.present.formats import clock, measure, percent
from pipeline.present.results import Results
from pipeline.present.timeline import COLUMNS, bars, presence, ticks


def test_always_in_view_is_one_bar(make_results: Callable[..., Results]) -> None:
    results = make_results()
    rows = presence(results.frames, results.detections, results.tracks, results.identities)
    assert sorted(rows) == results.players["player_id"].tolist()
    only = bars(rows[1])
    assert len(only) == 1
    assert (only[0].begin, only[0].end) == (0.0, 1.0)
    assert only[0].confidence == pytest.approx(0.8, abs=0.21)


def test_out_of_view_is_a_gap(make_results: Callable[..., Results]) -> None:
    results = make_results()
    away = results.tracks["track_id"].eq(3) & results.tracks["detection_id"].between(13 * 8, 13 * 16 - 1)
    rows = presence(results.frames, results.detections, results.tracks[~away], results.identities)
    first, second = bars(rows[3])
    assert first.end == pytest.approx(8 / 23, abs=2 / COLUMNS)
    assert second.begin == pytest.approx(16 / 23, abs=2 / COLUMNS)


def test_nobody_has_no_rows(make_results: Callable[..., Results]) -> None:
    results = make_results(players=0)
    assert presence(results.frames, results.detections, results.tracks, results.identities) == {}
    assert bars(np.full(10, np.nan)) == []


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
