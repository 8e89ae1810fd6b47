"""From words on a scoreboard to clock and score, with what a reader gets wrong."""

import numpy as np
import pandas as pd
import pytest

from pipeline.tables import FRAMES, conform
from pipeline.understand.scoreboard import read_clock
from pipeline.understand.scoreboard.paths import clock_cost, consistent, score_cost
from pipeline.understand.scoreboard.places import Series

FPS = 10.0


def frames(seconds: float, cut_s: float = 1e9) -> pd.DataFrame:
    time_s = np.arange(round(seconds * FPS)) / FPS
    blank = {column.name: np.nan for column in FRAMES.columns}
    return conform(
        "frames",
        pd.DataFrame(
            {**blank, "frame": np.arange(len(time_s)), "time_s": time_s, "shot": (time_s >= cut_s).astype(int)}
        ),
    )


def words(seconds: float, shown, wrong=None) -> pd.DataFrame:
    """Read `shown(time_s)`, {place: text}, twice a second; `wrong` changes texts by (time, place)."""
    places = {"first": 100, "second": 200, "period": 300, "clock": 360, "shot": 450}
    rows = []
    for time_s in np.arange(0, seconds, 0.5):
        for word, (place, text) in enumerate(shown(time_s).items()):
            read = (wrong or {}).get((time_s, place), text)
            where = {"x_px": places[place], "y_px": 600, "width_px": 18 * len(read), "height_px": 30}
            rows.append({"frame": round(time_s * FPS), "word": word, **where, "text": read, "score": 0.9})
    return conform("scoreboard_texts", pd.DataFrame(rows))


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds >= 60 else f"{seconds:.1f}"


def playing(time_s: float) -> dict[str, str]:
    """Run down from 1:10.6; the ball goes in after 8 s."""
    left = 70.6 - time_s
    score = "13" if time_s < 8 else "15"
    return {
        "first": score,
        "second": "8",
        "period": "4TH",
        "clock": minutes(left),
        "shot": f":{max(0, int(18.9 - time_s)):02d}",
    }


def test_everything_is_read_and_misreads_are_left_out():
    wrong = {(3.0, "clock"): "9:07", (4.5, "first"): "73", (5.0, "period"): "TNT", (6.0, "clock"): "1:b4"}
    table = read_clock(words(20.0, playing, wrong), frames(20.0)).set_index("frame")
    assert len(table) == 200
    for time_s in (0.5, 3.0, 6.0, 9.9, 15.0):
        row = table.loc[round(time_s * FPS)]
        assert row["clock_s"] == pytest.approx(70.6 - time_s, abs=1.0)
        assert (row["period"], row["score_second"]) == (4, 8)
    assert table.loc[70, "score_first"] == 13
    assert table.loc[90, "score_first"] == 15
    assert table.loc[100, "shot_clock_s"] == pytest.approx(8.9, abs=1.0)
    assert table.loc[20:150, "running"].all()
    assert table.loc[30, "confidence"] < table.loc[150, "confidence"]


def test_a_score_that_is_misread_at_times_is_no_shot_clock():
    """A board without a shot clock: a digit that is wrong for a moment makes a score seem to fall by a point or so."""

    def shown(time_s):
        return {place: text for place, text in playing(time_s % 60).items() if place != "shot"}

    wrong = {(at_s, "second"): "9" for at_s in (5.0, 14.0, 22.5, 31.0, 44.0)}
    table = read_clock(words(60.0, shown, wrong), frames(60.0)).set_index("frame")
    assert table["shot_clock_s"].isna().all()
    assert (table["score_second"] == 8).all()
    assert table.loc[100, "score_first"] == 15


def test_a_clock_that_stands_is_not_running():
    def shown(time_s):
        return {"clock": minutes(300.4 - min(time_s, 10) - max(0, time_s - 20)), "first": "2", "second": "0"}

    table = read_clock(words(30.0, shown), frames(30.0)).set_index("frame")
    assert table.loc[20:80, "running"].all()
    assert not table.loc[125:175, "running"].any()
    assert table.loc[225:280, "running"].all()
    assert table.loc[150, "clock_s"] == 290


def test_a_new_period_begins_with_a_full_clock():
    def shown(time_s):
        clock = minutes(4.9 - time_s) if time_s < 5 else "0.0" if time_s < 12 else minutes(600.9 - (time_s - 12))
        return {"clock": clock, "period": "Q1" if time_s < 12 else "Q2", "first": "20", "second": "18"}

    table = read_clock(words(24.0, shown), frames(24.0)).set_index("frame")
    assert table.loc[200, "clock_s"] == pytest.approx(592.9, abs=1)
    assert (table.loc[40, "period"], table.loc[200, "period"]) == (1, 2)
    assert table.loc[40, "clock_s"] == pytest.approx(0.9, abs=0.5)


def test_a_hidden_clock_has_no_row():
    def shown(time_s):
        return {} if 8 <= time_s < 16 else playing(time_s)

    table = read_clock(words(24.0, shown), frames(24.0))
    inside = table["frame"].between(95, 145)
    assert not inside.any()
    assert table["frame"].between(0, 70).sum() == 71


@pytest.mark.parametrize("texts", [{}, {"first": "SPURS", "second": "12"}])
def test_without_a_clock_there_is_nothing(texts):
    table = words(10.0, lambda _: texts) if texts else pd.DataFrame()
    table = table if len(table) else words(10.0, playing).iloc[:0]
    assert read_clock(table, frames(10.0)).empty


def test_of_all_reads_the_heaviest_possible_chain_is_kept():
    values = [300, 299, 238, 298, 297, 596, 296.0, 295]
    series = Series(np.arange(8.0), np.array(values, float))
    assert consistent(series, clock_cost).tolist() == [True, True, False, True, True, False, True, True]
    points = Series(np.arange(7.0), np.array([10, 10, 70, 12, 12, 11, 12], float))
    assert consistent(points, score_cost).tolist() == [True, True, False, True, True, False, True]
