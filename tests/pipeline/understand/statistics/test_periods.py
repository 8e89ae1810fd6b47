"""Periods and attacking directions of games in which it is known who attacks where."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config import StatsSettings, parse_settings
from pipeline.errors import SettingsError
from pipeline.geometry.court import COURTS
from pipeline.understand.statistics.periods import attack_side, find_periods
from pipeline.understand.statistics.play import read_play

COURT = COURTS["fiba"]
OFFENCE = np.array([[20.0, 7.5], [21.0, 2.0], [21.0, 13.0], [26.5, 1.0], [26.5, 14.0]])
"""Five attackers of the right basket; their defenders stand a metre nearer to it."""


def defenders(attackers_m):
    basket = np.array([COURT.length_m - COURT.basket_m, COURT.width_m / 2])
    way = basket - attackers_m
    return attackers_m + way / np.linalg.norm(way, axis=1, keepdims=True)


def scene(attacking, right):
    """Ten players per frame.

    Args:
        attacking: team that attacks in each frame, or None while everybody walks through the middle.
        right: whether it attacks the right basket.
    """
    rows = []
    for frame, (team, to_right) in enumerate(zip(attacking, right, strict=True)):
        for name in "AB":
            place = OFFENCE if name == team else defenders(OFFENCE)
            place = place if team is not None else np.column_stack([np.full(5, 14.0), np.arange(2, 12, 2)])
            place = place if to_right else [COURT.length_m, COURT.width_m] - place
            rows += [{"row": frame, "team": name, "x_m": x, "y_m": y} for x, y in place]
    return pd.DataFrame(rows)


def game(seconds, swap_s=None, step_s=1.0):
    """Teams attack in turns of 15 s; A attacks the right basket until they change sides."""
    time_s = np.arange(0, seconds, step_s)
    attacking = np.where(time_s // 15 % 2 == 0, "A", "B")
    a_right = np.ones(len(time_s), bool) if swap_s is None else time_s < swap_s
    return time_s, scene(attacking, (attacking == "A") == a_right)


def periods_of(time_s, located, **settings):
    play = read_play(time_s, located, COURT)
    return find_periods(time_s, np.full(len(time_s), np.median(np.diff(time_s))), play, StatsSettings(**settings))


def test_one_period_until_the_teams_change_sides():
    table = periods_of(*game(300))
    assert table[["period", "start_s", "end_s", "right_team"]].values.tolist() == [[1, 0.0, 300.0, "A"]]
    assert table["agreement"].tolist() == [1.0]


@pytest.mark.parametrize("swap_s", [90.0, 150.0, 210.0])
def test_a_change_of_sides_is_found(swap_s):
    table = periods_of(*game(300, swap_s))
    assert table["right_team"].tolist() == ["A", "B"]
    assert table["start_s"][1] == pytest.approx(swap_s, abs=1.0)
    assert table["end_s"][0] == table["start_s"][1]


def test_a_few_seconds_on_the_other_side_are_no_change():
    assert len(periods_of(*game(300, swap_s=280))) == 1


def test_periods_that_are_given_are_kept_and_have_a_direction_each():
    table = periods_of(*game(300, 150), periods=(10.0, 80.0, 150.0, 230.0, 900.0))
    assert table["period"].tolist() == [1, 2, 3, 4]
    assert table["right_team"].tolist() == ["A", "A", "B", "B"]
    assert table["end_s"].tolist() == [80.0, 150.0, 230.0, 300.0]


def test_who_attacks_is_missing_where_nobody_can_tell():
    time_s = np.arange(60.0)
    table = periods_of(time_s, scene([None] * 60, [True] * 60))
    assert table["right_team"].isna().all()
    assert table["agreement"].isna().all()


def test_a_game_without_positions_is_one_period_without_direction():
    table = periods_of(
        np.arange(20.0), scene([], []).reindex(columns=["row", "team", "x_m", "y_m"]).astype({"row": int})
    )
    assert table["right_team"].isna().tolist() == [True]


def test_the_play_is_in_the_half_of_the_players_and_stays_there_for_a_while():
    time_s = np.arange(20.0)
    team = ["A"] * 5 + [None] * 10 + ["B"] * 5
    side = read_play(time_s, scene(team, [True] * 10 + [False] * 10), COURT).side
    assert side.tolist() == [1] * 8 + [0] * 7 + [-1] * 5


def test_directions_hold_within_their_period_only():
    table = periods_of(*game(300, 150), periods=(30.0, 150.0))
    assert attack_side(np.array([0.0, 40.0, 200.0, 400.0]), table, "B").tolist() == [0, -1, 1, 0]


def test_periods_begin_one_after_another():
    with pytest.raises(SettingsError, match="one after another"):
        parse_settings({"stats": {"periods": [0, 600, 600]}})
