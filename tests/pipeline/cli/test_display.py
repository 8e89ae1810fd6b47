"""What the terminal says when a run is done."""

import numpy as np
import pandas as pd

from pipeline.cli.display import left_out, stats_table


def shots(*kinds: str) -> pd.DataFrame:
    first = 10 * np.arange(len(kinds))
    return pd.DataFrame({"shot": range(len(kinds)), "first_frame": first, "last_frame": first + 9, "kind": kinds})


def frames(count: int) -> pd.DataFrame:
    return pd.DataFrame({"frame": np.arange(count), "time_s": 1.0 * np.arange(count)})


def test_what_does_not_count_is_said() -> None:
    kinds = ("game", "close-up", "replay", "game", "replay", "game")
    assert left_out(frames(60), shots(*kinds)) == "not counted: 1 close-up and 2 replays, 0:30 of 1:00"


def test_nothing_is_said_where_all_counts() -> None:
    assert left_out(frames(20), shots("game", "game")) is None


def test_players_are_called_as_everywhere() -> None:
    stats = pd.DataFrame(
        {
            "player_id": [1, 2, 9],
            "role": ["player", "player", "referee"],
            "team": ["A", "B", None],
            "number": ["12", None, None],
        }
    )
    shown = [str(cell) for cell in stats_table(stats.assign(name=None, seen_s=1.0)).columns[0].cells]
    assert shown == ["A12", "B-P2", "R9"]
