"""Phases, spacing and matchups of a game put down by hand: five against five on straight ways."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from pipeline.geometry.court import COURTS
from pipeline.tables import ALL, check, conform
from pipeline.understand.tactics import TacticsInput, find_tactics
from pipeline.understand.tactics.guards import KEPT_S, WEIGHT, likeliest_pairs, pair_costs
from pipeline.understand.tactics.moments import MOMENT_S, LiveMoments
from pipeline.understand.tactics.spacing import mean_shape, shapes

COURT = COURTS["nba"]
RIGHT_M = np.array([COURT.length_m - COURT.basket_m, COURT.width_m / 2])
LEFT_M = np.array([COURT.basket_m, COURT.width_m / 2])
SET_M = np.array([[-9.0, 0.5], [-7.0, -5.0], [-7.0, 5.0], [-3.0, -6.5], [-2.0, 3.0]])
"""Where five attackers stand, from the right basket."""
STEP_S, RUN_S = 0.5, 4.0
A, B = (1, 2, 3, 4, 5), (6, 7, 8, 9, 10)


def attacks_of(time_s):
    """A sets up at the right basket for 20 s, then B at the left one, and so on, with 4 s on the way between."""
    k, rest = divmod(time_s, 20.0)
    to_right = k % 2 == 0
    share = min(1.0, rest / RUN_S)
    return to_right, share


def places(time_s, men):
    """Ten places (10, 2): attackers at their spots, defenders between their men and the basket; on the way from the other end."""
    to_right, share = attacks_of(time_s)
    at_right = RIGHT_M + SET_M
    at_left = LEFT_M - SET_M
    start, end, basket = (at_left, at_right, RIGHT_M) if to_right else (at_right, at_left, LEFT_M)
    if time_s < RUN_S:
        start = end
    attackers = start + share * (end - start)
    defenders = np.empty((5, 2))
    defenders[:] = (0.75 * attackers + 0.25 * basket)[men]
    return np.concatenate([attackers, defenders] if to_right else [defenders, attackers])


def own_men(_time_s):
    return np.arange(5)


def game(men_of=own_men, seconds=80.0, absent=()):
    rows = []
    for frame, time_s in enumerate(np.arange(0, seconds, STEP_S)):
        for player_id, (x, y) in zip((*A, *B), places(time_s, men_of(time_s)), strict=True):
            if not any(player_id == who and start <= time_s < end for who, start, end in absent):
                rows.append((player_id, frame, time_s, x, y))
    positions = pd.DataFrame(rows, columns=["player_id", "frame", "time_s", "x_m", "y_m"])
    everybody = pd.DataFrame({"player_id": [*A, *B], "team": ["A"] * 5 + ["B"] * 5, "role": "player"})
    unknown = dict.fromkeys(name for name in ALL["players"].names if name not in everybody)
    timed = {"start_s": 0.0, "end_s": seconds, "confidence": 1.0}
    stints = everybody.drop(columns="role").assign(
        seen_s=seconds, bridged_s=0.0, live_s=seconds, came_for=pd.NA, left_for=pd.NA, **timed
    )
    return TacticsInput(
        conform("players", everybody.assign(**unknown)),
        conform("positions", positions.assign(speed_mps=1.0, source="seen", position_sd_m=0.1, speed_sd_mps=0.1)),
        conform(
            "periods",
            pd.DataFrame({"period": [1], "start_s": 0.0, "end_s": seconds, "right_team": "A", "agreement": 1.0}),
        ),
        conform("play", pd.DataFrame([{"state": "live", "by": "clock", **timed}])),
        conform("stints", stints),
        ALL["ball"].empty(),
        ALL["possessions"].empty(),
    )


def found(tables, court=COURT):
    result = find_tactics(tables, court)
    for name, table in result.items():
        check(name, table)
    return result


def test_teams_attack_in_turn_and_bring_the_ball_up_first():
    phases = found(game())["phases"]
    assert phases["team"].tolist() == ["A", "B", "B", "A", "A", "B", "B"]
    assert phases["kind"].tolist() == ["half-court", *["transition", "half-court"] * 3]
    assert phases["possession"].tolist() == [1, 2, 2, 3, 3, 4, 4]
    assert set(phases["by"]) == {"positions"}
    starts = phases.loc[phases["kind"] == "transition", "start_s"]
    assert starts.to_numpy() == pytest.approx([20, 40, 60], abs=1.5)
    lengths = (phases["end_s"] - phases["start_s"])[phases["kind"] == "transition"]
    assert lengths.to_numpy() == pytest.approx([RUN_S] * 3, abs=1.5)
    assert phases["end_s"].iloc[:-1].tolist() == phases["start_s"].iloc[1:].tolist()


def test_sums_per_team_are_those_of_the_phases():
    tables = found(game())
    teams = tables["team_tactics"].set_index("team")
    assert teams["possessions"].tolist() == [2, 2]
    assert teams["pace"].tolist() == pytest.approx([2 / 80 * 60 * 48] * 2)
    length_s = tables["phases"].assign(s=lambda rows: rows["end_s"] - rows["start_s"])
    assert teams["offence_s"].sum() == pytest.approx(length_s["s"].sum())
    half_court = length_s[length_s["kind"] == "half-court"].groupby("team")["s"].sum()
    assert teams["half_court_s"].tolist() == pytest.approx(half_court.tolist())
    assert (teams["by_ball_share"] == 0).all()
    assert teams["ball_side_share"].isna().all()
    gaps = [np.hypot(*(SET_M[i] - SET_M[j])) for i in range(5) for j in range(i)]
    assert teams["spacing_m"].tolist() == pytest.approx([np.mean(gaps)] * 2, rel=0.1)


def test_the_ball_says_who_attacks_where_it_was_followed():
    ball = pd.DataFrame({"team": ["A", "B"], "start_s": [0.0, 15.0], "end_s": [15.0, 36.0], "touches": 1})
    tables = game()
    given = TacticsInput(**{**vars(tables), "possessions": conform("possessions", ball.assign(confidence=1.0))})
    phases = found(given)["phases"]
    assert phases["team"].tolist()[:2] == ["A", "B"]
    assert phases["start_s"].iloc[1] < found(tables)["phases"]["start_s"].iloc[1]
    assert phases["by"].tolist()[0] == "ball"
    assert phases["by"].tolist()[-1] == "positions"


def test_who_guards_whom_is_found_through_switches_and_gaps():
    changed = np.array([1, 0, 2, 3, 4])
    tables = found(game(lambda time_s: changed if 10 <= time_s < 40 else np.arange(5), absent=[(8, 52.0, 55.0)]))
    guards = tables["guards"]
    first = guards[guards["start_s"] < 20].groupby("player_id")["opponent_id"].apply(list)
    assert first.loc[[6, 7]].tolist() == [[1, 2], [2, 1]]
    assert first.loc[[8, 9, 10]].tolist() == [[3], [4], [5]]
    switch_s = guards[(guards["player_id"] == 6) & (guards["opponent_id"] == 2)]["start_s"]
    assert switch_s.to_numpy() == pytest.approx([10.0], abs=1.0)
    assert guards["confidence"].min() > 0.6
    ours = tables["matchups"].set_index(["player_id", "opponent_id"])
    assert ours.loc[(8, 3), "share"] == pytest.approx(1.0)
    assert ours.loc[(6, 1), "guarded_s"] == pytest.approx(10 + 16, abs=2)
    assert ours.loc[(8, 3), "distance_m"] == pytest.approx(0.25 * np.hypot(*SET_M[2]), abs=0.4)
    shares = ours.reset_index().groupby("player_id")["share"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(10))
    assert ours["on_ball_s"].isna().all()


@pytest.mark.parametrize("missing", ["positions", "stints", "play", "periods", "players"])
def test_without_places_direction_or_line_ups_nothing_is_said(missing):
    tables = game()
    result = found(TacticsInput(**{**vars(tables), missing: ALL[missing].empty()}))
    assert all(table.empty for table in result.values())


def test_one_basket_has_no_phases():
    assert all(table.empty for table in found(game(), COURTS["3x3"]).values())


def test_a_defender_stands_between_man_ball_and_basket():
    man, ball, basket = np.array([10.0, 4.0]), np.array([12.0, 8.0]), np.array([1.6, 7.6])
    stands = 0.62 * man + 0.11 * ball + 0.27 * basket
    cost = pair_costs(stands[None, None], man[None, None], ball[None], basket)
    assert cost == pytest.approx(np.zeros((1, 1, 1)))
    without = (0.62 * man + 0.27 * basket) / 0.89
    cost = pair_costs(without[None, None], man[None, None], np.full((1, 2), np.nan), basket)
    assert cost == pytest.approx(np.zeros((1, 1, 1)))


def test_the_likeliest_course_is_that_of_trying_all():
    rng = np.random.default_rng(4)
    leave = 1 - np.exp(-MOMENT_S / KEPT_S)
    for _ in range(20):
        cost = rng.uniform(0, 30, (6, 2, 2))
        weight = {}
        for course in product((0, 1), repeat=6):
            fit = -WEIGHT * sum(cost[t, 0, way] + cost[t, 1, 1 - way] for t, way in enumerate(course))
            changes = sum(a != b for a, b in zip(course[1:], course[:-1], strict=True))
            weight[course] = fit + changes * np.log(leave) + (5 - changes) * np.log(1 - leave)
        given, chance = likeliest_pairs(cost)
        assert tuple(given[:, 0]) == max(weight, key=weight.__getitem__)
        total = np.logaddexp.reduce(list(weight.values()))
        for t in range(6):
            first = sum(np.exp(value - total) for course, value in weight.items() if course[t] == 0)
            assert chance[t, 0, 0] == pytest.approx(first)


def test_sides_are_those_of_the_line_between_the_baskets():
    middle = COURT.width_m / 2
    y = np.array([middle + 4, middle + 2, middle + 1, middle - 3, middle - 5])
    place = np.column_stack([np.full(5, 20.0), y])[None].repeat(5, axis=0)
    moments = LiveMoments(
        *(np.arange(5.0), np.zeros(5, int), np.arange(1, 6), np.zeros(5, int), np.ones((5, 5), bool), place),
        *(np.ones(5), np.column_stack([np.full(5, 20.0), [middle + 4] * 4 + [middle + 0.5]]), np.zeros(5, int), np.zeros(5, int)),
    )  # fmt: skip
    measured = shapes(moments, np.zeros(5, int), COURT)
    assert measured[:4, 2].tolist() == [0.5] * 4
    assert np.isnan(measured[4, 2])
    assert mean_shape(measured)["ball_side_share"] == pytest.approx(0.5)
    assert np.isnan(mean_shape(measured[:3])["spacing_m"])
    assert np.isnan(shapes(moments, np.ones(5, int), COURT)).all()
