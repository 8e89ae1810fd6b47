"""Movement scores where the answer is known in closed form."""

import numpy as np
import pytest

from pipeline.evaluation.movement import (
    SIGMA_M,
    Claim,
    TruePlayer,
    Walk,
    heatmap_overlap,
    path_during_m,
    position_errors,
    score_movement,
    top_speed_mps,
)
from pipeline.geometry.court import COURTS

FIBA = COURTS["fiba"]


def straight(speed_mps: float = 2.0, seconds: float = 10.0, fps: float = 25.0, y_m: float = 7.0) -> Walk:
    """Along the court at a steady speed."""
    time_s = np.arange(int(seconds * fps) + 1) / fps
    return Walk(np.arange(len(time_s)), time_s, np.column_stack([1 + speed_mps * time_s, np.full(len(time_s), y_m)]))


def part(walk: Walk, rows: np.ndarray) -> Walk:
    return Walk(walk.frame[rows], walk.time_s[rows], walk.xy_m[rows])


def test_the_path_of_a_steady_walk():
    walk = straight()
    assert path_during_m(walk, walk.time_s) == pytest.approx(20)
    assert path_during_m(walk, walk.time_s[::5]) == pytest.approx(20)


def test_a_gap_in_what_was_located_adds_nothing():
    walk = straight()
    located = walk.time_s[(walk.time_s <= 2) | (walk.time_s >= 6)]
    assert path_during_m(walk, located) == pytest.approx(2 * (2 + 4))


def test_a_gap_in_the_truth_adds_nothing():
    walk = straight()
    seen = part(walk, (walk.time_s <= 2) | (walk.time_s >= 6))
    assert path_during_m(seen, walk.time_s) == pytest.approx(2 * (2 + 4))


def test_a_walk_of_one_position_has_no_path():
    walk = straight()
    assert path_during_m(part(walk, np.array([3])), walk.time_s) == 0
    assert np.isnan(top_speed_mps(part(walk, np.array([3]))))


def test_top_speed_must_be_held():
    """A burst of 0.6 s counts, one of 0.2 s does not."""
    for burst_s, expected in ((0.6, 7.0), (0.2, 2.0)):
        speed = np.full(200, 2.0)
        speed[50 : 50 + round(burst_s * 25)] = 7.0
        x = np.concatenate([[0], np.cumsum(speed / 25)])
        walk = Walk(np.arange(201), np.arange(201) / 25, np.column_stack([x, 0 * x]))
        assert top_speed_mps(walk) == pytest.approx(expected)


def test_a_jump_over_a_gap_is_no_speed():
    walk = straight()
    xy_m = walk.xy_m + np.where(walk.time_s[:, None] > 5, 9.0, 0.0)
    jumped = Walk(walk.frame, walk.time_s + np.where(walk.time_s > 5, 3.0, 0.0), xy_m)
    assert top_speed_mps(jumped) == pytest.approx(2.0)


def test_position_errors_on_common_frames_only():
    walk = straight()
    found = part(Walk(walk.frame, walk.time_s, walk.xy_m + np.array([0.3, 0.4])), walk.frame % 2 == 0)
    assert position_errors(walk, found) == pytest.approx(np.full(126, 0.5))


def test_heat_maps():
    walk = straight()
    assert heatmap_overlap(walk.xy_m, walk.xy_m, FIBA) == pytest.approx(1)
    assert heatmap_overlap(walk.xy_m, walk.xy_m[::3], FIBA) > 0.95
    assert heatmap_overlap(np.array([[2.0, 2]]), np.array([[26.0, 13]]), FIBA) == pytest.approx(0, abs=1e-6)
    assert np.isnan(heatmap_overlap(np.array([[-5.0, 2]]), walk.xy_m, FIBA))


def test_a_player_who_ran_a_tenth_too_far():
    walk = straight()
    truth = {1: TruePlayer("A", "7", 10.0, walk, exact=True)}
    scores = score_movement(truth, {5: walk}, {5: Claim(9.5, 22.0, 2.5)}, {1: 5}, FIBA)
    assert scores.distance_error == pytest.approx(0.1)
    assert scores.distance_error_all == pytest.approx(0.1)
    assert scores.top_speed_error_mps == pytest.approx(0.5)
    assert scores.time_error_s == pytest.approx(0.5)
    assert scores.position_error_m == 0
    assert scores.players[0].located_share == 1


def test_what_was_not_seen_is_missing_from_the_whole_time_only():
    walk = straight()
    half = part(walk, walk.time_s <= 5)
    truth = {1: TruePlayer("A", "7", 10.0, walk, exact=True)}
    player = score_movement(truth, {5: half}, {5: Claim(5.0, 10.0, 2.0)}, {1: 5}, FIBA).players[0]
    assert player.distance_error == pytest.approx(0)
    assert player.distance_error_all == pytest.approx(-0.5)


def test_a_player_whom_nobody_found_is_listed_without_numbers():
    truth = {1: TruePlayer("A", "7", 10.0, straight(), exact=True)}
    scores = score_movement(truth, {}, {}, {}, FIBA)
    assert scores.players[0].player_id is None
    assert np.isnan(scores.distance_error)
    assert scores.players[0].distance_true_m == pytest.approx(20)


def test_positions_from_hand_made_boxes_measure_no_path():
    truth = {1: TruePlayer("A", "7", 10.0, straight(), exact=False)}
    scores = score_movement(truth, {5: straight(y_m=7.5)}, {5: Claim(10.0, 20.0, 2.0)}, {1: 5}, FIBA)
    assert scores.position_error_m == pytest.approx(0.5)
    assert np.isnan(scores.distance_error)


