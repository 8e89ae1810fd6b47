"""The stage `shots`: whether a camera shot shows the game, a close-up, or a replay of what was shown before.

People are followed and named in all of them, but only the game counts: in a close-up most players cannot be seen, and a
replay would count the same seconds and metres twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.boxes import iou
from pipeline.tables import PERSON_CLASSES, SHOTS, SURE_SCORE, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.memory import Memory
from pipeline.understand.shots.replays import Repeat, find_repeat, places_in_picture

TALL = 2.0
"""People so many times as tall as in the usual view make a close-up."""
FEW = 0.35
"""So does this share of the usual number of people."""
COURT_SHARE = 0.5
"""But not where the court was found in so many of the frames."""
REPLAY_SLACK_S = 0.3
"""What a replay repeats is found to within so many seconds."""
SAME_IOU, SAME_SHARE = 0.5, 0.5
"""A cut was missed where camera motion is unknown and fewer people than this share overlap one of the frame before by so much."""


def classify_shots(
    game: TrackedGame, identities: pd.DataFrame, court: pd.DataFrame, memory: Memory | None = None
) -> pd.DataFrame:
    """Say of each shot whether it shows the game, a close-up or a replay.

    Args:
        game: frames, boxes and tracklets.
        identities: table `identities`.
        court: table `court`.
        memory: what was computed of the game before.

    Returns:
        Table `shots`, one row per shot. A single shot is the game.
    """
    if game.frames.empty:
        return SHOTS.empty()
    game = replace(game, frames=game.frames.assign(shot=_shots(game)))
    ends = game.frames.groupby("shot")["frame"].agg(first_frame="first", last_frame="last").reset_index()
    rows = [{str(name): value for name, value in row.items()} for row in ends.to_dict("records")]
    close = _close_ups(game, court) if len(rows) > 1 else [None]
    for row, reason in zip(rows, close, strict=True):
        row.update(_kind("game") if reason is None else _kind("close-up", reason))
    if len(rows) > 1:
        _set_replays(rows, game, identities, memory or Memory(keeps=False))
        rows = [part for row in rows for part in _shown_parts(row, game)]
    return conform("shots", pd.DataFrame(rows).assign(shot=np.arange(len(rows))))


def _shots(game: TrackedGame) -> NDArray[np.int64]:
    """Number the shots (t,) from 0, with the cuts that perception missed."""
    cut = np.diff(game.shot, prepend=game.shot[0]) != 0
    unknown = np.flatnonzero(np.isnan(game.motion).any(axis=(1, 2)) & ~cut)
    unknown = unknown[unknown > 0]
    people = _people(game)
    people = people[people["frame"].isin(game.frame[np.union1d(unknown, unknown - 1)])]
    boxes = {frame: rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64) for frame, rows in people.groupby("frame")}
    for row in unknown:
        before, now = boxes.get(game.frame[row - 1]), boxes.get(game.frame[row])
        if before is not None and now is not None:
            cut[row] = (iou(now, before).max(axis=1) >= SAME_IOU).mean() < SAME_SHARE
    return np.cumsum(cut).astype(np.int64)


def _people(game: TrackedGame) -> pd.DataFrame:
    """Return the boxes that surely are people's."""
    boxes = game.detections
    return boxes[boxes["class"].isin(PERSON_CLASSES) & (boxes["score"] >= SURE_SCORE)]


def _kind(kind: str, reason: str | None = None, repeat: Repeat | None = None) -> dict[str, Any]:
    """Return the cells of a row that say what a shot is."""
    return {
        "kind": kind,
        "reason": reason,
        "repeats_from_s": np.nan if repeat is None else repeat.from_s,
        "speed": np.nan if repeat is None else repeat.speed,
    }


def _close_ups(game: TrackedGame, court: pd.DataFrame) -> list[str | None]:
    """Say of each shot why it is a close-up, None where it is none."""
    people = _people(game)
    height = (people["y2"] - people["y1"]).groupby(people["frame"])
    in_view = pd.DataFrame({"tallest": height.max(), "count": height.size()}).reindex(game.frames["frame"])
    count = in_view["count"].fillna(0).to_numpy(np.float64)  # (t,)
    tallest_px = in_view["tallest"].to_numpy(np.float64)  # (t,)
    row_of_person = np.repeat(np.arange(len(count)), count.astype(int))
    if not len(row_of_person):
        return [None] * game.frames["shot"].nunique()
    usual_px, usual_count = float(np.median(tallest_px[row_of_person])), float(np.median(count[row_of_person]))
    registered = game.frames["frame"].isin(court["frame"]).to_numpy()
    shots = [rows.to_numpy() for rows in game.frames.reset_index(drop=True).groupby("shot").groups.values()]
    return [
        None
        if registered[rows].mean() >= COURT_SHARE
        else _why_close(tallest_px[rows] / usual_px, count[rows], usual_count)
        for rows in shots
    ]


def _why_close(tall: NDArray[np.float64], count: NDArray[np.float64], usual_count: float) -> str | None:
    """Say why a shot is a close-up.

    Args:
        tall: (t,) height of the tallest person in usual heights; NaN where nobody is in view.
        count: (t,) people in view.
        usual_count: people in the usual view.
    """
    size = float(np.nanmedian(tall)) if np.isfinite(tall).any() else 0.0
    if size >= TALL:
        return f"people are {size:.1f} times as tall as usual"
    if count.mean() < FEW * usual_count:
        return f"{count.mean():.1f} people in view on average, {usual_count:.0f} are usual"
    return None


def _shown_parts(row: dict[str, Any], game: TrackedGame) -> list[dict[str, Any]]:
    """Divide a replay that runs into the game: once it has shown all that came before it, what follows is new."""
    if row["kind"] != "replay":
        return [row]
    of_shot = np.flatnonzero((game.frame >= row["first_frame"]) & (game.frame <= row["last_frame"]))
    begin_s = game.time_s[of_shot[0]]
    over = game.time_s[of_shot] > begin_s + (begin_s - row["repeats_from_s"]) / row["speed"] + REPLAY_SLACK_S
    if not over.any():
        return [row]
    first_new = int(game.frame[of_shot[over][0]])
    last_shown = int(game.frame[of_shot[~over][-1]])
    return [row | {"last_frame": last_shown}, row | {"first_frame": first_new} | _kind("game")]


def _set_replays(rows: list[dict[str, Any]], game: TrackedGame, identities: pd.DataFrame, memory: Memory) -> None:
    """Set, in order of time, the shots to replays that repeat what a shot of the game has shown.

    Args:
        rows: of the table `shots`; changed in place.
        game: frames, boxes and tracklets.
        identities: table `identities`.
        memory: what was computed of the game before.
    """
    places = places_in_picture(game, identities)
    live = np.zeros(len(game.frame), dtype=bool)
    for row in rows:
        of_shot = np.flatnonzero(game.shot == row["shot"])
        repeat = find_repeat(places, int(of_shot[0]), int(of_shot[-1]), live, memory) if row["kind"] == "game" else None
        if repeat is not None:
            row.update(_kind("replay", f"people move as they did at {repeat.from_s:.1f} s", repeat))
        live[of_shot] = row["kind"] == "game"
