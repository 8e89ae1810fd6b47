"""Events laid beside a run of two minutes whose clock runs from 5:00, stands for 20 s at 4:20, and goes on."""

import numpy as np
import pandas as pd
import pytest

from pipeline.play_by_play import OfficialEvent, align
from pipeline.tables import CLOCK, conform

TIMES = np.arange(0, 120, 0.5)
FRAMES = pd.DataFrame({"frame": np.arange(len(TIMES)), "time_s": TIMES})
SHOWN = np.floor(300 - np.clip(TIMES, 0, 40) - np.clip(TIMES - 60, 0, None))
BLANK = {column.name: pd.NA for column in CLOCK.columns if column.nullable}
TABLE = conform(
    "clock",
    pd.DataFrame(
        {**BLANK, "frame": FRAMES["frame"], "period": 2, "clock_s": SHOWN, "shot_clock_s": np.nan, "confidence": 1.0}
    ),
)
PLAYERS = pd.DataFrame(
    [
        (1, "player", "A", "4", "Ann Lee"),
        (2, "player", "A", "5", "Bea Ott"),
        (3, "player", "B", "4", "Cy Ng"),
        (4, "player", "B", None, "Dan Ša"),
    ],
    columns=["player_id", "role", "team", "number", "name"],
)
STINTS = pd.DataFrame(
    [(1, 0.0, 50.0), (2, 50.0, 120.0), (3, 0.0, 120.0), (4, 70.0, 120.0)], columns=["player_id", "start_s", "end_s"]
)
SUBSTITUTIONS = pd.DataFrame(
    [(50.0, "A", 2, 1, "sure"), (70.0, "B", 4, pd.NA, "sure")],
    columns=["time_s", "team", "player_id", "partner_id", "status"],
)
OFFICIAL = [
    OfficialEvent(2, 290.0, "HOM", "C. Ng", "4", "2pt made", 2),
    OfficialEvent(2, 260.0, "VIS", "A. Lee", "4", "out"),
    OfficialEvent(2, 260.0, "VIS", "B. Ott", "5", "in"),
    OfficialEvent(2, 275.0, "HOM", "D. Sa", "", "foul"),
    OfficialEvent(2, 230.0, "VIS", "B. Ott", "5", "rebound"),
    OfficialEvent(2, 225.0, "VIS", "Z. Zed", "99", "in"),
    OfficialEvent(4, 100.0, "HOM", "C. Ng", "4", "foul"),
]


@pytest.fixture(scope="module")
def found():
    return align(OFFICIAL, TABLE, FRAMES, PLAYERS, STINTS, SUBSTITUTIONS)


def test_times_come_from_the_clock(found):
    times = found.events["time_s"].tolist()
    assert times[:6] == pytest.approx([10.0, 40.0, 40.0, 25.0, 90.0, 95.0], abs=0.6)
    assert np.isnan(times[6])


def test_teams_and_players_come_from_numbers_and_names(found):
    assert found.teams == {"VIS": "A", "HOM": "B"}
    assert found.events["player_id"].tolist()[:5] == [3, 1, 2, 4, 2]
    assert pd.isna(found.events["player_id"].iloc[5])


def test_disagreements_are_listed(found):
    listed = set(zip(found.disagreements["kind"], found.disagreements["player_id"].astype("Int64"), strict=True))
    assert ("not on the floor", 4) in listed  # fouls while we have him on the bench
    assert ("not in the play-by-play", 4) in listed
    kinds = found.disagreements["kind"].tolist()
    assert kinds.count("player not found") == 1
    assert "substitution not seen" not in kinds
    assert len(kinds) == 3
