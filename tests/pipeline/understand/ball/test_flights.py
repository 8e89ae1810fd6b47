"""A shot is found again from its sightings, and a pass is none."""

import numpy as np
import pytest

from pipeline.geometry.court import COURTS
from pipeline.geometry.projection import in_picture, projections
from pipeline.rendering.camera.views import aimed_view, rig
from pipeline.understand.ball.flights import BallSightings, fell_through, find_flight, rims_m

COURT = COURTS["nba"]
RIM_M = np.array([COURT.length_m - COURT.basket_m, COURT.width_m / 2, 3.05])
FEET_M = np.array([22.0, 4.5])
START_S, RIM_S = 10.0, 11.1


def camera():
    rigged = rig("fixed", COURT, (1280, 720), 0.0, np.random.default_rng(0))
    view = aimed_view(rigged.position, rigged.target, rigged.focal_px, (1280, 720))
    return projections(view.court_homography(COURT)[None], (1280, 720))[0]


def seen(time_s, places_m, noise_px=0.0):
    px = in_picture(camera(), places_m) + np.random.default_rng(1).normal(0, noise_px, (len(time_s), 2))
    return BallSightings(np.asarray(time_s), px, np.full(len(px), 9.0), np.tile(camera(), (len(px), 1, 1)))


def parabola(time_s, start_m, end_m):
    share = ((time_s - START_S) / (RIM_S - START_S))[:, None]
    span = RIM_S - START_S
    return start_m + (end_m - start_m) * share + 0.5 * 9.81 * span**2 * share * (1 - share) * np.array([0, 0, 1.0])


TIMES_S = np.arange(START_S, RIM_S, 1 / 15)
HAND_M = np.append(FEET_M, 2.2)


def test_a_shot_is_found_with_its_moment_at_the_rim():
    flight = find_flight(seen(TIMES_S, parabola(TIMES_S, HAND_M, RIM_M), 1.0), START_S + 0.2, FEET_M, rims_m(COURT))
    assert flight is not None
    assert flight.rim_s == pytest.approx(RIM_S, abs=0.08)
    assert flight.start_s == pytest.approx(START_S, abs=0.15)
    assert flight.rim_m[0] == RIM_M[0]
    middle = flight.place_m(np.array([10.5]))
    np.testing.assert_allclose(middle, parabola(np.array([10.5]), HAND_M, RIM_M), atol=0.5)


def test_a_pass_is_no_shot():
    share = np.linspace(0, 1, len(TIMES_S))[:, None]
    places = np.array([22.0, 4.5, 1.4]) + share * np.array([-9.0, 6.0, 0.0])
    assert find_flight(seen(TIMES_S, places, 1.0), START_S, FEET_M, rims_m(COURT)) is None


def test_three_sightings_say_nothing():
    few = TIMES_S[::6]
    assert find_flight(seen(few, parabola(few, HAND_M, RIM_M)), START_S, FEET_M, rims_m(COURT)) is None


@pytest.mark.parametrize(("aside_m", "made"), [(0.0, True), (2.5, False)])
def test_what_follows_tells_whether_it_went_in(aside_m, made):
    after = np.arange(RIM_S, RIM_S + 0.6, 1 / 15)
    since = (after - RIM_S)[:, None]
    if made:
        places = RIM_M - 0.5 * 9.81 * since**2 * np.array([0, 0, 1.0])
    else:
        places = RIM_M + since * np.array([-aside_m, aside_m, 3.0]) - 0.5 * 9.81 * since**2 * np.array([0, 0, 1.0])
    times = np.concatenate([TIMES_S, after])
    sightings = seen(times, np.vstack([parabola(TIMES_S, HAND_M, RIM_M), places]), 1.0)
    flight = find_flight(sightings, START_S + 0.1, FEET_M, rims_m(COURT))
    assert flight is not None
    assert (fell_through(flight, sightings) > 0.8) == made
    unseen = sightings.between(0, RIM_S)
    assert np.isnan(fell_through(flight, unseen))
