"""Moments of a game that somebody wants to watch, and the stretches of the video that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.understand.game import usual_step_s

IN_VIEW = "in-view"
STRETCH = "stretch"
_ABSENT_S = 3.0
"""Whoever is out of the picture for longer begins another stretch in view."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for; nothing but players: all that is in view of them."""

    players: tuple[int, ...] = ()
    """Of whom; empty: of everybody."""
    sprints: bool = False
    shifts: bool = False
    events: tuple[str, ...] = ()
    """Kinds of events."""
    from_s: float | None = None
    """Only what happens from here on."""
    to_s: float | None = None
    """Only what happens before."""

    @property
    def is_of_moments(self) -> bool:
        """Say whether sprints, shifts or events are asked for, not a stretch of time or all that is in view."""
        return self.sprints or self.shifts or bool(self.events)


@dataclass(frozen=True)
class Highlight:
    """Something that happens."""

    what: str
    """sprint, shift, in-view, stretch, or the kind of an event."""
    start_s: float
    end_s: float
    player_id: int | None = None
    team: str | None = None
    note: str = ""
    """What else is known, in plain words."""


@dataclass(frozen=True)
class Clip:
    """A stretch of the video with the moments that it shows."""

    start_s: float
    end_s: float
    moments: tuple[Highlight, ...]


def find_highlights(tables: Mapping[str, pd.DataFrame], wanted: Wanted) -> list[Highlight]:
    """Find what is asked for.

    Args:
        tables: of the run: frames, detections, tracks, identities, efforts, stints, and events with those of the ball.
        wanted: what is asked for.

    Returns:
        In order of time.

    Raises:
        InputError: there is no such moment; says what there is.
    """
    found = []
    if wanted.sprints:
        found += _sprints(tables["efforts"])
    if wanted.shifts:
        found += _shifts(tables["stints"])
    if wanted.events:
        found += _events(tables["events"], wanted)
    if not wanted.is_of_moments:
        found = _in_view(tables, wanted) if wanted.players else []
    found = [moment for moment in found if _is_wanted(moment, wanted)]
    one_stretch = not wanted.is_of_moments and wanted.from_s is not None and wanted.to_s is not None
    if one_stretch and (found or not wanted.players):
        who = wanted.players[0] if len(wanted.players) == 1 else None
        return [Highlight(STRETCH, float(wanted.from_s or 0.0), float(wanted.to_s or 0.0), who)]
    if not found:
        raise InputError(_nothing(tables, wanted))
    return sorted(found, key=lambda moment: (moment.start_s, moment.end_s))


def merged(
    moments: Sequence[Highlight], before_s: float, after_s: float, limits_s: tuple[float, float], apart: bool = True
) -> list[Clip]:
    """Make clips of moments: padded, cut at the ends of the video; what overlaps is one clip.

    Args:
        moments: what happens.
        before_s: so much is shown before.
        after_s: and so much after.
        limits_s: begin and end of what was analysed.
        apart: keep the clips of different people apart.

    Returns:
        In order of time.

    Example:
        >>> runs = [Highlight("sprint", 3, 4, 1), Highlight("sprint", 7, 8, 1), Highlight("sprint", 20, 21, 1)]
        >>> [(clip.start_s, clip.end_s, len(clip.moments)) for clip in merged(runs, 2, 2, (2, 22))]
        [(2, 10, 2), (18, 22, 1)]
    """
    groups: dict[object, list[Highlight]] = {}
    for moment in sorted(moments, key=lambda each: each.start_s):
        groups.setdefault((moment.player_id, moment.team) if apart else None, []).append(moment)
    clips: list[Clip] = []
    for group in groups.values():
        of_group: list[Clip] = []
        for moment in group:
            start_s = max(moment.start_s - before_s, limits_s[0])
            end_s = min(moment.end_s + after_s, limits_s[1])
            last = of_group[-1] if of_group else None
            if last is not None and start_s <= last.end_s:
                of_group[-1] = Clip(last.start_s, max(last.end_s, end_s), (*last.moments, moment))
            elif end_s > start_s:
                of_group.append(Clip(start_s, end_s, (moment,)))
        clips += of_group
    return sorted(clips, key=lambda clip: (clip.start_s, clip.end_s))


