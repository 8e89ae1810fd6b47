"""The truth of a copy: that of its clip, moved with the edit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.footage.clips import Clip
from benchmarks.footage.edits import Edit, Shown
from benchmarks.footage.views import View
from pipeline.evaluation.truth import MIN_VISIBLE, Truth
from pipeline.evaluation.truth.court import CourtMap
from pipeline.geometry.lens import Lens

_SMOOTH_FRAMES = 1.5
"""By how many of the clip's frames time and content may disagree where time flows as filmed."""
_HAND_MADE_STEP_S = 0.2


@dataclass(frozen=True)
class MovedTruth:
    """What is true of a copy.

    Attributes:
        copy: truth in frames and px of the copy.
        original: truth of the clip, as much of it as the copy shows: the original is scored on this for comparison.
        player_s: seconds of players in view, summed over the players.
    """

    copy: Truth
    original: Truth
    player_s: float


def cuts_s(clip: Clip, edit: Edit) -> list[float]:
    """List when (s) a copy goes on with another picture than the clip does."""
    shown = edit.order(clip)
    pairs = pairwise(shown)
    return [float(after.time_s) for before, after in pairs if not _flows(clip, before, after)]


def moved_truth(truth: Truth, clip: Clip, edit: Edit) -> MovedTruth:
    """Move a truth with an edit.

    Args:
        truth: of the clip.
        clip: the original.
        edit: what was done.
    """
    view, shown = edit.view(clip.size_px), edit.order(clip)
    counted = {number: moment for number, moment in enumerate(shown) if moment.counts}
    people: dict[int, pd.DataFrame] = dict(iter(truth.persons.groupby("frame")))  # type: ignore[arg-type]  # frames are int
    tables, frames, kept = [], [], set()
    for number, moment in counted.items():
        rows = people.get(moment.frame)
        if rows is not None and moment.frame in truth.frames["frame"].to_numpy():
            moved = _moved_people(rows, view, edit.hidden(clip, float(moment.time_s)))
            tables.append(moved.assign(frame=number, time_s=float(moment.time_s)))
            frames.append((number, float(moment.time_s), 0))
            visible = moved["visible"].to_numpy() >= MIN_VISIBLE
            kept |= {(moment.frame, int(identity)) for identity in moved["identity"][visible]}
    table = pd.DataFrame(frames, columns=["frame", "time_s", "shot"])
    court = None if truth.court is None else _moved_court(truth.court, view, counted)
    persons = pd.concat(tables, ignore_index=True)
    if view.flipped and truth.court is not None:
        persons["x_m"] = truth.court.court.length_m - persons["x_m"]
    copy = replace(truth, persons=persons, frames=table, court=court)
    return MovedTruth(copy, _shown_part(truth, counted, kept), _player_s(truth, clip, shown, copy))


def _moved_people(rows: pd.DataFrame, view: View, hidden: NDArray[np.bool_] | None) -> pd.DataFrame:
    """Move the boxes of one frame, cut down to what can be seen; somebody hidden too far keeps his whole box."""
    box = rows[["x", "y", "w", "h"]].to_numpy(np.float64)
    corners = np.stack([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)  # (n, 2, 2)
    moved = corners @ view.matrix[:2, :2].T + view.matrix[:2, 2]
    low, high = moved.min(axis=1), moved.max(axis=1)
    visible = rows["visible"].to_numpy(np.float64).copy()
    clear = np.ones(view.size_px[::-1], dtype=bool) if hidden is None else ~hidden
    for k in range(len(rows)):
        seen, share = _seen_part(low[k], high[k], clear)
        visible[k] *= share
        if share >= MIN_VISIBLE:
            low[k], high[k] = seen
    sides = np.column_stack([low, high - low])
    return rows.assign(visible=visible, **{name: sides[:, k] for k, name in enumerate("xywh")})


def _seen_part(
    low: NDArray[np.float64], high: NDArray[np.float64], clear: NDArray[np.bool_]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], float]:
    """Return the corners of the part of a box that is clear and in the picture, and its share of the box.

    Args:
        low: (2,) left and top.
        high: (2,) right and bottom.
        clear: (h, w) pixels that nothing hides.
    """
    size = np.array(clear.shape[::-1])
    x0, y0 = np.clip(np.floor(low), 0, size).astype(int)
    x1, y1 = np.clip(np.ceil(high), 0, size).astype(int)
    part = clear[y0:y1, x0:x1]
    if not part.any():
        return (low, high), 0.0
    columns, rows = np.flatnonzero(part.any(axis=0)), np.flatnonzero(part.any(axis=1))
    seen_low = np.maximum(low, [x0 + columns[0], y0 + rows[0]])
    seen_high = np.minimum(high, [x0 + columns[-1] + 1, y0 + rows[-1] + 1])
    whole = float(np.prod(high - low))
    return (seen_low, seen_high), min(1.0, float(part.mean() * np.prod(np.array(part.shape)) / max(whole, 1.0)))


