"""Close-ups and replays of rendered games are recognised; what goes on in them does not count."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from pipeline.rendering import RenderSettings
from pipeline.rendering.camera.coverage import Coverage
from pipeline.rendering.truth.silhouettes import silhouettes
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.shots import classify_shots, kinds_of_frames, live_tracks
from pipeline.understand.shots.replays import explained

KINDS = {"play": "game", "closeup": "close-up", "replay": "replay"}


@cache
def filmed(seed, replay_speed=None):
    """Tables of a minute of a rendered broadcast, everybody known by the true name, and the true kind of each shot."""
    settings = RenderSettings(
        seed=seed,
        seconds=60,
        fps=10,
        dead_ball_every_s=12,
        replays=replay_speed is not None,
        replay_speed=replay_speed or 1.0,
    )
    coverage = Coverage(settings)
    takes = list(coverage.takes())
    seen = pd.DataFrame(silhouettes(takes, coverage.people, coverage.court).seen(takes, coverage.people))
    frames = pd.DataFrame({name: [getattr(take, key) for take in takes] for name, key in NAMES.items()})
    shot = frames["shot"].to_numpy()[seen["frame"]]
    seen = seen.assign(
        detection_id=np.arange(len(seen)),
        x1=seen["x"],
        y1=seen["y"],
        x2=seen["x"] + seen["w"],
        y2=seen["y"] + seen["h"],
        **{"score": 0.9, "class": seen["role"], "quality": 1.0, "jersey_l": 0.0, "jersey_a": 0.0, "jersey_b": 0.0},
        track_id=1 + 100 * shot + seen["id"],
    )
    owners = seen.drop_duplicates("track_id").assign(player_id=lambda rows: 1 + rows["id"], confidence=1.0)
    kinds = pd.Series([KINDS[take.kind] for take in takes]).groupby(frames["shot"]).first()
    still = dict(zip(MOTION_COLUMNS, np.eye(3).ravel(), strict=True))
    return {
        "frames": conform("frames", frames.assign(**still)),
        "detections": conform("detections", seen),
        "tracks": conform("tracks", seen),
        "identities": conform("identities", owners),
        "court": ALL["court"].empty(),
    }, kinds


def tracked_game(tables):
    return TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["tracks"])


def classified(tables):
    return classify_shots(tracked_game(tables), tables["identities"], tables["court"])


NAMES = {"frame": "index", "time_s": "time_s", "shot": "shot"}


def wrong_names(tables, share):
    """Give a share of the tracklets somebody else's name."""
    rng = np.random.default_rng(1)
    identities = tables["identities"].copy()
    wrong = np.flatnonzero(rng.random(len(identities)) < share)
    names = identities["player_id"].to_numpy().copy()
    names[wrong] = rng.permutation(names[wrong])
    return tables | {"identities": identities.assign(player_id=names)}


@pytest.mark.parametrize(("seed", "speed"), [(51, 1.0), (52, 0.5), (53, 0.35), (54, 0.6)])
def test_shots_of_a_broadcast_are_told_apart(seed, speed):
    tables, true = filmed(seed, speed)
    found = classified(tables)
    assert set(true) == set(KINDS.values())
    assert found["kind"].tolist() == true.tolist()
    assert found["reason"].isna().tolist() == (true == "game").tolist()


@pytest.mark.parametrize(("seed", "speed"), [(51, 1.0), (52, 0.5)])
def test_a_replay_says_when_it_was_and_how_slow(seed, speed):
    tables, _ = filmed(seed, speed)
    found = classified(tables)
    live = found["last_frame"][found["kind"] == "game"].to_numpy()
    for replay in found[found["kind"] == "replay"].itertuples():
        whistle_s = live[live < replay.first_frame][-1] / 10 - 1.0
        assert replay.repeats_from_s == pytest.approx(whistle_s - 2.2, abs=0.5)
        assert replay.speed == pytest.approx(speed, abs=0.25)


def shown_in_order(tables, source, shot):
    """Show frames of a game in another order; `source` and `shot` (t,) of each new frame."""
    now = pd.DataFrame({"now": np.arange(len(source)), "frame": source, "new_shot": shot})
    boxes = tables["detections"].merge(tables["tracks"], on="detection_id").merge(now, on="frame")
    boxes = boxes.sort_values(["now", "detection_id"], ignore_index=True)
    owner = tables["identities"].set_index("track_id")["player_id"]
    boxes = boxes.assign(
        player_id=owner.loc[boxes["track_id"]].to_numpy(),
        track_id=boxes["track_id"] + 1000 * boxes["new_shot"],
        detection_id=np.arange(len(boxes)),
        frame=boxes["now"],
    )
    frames = tables["frames"].iloc[: len(source)].assign(shot=shot)
    owners = boxes.drop_duplicates("track_id").assign(confidence=1.0)
    return tables | {
        "frames": frames,
        "detections": conform("detections", boxes),
        "tracks": conform("tracks", boxes),
        "identities": conform("identities", owners),
    }