def walk_of(speeds_mps: list[float], steps_s: list[float]) -> Walk:
    """Along the court, a step at each speed."""
    time_s = np.concatenate([[0.0], np.cumsum(steps_s)])
    x_m = np.concatenate([[0.0], np.cumsum(np.array(speeds_mps) * steps_s)])
    return Walk(np.arange(len(time_s)), time_s, np.column_stack([x_m, np.full(len(x_m), 7.0)]))


def test_a_speed_held_for_exactly_half_a_second_is_held():
    """Five steps of 0.1 s are half a second, whatever the rounding; four are not."""
    assert top_speed_mps(walk_of([2.0] * 9 + [7.0] * 5 + [2.0] * 9, [0.1] * 23)) == pytest.approx(7)
    assert top_speed_mps(walk_of([2.0] * 9 + [7.0] * 4 + [2.0] * 9, [0.1] * 22)) == pytest.approx(2)
    assert top_speed_mps(walk_of([2.0] * 5, [0.1] * 5)) == pytest.approx(2)
    assert np.isnan(top_speed_mps(walk_of([2.0] * 4, [0.1] * 4)))


def test_the_top_speed_is_the_fastest_of_all_stretches():
    """A step of exactly half a second is none that separates, a longer one is; short stretches have no speed."""
    apart = [0.1] * 9 + [0.6] + [0.1] * 9
    assert top_speed_mps(walk_of([6.0] * 9 + [0.0] + [2.0] * 9, apart)) == pytest.approx(6)
    assert top_speed_mps(walk_of([2.0] * 9 + [0.0] + [6.0] * 9, apart)) == pytest.approx(6)
    assert top_speed_mps(walk_of([2.0] * 9 + [0.0] + [9.0] * 3, [0.1] * 9 + [0.6] + [0.1] * 3)) == pytest.approx(2)
    assert top_speed_mps(walk_of([9.0] * 3 + [0.0] + [2.0] * 9, [0.1] * 3 + [0.6] + [0.1] * 9)) == pytest.approx(2)
    assert top_speed_mps(walk_of([3.0] * 4, [0.5] * 4)) == pytest.approx(3)
    assert top_speed_mps(walk_of([7.0] * 5 + [2.0] * 4, [0.1] * 4 + [0.5] + [0.1] * 4)) == pytest.approx(7)
    assert np.isnan(top_speed_mps(walk_of([3.0] * 4, [0.6] * 4)))


def test_a_step_of_exactly_half_a_second_is_no_gap():
    slow = walk_of([2.0] * 4, [0.5] * 4)
    assert path_during_m(slow, slow.time_s) == pytest.approx(4)
    assert path_during_m(slow, slow.time_s[:1]) == 0
    assert path_during_m(slow, slow.time_s[:2]) == pytest.approx(1)
    two = walk_of([2.0], [0.1])
    assert path_during_m(two, two.time_s) == pytest.approx(0.2)


def test_heat_maps_that_share_a_half():
    """Far apart, each place has half of the first and all of the second."""
    both, first = np.array([[4.0, 4], [24.0, 11]]), np.array([[4.0, 4]])
    assert heatmap_overlap(both, first, FIBA) == pytest.approx(0.5, abs=1e-3)
    assert np.isnan(heatmap_overlap(both, np.array([[4.0, 15.6]]), FIBA))


def test_heat_maps_are_as_smooth_as_is_said():
    """Two Gaussians of one width, two of it apart, share 2 Phi(-1)."""
    place = np.array([[14.0, 7.5]])
    assert heatmap_overlap(place, place + np.array([2 * SIGMA_M, 0.0]), FIBA) == pytest.approx(0.317, abs=0.03)


def test_errors_are_of_all_positions_and_of_absolute_values():
    """Claims 10 % too high and 10 % too low do not cancel; a player without positions counts in none of the means."""
    walk = straight()
    near, far = straight(y_m=7.1), straight(y_m=7.5)
    truth = {k: TruePlayer("A", str(k), 10.0, walk, exact=True) for k in (1, 2, 3)}
    claims = {5: Claim(11.0, 22.0, 3.0), 6: Claim(8.0, 18.0, 1.5)}
    scores = score_movement(truth, {5: near, 6: far}, claims, {1: 5, 2: 6}, FIBA)
    assert scores.position_error_m == pytest.approx(0.3)
    assert scores.position_error_median_m == pytest.approx(0.3)
    assert scores.position_error_p95_m == pytest.approx(0.5)
    assert scores.distance_error == pytest.approx(0.1)
    assert scores.distance_error_all == pytest.approx(0.1)
    assert scores.top_speed_error_mps == pytest.approx(0.75)
    assert scores.time_error_s == pytest.approx(1.5)
    assert [p.distance_error for p in scores.players[:2]] == pytest.approx([0.1, -0.1])


def test_a_player_of_one_true_position_has_no_path():
    one = part(straight(), np.array([3]))
    player = score_movement({1: TruePlayer("A", "7", 1.0, one, exact=True)}, {5: one}, {}, {1: 5}, FIBA).players[0]
    assert np.isnan(player.distance_true_m)
    assert np.isnan(player.top_speed_true_mps)
    assert player.located_share == 1
    nowhere = part(straight(), np.zeros(0, np.int64))
    player = score_movement({1: TruePlayer("A", "7", 1.0, nowhere, exact=True)}, {}, {}, {}, FIBA).players[0]
    assert np.isnan(player.located_share)
