"""From feet to metres and seconds: closed-form scenarios of standing, walking, jogging and game-like players."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from pipeline.config import StatsSettings
from pipeline.geometry.court import COURTS
from pipeline.rendering.simulation.playback import read_sportvu
from pipeline.tables import ALL, MOTION_COLUMNS, POSITIONS, check, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.game_clock import is_running
from pipeline.understand.location import locate
from pipeline.understand.statistics import compute_statistics

SETTINGS = StatsSettings()
COURT = COURTS["fiba"]


def statistics(game, identities, players, positions, settings=SETTINGS, is_live=None):
    tracklets = ALL["tracklets"].empty()
    is_live = np.full(len(game.frames), np.nan) if is_live is None else is_live
    return compute_statistics(game, identities, tracklets, players, positions, is_live, COURT, settings).player_stats


@dataclass
class Scene:
    """Tables of players whose feet are known: one tracklet per player unless `track_of` says otherwise."""

    time_s: np.ndarray
    feet: dict[int, np.ndarray]
    """player -> (frames, 2) metres; NaN rows where there is no box."""
    shot: np.ndarray | None = None
    frame: np.ndarray | None = None
    score: dict[int, float] = field(default_factory=dict)

    def tables(self):
        count = len(self.time_s)
        shot = np.zeros(count, int) if self.shot is None else self.shot
        number = np.arange(count) if self.frame is None else self.frame
        motion = dict.fromkeys(MOTION_COLUMNS, np.nan)
        frames = conform("frames", pd.DataFrame({"frame": number, "time_s": self.time_s, "shot": shot, **motion}))
        tables = [
            pd.DataFrame({"frame": number, "player": player, "x": feet[:, 0], "y": feet[:, 1]}).dropna()
            for player, feet in self.feet.items()
        ]
        rows = pd.concat(tables).sort_values(["frame", "player"]).reset_index(drop=True)
        detections = rows.assign(detection_id=rows.index, x1=0.0, y1=0.0, x2=9.0, y2=9.0, quality=1.0)
        detections["score"] = [self.score.get(player, 0.9) for player in rows["player"]]
        detections = detections.assign(jersey_l=0.0, jersey_a=0.0, jersey_b=0.0, **{"class": "player"})
        tracks = conform("tracks", rows.assign(detection_id=rows.index, track_id=rows["player"] + 10))
        ids = sorted({player % 100 for player in self.feet})
        identities = pd.DataFrame({"track_id": [p + 10 for p in self.feet], "player_id": [p % 100 for p in self.feet]})
        players = pd.DataFrame({"player_id": ids, "role": "player", "team": "A", "number": None, "name": None})
        feet_m = rows[["x", "y"]].to_numpy()
        game = TrackedGame.of(frames, conform("detections", detections), feet_m=feet_m, tracks=tracks)
        identities = conform("identities", identities.assign(confidence=0.8))
        return game, identities, conform("players", players.assign(color=None))

    def positions(self, settings=SETTINGS):
        game, identities, _ = self.tables()
        return check("positions", locate(game, identities, settings))

    def stats(self, settings=SETTINGS):
        game, identities, players = self.tables()
        positions = locate(game, identities, settings)
        table = statistics(game, identities, players, positions, settings)
        return check("player_stats", table).set_index("player_id")

    def one(self, settings=SETTINGS):
        return self.stats(settings).iloc[0]


def times(fps=30.0, seconds=60.0):
    return np.arange(round(seconds * fps)) / fps


def white(count, sd_m, seed=0):
    return np.random.default_rng(seed).normal(0, sd_m, (count, 2))


def drifting(count, fps, sd_m, correlation_s, seed=0):
    """Noise whose correlation falls to 1/e after `correlation_s`."""
    rng = np.random.default_rng(seed)
    keep = np.exp(-1 / (fps * correlation_s))
    noise = np.empty((count, 2))
    noise[0] = rng.normal(0, sd_m, 2)
    for i, step in enumerate(rng.normal(0, sd_m * np.sqrt(1 - keep**2), (count - 1, 2)), start=1):
        noise[i] = keep * noise[i - 1] + step
    return noise


def standing(time_s):
    return np.tile([10.0, 7.0], (len(time_s), 1))


def oval(time_s, speed_mps):
    """Go round two straights of 20 m and two half circles, wide enough for the speed; the distance is speed times time."""
    straight, radius = 20.0, max(2.0, speed_mps**2 / 5)
    s = (speed_mps * time_s) % (2 * straight + 2 * np.pi * radius)
    arc = np.pi * radius
    stretches = [s < straight, s < straight + arc, s < 2 * straight + arc]
    a, b = (s - straight) / radius, (s - 2 * straight - arc) / radius
    x = np.select(stretches, [s, straight + radius * np.sin(a), 2 * straight + arc - s], -radius * np.sin(b))
    y = np.select(stretches, [0 * s, radius - radius * np.cos(a), 0 * s + 2 * radius], radius + radius * np.cos(b))
    return np.column_stack([x + 4, y + 5])


def game_like(time_s, seed):
    """Stand, walk, run and sprint in turns with human accelerations, turning all the while.

    Returns:
        Positions (n, 2) and the true distance.
    """
    rng = np.random.default_rng(seed)
    fine_s = 1 / 120
    count = int(time_s[-1] / fine_s) + 2
    wanted, turning = np.empty(count), np.empty(count)
    start = 0
    while start < count:
        stop = start + int(rng.uniform(0.6, 4) / fine_s)
        pace = rng.choice(4, p=[0.3, 0.35, 0.25, 0.1])
        wanted[start:stop] = (0, rng.uniform(0.7, 1.8), rng.uniform(2, 4.5), rng.uniform(4.5, 7))[pace]
        turning[start:stop] = rng.normal(0, 0.8)
        start = stop
    speed, heading = np.zeros(count), np.cumsum(turning) * fine_s
    for i in range(1, count):
        step = np.clip(3 * (wanted[i] - speed[i - 1]), -4, 3) * fine_s
        speed[i] = max(0.0, speed[i - 1] + step)
    velocity = speed[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
    grid = np.arange(count + 1) * fine_s
    path = np.vstack([[0, 0], np.cumsum(velocity, axis=0) * fine_s])
    run = np.concatenate([[0], np.cumsum(speed) * fine_s])
    place = np.column_stack([np.interp(time_s, grid, path[:, k]) for k in (0, 1)])
    return place, float(np.interp(time_s[-1], grid, run))


RATES = [30.0, 30000 / 1001, 25.0]


class TestStanding:
    @pytest.mark.parametrize("fps", RATES)
    @pytest.mark.parametrize("sd_m", [0.05, 0.15])
    def test_white_noise_is_no_running(self, fps, sd_m):
        time_s = times(fps, 600)
        stats = Scene(time_s, {1: standing(time_s) + white(len(time_s), sd_m)}).one()
        assert stats["distance_m"] < 3
        assert stats["located_s"] == pytest.approx(600, abs=0.1)

    @pytest.mark.parametrize(("sd_m", "correlation_s", "limit_m"), [(0.05, 0.3, 3), (0.15, 0.1, 5), (0.15, 0.3, 20)])
    def test_noise_that_lasts_is_no_running(self, sd_m, correlation_s, limit_m):
        time_s = times(30, 600)
        noise = drifting(len(time_s), 30, sd_m, correlation_s)
        assert Scene(time_s, {1: standing(time_s) + noise}).one()["distance_m"] < limit_m

    def test_sixty_frames_a_second_of_which_every_second_is_analysed(self):
        time_s = times(60, 600)[::2]
        feet = standing(time_s) + white(len(time_s), 0.15)
        assert Scene(time_s, {1: feet}, frame=np.arange(len(time_s)) * 2).one()["distance_m"] < 3


class TestMoving:
    @pytest.mark.parametrize(("fps", "sd_m"), [(30.0, 0.0), (30.0, 0.15), (30000 / 1001, 0.05), (25.0, 0.15)])
    @pytest.mark.parametrize("speed_mps", [1.4, 3.0, 6.0])
    def test_steady_movement_is_within_three_percent(self, fps, sd_m, speed_mps):
        time_s = times(fps, 120)
        stats = Scene(time_s, {1: oval(time_s, speed_mps) + white(len(time_s), sd_m)}).one()
        assert stats["distance_m"] == pytest.approx(speed_mps * 120, rel=0.03)
        assert stats["mean_speed_mps"] == pytest.approx(speed_mps, rel=0.03)
        assert stats["top_speed_mps"] == pytest.approx(speed_mps, rel=0.15)

    @pytest.mark.parametrize("sd_m", [0.05, 0.15])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_game_like_movement_is_within_five_percent_and_inside_its_interval(self, sd_m, seed):
        time_s = times(30, 300)
        feet, true_m = game_like(time_s, seed)
        stats = Scene(time_s, {1: feet + white(len(time_s), sd_m, seed)}).one()
        assert stats["distance_m"] == pytest.approx(true_m, rel=0.05)
        assert stats["distance_low_m"] < true_m < stats["distance_high_m"]

    def test_ten_frames_a_second_are_enough(self):
        time_s = times(10, 300)
        feet, true_m = game_like(time_s, 4)
        stats = Scene(time_s, {1: feet + white(len(time_s), 0.05)}).one()
        assert stats["distance_m"] == pytest.approx(true_m, rel=0.06)

    def test_a_variable_frame_rate_does_not_matter(self):
        steps = np.random.default_rng(0).choice([1 / 60, 1 / 30, 1 / 15], 3000)
        time_s = np.cumsum(steps)
        stats = Scene(time_s, {1: oval(time_s, 3.0) + white(len(time_s), 0.05)}).one()
        assert stats["distance_m"] == pytest.approx(3.0 * (time_s[-1] - time_s[0]), rel=0.03)

    def test_players_of_a_sportvu_event(self, real_data):
        """Six seconds of ten real players, of which smoothing loses a little at the ends and in turns."""
        given = read_sportvu(real_data / "trajectories" / "event_mia_dal" / "event.json", COURTS["nba"])
        paths = np.concatenate(given.teams, axis=1).transpose(1, 0, 2)
        noisy = {k: path + white(len(path), 0.05, k) for k, path in enumerate(paths, start=1)}
        found = Scene(given.time_s, noisy).stats()["distance_m"].to_numpy()
        true_m = np.linalg.norm(np.diff(paths, axis=1), axis=2).sum(axis=1)
        assert found.sum() == pytest.approx(true_m.sum(), rel=0.04)
        assert np.abs(found / true_m - 1).mean() < 0.05


class TestGaps:
    time_s = times(30, 60)

    def hidden(self, start_s, stop_s, speed_mps=3.0):
        feet = oval(self.time_s, speed_mps)
        feet[(self.time_s >= start_s - 1e-9) & (self.time_s < stop_s - 1e-9)] = np.nan
        return feet

    def test_a_short_gap_is_bridged_and_counted_apart(self):
        stats = Scene(self.time_s, {1: self.hidden(2, 3)}).one()
        assert stats["seen_s"] == pytest.approx(59, abs=0.05)
        assert stats["bridged_s"] == pytest.approx(1, abs=0.05)
        assert stats["located_s"] == pytest.approx(60, abs=0.05)
        assert stats["distance_m"] == pytest.approx(180, rel=0.03)

    def test_a_long_gap_is_never_added(self):
        scene = Scene(self.time_s, {1: self.hidden(20, 40)})
        stats = scene.one()
        assert stats["seen_s"] == stats["located_s"] == pytest.approx(40, abs=0.1)
        assert stats["bridged_s"] == 0
        assert stats["distance_m"] == pytest.approx(120, rel=0.03)
        positions = scene.positions()
        assert not positions["time_s"].between(20.001, 39.9).any()

    def test_nothing_is_added_across_a_cut(self):
        shot = (self.time_s >= 30).astype(int)
        feet = oval(self.time_s, 3.0)
        feet[self.time_s >= 30] += [0, 5]
        feet[(self.time_s > 29.8) & (self.time_s < 30.2)] = np.nan
        stats = Scene(self.time_s, {1: feet}, shot=shot).one()
        assert stats["distance_m"] == pytest.approx(180, rel=0.03)
        assert stats["bridged_s"] == 0

    def test_bridged_rows_say_so_and_lie_between(self):
        positions = Scene(self.time_s, {1: self.hidden(2, 3)}).positions()
        bridged = positions[positions["source"] == "bridged"]
        assert len(bridged) == 30
        assert bridged["time_s"].between(2, 3).all()
        assert bridged["x_m"].between(9.9, 13.1).all()

    def test_a_jump_that_nobody_runs_is_not_added(self):
        feet = standing(self.time_s)
        feet[self.time_s >= 30] += [12, 0]
        assert Scene(self.time_s, {1: feet}).one()["distance_m"] < 1

    @pytest.mark.parametrize("stalls", [1, 6])
    def test_time_that_the_file_leaves_out_is_bridged(self, stalls):
        """A recorder that stalls for 0.7 s now and then: all time counts, and so does the way meanwhile."""
        kept = ~np.logical_or.reduce(
            [(self.time_s > at) & (self.time_s < at + 0.7) for at in range(5, 5 + 9 * stalls, 9)]
        )
        time_s = self.time_s[kept]
        stats = Scene(time_s, {1: oval(time_s, 3.0)}).one()
        assert stats["seen_s"] == stats["located_s"] == pytest.approx(60, abs=0.05)
        assert stats["distance_m"] == pytest.approx(180, rel=0.02)
        assert stats["top_speed_mps"] == pytest.approx(3, rel=0.05)

    def test_a_screen_recording_in_bursts_counts_whole(self):
        time_s = np.concatenate([0.8 * k + np.arange(10) / 30 for k in range(75)])
        stats = Scene(time_s, {1: oval(time_s, 3.0)}).one()
        assert stats["seen_s"] == pytest.approx(59.5, abs=0.1)
        assert stats["distance_m"] == pytest.approx(178.6, rel=0.03)
        assert stats["top_speed_mps"] == pytest.approx(3, rel=0.1)

    def test_the_rate_may_change_for_good(self):
        time_s = np.concatenate([np.arange(600) / 30, 20 + np.arange(120) / 8])
        stats = Scene(time_s, {1: oval(time_s, 3.0)}).one()
        assert stats["seen_s"] == pytest.approx(35, abs=0.1)
        assert stats["distance_m"] == pytest.approx(105, rel=0.02)

    def test_a_hole_in_the_video_is_not_time_seen(self):
        time_s = np.where(self.time_s < 30, self.time_s, self.time_s + 100)
        stats = Scene(time_s, {1: standing(time_s)}).one()
        assert stats["seen_s"] == pytest.approx(60, abs=0.2)
        assert stats["last_s"] == pytest.approx(160, abs=0.1)


class TestWrongBoxes:
    time_s = times(30, 60)

    def test_single_boxes_metres_away_add_nothing(self):
        feet = standing(self.time_s) + white(1800, 0.05)
        feet[::97] += [5, 0]
        assert Scene(self.time_s, {1: feet}).one()["distance_m"] < 1

    def test_a_third_of_a_second_of_wrong_boxes_adds_little(self):
        feet = oval(self.time_s, 3.0)
        for start in (300, 900, 1500):
            feet[start : start + 8] += [4, 3]
        stats = Scene(self.time_s, {1: feet}).one()
        assert stats["distance_m"] == pytest.approx(180, rel=0.03)
        assert stats["top_speed_mps"] < 3.4

    def test_of_two_boxes_in_one_frame_the_surer_one_counts(self):
        scene = Scene(self.time_s, {1: standing(self.time_s), 101: standing(self.time_s) + 8}, score={101: 0.4})
        positions = scene.positions()
        assert len(positions) == 1800
        assert positions["x_m"].to_numpy() == pytest.approx(10)


class TestTables:
    time_s = times(30, 20)

    def test_two_tracklets_of_one_player_are_one_path(self):
        first, second = oval(self.time_s, 2.0), oval(self.time_s, 2.0)
        first[self.time_s >= 9.5], second[self.time_s < 10.2] = np.nan, np.nan
        stats = Scene(self.time_s, {1: first, 101: second}).stats()
        assert stats.index.tolist() == [1]
        assert stats.loc[1, "distance_m"] == pytest.approx(40, rel=0.03)

    def test_without_metres_there_are_times_and_no_numbers(self):
        game, identities, players = Scene(self.time_s, {1: standing(self.time_s)}).tables()
        nowhere = replace(game, feet_m=np.full(game.feet_m.shape, np.nan))
        positions = locate(nowhere, identities, SETTINGS)
        assert positions.empty
        check("positions", positions)
        stats = statistics(game, identities, players, POSITIONS.empty())
        row = check("player_stats", stats).iloc[0]
        assert row["seen_s"] == pytest.approx(20, abs=0.05)
        assert row["confidence"] == pytest.approx(0.8)
        assert row[["located_s", "distance_m", "top_speed_mps", "paint_share"]].isna().all()
        assert pd.isna(row["sprints"])

    def test_a_player_never_located_in_a_located_game_has_no_distance(self):
        feet = {1: standing(self.time_s), 2: standing(self.time_s) + 3}
        game, identities, players = Scene(self.time_s, feet).tables()
        feet_m = np.where(np.arange(len(game.feet_m))[:, None] % 2 == 1, np.nan, game.feet_m)
        positions = locate(replace(game, feet_m=feet_m), identities, SETTINGS)
        stats = statistics(game, identities, players, positions)
        row = stats.set_index("player_id").loc[2]
        assert row["located_s"] == 0
        assert np.isnan(row["distance_m"])
        assert row["seen_s"] == pytest.approx(20, abs=0.05)

    def test_nobody_gives_empty_tables(self):
        game, identities, players = Scene(self.time_s, {1: standing(self.time_s)}).tables()
        nobody = identities.iloc[:0]
        positions = locate(game, nobody, SETTINGS)
        assert positions.empty
        stats = statistics(game, nobody, players.iloc[:0], positions)
        assert check("player_stats", stats).empty

    def test_a_player_seen_once_has_no_figures(self):
        feet = np.full((600, 2), np.nan)
        feet[100] = [3.0, 7.5]
        scene = Scene(self.time_s, {1: feet, 2: standing(self.time_s)})
        assert scene.positions()["x_m"].iloc[0] == pytest.approx(3.0)
        stats = scene.stats().loc[1]
        assert stats["located_s"] == pytest.approx(1 / 30)
        unknown = ["distance_m", "top_speed_mps", "walk_s", "sprints", "mean_x_m", "paint_share"]
        assert stats[unknown].isna().all()

    @pytest.mark.parametrize(
        ("seconds", "given", "missing"),
        [
            (2.0, ("distance_m", "walk_s", "sprints"), ("mean_speed_mps", "top_speed_mps", "mean_x_m", "paint_share")),
            (5.0, ("mean_speed_mps", "top_speed_mps", "mean_x_m"), ("distance_per_min_m", "backcourt_share")),
            (11.0, ("distance_per_min_m",), ("backcourt_share", "mean_attack_x_m")),
        ],
    )
    def test_what_is_given_depends_on_how_long_was_measured(self, seconds, given, missing):
        stats = Scene(times(30, seconds), {1: oval(times(30, seconds), 2.0)}).one()
        assert stats[list(given)].notna().all()
        assert stats[list(missing)].isna().all()

    def test_the_whole_distance_is_not_guessed_from_a_small_part_of_it(self):
        time_s = times(10, 100)
        game, identities, players = Scene(time_s, {1: oval(time_s, 2.0)}).tables()
        for share, is_given in ((0.3, False), (0.7, True)):
            known = np.arange(len(game.feet_m))[:, None] < share * len(game.feet_m)
            part = replace(game, feet_m=np.where(known, game.feet_m, np.nan))
            row = statistics(part, identities, players, locate(part, identities, SETTINGS)).iloc[0]
            assert np.isfinite(row["estimated_full_distance_m"]) == is_given
            assert row["distance_m"] == pytest.approx(200 * share, rel=0.03)

    def test_shares_and_zones_follow_time(self):
        feet = standing(self.time_s)
        feet[self.time_s < 5] = [2.0, 7.5]  # paint, left
        feet[self.time_s >= 15] = [27.0, 0.4]  # corner, right
        stats = Scene(self.time_s, {1: feet}).one()
        assert stats["paint_share"] == pytest.approx(0.25, abs=0.01)
        assert stats["left_half_share"] == pytest.approx(0.75, abs=0.01)
        assert stats["three_point_share"] == pytest.approx(0.75, abs=0.01)
        assert stats["mean_x_m"] == pytest.approx(0.25 * 2 + 0.5 * 10 + 0.25 * 27, abs=0.1)

    def test_zones_of_speed_sum_to_the_time_and_sprints_are_counted(self):
        time_s = times(30, 60)
        speed = np.where((time_s % 20 > 5) & (time_s % 20 < 9), 7.0, 1.0)
        x = np.concatenate([[0], np.cumsum(speed[:-1] * np.diff(time_s))])
        stats = Scene(time_s, {1: np.column_stack([x, 0 * x])}).one()
        assert stats["sprints"] == 3
        assert stats["sprint_s"] == pytest.approx(12, abs=1.5)
        zones = stats[["walk_s", "jog_s", "run_s", "sprint_s"]].sum()
        assert zones == pytest.approx(stats["located_s"], abs=0.05)
        assert stats["distance_m"] == pytest.approx(x[-1], rel=0.03)
        assert stats["top_speed_mps"] == pytest.approx(7.0, rel=0.03)

    def test_full_confidence_stays_full_whatever_the_rounding(self):
        time_s = np.arange(0, 900, 12) / 60
        game, identities, players = Scene(time_s, {1: standing(time_s)}).tables()
        sure = identities.assign(confidence=np.float32(1))
        stats = statistics(game, sure, players, POSITIONS.empty())
        assert stats["confidence"].tolist() == [1.0]

    def test_inputs_are_not_modified(self):
        game, identities, players = Scene(self.time_s, {1: standing(self.time_s)}).tables()
        tables = (game.frames, game.detections, game.tracks, identities, players)
        before, feet_m = [table.copy() for table in tables], game.feet_m.copy()
        statistics(game, identities, players, locate(game, identities, SETTINGS))
        for old, new in zip(before, tables, strict=True):
            pd.testing.assert_frame_equal(old, new)
        assert (game.feet_m == feet_m).all()


class TestEfforts:
    def path(self, speed_mps):
        """Run along a line at these speeds, 30 samples a second."""
        x = np.concatenate([[0.0], np.cumsum(speed_mps[:-1]) / 30])
        return Scene(np.arange(len(x)) / 30, {1: np.column_stack([x, 0 * x])}).one()

    def test_hard_starts_and_stops_are_counted_gentle_ones_are_not(self):
        time_s = times(30, 60)
        hard = np.clip(4 * np.minimum(time_s % 20 - 5, 10 - time_s % 20), 0, 5)
        gentle = np.clip(1 * np.minimum(time_s % 20 - 2, 14 - time_s % 20), 0, 4)
        stats = self.path(hard)
        assert (stats["accelerations"], stats["decelerations"]) == (3, 3)
        stats = self.path(gentle)
        assert (stats["accelerations"], stats["decelerations"]) == (0, 0)

    def test_a_sprint_has_its_times(self):
        time_s = times(30, 40)
        speed_mps = 2 + 5 * np.clip(np.minimum(time_s - 19, 25 - time_s), 0, 1)  # 7 m/s from 20 s to 24 s
        x = np.concatenate([[0.0], np.cumsum(speed_mps[:-1]) / 30])
        game, identities, players = Scene(time_s, {1: np.column_stack([x, 0 * x])}).tables()
        positions, tracklets = locate(game, identities, SETTINGS), ALL["tracklets"].empty()
        unknown = np.full(len(game.frames), np.nan)
        found = compute_statistics(game, identities, tracklets, players, positions, unknown, COURT, SETTINGS).efforts
        found = found.set_index("kind")
        assert found.index.tolist() == ["acceleration", "sprint", "top-speed", "deceleration"]
        above_s = 19 + 3.9 / 5, 25 - 3.9 / 5  # faster than 5.9 m/s
        assert found.loc["sprint", ["start_s", "end_s"]].tolist() == pytest.approx(above_s, abs=0.25)
        assert found.loc["acceleration", "start_s"] == pytest.approx(19, abs=0.5)
        assert above_s[0] < found.loc["top-speed", "start_s"] < found.loc["top-speed", "end_s"] < above_s[1]
        assert found.loc["top-speed", "top_speed_mps"] == pytest.approx(7, rel=0.05)

    def test_distance_by_zone_sums_to_the_distance(self):
        time_s = times(30, 60)
        stats = self.path(np.select([time_s < 20, time_s < 40], [1.0, 3.0], 5.0))
        zones = stats[["walk_m", "jog_m", "run_m", "sprint_m"]]
        assert zones.sum() == pytest.approx(stats["distance_m"])
        assert zones.tolist() == pytest.approx([20, 60, 100, 0], abs=4)


class TestOnCourt:
    time_s = times(10, 300)

    def seen(self, *absences_s):
        feet = oval(self.time_s, 2.0)
        for start_s, stop_s in absences_s:
            feet[(self.time_s >= start_s) & (self.time_s < stop_s)] = np.nan
        return Scene(self.time_s, {1: feet}).one()

    def test_short_absences_count_as_on_court_and_are_estimated_apart(self):
        limit_s = SETTINGS.max_absence_s
        stats = self.seen((20, 20 + limit_s - 1), (100, 102 + limit_s))
        assert stats["seen_s"] == pytest.approx(300 - 2 * limit_s - 1, abs=0.5)
        assert stats["on_court_s"] == pytest.approx(300 - 2 - limit_s, abs=0.5)
        assert stats["distance_m"] == pytest.approx(2 * stats["located_s"], rel=0.02)
        assert stats["estimated_full_distance_m"] == pytest.approx(2 * stats["on_court_s"], rel=0.02)

    def test_seen_all_the_time_nothing_is_estimated(self):
        stats = self.seen()
        assert stats["on_court_s"] == pytest.approx(stats["seen_s"])
        assert stats["estimated_full_distance_m"] == pytest.approx(stats["distance_m"])


def test_dead_time_is_left_out_of_the_figures_per_live_minute():
    """Jogs while the clock runs, stands while it is stopped; for the last seconds no clock is seen."""
    time_s = times(seconds=60.0)
    jogging = oval(np.minimum(time_s, 30.0), 3.0)
    game, identities, players = Scene(time_s, {1: jogging}).tables()
    positions = locate(game, identities, SETTINGS)
    clock = pd.DataFrame({"frame": game.frames["frame"], "running": (time_s < 30.0)}).astype({"running": "boolean"})
    is_live = is_running(clock[time_s < 50.0], game.frames)
    row = statistics(game, identities, players, positions, is_live=is_live).iloc[0]
    assert (np.nansum(is_live) / 30, np.isnan(is_live).sum() / 30) == (30, 10)
    assert row["live_s"] == pytest.approx(30.0, abs=0.1)
    assert row["live_m"] == pytest.approx(90.0, rel=0.03)
    assert row["distance_per_live_min_m"] == pytest.approx(180.0, rel=0.03)
    assert row["distance_per_min_m"] == pytest.approx(90.0, rel=0.03)
    unknown = statistics(game, identities, players, positions).iloc[0]
    assert np.isnan([unknown["live_s"], unknown["distance_per_live_min_m"]]).all()
