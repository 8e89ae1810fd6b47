"""What each camera shot shows: the game, a close-up, or a replay of what was shown before.

People are followed and named in all of them, but only the game counts: in a close-up most players cannot be seen, and a
replay would count the same seconds and metres twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.tables import MOTION_COLUMNS, PERSON_CLASSES, SHOTS, conform
from pipeline.understand.game import frame_durations
from pipeline.understand.shots.replays import Repeat, find_repeat, patterns

TALL = 2.0
"""People so many times as tall as in the usual view make a close-up."""
FEW = 0.35
"""So does this share of the usual number of people."""
COURT_SHARE = 0.5
"""But not where the court was found in so many of the frames."""
SAME_IOU, SAME_SHARE = 0.5, 0.5
"""A cut was missed where camera motion is unknown and fewer people than this share overlap one of the frame before by so much."""


def shot_kinds(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
    court: pd.DataFrame,
) -> pd.DataFrame:
    """Make the table `shots`.

    Args:
        frames: table `frames`.
        detections: table `detections`.
        tracks: table `tracks`.
        identities: table `identities`.
        court: table `court`.

    Returns:
        One row per shot. A single shot is the game.
    """
    if frames.empty:
        return SHOTS.empty()
    frames = frames.assign(shot=_shots(frames, detections))
    ends = frames.groupby("shot")["frame"].agg(first_frame="first", last_frame="last").reset_index()
    rows = [{str(name): value for name, value in row.items()} for row in ends.to_dict("records")]
    close = _close_ups(frames, detections, court) if len(rows) > 1 else [None]
    for row, reason in zip(rows, close, strict=True):
        row.update(_named("game") if reason is None else _named("close-up", reason))
    if len(rows) > 1:
        _mark_replays(rows, frames, detections, tracks, identities)
    return conform("shots", pd.DataFrame(rows))


def kinds_of_frames(frames: pd.DataFrame, shots: pd.DataFrame) -> NDArray[np.object_]:
    """Give the kind of shot that each frame belongs to, (f,)."""
    row = np.searchsorted(shots["first_frame"].to_numpy(), frames["frame"].to_numpy(), side="right") - 1
    return shots["kind"].to_numpy(object)[row]


def seconds_by_kind(frames: pd.DataFrame, shots: pd.DataFrame) -> dict[str, float]:
    """Sum the analysed time by the kind of shot, the game first; kinds that do not occur are left out."""
    seconds = pd.Series(frame_durations(frames)).groupby(kinds_of_frames(frames, shots)).sum()
    return {kind: float(seconds[kind]) for kind in ("game", "close-up", "replay") if kind in seconds.index}


def of_the_game(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, shots: pd.DataFrame
) -> pd.DataFrame:
    """Keep the rows of `tracks` whose boxes lie in shots of the game."""
    counted = frames.loc[kinds_of_frames(frames, shots) == "game", "frame"]
    boxes = detections.loc[detections["frame"].isin(counted), "detection_id"]
    return tracks[tracks["detection_id"].isin(boxes)].reset_index(drop=True)


def _shots(frames: pd.DataFrame, detections: pd.DataFrame) -> NDArray[np.int64]:
    """Number the shots (f,) from 0, with the cuts that perception missed."""
    cut = np.diff(frames["shot"].to_numpy(), prepend=frames["shot"].iloc[0]) != 0
    unknown = np.flatnonzero(frames[list(MOTION_COLUMNS)].isna().any(axis=1).to_numpy() & ~cut)
    unknown = unknown[unknown > 0]
    number = frames["frame"].to_numpy()
    people = detections[detections["class"].isin(PERSON_CLASSES)]
    people = people[people["frame"].isin(number[np.union1d(unknown, unknown - 1)])]
    boxes = {frame: rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64) for frame, rows in people.groupby("frame")}
    for row in unknown:
        before, now = boxes.get(number[row - 1]), boxes.get(number[row])
        if before is not None and now is not None:
            cut[row] = (iou(now, before).max(axis=1) >= SAME_IOU).mean() < SAME_SHARE
    return np.cumsum(cut).astype(np.int64)


def _named(kind: str, reason: str | None = None, repeat: Repeat | None = None) -> dict[str, Any]:
    """Give the cells of a row that say what a shot is."""
    return {
        "kind": kind,
        "reason": reason,
        "repeats_from_s": np.nan if repeat is None else repeat.from_s,
        "speed": np.nan if repeat is None else repeat.speed,
    }


def _close_ups(frames: pd.DataFrame, detections: pd.DataFrame, court: pd.DataFrame) -> list[str | None]:
    """Say of each shot why it is a close-up, None where it is none."""
    people = detections[detections["class"].isin(PERSON_CLASSES)]
    height = (people["y2"] - people["y1"]).groupby(people["frame"])
    seen = pd.DataFrame({"tallest": height.max(), "count": height.size()}).reindex(frames["frame"])
    count = seen["count"].fillna(0).to_numpy(np.float64)
    tallest = seen["tallest"].to_numpy(np.float64)
    there = np.repeat(np.arange(len(count)), count.astype(int))
    if not len(there):
        return [None] * frames["shot"].nunique()
    usual_px, usual_count = float(np.median(tallest[there])), float(np.median(count[there]))
    found = frames["frame"].isin(court["frame"]).to_numpy()
    shots = [rows.to_numpy() for rows in frames.reset_index(drop=True).groupby("shot").groups.values()]
    return [
        None if found[rows].mean() >= COURT_SHARE else _why_close(tallest[rows] / usual_px, count[rows], usual_count)
        for rows in shots
    ]


def _why_close(tall: NDArray[np.float64], count: NDArray[np.float64], usual_count: float) -> str | None:
    """Say why a shot is a close-up.

    Args:
        tall: (f,) height of the tallest person in usual heights; NaN where nobody is in view.
        count: (f,) people in view.
        usual_count: people in the usual view.
    """
    size = float(np.nanmedian(tall)) if np.isfinite(tall).any() else 0.0
    if size >= TALL:
        return f"people are {size:.1f} times as tall as usual"
    if count.mean() < FEW * usual_count:
        return f"{count.mean():.1f} people in view on average, {usual_count:.0f} are usual"
    return None


def _mark_replays(
    rows: list[dict[str, Any]],
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    identities: pd.DataFrame,
) -> None:
    """Mark, in order of time, the shots that repeat what a shot of the game has shown."""
    known = patterns(frames, detections, tracks, identities)
    game = np.zeros(len(frames), dtype=bool)
    for row in rows:
        own = np.flatnonzero(known.shot == row["shot"])
        repeat = find_repeat(known, int(own[0]), int(own[-1]), game) if row["kind"] == "game" else None
        if repeat is not None:
            row.update(_named("replay", f"people move as they did at {repeat.from_s:.1f} s", repeat))
        game[own] = row["kind"] == "game"
