"""Shape and pace of teams whose places are known."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config import StatsSettings
from pipeline.geometry.court import COURTS
from pipeline.tables import check, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.statistics.game_timeline import build_timeline
from pipeline.understand.statistics.player_stats import player_stats
from pipeline.understand.statistics.team_stats import team_periods, team_stats

COURT = COURTS["fiba"]
SQUARE = np.array([[20.0, 5.5], [24.0, 5.5], [24.0, 9.5], [20.0, 9.5], [22.0, 7.5]])
"""Four corners of 4 m and their centre."""


def game(place_of, seconds=60, step_s=0.5, court=COURT, doubtful=False, **settings):
    """Lay out a game of two teams of five; `place_of(team, time_s)` says where (5, 2); `doubtful`: nobody knows the first."""
    time_s = np.arange(0, seconds, step_s)
    frames = pd.DataFrame({"frame": np.arange(len(time_s)), "time_s": time_s, "shot": 0})
    rows = []
    for frame, at in enumerate(time_s):
        for team, first in (("A", 1), ("B", 6)):
            for k, (x, y) in enumerate(place_of(team, at)):
                rows.append((first + k, frame, at, x, y))
    positions = pd.DataFrame(rows, columns=["player_id", "frame", "time_s", "x_m", "y_m"])
    positions = positions.assign(speed_mps=2.0, position_sd_m=0.1, speed_sd_mps=0.1, source="seen").dropna()
    who = pd.DataFrame({"player_id": range(1, 11), "role": "player", "team": ["A"] * 5 + ["B"] * 5})
    nobody = dict.fromkeys(("number", "name", "color"))
    tracks = pd.DataFrame({"detection_id": range(len(positions)), "track_id": positions["player_id"]})
    detections = positions.assign(detection_id=range(len(positions)))[["detection_id", "frame"]]
    identities = who.assign(track_id=who["player_id"], confidence=1.0)[["track_id", "player_id", "confidence"]]
    positions = conform("positions", positions.sort_values(["player_id", "frame"]))
    players = conform("players", who.assign(**nobody))
    unsure = [1] if doubtful else []
    identities = identities[~identities["track_id"].isin(unsure)]
    positions = positions[~positions["player_id"].isin(unsure)]
    tracklets = who.assign(track_id=who["player_id"])[["track_id", "role", "team"]]
    tracked = TrackedGame.of(frames, detections, tracks=tracks)
    return build_timeline(
        tracked,
        identities,
        tracklets,
        players,
        positions,
        np.full(len(tracked.frames), np.nan),
        court,
        StatsSettings(**settings),
    )


def in_turns(team, time_s):
    """A attacks the right basket for 20 s, B the left one for 10; attackers stand wide, defenders near the basket."""
    right = time_s % 30 < 20
    attackers = (team == "A") == right
    middle = SQUARE.mean(axis=0)
    place = middle + (SQUARE - middle) * (1.5 if attackers else 0.5) + [0.0 if attackers else 2.0, 0.0]
    return place if right else [COURT.length_m, COURT.width_m] - place


def test_shape_by_phase_in_closed_form():
    table = check("team_stats", team_stats(game(in_turns), COURT)).set_index("team")
    pairs = (4 * 4 + 2 * np.hypot(4, 4) + 4 * np.hypot(2, 2)) / 10
    for team in "AB":
        assert table.loc[team, "offence_spacing_m"] == pytest.approx(1.5 * pairs)
        assert table.loc[team, "defence_spacing_m"] == pytest.approx(0.5 * pairs)
        assert table.loc[team, "offence_hull_m2"] == pytest.approx(36)
        assert table.loc[team, "defence_hull_m2"] == pytest.approx(4)
        assert table.loc[team, "shape_s"] == pytest.approx(60)
    share = 2 / 3
    assert table.loc["A", "hull_m2"] == pytest.approx(36 * share + 4 * (1 - share))
    assert table.loc["A", "centroid_x_m"] == pytest.approx(22 * share + (28 - 24) * (1 - share))


def test_pace_counts_stays_of_the_play():
    table = team_stats(game(in_turns, seconds=90), COURT).set_index("team")
    assert table["attacks"].tolist() == [3, 3]
    assert table["attack_s"].tolist() == pytest.approx([20, 10])
    assert table["offence_share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["attacks_per_min"].tolist() == pytest.approx([2, 2])
    assert table["distance_m"].tolist() == pytest.approx([900, 900])


def test_one_attack_is_no_pace():
    table = team_stats(game(in_turns, seconds=30), COURT).set_index("team")
    assert table["attacks"].tolist() == [1, 1]
    assert table[["offence_share", "attacks_per_min", "attack_s"]].isna().all().all()


def test_who_was_seen_in_defence_only_has_no_places_by_the_basket_attacked():
    stats = player_stats(game(in_turns, seconds=20), COURT, StatsSettings()).set_index("player_id")
    assert stats["defence_s"].tolist() == pytest.approx([0] * 5 + [20] * 5)
    assert stats[["backcourt_share", "attack_paint_share", "mean_attack_x_m"]].isna().all().all()
    assert stats["left_half_share"].tolist() == [0] * 10


def test_both_teams_agree_on_where_the_play_was():
    def hidden(team, time_s):
        return np.where(team == "A" and time_s % 7 < 3, np.nan, 1) * in_turns(team, time_s)

    table = team_stats(game(hidden, seconds=90), COURT).set_index("team")
    assert table.loc["A", "offence_s"] == table.loc["B", "defence_s"]
    assert table.loc["B", "offence_s"] == table.loc["A", "defence_s"]


def test_four_of_a_team_have_no_shape():
    def one_hidden(team, time_s):
        place = in_turns(team, time_s).copy()
        place[0] = np.nan if team == "A" and time_s >= 30 else place[0]
        return place

    table = team_stats(game(one_hidden), COURT).set_index("team")
    assert table["shape_s"].tolist() == pytest.approx([30, 60])


def test_time_of_somebody_unknown_is_his_teams_and_no_players():
    whole = game(in_turns, doubtful=True, periods=(0.0, 40.0))
    table = check("team_stats", team_stats(whole, COURT)).set_index("team")
    assert table["unknown_s"].tolist() == pytest.approx([60, 0])
    assert table["seen_s"].tolist() == pytest.approx([4 * 60, 5 * 60])
    assert table["players"].tolist() == [4, 5]
    periods = team_periods(whole, COURT)
    assert periods.loc[periods["team"] == "A", "unknown_s"].tolist() == pytest.approx([40, 20])


def test_each_period_has_its_rows():
    table = check("team_periods", team_periods(game(in_turns, periods=(0.0, 30.0)), COURT))
    assert table[["team", "period"]].values.tolist() == [["A", 1], ["B", 1], ["A", 2], ["B", 2]]
    assert table["offence_s"].tolist() == pytest.approx([20, 10, 20, 10])


def test_without_direction_there_is_shape_and_no_phase():
    table = check("team_stats", team_stats(game(lambda *_: SQUARE), COURT))
    assert table["spacing_m"].notna().all()
    assert table[["offence_s", "attacks", "offence_spacing_m", "centroid_x_m"]].isna().all().all()


def test_nobody_gives_no_team():
    nobody = game(lambda *_: np.full((5, 2), np.nan))
    assert team_stats(nobody, COURT).empty
    assert team_periods(nobody, COURT).empty


def test_on_a_court_with_one_basket_everybody_attacks_it_and_three_are_a_team():
    court = COURTS["3x3"]
    three = np.array([[2.0, 7.5], [1.0, 0.5], [8.5, 7.5], [np.nan] * 2, [np.nan] * 2])
    found = game(lambda *_: three, court=court)
    table = check("team_stats", team_stats(found, court))
    assert table["shape_s"].tolist() == pytest.approx([60, 60])
    assert table[["offence_s", "attacks"]].isna().all().all()
    stats = player_stats(found, court, StatsSettings()).set_index("player_id")
    shares = [f"attack_{zone}_share" for zone in ("paint", "corner_three", "above_break")]
    assert stats.loc[[1, 2, 3], shares].to_numpy() == pytest.approx(np.eye(3))
    assert (stats["backcourt_share"] == 0).all()
