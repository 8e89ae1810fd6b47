"""Phases and matchups compared with a truth of a few seconds."""

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.evaluation.events.tactics import compare_tactics, score_tactics
from pipeline.tables import ALL, conform

IDS = {11: 1, 12: 2, 21: 6, 22: 7}
"""player_id of the run -> true person; its team A is the true team B."""


@pytest.fixture
def truth(tmp_path):
    time_s = np.arange(0, 20.25, 0.25)
    attack = np.where(time_s < 4, "transition", "half-court").astype(object)
    attack[time_s >= 16] = None
    frames = pd.DataFrame({"time_s": time_s, "possession": np.where(time_s < 10, "A", "B"), "attack": attack})
    frames.to_parquet(tmp_path / "frames.parquet")
    people = pd.DataFrame({"id": [1, 2, 6, 7], "team": ["A", "A", "B", "B"]})
    people.to_parquet(tmp_path / "truth.parquet")
    duties = [(6, 1, 0.0, 10.0), (7, 2, 0.0, 10.0), (1, 6, 10.0, 16.0), (2, 7, 10.0, 16.0)]
    pd.DataFrame(duties, columns=["id", "partner", "start_s", "end_s"]).to_parquet(tmp_path / "truth_guards.parquet")
    return tmp_path


def said():
    players = pd.DataFrame({"player_id": list(IDS), "team": ["B", "B", "A", "A"], "role": "player"})
    phase = {**ALL["phases"].unknown(), "by": "positions", "confidence": 1.0}
    phases = [
        {**phase, "team": "B", "start_s": 0.0, "end_s": 6.0, "kind": "transition", "possession": 1},
        {**phase, "team": "B", "start_s": 6.0, "end_s": 10.0, "kind": "half-court", "possession": 1},
        {**phase, "team": "A", "start_s": 10.0, "end_s": 14.0, "kind": "half-court", "possession": 2},
    ]
    guards = [(21, 11, 6.0, 10.0, 0.95), (22, 11, 6.0, 8.0, 0.5), (22, 12, 8.0, 10.0, 0.95)]
    table = pd.DataFrame(guards, columns=["player_id", "opponent_id", "start_s", "end_s", "confidence"])
    sums = table.assign(team="A", guarded_s=[4.0, 2.0, 2.0], share=[1.0, 0.5, 0.5], on_ball_s=np.nan)
    teams = pd.DataFrame([{**ALL["team_tactics"].unknown(), "team": team} for team in "AB"])
    numbers = {"possessions": 1, "offence_s": 7.0, "transition_s": 3.0, "half_court_s": 4.0}
    return {
        "players": players,
        "phases": conform("phases", pd.DataFrame(phases)),
        "guards": conform("guards", table.assign(distance_m=1.0)),
        "matchups": conform("matchups", sums.drop(columns=["start_s", "end_s"]).assign(distance_m=1.0)),
        "team_tactics": conform("team_tactics", teams.assign(**numbers)),
    }


def test_moments_pairs_and_seconds_are_counted(truth):
    scores = compare_tactics(said(), truth, IDS)
    assert (scores.answered.right, scores.answered.of) == (56, 64)
    assert (scores.attacking.right, scores.attacking.of) == (56, 64)
    assert (scores.phase.right, scores.phase.of) == (48, 64)
    # half-court play lasts from 4 to 16 s; of its 96 pairs 32 are said, eight of them wrongly
    assert (scores.said.right, scores.said.of) == (32, 96)
    assert (scores.guarded.right, scores.guarded.of) == (24, 32)
    assert (scores.sure_guarded.right, scores.sure_guarded.of) == (24, 24)
    assert (scores.matchups.right, scores.matchups.of) == (6, 24)
    assert (scores.possessions.right, scores.possessions.of) == (2, 2)
    assert (scores + scores).guarded.of == 64


def test_nothing_said_is_nothing_right(truth):
    empty = {name: table.iloc[:0] if name != "players" else table for name, table in said().items()}
    scores = compare_tactics(empty, truth, IDS)
    assert scores.attacking.right == scores.guarded.of == scores.possessions.right == 0
    assert scores.attacking.of == 64


def test_a_game_of_an_older_version_is_refused(tmp_path):
    with pytest.raises(InputError, match="truth_guards"):
        score_tactics(said(), tmp_path, tmp_path)
