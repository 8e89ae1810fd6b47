"""Players out of tracklets: exact on separable people, the rules kept on every input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import IdentifySettings
from pipeline.geometry.court import COURTS
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import IdentityResult, complaints, identify
from tests.thinning import thinned

FPS = 10.0
WHITE, BLACK, GREY = (90.0, 0.0, 0.0), (15.0, 0.0, 0.0), (55.0, 3.0, -3.0)


class Tracklet(NamedTuple):
    """One tracklet: who it is in truth, and its first and last frame."""

    person: int
    first: int
    last: int


@dataclass(frozen=True)
class Scene:
    """A made-up game on a FIBA court."""

    game: TrackedGame

    def but(self, **changed: Any) -> Scene:
        """The same scene with other tables or arrays."""
        return Scene(replace(self.game, **changed))

    def identify(self, given_settings: IdentifySettings | None = None, **given: Any) -> IdentityResult:
        return identify(self.game, COURTS["fiba"], given_settings or IdentifySettings(), **given)

    def tidied(self, given_settings: IdentifySettings) -> tuple[Scene, pd.DataFrame, pd.DataFrame]:
        """Identify, and keep the boxes that the stage keeps."""
        found = self.identify(given_settings)
        return self.but(tracks=found.tracks), found.identities, found.players


def scene(
    tracklets: list[Tracklet],
    *,
    noise: float = 0.02,
    jersey: dict[int, tuple[float, float, float]] | None = None,
    referees: frozenset[int] = frozenset(),
    still: frozenset[int] = frozenset(),
    seed: int = 0,
) -> Scene:
    """Tracklets of people whose embeddings are different axes, with noise; even people wear white, odd ones black.

    Everybody but the `still` ones runs to and fro over four body heights.
    """
    rng = np.random.default_rng(seed)
    last = max((p.last for p in tracklets), default=0)
    frames = pd.DataFrame({"frame": range(last + 1), "time_s": np.arange(last + 1) / FPS, "shot": 0})
    for column in MOTION_COLUMNS:
        frames[column] = np.nan
    rows = pd.DataFrame(
        [(frame, track, p.person) for track, p in enumerate(tracklets, 1) for frame in range(p.first, p.last + 1)],
        columns=["frame", "track_id", "person"],
    ).sort_values(["frame", "track_id"], ignore_index=True)
    person = rows["person"].to_numpy(np.int64)
    vectors = np.eye(32)[person] + rng.normal(0, noise, (len(rows), 32))
    left = 100.0 + 300 * person + 20.0 * (rows["frame"].to_numpy() % 20) * ~np.isin(person, sorted(still))
    colors = np.array([(jersey or {}).get(p, WHITE if p % 2 == 0 else BLACK) for p in person]).reshape(-1, 3)
    detections = pd.DataFrame(
        {
            "detection_id": range(len(rows)),
            "frame": rows["frame"],
            "x1": left,
            "y1": 200.0,
            "x2": left + 40.0,
            "y2": 300.0,
            "score": 0.9,
            "class": ["referee" if p in referees else "player" for p in person],
            "quality": rng.random(len(rows)),
            **{c: colors[:, i] for i, c in enumerate(("jersey_l", "jersey_a", "jersey_b"))},
        }
    )
    tracks = pd.DataFrame({"detection_id": range(len(rows)), "track_id": rows["track_id"]})
    return Scene(
        TrackedGame.of(
            conform("frames", frames),
            conform("detections", detections),
            vectors.astype(np.float16),
            tracks=conform("tracks", tracks),
        )
    )


def player_of(identities: pd.DataFrame, tracks: int) -> list[int]:
    """Player of each track, 0 for nobody."""
    found = dict(zip(identities["track_id"], identities["player_id"], strict=True))
    return [found.get(i, 0) for i in range(1, tracks + 1)]


def test_two_players_in_alternating_tracklets_are_recovered() -> None:
    tracklets = [Tracklet(i % 2, 20 * i, 20 * i + 15) for i in range(10)]
    identities, players = scene(tracklets).identify()[:2]
    assert player_of(identities, 10) == [1, 2] * 5
    assert players["player_id"].tolist() == [1, 2]


def test_teams_are_told_apart_the_lighter_one_is_a_and_referees_come_last() -> None:
    tracklets = [Tracklet(p, 0, 30) for p in range(5)] + [Tracklet(p, 40, 70) for p in range(5)]
    made = scene(tracklets, jersey={4: GREY}, referees=frozenset({4}))
    identities, players = made.identify()[:2]
    assert players["role"].tolist() == ["player"] * 4 + ["referee"]
    assert players["team"].tolist()[:4] == ["A", "A", "B", "B"]
    assert pd.isna(players["team"][4])
    assert players["color"].tolist()[0] == players["color"].tolist()[1] == "#e2e2e2"
    assert player_of(identities, 10) == [1, 3, 2, 4, 5] * 2
    assert players["number"].isna().all()
    assert players["name"].isna().all()


def test_one_jersey_is_not_forced_into_two_teams() -> None:
    tracklets = [Tracklet(p, 0, 30) for p in range(6)]
    made = scene(tracklets, jersey=dict.fromkeys(range(6), GREY))
    found = made.identify()
    assert found.players["team"].isna().all()
    assert len(found.players) == 6
    assert any("all jerseys look alike" in warning for warning in found.warnings)
    assert made.identify(IdentifySettings(teams=False)).warnings == (), "one team was asked for"
    assert scene(tracklets).identify().warnings == ()


def test_a_tracklet_between_the_jerseys_stays_undecided_but_joins_its_player() -> None:
    tracklets = [Tracklet(p, 0, 50) for p in range(4)] + [Tracklet(0, 60, 80)]
    made = scene(tracklets)
    shade = made.game.tracks["track_id"].to_numpy() == 5
    made.game.detections.loc[shade, "jersey_l"] = np.float32(52.0)
    identities, players = made.identify()[:2]
    assert player_of(identities, 5)[4] == player_of(identities, 5)[0]
    assert sorted(players["team"]) == ["A", "A", "B", "B"]


def test_simultaneous_look_alikes_are_two_players() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(0, 10, 40), Tracklet(0, 50, 80)])
    identities, players = made.identify()[:2]
    assert len(players) == 2
    assert len(set(player_of(identities, 3)[:2])) == 2


def test_a_single_shared_frame_is_enough_where_the_boxes_are_apart() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(0, 30, 60)])
    second = made.game.tracks["track_id"].to_numpy() == 2
    made.game.detections.loc[second, ["x1", "x2"]] += np.float32(100.0)
    identities, _ = made.identify(IdentifySettings(min_players=1))[:2]
    assert len(set(player_of(identities, 2))) == 2


def test_a_person_boxed_twice_for_some_frames_is_one_and_keeps_one_box_of_each() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(0, 28, 60), Tracklet(2, 0, 60)])
    tidy, identities, _ = made.tidied(IdentifySettings())
    assert player_of(identities, 3) == [1, 1, 2]
    lost = made.game.detections[~made.game.detections["detection_id"].isin(tidy.game.tracks["detection_id"])]
    assert lost["frame"].tolist() == [28, 29, 30]
    assert made.game.tracks.set_index("detection_id").loc[lost["detection_id"], "track_id"].tolist() == [1, 1, 1]


def test_short_tracklets_are_assigned_afterwards_and_never_against_the_rules() -> None:
    tracklets = [Tracklet(0, 0, 50), Tracklet(2, 0, 50), Tracklet(0, 60, 62), Tracklet(2, 60, 62), Tracklet(0, 20, 22)]
    made = scene(tracklets)
    made.game.detections.loc[made.game.tracks["track_id"].to_numpy() == 5, ["x1", "x2"]] += np.float32(100.0)
    identities, _ = made.identify()[:2]
    found = player_of(identities, 5)
    assert found[:4] == [1, 2, 1, 2]
    assert found[4] == 0  # looks like player 1, who stands elsewhere at that time; seen too briefly to be somebody else


def test_people_seen_too_briefly_are_nobody() -> None:
    identities, players = scene([Tracklet(0, 0, 50), Tracklet(2, 0, 3)]).identify()[:2]
    assert len(players) == 1
    assert identities["track_id"].tolist() == [1]


def test_those_who_never_move_about_are_nobody() -> None:
    identities, players = scene([Tracklet(0, 0, 50), Tracklet(1, 0, 50)], still=frozenset({1})).identify()[:2]
    assert len(players) == 1
    assert identities["track_id"].tolist() == [1]


def test_a_player_who_stands_still_for_a_while_is_the_same_player() -> None:
    made = scene([Tracklet(0, 0, 50), Tracklet(2, 0, 50), Tracklet(0, 60, 90)])
    standing = made.game.tracks["track_id"].to_numpy() == 3
    made.game.detections.loc[standing, ["x1", "x2"]] = np.float32([300.0, 340.0])
    identities, players = made.identify()[:2]
    assert player_of(identities, 3) == [1, 2, 1]
    assert len(players) == 2


def test_out_of_reach_is_another_player() -> None:
    """6.5 m are in reach, since hidden feet are seen metres off; they once tore players apart."""
    made = scene([Tracklet(0, 0, 30), Tracklet(0, 33, 60)])  # 0.3 s apart
    second = made.game.tracks["track_id"].to_numpy() == 2
    near, far = made.game.feet_m.copy(), made.game.feet_m.copy()
    near[~second], near[second] = (5.0, 5.0), (11.5, 5.0)
    far[~second], far[second] = (5.0, 5.0), (20.0, 5.0)
    one_will_do = IdentifySettings(min_players=1)
    assert len(made.but(feet_m=near).identify(one_will_do).players) == 1
    assert len(made.but(feet_m=far).identify(one_will_do).players) == 2


def test_out_of_reach_in_the_picture_is_another_player_where_the_camera_is_known() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(0, 33, 60)])  # 0.3 s apart
    second = made.game.tracks["track_id"].to_numpy() == 2
    standing, panning, detections = made.game.frames.copy(), made.game.frames.copy(), made.game.detections.copy()
    standing[list(MOTION_COLUMNS)] = np.tile(np.eye(3).ravel(), (len(standing), 1))
    panning[list(MOTION_COLUMNS)] = standing[list(MOTION_COLUMNS)]
    panning.loc[31:33, "m13"] = 300.0
    unknown = panning.copy()
    unknown.loc[32, list(MOTION_COLUMNS)] = np.nan
    detections.loc[second, ["x1", "x2"]] += np.float32(900.0)  # nine body heights on
    one_will_do = IdentifySettings(min_players=1)
    assert len(made.but(frames=standing).identify(one_will_do).players) == 1
    assert len(made.but(frames=standing, detections=detections).identify(one_will_do).players) == 2
    assert len(made.but(frames=panning, detections=detections).identify(one_will_do).players) == 1
    assert len(made.but(frames=unknown, detections=detections).identify(one_will_do).players) == 1


def test_too_many_players_are_merged_on_where_the_rules_permit() -> None:
    tracklets = [Tracklet(2 * p, 40 * p, 40 * p + 30) for p in range(6)]  # one after the other, all in white
    assert len(scene(tracklets).identify().players) == 6
    assert len(scene(tracklets).identify(IdentifySettings(max_players=4)).players) == 4


def test_too_many_simultaneous_players_are_kept_and_said() -> None:
    wish = IdentifySettings(max_players=4)
    _, players = scene([Tracklet(p, 0, 30) for p in range(6)]).identify(wish)[:2]
    assert len(players) == 6
    assert "max_players = 4" in complaints(players, wish)[0]


def test_fewer_players_than_asked_for_is_said() -> None:
    wish = IdentifySettings(min_players=4)
    _, players = scene([Tracklet(p, 0, 30) for p in range(3)]).identify(wish)[:2]
    assert "min_players = 4" in complaints(players, wish)[0]
    assert complaints(players, IdentifySettings()) == ()


def test_not_fewer_players_than_asked_for() -> None:
    tracklets = [Tracklet(0, 40 * p, 40 * p + 30) for p in range(6)]
    assert len(scene(tracklets).identify(IdentifySettings(min_players=1)).players) == 1
    assert len(scene(tracklets).identify(IdentifySettings(min_players=3)).players) == 3


def test_confidence_is_higher_for_the_clear_tracklet() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(2, 0, 30), Tracklet(0, 40, 70), Tracklet(2, 80, 110)])
    mixed = made.game.tracks["track_id"].to_numpy() == 4
    made.game.embeddings[mixed] = np.eye(32)[2] * 0.75 + np.eye(32)[0] * 0.65
    identities, _ = made.identify(IdentifySettings(max_distance=0.5, unknown_below=0.0))[:2]
    sure = identities.set_index("track_id")["confidence"]
    assert sure[3] > 0.4  # three seconds say little of whether it is one person throughout
    assert 0.3 < sure[4] < sure[3] - 0.1


def test_no_tracklets_give_empty_tables() -> None:
    identities, players = scene([]).identify()[:2]
    assert identities.empty
    assert players.empty
    assert list(identities.columns) == list(ALL["identities"].empty().columns)


def test_one_tracklet_is_one_player_without_a_team() -> None:
    identities, players = scene([Tracklet(0, 0, 30)]).identify()[:2]
    assert player_of(identities, 1) == [1]
    assert pd.isna(players["team"][0])


def test_without_embeddings_every_long_tracklet_is_somebody() -> None:
    made = scene([Tracklet(0, 0, 30), Tracklet(1, 0, 30), Tracklet(0, 40, 80)])
    made.game.embeddings[:] = np.nan
    identities, players = made.identify()[:2]
    assert len(players) == 3
    assert identities["confidence"].between(0.3, 0.5).all()


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Anything: look-alikes, overlaps, short tracklets, missing embeddings and jerseys, mixed roles."""
    tracklets = draw(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 25)).map(
                lambda t: Tracklet(t[0], t[1], t[1] + t[2])
            ),
            min_size=1,
            max_size=14,
        )
    )
    made = scene(tracklets, noise=draw(st.sampled_from([0.0, 0.05, 0.5])), seed=draw(st.integers(0, 99)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    made.game.embeddings[rng.random(len(made.game.embeddings)) < draw(st.sampled_from([0.0, 0.5, 1.0]))] = np.nan
    made.game.detections.loc[rng.random(len(made.game.detections)) < draw(st.sampled_from([0.0, 0.5])), "class"] = (
        "referee"
    )
    made.game.detections.loc[
        rng.random(len(made.game.detections)) < draw(st.sampled_from([0.0, 1.0])), ["jersey_l", "jersey_a", "jersey_b"]
    ] = np.nan
    made.game.feet_m[:] = rng.random(made.game.feet_m.shape) * draw(st.sampled_from([1.0, 25.0]))
    return made


def boxes_per_player_and_frame(made: Scene, identities: pd.DataFrame) -> pd.Series:
    linked = made.game.tracks.merge(identities, on="track_id").merge(made.game.detections, on="detection_id")
    return linked.groupby(["player_id", "frame"]).size()


@settings(max_examples=10)
@given(made=scenes(), low=st.integers(1, 3), more=st.integers(0, 5))
def test_the_same_player_is_never_twice_in_a_frame(made: Scene, low: int, more: int) -> None:
    wish = IdentifySettings(min_players=low, max_players=low + more, min_player_s=0.3)
    tidy, identities, players = made.tidied(wish)
    assert (boxes_per_player_and_frame(tidy, identities) == 1).all()
    lost = made.game.tracks[~made.game.tracks["detection_id"].isin(tidy.game.tracks["detection_id"])]
    assert set(lost["track_id"]) <= set(identities["track_id"])  # nobody else loses a box
    assert sorted(set(identities["player_id"])) == players["player_id"].tolist()


@settings(max_examples=12)
@given(made=scenes(), seed=st.integers(0, 99))
def test_order_of_rows_and_names_of_tracklets_do_not_matter(made: Scene, seed: int) -> None:
    rng = np.random.default_rng(seed)
    identities, players = made.identify()[:2]
    order = rng.permutation(len(made.game.detections))
    new_id = rng.permutation(int(made.game.tracks["track_id"].max())) + 1
    tracks = made.game.tracks.assign(track_id=new_id[made.game.tracks["track_id"] - 1])
    shuffled = made.but(
        detections=made.game.detections.iloc[order].reset_index(drop=True),
        embeddings=made.game.embeddings[order],
        tracks=tracks.sample(frac=1.0, random_state=seed, ignore_index=True),
        feet_m=made.game.feet_m[order],
    )
    renamed, same_players = shuffled.identify()[:2]
    expected = identities.assign(track_id=new_id[identities["track_id"] - 1]).sort_values("track_id", ignore_index=True)
    pd.testing.assert_frame_equal(renamed, expected, atol=1e-3)
    pd.testing.assert_frame_equal(same_players, players)


def test_people_embedded_now_and_then_are_the_same_players_seen_for_as_long() -> None:
    tracklets = [Tracklet(i % 4, 40 * (i // 4), 40 * (i // 4) + 30) for i in range(20)]
    made = scene(tracklets, jersey={3: GREY}, referees=frozenset({3}))
    full = made.identify()
    for phase in range(3):
        thin = Scene(thinned(made.game, phase=phase)).identify()
        assert player_of(thin.identities, 20) == player_of(full.identities, 20)
        assert thin.players.equals(full.players)
        assert thin.tracklets["seen_s"].equals(full.tracklets["seen_s"])
        assert thin.tracks.equals(full.tracks)
