"""Warnings about what was not measured: time that the file leaves out, and time in which players have no metres."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.present.formats import clock, duration
from pipeline.understand.game import longest_step_s, usual_step_s
from pipeline.understand.statistics import LEAST_RATE_S

WELL_MEASURED = 0.8
"""Share of the time in view above which nothing is said of what has no metres."""
MUCH_BRIDGED = 0.02
"""Share of the video's time that is bridged over pauses of the file, from which on it is said."""
_PAUSE_S = 0.25
"""A picture that stands for longer is a pause, if it is more than three usual steps."""


def time_warnings(frames: pd.DataFrame, max_gap_s: float) -> list[str]:
    """Say how much time the file leaves out, and how much of it is bridged.

    Args:
        frames: table `frames`.
        max_gap_s: the longest pause that is bridged.

    Example:
        >>> frames = pd.DataFrame({"time_s": [*np.arange(50) / 25, *(5 + np.arange(50) / 25)]})
        >>> time_warnings(frames, 1.5)
        ['the video leaves out 3.0 s in 1 place, the longest 3.0 s at 0:02: nobody was seen there, and none of it counts']
    """
    if len(frames) < 2:
        return []
    time_s, usual = frames["time_s"].to_numpy(np.float64), usual_step_s(frames)
    steps = np.diff(time_s)
    found = []
    holes = steps > longest_step_s(frames, max_gap_s)
    if holes.any():
        left_out = (steps - usual)[holes]
        longest = float(time_s[:-1][holes][left_out.argmax()])
        places = "1 place" if len(left_out) == 1 else f"{len(left_out)} places"
        found.append(
            f"the video leaves out {duration(float(left_out.sum()))} in {places}, the longest {duration(float(left_out.max()))} "
            f"at {clock(longest)}: nobody was seen there, and none of it counts"
        )
    pauses = ~holes & (steps > max(_PAUSE_S, longest_step_s(frames, 0.0)))
    bridged_s = float((steps - usual)[pauses].sum())
    if bridged_s > MUCH_BRIDGED * float(steps[~holes].sum()):
        found.append(
            f"the video stands still for {duration(bridged_s)} in all, in pauses of up to {max_gap_s:g} s: they are bridged, as "
            "if everybody had gone on; record at a constant rate to know more"
        )
    return found


def metres_warnings(player_stats: pd.DataFrame) -> list[str]:
    """Say in what share of their time players have metres, if it is not nearly all, and what to do.

    Example:
        >>> stats = pd.DataFrame({"role": "player", "seen_s": [20.0, 20.0], "located_s": [2.0, 12.0]})
        >>> metres_warnings(stats)[0]
        'players have metres in 35 % of the time in which they were seen (14.0 s of 40.0 s), 1 of 2 for less than 10 s: what ...'
    """
    players = player_stats[(player_stats["role"] == "player") & player_stats["located_s"].notna()]
    seen_s, located_s = (float(players[name].sum()) for name in ("seen_s", "located_s"))
    if players.empty or located_s >= WELL_MEASURED * seen_s:
        return []
    few = int((players["located_s"] < LEAST_RATE_S).sum())
    return [
        f"players have metres in {100 * located_s / seen_s:.0f} % of the time in which they were seen ({duration(located_s)} of "
        f"{duration(seen_s)}), {few} of {len(players)} for less than {LEAST_RATE_S:g} s: what is given per minute is empty for "
        "those; mark the court in more frames with courtside calibrate"
    ]
