"""A game as the page shows it."""

import pytest

from pipeline.review.documents import game_document
from tests.pipeline.review.games import reviewed_game

PIECES = [
    {"track_id": 1, "player_id": 1, "begin_s": 0, "end_s": 5, "hole_s": (2.0, 2.3), "confidence": 0.8},
    {"track_id": 2, "player_id": 1, "begin_s": 8, "end_s": 10, "confidence": 0.5, "runner_up": 2},
    {"track_id": 3, "player_id": 0, "begin_s": 3, "end_s": 4},
]


@pytest.fixture(scope="module")
def game():
    return reviewed_game(PIECES)


def test_a_gap_of_a_few_frames_is_filled(game):
    mine = game.boxes[game.boxes["track_id"] == 1]
    assert len(mine) == 51
    assert mine["interpolated"].sum() == 3
    assert mine["x1"].tolist() == [100.0 + frame for frame in range(51)]


def test_pieces_are_in_order_of_their_begin_and_know_whose_they_are(game):
    assert game.pieces[["track_id", "player_id", "begin_s", "end_s"]].to_numpy().tolist() == [
        [1, 1, 0.0, 5.0],
        [3, 0, 3.0, 4.0],
        [2, 1, 8.0, 10.0],
    ]


def test_the_clearest_box_of_a_tracklet_is_its_best(game):
    box = game.boxes.loc[game.clearest[2]]
    assert (box["track_id"], box["row"]) == (2, 100)


def test_pictures_of_a_player_are_spread_over_his_boxes(game):
    rows = game.spread(1, 3)["row"].tolist()
    assert len(rows) == 3
    assert rows == sorted(rows)
    assert rows[-1] == 50  # as clear as any of the third stretch, and the first
    assert game.spread(9, 3).empty


def test_a_spot_is_the_middle_of_a_box_that_was_found(game):
    assert game.spot(1, 2.05) == (1.9, 139.0, 100.0)
    with pytest.raises(KeyError):
        game.spot(99)


def test_the_document_says_how_sure_a_player_is_by_time(game):
    found = game_document(game)
    (person,) = found["people"]
    assert (person["id"], person["label"], person["seen_s"]) == (1, "A-P1", 7.0)
    assert person["confidence"] == pytest.approx((0.8 * 5 + 0.5 * 2) / 7, abs=1e-3)
    assert found["pieces"]["track"] == [1, 3, 2]
    assert found["pieces"]["runner_up"] == [None, None, 2]
    assert found["pieces"]["confidence"][1] is None
    assert (found["begin_s"], found["end_s"]) == (0.0, 59.9)


def test_what_is_no_game_is_told_apart():
    found = game_document(reviewed_game(PIECES, shots=[(1, 300, 349, "replay")]))
    assert found["shots"][1] == {"begin_s": 30.0, "end_s": 35.0, "kind": "replay"}