def _moved_court(court: CourtMap, view: View, counted: dict[int, Shown]) -> CourtMap:
    """Move the homographies; a flipped court is measured from its other end."""
    scale, back = view.scaled_px[0] / view.part_px[0], np.linalg.inv(view.matrix)
    centre = view.matrix @ np.array([*court.lens.center_px, 1.0])
    lens = Lens((float(centre[0]), float(centre[1])), court.lens.scale_px * scale, court.lens.lam)
    ends = np.array([[-1.0, 0, court.court.length_m], [0, 1, 0], [0, 0, 1]]) if view.flipped else np.eye(3)
    matrices = ends @ court.matrices @ back
    if court.fixed:
        return CourtMap(court.court, view.size_px, lens, court.frames, matrices, fixed=True)
    row_of = {int(frame): row for row, frame in enumerate(court.frames)}
    pairs = [(number, row_of[moment.frame]) for number, moment in counted.items() if moment.frame in row_of]
    numbers = np.array([number for number, _ in pairs], dtype=np.int64)
    return CourtMap(court.court, view.size_px, lens, numbers, matrices[[row for _, row in pairs]])


def _shown_part(truth: Truth, counted: dict[int, Shown], kept: set[tuple[int, int]]) -> Truth:
    """Keep the frames that a copy shows, and take people whom it does not show for hidden."""
    persons = truth.persons
    pairs = zip(persons["frame"].tolist(), persons["identity"].tolist(), strict=True)
    seen = np.array([pair in kept for pair in pairs], dtype=bool)
    visible = np.where(seen, persons["visible"].to_numpy(np.float64), 0.0)
    frames = truth.frames[truth.frames["frame"].isin([moment.frame for moment in counted.values()])]
    return replace(truth, persons=persons.assign(visible=visible), frames=frames.reset_index(drop=True))


def _player_s(truth: Truth, clip: Clip, shown: list[Shown], copy: Truth) -> float:
    """Sum up how long players are in view: their mean number times the length of the play that is shown once."""
    pairs = pairwise(shown)
    spans = [(before.frame, after.frame) for before, after in pairs if before.counts and _flows(clip, before, after)]
    frames = truth.frames["frame"].to_numpy()
    steps = sum(any(first <= frame <= last for first, last in spans) for frame in frames.tolist())
    players = copy.persons[(copy.persons["role"] == "player") & (copy.persons["visible"] >= MIN_VISIBLE)]
    return len(players) / max(len(copy.frames), 1) * steps * _HAND_MADE_STEP_S


def _flows(clip: Clip, before: Shown, after: Shown) -> bool:
    """Say whether time between two pictures is as filmed: slow motion, pulldown and stalls are no cuts."""
    if before.foreign != after.foreign or (before.counts != after.counts):
        return False
    frames = float((after.time_s - before.time_s) * clip.rate)
    return after.frame >= before.frame and abs(frames - (after.frame - before.frame)) <= _SMOOTH_FRAMES
