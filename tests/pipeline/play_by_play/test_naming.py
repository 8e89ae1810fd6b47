"""Players without a number are named by when they are on the floor."""

import numpy as np
import pandas as pd
import pytest

from pipeline.play_by_play import new_numbers, suggest_names
from pipeline.play_by_play.naming import _presence

ROTATION = {1: [(0, 100), (200, 300)], 2: [(100, 200)], 3: [(0, 300)], 4: [(0, 50), (150, 300)], 5: [(50, 150)]}
"""When players 1 to 5 of team A are on the floor; those of B, 11 to 15, half a minute later."""


def players(**numbers):
    rows = [(who + 10 * side, "player", "AB"[side]) for side in (0, 1) for who in ROTATION]
    table = pd.DataFrame(rows, columns=["player_id", "role", "team"])
    return table.assign(number=[numbers.get(f"p{who}") for who in table["player_id"]])


def stints():
    rows = [
        (who + 10 * side, min(start + 30 * side, 300), min(end + 30 * side, 300))
        for side in (0, 1)
        for who, spells in ROTATION.items()
        for start, end in spells
        if start + 30 * side < 300
    ]
    return pd.DataFrame(rows, columns=["player_id", "start_s", "end_s"])


def official(late_s=2.0):
    """The file calls player k of team A HOM 20 + k, and of B VIS 40 + k; nobody's first or last moment is in it."""
    rows = []
    for side, team in ((0, "HOM"), (1, "VIS")):
        for who, spells in ROTATION.items():
            number = str(20 + 20 * side + who)
            for start, end in spells:
                begin, stop = start + 30 * side + late_s, end + 30 * side + late_s
                if start > 0 or side:
                    rows.append((begin, team, number, "in"))
                if stop < 300:
                    rows.append((stop, team, number, "out"))
                rows.append(((begin + min(stop, 300)) / 2, team, number, "rebound"))
    table = pd.DataFrame(rows, columns=["time_s", "team", "number", "event"])
    table = table[table["time_s"] < 300].sort_values("time_s", ignore_index=True)
    return table.assign(latest_s=table["time_s"], period=1, player="")


def test_everybody_is_found_by_his_times_alone():
    names = suggest_names(official(), players(), stints(), {})
    said = dict(zip(names["player_id"], names["number"], strict=True))
    assert said == {who + 10 * side: str(20 + 20 * side + who) for side in (0, 1) for who in ROTATION}
    assert (names["status"] == "sure").all()
    assert set(names["team_ours"] + names["team"]) == {"AHOM", "BVIS"}
    assert new_numbers(names) == said
    assert (names["agrees_s"] > 150).all()


def test_who_is_on_the_floor_with_somebody_all_the_time_is_not_told_from_him():
    rows = official()
    twin = rows[rows["number"] == "23"].assign(number="33")
    pair = pd.concat([stints(), pd.DataFrame({"player_id": [6], "start_s": [0.0], "end_s": [300.0]})])
    members = pd.concat([players(), pd.DataFrame({"player_id": [6], "role": "player", "team": "A", "number": [None]})])
    names = suggest_names(pd.concat([rows, twin], ignore_index=True), members, pair, {}).set_index("player_id")
    assert names.loc[[3, 6], "confidence"].tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert (names.loc[[1, 2, 4, 5], "status"] == "sure").all()
    read = members.assign(number=["33" if who == 6 else None for who in members["player_id"]])
    names = suggest_names(pd.concat([rows, twin], ignore_index=True), read, pair, {}).set_index("player_id")
    assert names.loc[[3, 6], "number"].tolist() == ["23", "33"]
    assert 6 not in new_numbers(names.reset_index())


def test_the_first_line_of_a_period_says_where_somebody_was_before_it():
    time_s = np.arange(0, 100.0)
    lines = pd.DataFrame({"time_s": [50.0], "latest_s": [52.0], "event": ["in"]})
    on = _presence(lines, time_s)
    assert (on[:42] == 0).all()
    assert np.isnan(on[42:61]).all()
    assert (on[61:] == 1).all()
    assert (_presence(lines.assign(event="foul"), time_s) == 1).all()
    assert np.isnan(_presence(lines.iloc[:0], time_s)).all()


def test_a_file_without_people_or_a_run_without_players_gives_no_names():
    assert suggest_names(official().assign(number=""), players(), stints(), {}).empty
    assert suggest_names(official(), players().iloc[:0], stints(), {}).empty
    assert new_numbers(suggest_names(official().iloc[:0], players(), stints(), {})) == {}