def test_a_replay_that_runs_into_the_game_ends_where_something_new_begins():
    tables, _ = filmed(51)
    assert (tables["frames"]["shot"].iloc[:110] == 0).all()
    source = [*range(70), *np.repeat(np.arange(40, 70), 2), *range(70, 110)]  # three seconds again, at half speed
    found = classified(shown_in_order(tables, np.array(source), np.array([0] * 70 + [1] * 100)))

    assert found["kind"].tolist() == ["game", "replay", "game"]
    assert found["shot"].tolist() == [0, 1, 2]
    assert found["first_frame"].tolist() == [0, 70, pytest.approx(130, abs=8)]
    assert (found["last_frame"] + 1).tolist() == [*found["first_frame"][1:], 170]


@pytest.mark.parametrize("seed", [51, 55, 56])
def test_nothing_is_a_replay_where_there_is_none(seed):
    tables, true = filmed(seed)
    assert classified(tables)["kind"].tolist() == true.tolist()


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_wrong_names_hide_replays_but_make_none(seed):
    tables, true = filmed(seed, 0.5)
    found = classified(wrong_names(tables, 0.3))["kind"]
    assert not ((found == "replay") & (true != "replay")).any()
    some = classified(wrong_names(tables, 0.05))["kind"]
    assert (some[true == "replay"] == "replay").any()


def test_a_shot_in_which_the_court_is_found_is_no_close_up():
    tables, true = filmed(51, 1.0)
    frames = tables["frames"]
    shot = true.index[true == "close-up"][0]
    court = pd.DataFrame({"frame": frames.loc[frames["shot"] == shot, "frame"]})
    assert classified(tables | {"court": court})["kind"][shot] == "game"


def test_a_single_shot_is_the_game_however_large_people_are():
    tables, true = filmed(51, 1.0)
    shot = true.index[true == "close-up"][0]
    frames = tables["frames"][tables["frames"]["shot"] == shot]
    assert classified(tables | {"frames": frames})["kind"].tolist() == ["game"]
    assert classified({name: table.iloc[:0] for name, table in tables.items()}).empty


def test_nobody_anywhere_is_the_game():
    tables, _ = filmed(51, 1.0)
    nobody = {name: tables[name] if name in ("frames", "court") else tables[name].iloc[:0] for name in tables}
    assert set(classified(nobody)["kind"]) == {"game"}


def test_cuts_that_perception_missed_are_found():
    tables, true = filmed(52, 0.5)
    frames = tables["frames"]
    missed = frames.assign(shot=0)
    missed.loc[frames["shot"].diff() != 0, list(MOTION_COLUMNS)] = np.nan
    found = classified(tables | {"frames": missed})
    assert (kinds_of_frames(frames, found) == frames["shot"].map(true).to_numpy()).mean() > 0.99
    fast_pan = frames.assign(shot=0, **dict.fromkeys(MOTION_COLUMNS, np.nan))[frames["shot"] == 0]
    assert len(classified(tables | {"frames": fast_pan})) == 1


def test_only_boxes_of_the_game_count():
    tables, true = filmed(52, 0.5)
    shots = classified(tables)
    counted = live_tracks(tracked_game(tables), shots)
    boxes = counted.merge(tables["detections"], on="detection_id").merge(tables["frames"], on="frame")
    assert set(boxes["shot"]) == set(true.index[true == "game"])
    assert len(counted) == int(
        tables["detections"].merge(tables["frames"], on="frame")["shot"].map(true).eq("game").sum()
    )


def test_a_linear_image_of_the_same_movement_is_explained_and_another_one_is_not():
    rng = np.random.default_rng(0)
    walk = rng.normal(0, 3, (1, 8, 2)) + np.cumsum(rng.normal(0, 0.2, (20, 8, 2)), axis=0)
    another = rng.normal(0, 3, (1, 8, 2)) + np.cumsum(rng.normal(0, 0.2, (20, 8, 2)), axis=0)
    shift = rng.normal(0, 5, (20, 1, 2))
    now = walk @ np.array([[0.8, 0.3], [-0.2, 0.4]]) + shift
    place, motion = explained(now, np.stack([walk, another]))
    assert place[0] == pytest.approx(1, abs=1e-4)
    assert motion[0] == pytest.approx(1, abs=1e-4)
    assert place[1] < 0.7
    assert motion[1] < 0.5
    swapped = walk[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    assert explained(now, swapped[None])[0][0] == pytest.approx(1, abs=1e-3)


def test_too_few_people_explain_nothing():
    walk = np.random.default_rng(0).normal(0, 3, (20, 3, 2))
    place, motion = explained(walk, walk[None])
    assert place.tolist() == motion.tolist() == [0.0]
