"""Time beside the court, by hand, and how sure a tracklet's player is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import IdentifySettings
from pipeline.geometry.court import COURTS
from pipeline.understand.features.evidence import gather_evidence
from pipeline.understand.identity.confidence import longest, losses_of, posterior, purity, summarised
from pipeline.understand.identity.roster_bounds import bounded, is_complete, surplus_warnings
from pipeline.understand.identity.sidelines import SidelineTime, sideline_time
from tests.pipeline.understand.splitting.test_split import FPS, game


def test_feet_beyond_a_side_line_and_not_an_end_line_count() -> None:
    """A box a tenth of a second; the lines' 0.3 m belong to the court, and unknown places to neither."""
    y_m = [-0.29, -0.31, 15.29, 15.31, np.nan, 7.0]
    made = game([(0, [0] * 6)])
    feet = np.array([[x, y] for x, y in zip([3.0, 3, 3, 3, 3, -5], y_m, strict=True)])
    made = replace(made, feet_m=feet)
    found = sideline_time(made, gather_evidence(made, 5), COURTS["fiba"])
    assert found.placed_s == pytest.approx([5 / FPS])
    assert found.beyond_s == pytest.approx([2 / FPS])
    assert found.within_s == [0.0]


def test_feet_well_within_all_lines_are_on_the_court() -> None:
    made = game([(0, [0] * 6)])
    made = replace(made, feet_m=np.array([[1.1, 7], [26.9, 12.9], [14, 2.1], [0.9, 7], [14, 13.1], [np.nan, np.nan]]))
    found = sideline_time(made, gather_evidence(made, 5), COURTS["fiba"])
    assert found.within_s == pytest.approx([3 / FPS])


def test_who_stays_well_within_the_lines_plays_however_little_he_moves() -> None:
    time = SidelineTime(np.array([8.5, 8.5, 2.5, 0.0]), np.zeros(4), np.array([8.0, 7.0, 2.5, 0.0]))
    assert time.plays().tolist() == [True, False, False, False]


def test_who_is_beyond_for_nine_tenths_and_long_enough_stays_there() -> None:
    time = SidelineTime(np.array([40.0, 40.0, 10.0, 10.0]), np.array([36.0, 35.9, 10.0, 9.9]), np.zeros(4))
    assert time.stays(10.0).tolist() == [True, False, True, False]
    together = time.of_groups(np.array([1, 1, 0, -1]), 3)
    assert together.placed_s.tolist() == [10, 80, 0]
    assert together.beyond_s == pytest.approx([10, 71.9, 0])


def test_probabilities_are_of_ratios_at_temperature_two() -> None:
    found = posterior(np.array([[2.0, 0.0], [-np.inf, -4.0]]), 4.0)
    raised = np.exp([1.0, 0.0, -2.0])
    assert found[0] == pytest.approx(raised / raised.sum())
    assert found[1] == pytest.approx([0, 0.5, 0.5])


def test_the_two_likeliest_people_are_told_and_nobody_where_there_is_none() -> None:
    probability = np.array([[0.1, 0.6, 0.2, 0.1], [0.0, 0.0, 0.0, 1.0]])
    found = summarised(probability, np.array([2, 0]), np.zeros(2, dtype=bool))
    assert found.likeliest.tolist() == [1, -1]
    assert found.runner_up.tolist() == [2, -1]
    assert found.likeliest_probability == pytest.approx([0.6, np.nan], nan_ok=True)
    assert found.runner_up_probability == pytest.approx([0.2, np.nan], nan_ok=True)
    assert found.assigned.tolist() == [0.2, 0.0]
    anew = found.renumbered(np.array([5, -1, 0, -1]))
    assert (anew.likeliest.tolist(), anew.runner_up.tolist()) == ([-1, -1], [0, -1])
    assert np.isnan(anew.likeliest_probability).all()
    assert anew.runner_up_probability[0] == pytest.approx(0.2)


def test_who_makes_up_most_of_a_person_is_not_somebody_new() -> None:
    person, seen_s = np.array([0, 0, 1, -1]), np.array([2.0, 5.0, 1.0, 9.0])
    main = longest(person, seen_s)
    assert main.tolist() == [False, True, True, False]
    probability = np.array([[0.6, 0.1, 0.3], [0.6, 0.1, 0.3], [0.0, 0.2, 0.8], [0.0, 0.0, 1.0]])
    found = summarised(probability, person, main)
    assert found.assigned == pytest.approx([0.6, 0.9, 1.0, np.nan], nan_ok=True)
    assert found.likeliest.tolist() == [0, 0, 1, -1]


@given(
    st.floats(1, 2000),
    st.floats(0.02, 4000),
    st.integers(0, 500),
    st.floats(1, 4),
    st.floats(1, 100),
    st.integers(1, 50),
)
def test_a_tracklet_is_the_purer_the_larger_the_longer_and_the_less_often_lost(
    height_px: float, seen_s: float, losses: int, taller: float, longer: float, more: int
) -> None:
    heights = np.array([height_px, height_px * taller, height_px, height_px])
    seconds = np.array([seen_s, seen_s, seen_s * longer, seen_s])
    often = np.array([losses, losses, losses, losses + more])
    base, large, long, lost = purity(heights, seconds, often)
    assert 0 < lost < base < 1
    assert large >= base
    assert long >= base


def test_losses_are_gaps_of_two_boxes_or_more_within_a_tracklet() -> None:
    frame = np.array([0, 2, 4, 10, 12, 20, 3, 5, 9, 11, 40])
    assert losses_of(np.array([0, 6, 10, 11]), frame).tolist() == [2, 0, 0]
    assert losses_of(np.array([0, 1]), np.array([7])).tolist() == [0]


def test_a_roster_is_complete_with_five_for_each_of_two_teams() -> None:
    def roster(*sizes: int) -> pd.DataFrame:
        return pd.DataFrame({"team": [f"team {k}" for k, size in enumerate(sizes) for _ in range(size)]})

    complete = [is_complete(roster(*sizes), COURTS["fiba"]) for sizes in ((5, 5), (5, 4), (12,), (5, 5, 5), (9, 12))]
    assert complete == [True, False, False, False, True]
    assert not is_complete(pd.concat([roster(5, 5), pd.DataFrame({"team": [None]})]), COURTS["fiba"])


def test_a_roster_bounds_the_number_of_players() -> None:
    settings = IdentifySettings(min_players=8, max_players=30)
    ten, six = (bounded(settings, pd.DataFrame({"team": ["A"] * count})) for count in (10, 6))
    assert (ten.min_players, ten.max_players) == (8, 10)
    assert (six.min_players, six.max_players) == (6, 6)


def test_more_players_than_a_roster_lists_are_said() -> None:
    players = pd.DataFrame({"role": ["player"] * 3 + ["referee"]})
    assert surplus_warnings(players, pd.DataFrame({"team": ["A"] * 3})) == ()
    (said,) = surplus_warnings(players, pd.DataFrame({"team": ["A"] * 2}))
    assert said.startswith("3 players were found, and the roster lists 2")
