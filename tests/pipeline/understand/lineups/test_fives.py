"""Which five are on the floor, by what was seen second by second."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.understand.lineups.fives import likeliest_fives
from pipeline.understand.lineups.sightings import SightedPlayers, Sightings
from pipeline.understand.lineups.substitutions import find_stints, find_substitutions

SECONDS = 120
CHANGE_S = 60


def seen_team(change_s: int = CHANGE_S, hidden: slice = slice(0, 0)) -> Sightings:
    """Six players in two minutes, everybody on the floor seen four fifths of the time: the sixth comes in for the fifth."""
    on = np.zeros((6, SECONDS))
    on[:4] = on[4, :change_s] = on[5, change_s:] = 0.8
    on[4:, change_s:] = on[5, change_s:] * [[0], [1]]
    view = np.ones(SECONDS)
    view[hidden] = 0
    on[:, hidden] = 0
    return Sightings(np.arange(SECONDS, dtype=float), np.arange(11, 17), on, np.zeros_like(on), view)


def boxes_of(seen: Sightings, inside_m: float = 0.0) -> SightedPlayers:
    player, second = np.nonzero(seen.on_s)
    count = len(player)
    return SightedPlayers(
        seen.player_id[player],
        seen.start_s[second] + 0.25,
        np.full(count, 0.8),
        np.ones(count, bool),
        np.ones(count),
        np.full(count, inside_m),
    )


def dead_around(second: int) -> np.ndarray:
    return (np.abs(np.arange(SECONDS) - second) < 8).astype(float)


def test_a_substitution_at_a_dead_ball():
    seen = seen_team()
    fives = likeliest_fives(seen, dead_around(CHANGE_S), team_size=5)
    assert (fives.on_floor.sum(axis=0) == 5).all()
    assert fives.on_floor[4].tolist() == [second < CHANGE_S for second in range(SECONDS)]
    assert np.median(fives.probability[:4]) > 0.99
    assert (fives.probability[:4] > 0.5).all()
    assert fives.probability[5, CHANGE_S + 20] > 0.9 > 0.1 > fives.probability[5, CHANGE_S - 20]
    (change,) = find_substitutions(fives, seen, boxes_of(seen))
    assert (change.incoming, change.outgoing, change.time_s) == (16, 15, CHANGE_S + 0.25)
    assert change.confidence > 0.9
    stints = {s.player_id: s for s in find_stints(fives, seen.player_id, (0.0, 120.0), [change])}
    assert (stints[15].start_s, stints[15].end_s, stints[15].left_for) == (0.0, CHANGE_S + 0.25, 16)
    assert (stints[16].start_s, stints[16].end_s, stints[16].came_for) == (CHANGE_S + 0.25, 120.0, 15)
    assert (stints[11].start_s, stints[11].end_s, stints[11].left_for) == (0.0, 120.0, None)


def test_nobody_goes_and_comes_back_at_one_dead_ball():
    """For two seconds somebody else seems to have gone: the sixth came in for the fifth all the same."""
    seen = seen_team()
    fives = likeliest_fives(seen, dead_around(CHANGE_S), team_size=5)
    on_floor = fives.on_floor.copy()
    on_floor[2, CHANGE_S : CHANGE_S + 2] = False  # goes as the sixth comes,
    on_floor[4, CHANGE_S : CHANGE_S + 2] = True  # and comes back for the fifth
    (change,) = find_substitutions(replace(fives, on_floor=on_floor), seen, boxes_of(seen))
    assert (change.incoming, change.outgoing) == (16, 15)
    stints = {
        s.player_id: s for s in find_stints(replace(fives, on_floor=on_floor), seen.player_id, (0, 120), [change])
    }
    assert (stints[13].start_s, stints[13].end_s) == (0, 120)


def test_nobody_comes_before_the_video_begins():
    """First seen in the middle of the court a second after the beginning: he has walked there, but not from before the first frame."""
    seen = seen_team(change_s=1)
    fives = likeliest_fives(seen, np.zeros(SECONDS), team_size=5)
    on_floor = fives.on_floor.copy()
    on_floor[4, 0], on_floor[5, 0], on_floor[4, 1:], on_floor[5, 1:] = True, False, False, True
    (change,) = find_substitutions(replace(fives, on_floor=on_floor), seen, boxes_of(seen, inside_m=7.0))
    assert (change.incoming, change.time_s, change.earliest_s) == (16, 0.0, 0.0)


def test_a_tracklet_of_a_few_seconds_under_the_wrong_name_is_no_substitution():
    seen = seen_team(change_s=SECONDS)
    seen.on_s[5, 40:44], seen.on_s[4, 40:44] = 0.8, 0.0
    fives = likeliest_fives(seen, np.zeros(SECONDS), team_size=5)
    assert fives.on_floor[4].all()
    assert not fives.on_floor[5].any()
    assert fives.probability[4, 42] < fives.probability[4, 20]  # but there is some doubt


def test_who_is_out_of_view_for_half_a_minute_is_still_on_the_floor():
    seen = seen_team(change_s=SECONDS)
    seen.on_s[2, 40:70] = 0.0
    assert likeliest_fives(seen, np.zeros(SECONDS), team_size=5).on_floor[2].all()


def test_nobody_is_made_up_where_fewer_are_known():
    seen = seen_team(change_s=SECONDS)
    few = Sightings(seen.start_s, seen.player_id[:3], seen.on_s[:3], seen.off_s[:3], seen.view_s)
    assert likeliest_fives(few, np.zeros(SECONDS), team_size=5).on_floor.sum(axis=0).tolist() == [3] * SECONDS


def test_who_is_first_seen_inside_the_court_came_in_earlier():
    seen = seen_team(hidden=slice(CHANGE_S - 4, CHANGE_S + 2))
    fives = likeliest_fives(seen, dead_around(CHANGE_S), team_size=5)
    times = [find_substitutions(fives, seen, boxes_of(seen, inside))[0].time_s for inside in (0.0, 1.8, 15.0)]
    assert times == pytest.approx([CHANGE_S + 2.25, CHANGE_S + 1.25, CHANGE_S - 0.75])