def _is_wanted(moment: Highlight, wanted: Wanted) -> bool:
    """Say whether a moment is of somebody, and at a time, that is asked for."""
    return (
        (not wanted.players or moment.player_id in wanted.players)
        and (wanted.from_s is None or moment.end_s >= wanted.from_s)
        and (wanted.to_s is None or moment.start_s < wanted.to_s)
    )


def _sprints(efforts: pd.DataFrame) -> list[Highlight]:
    rows = efforts[efforts["kind"] == "sprint"]
    return [
        Highlight(
            *("sprint", row["start_s"], row["end_s"], int(row["player_id"]), None),
            f"{3.6 * row['top_speed_mps']:.1f} km/h",
        )
        for row in rows.to_dict("records")
    ]


def _shifts(stints: pd.DataFrame) -> list[Highlight]:
    return [
        Highlight("shift", row["start_s"], row["end_s"], int(row["player_id"]), row["team"])
        for row in stints.to_dict("records")
    ]


def _events(events: pd.DataFrame, wanted: Wanted) -> list[Highlight]:
    """Find the events of the kinds asked for; of a player also those that he is the other one in.

    Raises:
        InputError: there are none of a kind; says which there are.
    """
    kinds = sorted(events["kind"].unique())
    asked = set()
    for name in wanted.events:
        same = [kind for kind in kinds if name.casefold() in (kind, f"{kind}s", f"{kind}es", "all")]
        if not same:
            listed = ", ".join(f"{kind} ({(events['kind'] == kind).sum()})" for kind in kinds)
            raise InputError(f"the run has no events of the kind '{name}'; it has {listed or 'no events'}")
        asked |= set(same)
    found = []
    for row in events[events["kind"].isin(asked)].to_dict("records"):
        people = [int(row[name]) for name in ("player_id", "partner_id") if pd.notna(row[name])]
        who = next((each for each in people if each in wanted.players), people[0] if people else None)
        notes = [f"{row['points']} point{'' if row['points'] == 1 else 's'}"] if pd.notna(row["points"]) else []
        notes += _result_of(row)
        notes += ["candidate"] if row["status"] == "candidate" else []
        team = row["team"] if pd.notna(row["team"]) else None
        found.append(Highlight(row["kind"], row["time_s"], row["time_s"], who, team, ", ".join(notes)))
    return found


def _result_of(row: Mapping[Any, Any]) -> list[str]:
    """Say how a shot or rebound ended, where that is known."""
    if pd.isna(row.get("result")):
        return []
    return [row["result"] if row["result_status"] == "sure" else f"{row['result']} (candidate)"]


def _in_view(tables: Mapping[str, pd.DataFrame], wanted: Wanted) -> list[Highlight]:
    """Find the stretches in which players have boxes; a frame is shown until the next."""
    step_s = usual_step_s(tables["frames"])
    of_players = tables["identities"][tables["identities"]["player_id"].isin(wanted.players)]
    boxes = tables["tracks"].merge(of_players, on="track_id").merge(tables["detections"][["detection_id", "frame"]])
    boxes = boxes.merge(tables["frames"][["frame", "time_s"]], on="frame")
    found = []
    for who in boxes["player_id"].unique().tolist():
        times_s = np.sort(boxes.loc[boxes["player_id"] == who, "time_s"].to_numpy(np.float64))
        gaps = np.flatnonzero(np.diff(times_s) > _ABSENT_S) + 1
        for first, stop in pairwise([0, *gaps.tolist(), len(times_s)]):
            found.append(Highlight(IN_VIEW, float(times_s[first]), float(times_s[stop - 1]) + step_s, who))
    return found


def _nothing(tables: Mapping[str, pd.DataFrame], wanted: Wanted) -> str:
    """Say that there is nothing to show, and why that may be."""
    asked = [
        *(["sprints"] if wanted.sprints else []),
        *(["shifts"] if wanted.shifts else []),
        *(f"events of the kind '{kind}'" for kind in wanted.events),
    ]
    whose = " of these players" if wanted.players else ""
    when = " in this time" if wanted.from_s is not None or wanted.to_s is not None else ""
    why = ""
    if wanted.sprints and tables["efforts"].empty:
        why = ": nobody was located in metres, which needs the court"
    elif wanted.shifts and tables["stints"].empty:
        why = ": no line-ups were found"
    return f"there are no {' or '.join(asked) or 'pictures'}{whose}{when}{why}"
