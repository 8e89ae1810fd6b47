"""Which questions are asked, and in which order."""

import pandas as pd
import pytest

from pipeline.review import doubts_of
from pipeline.tables import conform
from tests.pipeline.review.games import reviewed_game

SURE = [
    {"track_id": 1, "player_id": 1, "begin_s": 0, "end_s": 20},
    {"track_id": 2, "player_id": 2, "begin_s": 0, "end_s": 20},
]


def piece(track_id, player_id, begin_s, end_s, **facts):
    return {"track_id": track_id, "player_id": player_id, "begin_s": begin_s, "end_s": end_s, **facts}


def asked(pieces, **facts):
    return [(doubt.reason, doubt.track_id, doubt.player_id) for doubt in doubts_of(reviewed_game(pieces, **facts))]


def test_what_is_sure_is_not_asked_about():
    assert asked(SURE) == []


def test_the_longest_doubt_comes_first():
    pieces = [
        *SURE,
        piece(3, 1, 30, 34, confidence=0.6, runner_up=2, runner_up_confidence=0.4),
        piece(4, 2, 30, 50, confidence=0.7, runner_up=1, runner_up_confidence=0.3),
    ]
    assert asked(pieces) == [("unsure", 4, 2), ("unsure", 3, 1)]


def test_it_is_asked_whether_it_is_whom_it_counts_as_unless_the_runner_up_is_likelier():
    doubtful = piece(3, 1, 30, 40, confidence=0.3, runner_up=2, runner_up_confidence=0.6)
    (doubt,) = doubts_of(reviewed_game([*SURE, doubtful]))
    assert (doubt.player_id, doubt.against, doubt.shown_as) == (2, 2, 1)
    assert doubt.chance == pytest.approx(0.6)
    assert doubt.gain_s == pytest.approx(3.0)  # half of 6 s
    assert (doubt.at_s, doubt.against_at_s) == (40.0, 20.0)  # of the pictures


def test_a_tracklet_with_anothers_number_is_asked_about():
    players = [{"player_id": 1, "team": "A", "number": "4"}, {"player_id": 2, "team": "A", "number": "8"}]
    pieces = [*SURE, piece(3, 1, 30, 40, number="8", number_confidence=0.9)]
    assert asked(pieces, players=players) == [("number", 3, 2)]
    read_as_worn = [*SURE, piece(3, 1, 30, 40, number="4", number_confidence=0.9)]
    assert asked(read_as_worn, players=players) == []


def test_who_counts_as_nobody_is_asked_about_unless_he_is_no_player():
    stranger = piece(3, 0, 30, 40, likeliest=2, likeliest_confidence=0.4)
    assert asked([*SURE, stranger]) == [("unknown", 3, 2)]
    assert asked([*SURE, stranger | {"role": "bench"}]) == []


def test_somebody_new_is_thought_rare():
    stranger = piece(3, 0, 30, 40, likeliest=2, likeliest_confidence=0.3, runner_up=1, runner_up_confidence=0.1)
    (doubt,) = doubts_of(reviewed_game([*SURE, stranger]))
    assert doubt.chance == pytest.approx(0.75)


def test_referees_are_worth_little():
    doubtful = piece(3, 1, 30, 40, confidence=0.5, runner_up=2, runner_up_confidence=0.4)
    as_player, as_referee = (
        doubts_of(reviewed_game([*SURE, doubtful | {"role": role}]))[0].gain_s for role in ("player", "referee")
    )
    assert as_referee == pytest.approx(as_player / 10)


def test_the_least_sure_of_six_is_asked_about():
    six = [piece(track, track, 0, 20, confidence=0.99 - 0.3 * (track == 4)) for track in range(1, 7)]
    later = [piece(10 + track, track, 40, 55, confidence=1.0) for track in (1, 2, 3, 4, 5)]
    assert asked([*six, *later]) == [("crowded", 4, 4)]
    assert asked([*six[:5], *later]) == []


def test_two_who_may_be_one_are_asked_about_for_the_time_of_the_shorter():
    game = reviewed_game([*SURE, piece(3, 3, 30, 42)])
    evidence = pd.DataFrame(
        [(3, 1, 1, 0.0, 0.0, "evidence"), (1, 1, 3, 0.0, 0.0, "evidence"), (2, 1, 1, 0.0, 9.0, "together")],
        columns=["player_id", "tracklets", "nearest", "nearest_log_odds", "together_s", "kept_apart_by"],
    )
    evidence = evidence.astype({"nearest": "Int64"}).assign(team_confidence=1.0, number_confidence=1.0)
    game.tables["player_evidence"] = conform("player_evidence", evidence)
    (doubt,) = doubts_of(game)
    assert (doubt.reason, doubt.track_id, doubt.player_id, doubt.against) == ("fragment", 3, 1, 1)
    assert doubt.gain_s == pytest.approx(0.7 * 12)


def test_a_tracklet_is_asked_about_once():
    players = [{"player_id": 1, "team": "A", "number": "4"}, {"player_id": 2, "team": "A", "number": "8"}]
    doubtful = piece(
        3, 1, 30, 40, number="8", number_confidence=0.9, confidence=0.5, runner_up=2, runner_up_confidence=0.5
    )
    assert len(asked([*SURE, doubtful], players=players)) == 1
