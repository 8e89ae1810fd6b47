"""Which shots count, and what the others are."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.present.formats import clock
from pipeline.present.results import Results
from pipeline.understand.shots import seconds_by_kind


def shots_section(results: Results) -> dict[str, Any] | None:
    """Collect the shares of the time and the shots that do not count; None for a single shot."""
    if len(results.shots) < 2:
        return None
    seconds = seconds_by_kind(results.frames, results.shots)
    total = max(sum(seconds.values()), 1e-9)
    return {
        "count": len(results.shots),
        "kinds": [(kind, value, value / total) for kind, value in seconds.items()],
        "left_out": _left_out(results),
    }


def _left_out(results: Results) -> list[dict[str, str]]:
    """Describe the shots that do not count, in order."""
    times = dict(zip(results.frames["frame"], results.frames["time_s"], strict=True))
    shots = results.shots[results.shots["kind"] != "game"]
    return [
        {
            "from": clock(times.get(shot["first_frame"]), tenths=True),
            "to": clock(times.get(shot["last_frame"]), tenths=True),
            "kind": shot["kind"],
            "reason": _reason(shot),
        }
        for shot in shots.to_dict("records")
    ]


def _reason(shot: dict[Any, Any]) -> str:
    """Say why a shot does not count."""
    if np.isnan(shot["repeats_from_s"]):
        return str(shot["reason"])
    slow = "" if shot["speed"] == 1 else f", at about {100 * shot['speed']:.0f} % of the speed"
    return f"shows again what happened from {clock(shot['repeats_from_s'], tenths=True)} on{slow}"
