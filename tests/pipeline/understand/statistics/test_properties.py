"""Figures never contradict one another, whatever the positions are: properties over random games."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import StatsSettings
from pipeline.geometry.court import COURTS
from pipeline.tables import ALL, MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.location import locate
from pipeline.understand.statistics import Statistics, compute_statistics
from pipeline.understand.statistics.efforts import ACCELERATION_S
from pipeline.understand.statistics.least import LEAST_RATE_S, LEAST_SPEED_S, lasts

COURT = COURTS["fiba"]
ZONES = ("walk", "jog", "run", "sprint")
NEAR = 1e-6


@dataclass(frozen=True)
class RandomGame:
    """What a game is made of."""

    seed: int
    seconds: float
    steps_s: tuple[float, ...]
    """Times between frames are drawn of these."""
    hidden: float
    """Share of the boxes that are missing, in runs."""
    unknown: float
    """Share of the boxes that have no place on the court, in runs."""
    pace_mps: float
    wild: bool
    """Speeds are drawn anew for each position, of what no player runs."""
    stats: StatsSettings


GAMES = st.builds(
    RandomGame,
    seed=st.integers(0, 10_000),
    seconds=st.sampled_from([0.3, 2.0, 9.0, 40.0, 90.0]),
    steps_s=st.sampled_from([(0.2,), (0.1, 0.3), (0.1, 0.1, 0.9), (0.1, 0.1, 0.1, 4.0), (1.0,)]),
    hidden=st.sampled_from([0.0, 0.3, 0.9]),
    unknown=st.sampled_from([0.0, 0.5, 0.97]),
    pace_mps=st.sampled_from([0.0, 1.0, 4.0, 9.0]),
    wild=st.booleans(),
    stats=st.builds(
        StatsSettings,
        top_speed_hold_s=st.sampled_from([0.1, 0.5, 2.0]),
        min_sprint_s=st.sampled_from([0.1, 0.6]),
        max_gap_s=st.sampled_from([0.0, 1.5]),
        max_absence_s=st.sampled_from([0.0, 6.0]),
        periods=st.sampled_from([(), (0.0, 4.0), (0.0, 20.0, 60.0)]),
    ),
)


def runs(rng: np.random.Generator, shape: tuple[int, int], share: float) -> np.ndarray:
    """Draw a mask whose stretches are about ten long."""
    blocks = rng.random((shape[0] // 10 + 1, shape[1])) < share
    return np.repeat(blocks, 10, axis=0)[: shape[0]]


def figures_of(game: RandomGame) -> tuple[Statistics, pd.DataFrame]:
    """Play a game of five against five; returns its statistics and its positions."""
    rng = np.random.default_rng(game.seed)
    steps = rng.choice(game.steps_s, max(2, round(game.seconds / np.mean(game.steps_s))))
    time_s = np.cumsum(steps)
    count = len(time_s)
    way = rng.normal(0, game.pace_mps * steps[:, None, None], (count, 10, 2)).cumsum(axis=0)
    place = COURT.length_m / 2 * (1 + 0.8 * np.sin(time_s / 7))[:, None, None] * [1, 0] + [0, 7] + 0.3 * way
    shape = (count, 10)
    frame, player = np.nonzero(~runs(rng, shape, game.hidden))
    feet = np.where(runs(rng, shape, game.unknown)[..., None], np.nan, place)[frame, player]
    boxes = pd.DataFrame({"detection_id": range(len(frame)), "frame": frame, "track_id": player + 1})
    empty = dict.fromkeys(("x1", "y1", "x2", "y2", "quality", "jersey_l", "jersey_a", "jersey_b"), 1.0)
    frames = pd.DataFrame(
        {"frame": range(count), "time_s": time_s, "shot": rng.random(count).cumsum().astype(int) // 99}
    )
    tracked = TrackedGame.of(
        conform("frames", frames.assign(**dict.fromkeys(MOTION_COLUMNS, np.nan))),
        conform("detections", boxes.assign(score=0.9, **empty, **{"class": "player"})),
        feet_m=feet,
        tracks=conform("tracks", boxes),
    )
    who = pd.DataFrame({"player_id": range(1, 11), "role": "player", "team": ["A"] * 5 + ["B"] * 5})
    players = conform("players", who.assign(number=None, name=None, color=None))
    identities = conform("identities", who.assign(track_id=who["player_id"], confidence=0.9))
    positions = locate(tracked, identities, game.stats)
    if game.wild and len(positions):
        speed = np.where(rng.random(len(positions)) < 0.2, np.nan, rng.uniform(0, 10.5, len(positions)))
        positions = positions.assign(speed_mps=speed, speed_sd_mps=rng.uniform(0, 2, len(positions)).astype("float32"))
    tracklets = ALL["tracklets"].empty()
    is_live = rng.choice([0.0, 1.0, np.nan], len(tracked.frames))
    found = compute_statistics(tracked, identities, tracklets, players, positions, is_live, COURT, game.stats)
    return found, positions


def test_a_sum_of_frames_that_is_short_by_rounding_is_enough() -> None:
    assert sum([0.3] * 10) < LEAST_SPEED_S  # 2.9999999999999996
    assert lasts(sum([0.3] * 10), LEAST_SPEED_S)
    assert not lasts(LEAST_SPEED_S - 0.001, LEAST_SPEED_S)


@settings(max_examples=12)
@given(GAMES)
def test_figures_agree(game: RandomGame) -> None:
    found, positions = figures_of(game)
    for table in (found.player_stats, found.player_periods):
        for row in table.to_dict("records"):
            check_player(row, game.stats)
    if len(positions) and positions["speed_mps"].notna().any():
        assert not found.player_stats["top_speed_mps"].max() > positions["speed_mps"].max() + NEAR
    check_efforts(found)
    check_periods(found)
    check_teams(found, positions)


def check_efforts(found: Statistics) -> None:
    """The efforts one by one are those that are counted."""
    for row in found.player_stats.to_dict("records"):
        own = found.efforts[found.efforts["player_id"] == row["player_id"]]
        for kind, number in (
            ("sprint", "sprints"),
            ("acceleration", "accelerations"),
            ("deceleration", "decelerations"),
        ):
            counted = row[number]
            assert (own["kind"] == kind).sum() == (0 if pd.isna(counted) else counted)
        fastest = own.loc[own["kind"] == "top-speed", "top_speed_mps"]
        assert np.isnan(row["top_speed_mps"]) or not len(fastest) or fastest.tolist() == [row["top_speed_mps"]]
    assert (found.efforts["end_s"] > found.efforts["start_s"]).all()


def check_player(row: dict, stats: StatsSettings) -> None:
    """One row of a player."""
    known_s = sum(row[f"{zone}_s"] for zone in ZONES)
    if np.isnan(known_s):
        moved = ["distance_m", "mean_speed_mps", "top_speed_mps", "distance_per_min_m", "walk_m"]
        assert all(np.isnan(row[name]) for name in moved)
        assert all(pd.isna(row[name]) for name in ("sprints", "accelerations", "decelerations"))
    else:
        check_movement(row, known_s, stats)
    assert not row["located_s"] > row["seen_s"] + row["bridged_s"] + NEAR
    assert row["seen_s"] + row["bridged_s"] <= row["on_court_s"] + NEAR
    assert not row["live_s"] > row["located_s"] + NEAR
    assert not row["live_m"] > np.nan_to_num(row["distance_m"]) + NEAR
    assert not row["distance_per_live_min_m"] > 60 * row["top_speed_mps"] + NEAR
    check_places(row)


def check_movement(row: dict, known_s: float, stats: StatsSettings) -> None:
    """Speeds, distances and efforts of one row, whose speed is known for some seconds."""
    assert known_s <= row["located_s"] + NEAR
    assert np.isclose(sum(row[f"{zone}_m"] for zone in ZONES), row["distance_m"])
    limits = (0.0, stats.jog_mps, stats.run_mps, stats.sprint_mps)
    assert all(row[f"{z}_m"] >= low * row[f"{z}_s"] - NEAR for z, low in zip(ZONES, limits, strict=True))
    assert row["distance_low_m"] - NEAR <= row["distance_m"] <= row["distance_high_m"] + NEAR
    assert not row["estimated_full_distance_m"] < row["distance_m"] - NEAR
    assert np.isnan(row["mean_speed_mps"]) == np.isnan(row["top_speed_mps"]) == (known_s < LEAST_SPEED_S - NEAR)
    assert np.isnan(row["distance_per_min_m"]) == (known_s < LEAST_RATE_S - NEAR)
    assert not row["mean_speed_mps"] > row["top_speed_mps"]
    fastest = np.inf if np.isnan(row["top_speed_mps"]) else row["top_speed_mps"]
    if row["sprints"]:
        assert row["sprint_s"] >= row["sprints"] * stats.min_sprint_s - NEAR
    if row["sprint_s"]:
        assert fastest >= stats.sprint_mps
    if row["accelerations"] or row["decelerations"]:
        assert fastest >= stats.acceleration_mps2 * ACCELERATION_S - NEAR


def check_places(row: dict) -> None:
    """Shares and phases of one row."""
    attack = [row[f"attack_{name}_share"] for name in ("paint", "mid_range", "corner_three", "above_break")]
    total = sum(attack) + row["backcourt_share"]
    assert np.isnan(total) or np.isclose(total, 1)
    if not np.isnan(row["offence_s"]):
        assert row["offence_s"] + row["defence_s"] <= row["located_s"] + NEAR
        both_m = np.nansum([row["offence_m"], row["defence_m"]])
        assert both_m <= np.nan_to_num(row["distance_m"]) + NEAR


def check_periods(found: Statistics) -> None:
    """Periods add up to the game where they cover it."""
    if found.player_periods.empty:
        return
    names = ["seen_s", "bridged_s", "on_court_s", "located_s", "distance_m"]
    total = found.player_periods.groupby("player_id")[names].sum()
    whole = found.player_stats.set_index("player_id")[names].fillna(0)
    covered = (total["seen_s"] + NEAR >= whole["seen_s"]) & (total["on_court_s"] + NEAR >= whole["on_court_s"])
    difference = (whole - total)[covered]
    assert (difference.abs() < NEAR).all().all()


def check_teams(found: Statistics, positions: pd.DataFrame) -> None:
    """Teams agree with their players, and with each other."""
    fastest = positions["speed_mps"].max() if len(positions) else np.nan
    metres = found.player_stats.groupby("team")["distance_m"].sum()
    for row in found.team_stats.to_dict("records"):
        assert np.isclose(np.nan_to_num(row["distance_m"]), metres[row["team"]])
        speeds = [row[name] for name in ("mean_speed_mps", "offence_speed_mps", "defence_speed_mps")]
        assert not any(speed > fastest + NEAR for speed in speeds)
        if not pd.isna(row["attacks"]):
            assert row["attacks"] * np.nan_to_num(row["attack_s"]) <= row["offence_s"] + NEAR
    by_team = found.team_stats.set_index("team")
    if len(by_team) == 2 and by_team["offence_s"].notna().all():
        assert np.isclose(by_team.loc["A", "offence_s"], by_team.loc["B", "defence_s"])
        assert np.isclose(by_team.loc["B", "offence_s"], by_team.loc["A", "defence_s"])
        assert by_team["offence_share"].isna().all() or np.isclose(by_team["offence_share"].sum(), 1)
