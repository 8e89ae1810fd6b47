"""Who was in view when: a lane of bars per person, with the shots that do not count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.present.formats import clock
from pipeline.present.labels import Person, team_title
from pipeline.present.report.lanes import WIDTH, bar, boxes_of_people, lane, presence, ticks, time_axis
from pipeline.present.results import Results
from pipeline.tables import PERSON_CLASSES
from pipeline.understand.game import frame_durations
from pipeline.understand.shots import kinds_of_frames

_WIDEST_LABEL = 24
"""In characters."""
MOST_CUTS = 60
"""More would hide the bars."""
_FAINTEST = 0.25
"""Opacity of a bar of no confidence."""
_SHORT_S = 60.0


def time_section(results: Results, persons: Sequence[Person]) -> dict[str, Any] | None:
    """Collect the lanes, the ticks of their axis, the cuts, and what does not count; None without frames."""
    if not len(results.frames):
        return None
    begin, end = time_axis(results.frames)
    span = max(end - begin, 1e-9)
    frames = results.frames
    cuts = frames.loc[frames["frame"].isin(results.shots["first_frame"][1:]), "time_s"]
    identified = presence(frames, boxes_of_people(results))
    unknown = _unidentified_lanes(results)
    names = [person.full for person in persons] + [row["who"] for row in unknown]
    return {
        "label_characters": min(max(map(len, names), default=4), _WIDEST_LABEL),
        "lanes": {
            who: [(_FAINTEST + (1 - _FAINTEST) * step, path) for step, path in lane(row).items()]
            for who, row in identified.items()
        },
        "unknown": unknown,
        "from_s": f"{begin:.2f}",
        "to_s": f"{end:.2f}",
        "ticks": [(100 * (t - begin) / span, clock(t, tenths=span < 6)) for t in ticks(begin, end)],
        "few_ticks": [(100 * (t - begin) / span, clock(t, tenths=span < 6)) for t in ticks(begin, end, most=5)],
        "cuts": [WIDTH * (t - begin) / span for t in cuts] if len(cuts) <= MOST_CUTS else [],
        "not_counted": _not_counted(results, begin, span),
    }


def unidentified_boxes(results: Results) -> pd.DataFrame:
    """Collect the boxes of players and referees whose identity is unknown: who (which team), frame, confidence."""
    unidentified = results.tracklets[results.tracklets["role"].isin(PERSON_CLASSES)]
    unidentified = unidentified[~unidentified["track_id"].isin(results.identities["track_id"])]
    who = [
        _nameless(role, team, results) for role, team in zip(unidentified["role"], unidentified["team"], strict=True)
    ]
    boxes = results.tracks.merge(unidentified.assign(who=who)[["track_id", "who"]], on="track_id")
    boxes = boxes.merge(results.detections[["detection_id", "frame"]], on="detection_id")
    return boxes.assign(confidence=1.0)[["who", "frame", "confidence"]]


def _nameless(role: str, team: str | None, results: Results) -> str:
    """Call somebody by what is known of him."""
    if role != "player":
        return "? Referee"
    return f"? {team_title(team, results.players)}" if isinstance(team, str) else "? No team"


def _unidentified_lanes(results: Results) -> list[dict[str, str]]:
    """Draw the lanes of unknown people, with the time that somebody was in them, shots that do not count left out."""
    boxes = unidentified_boxes(results)
    game = kinds_of_frames(results.frames, results.shots) == "game"
    lasting = pd.Series(
        frame_durations(results.frames, results.settings.stats.max_gap_s) * game,
        index=results.frames["frame"].to_numpy(),
    )
    seconds = boxes["frame"].map(lasting).groupby(boxes["who"]).sum().to_dict()
    return [
        {
            "who": str(who),
            "seconds": clock(seconds[who], tenths=seconds[who] < _SHORT_S),
            "path": "".join(lane(row).values()),
        }
        for who, row in presence(results.frames, boxes).items()
    ]


def _not_counted(results: Results, begin: float, span: float) -> str:
    """Draw the stretches that do not count as an SVG path."""
    shots = results.shots[results.shots["kind"] != "game"]
    times = results.frames.set_index("frame")["time_s"]
    steps = pd.Series(frame_durations(results.frames, results.settings.stats.max_gap_s), index=times.index)
    stretches = [
        ((times[first] - begin) / span, min((times[last] + steps[last] - begin) / span, 1.0))
        for first, last in zip(shots["first_frame"], shots["last_frame"], strict=True)
        if first in times.index and last in times.index
    ]
    return "".join(bar(first, last, top=0) for first, last in stretches)
