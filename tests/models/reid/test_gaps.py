"""Finding players again after a gap: pieces, pairs by gap, and the numbers of both."""

import numpy as np
import pytest

from models.reid.gaps import TimedCrops, answers, cut_pieces, found, gaps_s, pooled

TIMES_S = np.array([0.0, 0.5, 5.0, 0.0, 0.5, 5.0])
WHO = np.array([0, 0, 0, 1, 1, 1])


def sightings(team: tuple[int, ...] = (0,) * 6) -> TimedCrops:
    """Two people of one team, each seen for half a second and again at 5 s."""
    return TimedCrops(WHO, WHO, TIMES_S, np.array(team), ~np.eye(2, dtype=bool))


def test_a_long_tracklet_is_cut_every_second() -> None:
    times = np.arange(0, 2.5, 0.25)
    zero = np.zeros(len(times), np.int64)
    pieces = cut_pieces(TimedCrops(zero, zero, times, zero, np.zeros((1, 1), bool)))
    assert pieces.number.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert gaps_s(pieces)[0, 1:].tolist() == [0.25, 1.25]


def test_rows_in_any_order_give_the_same_pieces() -> None:
    seen, order = sightings(), np.array([5, 0, 3, 2, 4, 1])
    shuffled = TimedCrops(WHO[order], WHO[order], TIMES_S[order], seen.team[order], seen.differ)
    pieces, again = cut_pieces(seen), cut_pieces(shuffled)
    assert again.number.tolist() == pieces.number[order].tolist()
    assert again.identity.tolist() == pieces.identity.tolist() == [0, 0, 1, 1]


def test_weights_of_crops_count_in_the_mean_of_a_piece() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    pieces = cut_pieces(sightings())
    assert pooled(vectors, pieces)[0] == pytest.approx([0.5**0.5] * 2)
    assert pooled(vectors, pieces, np.array([1.0, 0, 1, 1, 1, 1]))[0] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("right", "wrong", "again", "mean_ap", "error"),
    [(0.9, 0.1, 1.0, 1.0, 0.0), (0.1, 0.9, 0.0, 0.5, 1.0)],
    ids=["all alike", "all confused"],
)
def test_two_team_mates_after_five_seconds(
    right: float, wrong: float, again: float, mean_ap: float, error: float
) -> None:
    pieces = cut_pieces(sightings())
    same = pieces.identity[:, None] == pieces.identity
    result = found([answers(np.where(same, right, wrong), pieces, ~np.eye(2, dtype=bool), (2.0, 20.0))])
    assert (result.again, result.chance, result.mean_ap, result.equal_error) == (again, 0.5, mean_ap, error)
    assert (result.asked, result.pairs) == (2, 2)


def test_opponents_and_other_gaps_are_not_asked_for() -> None:
    for team, between_s in (((0, 0, 0, 1, 1, 1), (2.0, 20.0)), ((0,) * 6, (20.0, 200.0)), ((-1,) * 6, (2.0, 20.0))):
        pieces = cut_pieces(sightings(team))
        result = found([answers(np.ones((4, 4)), pieces, ~np.eye(2, dtype=bool), between_s)])
        assert result.asked == 0
        assert np.isnan(result.again)


def test_whoever_may_be_the_same_person_is_no_candidate() -> None:
    pieces = cut_pieces(sightings())
    assert found([answers(np.ones((4, 4)), pieces, np.zeros((2, 2), bool), (2.0, 20.0))]).asked == 0
