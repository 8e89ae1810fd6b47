"""What clips are called, and the table that says what is in which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.present.clips.highlights import Clip, Highlight
from pipeline.present.labels import Person, slug

GAME = "game"
"""Whose clip it is where it is nobody's in particular."""


def named_clips(clips: Sequence[Clip], persons: Mapping[int, Person]) -> dict[str, Clip]:
    """Name clips by whom and what they show, and when.

    Args:
        clips: in order of time.
        persons: of the run, by id.

    Returns:
        Name of the file, without an ending -> clip.

    Example:
        >>> ada = Person(4, "player", "A", "12", "Ada Ray")
        >>> runs = (Highlight("sprint", 63.0, 64.0, 4), Highlight("sprint", 66.0, 67.0, 4))
        >>> list(named_clips([Clip(61.0, 69.0, runs), Clip(3601.0, 3605.0, (Highlight("points", 3603.0, 3603.0),))], {4: ada}))
        ['a12-ray-2-sprints-001m01s', 'game-points-060m01s']
    """
    found: dict[str, Clip] = {}
    for clip in clips:
        first = clip.moments[0]
        person = None if first.player_id is None else persons.get(first.player_id)
        who = slug(first.team) or GAME if person is None else slug(person.short)
        minutes, seconds = divmod(int(clip.start_s), 60)
        stem = f"{who}-{_what(clip.moments)}-{minutes:03d}m{seconds:02d}s"
        others = sum(name == stem or name.startswith(f"{stem}-") for name in found)
        found[f"{stem}-{others + 1}" if others else stem] = clip
    return found


def index_table(
    clips: Mapping[str, Clip], starts_s: Mapping[str, float], persons: Mapping[int, Person]
) -> pd.DataFrame:
    """List every moment of every clip.

    Args:
        clips: by name of the file.
        starts_s: at which second of the video each file begins.
        persons: of the run, by id.

    Returns:
        One row per moment: file, in_clip_s (of its begin; 0 if that is before the file's), start_s and end_s in the video, what, player_id, player, team, note.
    """
    rows = []
    for name, clip in clips.items():
        for moment in clip.moments:
            person = None if moment.player_id is None else persons.get(moment.player_id)
            rows.append(
                {
                    "file": f"{name}.mp4",
                    "in_clip_s": max(moment.start_s - starts_s[name], 0.0),
                    "start_s": moment.start_s,
                    "end_s": moment.end_s,
                    "what": moment.what,
                    "player_id": moment.player_id,
                    "player": None if person is None else person.full,
                    "team": moment.team if person is None else person.team,
                    "note": moment.note,
                }
            )
    return pd.DataFrame(rows).astype({"player_id": "Int64"})


def _what(moments: Sequence[Highlight]) -> str:
    """Say what is shown: 'sprint', '2-sprints', 'shift-and-2-sprints'.

    Example:
        >>> _what([Highlight("sprint", 1, 2), Highlight("shift", 1, 9), Highlight("sprint", 4, 5)])
        'shift-and-2-sprints'
    """
    counts = sorted(Counter(moment.what for moment in moments).items())
    shown = [
        slug(what) if count == 1 else f"{count}-{slug(what)}{'' if what.endswith('s') else 's'}"
        for what, count in counts
    ]
    return "-and-".join(shown)
