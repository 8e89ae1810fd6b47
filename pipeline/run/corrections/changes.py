"""What a correction changed: who gained, who lost, and what else moved because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.corrections import Spot, Step
from pipeline.present.labels import people
from pipeline.tables import TableName
from pipeline.understand.features.corrections import TrackletAtSpot
from pipeline.understand.game import TrackedGame, frame_durations, usual_step_s

_LEAST_S = 0.05
"""Less is not shown as gained or lost."""


@dataclass(frozen=True)
class PersonChange:
    """What changed of one person."""

    player_id: int
    label_before: str | None
    """None: he is new."""
    label: str | None
    """None: he is gone."""
    gained_s: float
    """Seconds in the picture that were somebody else's, or nobody's."""
    lost_s: float
    """Seconds that were his."""
    distance_before_m: float | None
    distance_m: float | None
    expected: bool
    """Whether the correction speaks of him; else he changed because of it."""

    @property
    def described(self) -> str:
        """One line of the summary."""
        who = self.label or self.label_before or str(self.player_id)
        seconds = " ".join(
            f"{sign}{value:.1f} s" for sign, value in (("+", self.gained_s), ("−", self.lost_s)) if value > _LEAST_S
        )
        distances = [distance for distance in (self.distance_before_m, self.distance_m) if distance is not None]
        metres = " → ".join(f"{distance:.0f} m" for distance in distances) if len(distances) == 2 and seconds else ""
        if self.label is None:
            state = "gone"
        elif self.label_before is None:
            state = "new"
        else:
            state = "" if self.label == self.label_before else f"was {self.label_before}"
        return f"{who}: {', '.join(text for text in (state, seconds, metres) if text)}"


@dataclass(frozen=True)
class Changes:
    """What a correction, or taking one back, changed."""

    words: str
    """What was done."""
    step: Step | None
    """The step of the journal; None where nothing was new."""
    people: tuple[PersonChange, ...]
    """Everybody whose tracklets or label changed: first those of whom the correction speaks."""
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The summary, line by line."""
        expected = [change.described for change in self.people if change.expected]
        moved = [change.described for change in self.people if not change.expected]
        if not self.people:
            return [self.words, *(self.warnings or ["  nothing else changed"])]
        return [
            self.words,
            *self.warnings,
            *(f"  {line}" for line in expected),
            *(["also, because of it:"] if moved else []),
            *(f"  {line}" for line in moved),
        ]


def changes_between(
    before: Mapping[TableName, pd.DataFrame],
    after: Mapping[TableName, pd.DataFrame],
    words: str,
    step: Step | None,
    notes: tuple[str, ...],
    max_gap_s: float,
) -> Changes:
    """Compare two results of one game.

    Args:
        before: its tables.
        after: likewise.
        words: what was done.
        step: of the journal, which was done, undone or done again.
        notes: what else a person should know of it.
        max_gap_s: the longest hole between frames that metres are counted over.
    """
    spots = [] if step is None else [spot for line in step.lines for spot in (line.spot, line.second_spot) if spot]
    named = _owners_at(before, spots) | _owners_at(after, spots)
    owner_before, owner = (_owners(tables) for tables in (before, after))
    size = max(len(owner_before), len(owner))
    owner_before, owner = (np.pad(array, (0, size - len(array))) for array in (owner_before, owner))
    moved = owner_before != owner
    most = int(max(owner_before.max(initial=0), owner.max(initial=0))) + 1
    step_s = usual_step_s(after["frames"])
    lost_s, gained_s = (np.bincount(array[moved], minlength=most) * step_s for array in (owner_before, owner))
    label_before, label = ({p.player_id: p.full for p in people(tables["players"])} for tables in (before, after))
    distance_before, distance = (_distances(tables, max_gap_s) for tables in (before, after))
    found = []
    for who in sorted({*label_before, *label}):
        gained, lost = (float(array[who]) if who < most else 0.0 for array in (gained_s, lost_s))
        same = label_before.get(who) == label.get(who)
        if same and max(gained, lost) <= _LEAST_S:
            continue
        found.append(
            PersonChange(
                *(who, label_before.get(who), label.get(who), round(gained, 3), round(lost, 3)),
                *(distance_before.get(who), distance.get(who)),
                expected=who in named,
            )
        )
    found.sort(key=lambda change: (not change.expected, -max(change.gained_s, change.lost_s)))
    return Changes(words, step, tuple(found), notes)


def _owners(tables: Mapping[TableName, pd.DataFrame]) -> NDArray[np.int64]:
    """Give the player of each detection by its id; 0 for nobody."""
    tracks, identities = tables["tracks"], tables["identities"]
    if tracks.empty:
        return np.zeros(1, dtype=np.int64)
    of_track = np.zeros(int(tracks["track_id"].max()) + 1, dtype=np.int64)
    inside = identities["track_id"].to_numpy() < len(of_track)
    of_track[identities["track_id"].to_numpy()[inside]] = identities["player_id"].to_numpy()[inside]
    owner = np.zeros(int(tracks["detection_id"].max()) + 1, dtype=np.int64)
    owner[tracks["detection_id"].to_numpy()] = of_track[tracks["track_id"].to_numpy()]
    return owner


def _owners_at(tables: Mapping[TableName, pd.DataFrame], spots: Sequence[Spot]) -> set[int]:
    """Find the players at places in the video."""
    frames, boxes = tables["frames"], tables["detections"]
    times = np.array([spot.time_s for spot in spots])
    nearest = np.abs(frames["time_s"].to_numpy()[:, None] - times).argmin(axis=0) if len(frames) and spots else []
    boxes = boxes[boxes["frame"].isin(frames["frame"].to_numpy()[nearest])]
    tracks = tables["tracks"][tables["tracks"]["detection_id"].isin(boxes["detection_id"])]
    points = np.array([(spot.x_px, spot.y_px) for spot in spots]).reshape(-1, 2)
    track_id = TrackletAtSpot(TrackedGame.of(frames, boxes, tracks=tracks)).at(times, points)
    found = tables["identities"]
    return set(found.loc[found["track_id"].isin(track_id), "player_id"].tolist())


def _distances(tables: Mapping[TableName, pd.DataFrame], max_gap_s: float) -> dict[int, float]:
    """Give the metres of each player, where they are known: those of the table `player_stats`, which is not made yet."""
    frames, positions = tables["frames"], tables["positions"]
    row = np.searchsorted(frames["frame"].to_numpy(), positions["frame"].to_numpy())
    metres = positions["speed_mps"].to_numpy(np.float64) * frame_durations(frames, max_gap_s)[row]
    found = pd.Series(metres).groupby(positions["player_id"].to_numpy()).sum(min_count=1).dropna()
    return {int(str(who)): round(float(distance), 2) for who, distance in found.items()}
