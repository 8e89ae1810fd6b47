"""A game given as what `perceive` would have stored of it: tables in place of a video.

`courtside render-game --positions-only` writes such a game. Everything behind `perceive` runs on it as it does on a
video; what needs pixels is left out.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError, TableError
from pipeline.store import Folder, RunDirectory, fingerprint, hash_file, read_json
from pipeline.tables import COURT_POINTS, MOTION_COLUMNS, NUMBER_READS, SCOREBOARD_TEXTS, TableName
from pipeline.video import VideoInfo

NO_PIXELS = (
    "the game has no pixels, only the tables of perceive: there is no annotated video and there are no pictures of "
    "players; settings of video, shots, detect and embed change nothing"
)
NO_CODEC = "none"
"""In place of a video's codec."""
_FOLDER, _ABOUT, _EMBEDDINGS = "perceived", "game.json", "embeddings"
_TABLES: tuple[TableName, ...] = ("frames", "detections")
_READS: TableName = "number_reads"
"""May be absent: then no number was read."""
_TEXTS: TableName = "scoreboard_texts"
"""Likewise: then there is no scoreboard."""


def is_given(game: Path) -> bool:
    """Say whether a directory holds a game as tables of `perceive`."""
    return (game / _FOLDER).is_dir()


def describe(game: Path) -> VideoInfo:
    """Describe the video that the tables stand for: size of the picture, rate and length.

    Raises:
        InputError: a file is missing or `game.json` is not that of a rendered game.
    """
    missing = [path for path in _files(game) if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0]} does not exist; render the game again with courtside render-game")
    try:
        about = read_json(game / _ABOUT)
        (width, height), fps, frames = about["size"], float(about["fps"]), int(about["frames"])
        size = int(width), int(height)
    except (KeyError, TypeError, ValueError, TableError) as error:
        raise InputError(f"{game / _ABOUT} is not that of a rendered game: {type(error).__name__} {error}") from error
    if min(*size, fps, frames) <= 0:
        raise InputError(f"{game / _ABOUT}: size, fps and frames must be above 0")
    return VideoInfo(
        path=game,
        width_px=size[0],
        height_px=size[1],
        fps=fps,
        start_s=0.0,
        duration_s=frames / fps,
        codec=NO_CODEC,
        pixel_format="none",
        has_audio=False,
        rotation_deg=0,
        time_base=Fraction(1, 90_000),
        start_pts=0,
        size_bytes=sum(path.stat().st_size for path in _files(game)),
    )


def digest(game: Path) -> str:
    """Fingerprint the tables."""
    return fingerprint(*(hash_file(path) for path in _files(game)))


def take(game: Path, start_s: float, end_s: float | None, run: RunDirectory) -> dict[str, Any]:
    """Put the tables of an interval into a run's directory, as `perceive` would have.

    Frames and detections are counted from the first one taken.

    Args:
        game: directory with the tables.
        start_s: begin of the interval.
        end_s: its end; None for the end of the game.
        run: the directory that is written to.

    Returns:
        Facts, named as those of `perceive`.

    Raises:
        InputError: the interval is empty, or detections and embeddings do not belong together.
        TableError: a table is missing, damaged, or not as its schema says.
    """
    given = Folder(game / _FOLDER)
    frames, detections = (given.read_table(name) for name in _TABLES)
    embeddings = given.read_array(_EMBEDDINGS, mmap=True)
    _check(game, frames, detections, embeddings)
    time_s = frames["time_s"].to_numpy(np.float64)
    chosen = (time_s >= start_s) & (time_s < (math.inf if end_s is None else end_s))
    if not chosen.any():
        raise InputError(f"{game} has no frame from {start_s:g} s on and before {end_s or time_s[-1]:g} s")
    frames = frames[chosen].copy()
    frames.loc[frames.index[:1], list(MOTION_COLUMNS)] = np.nan  # from a frame that is not taken
    rows = np.flatnonzero(detections["frame"].isin(frames["frame"]).to_numpy())
    low, high = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
    first = int(frames["frame"].iloc[0])
    run.write_table(
        "frames", frames.assign(frame=frames["frame"] - first, shot=frames["shot"] - frames["shot"].iloc[0])
    )
    taken = detections.iloc[low:high]
    run.write_table("detections", taken.assign(frame=taken["frame"] - first, detection_id=np.arange(high - low)))
    run.write_table(_READS, _reads(given, first_id=low, end_id=high))
    run.write_table("court_points", COURT_POINTS.empty())
    run.write_table(_TEXTS, _texts(given, first, int(frames["frame"].iloc[-1])))
    run.write_array(_EMBEDDINGS, embeddings[low:high])
    return _facts(frames["time_s"].to_numpy(np.float64))


def _files(game: Path) -> list[Path]:
    """List what the game is made of."""
    given = Folder(game / _FOLDER)
    reads = [path for path in map(given.table_path, (_READS, _TEXTS)) if path.is_file()]
    return [*(given.table_path(name) for name in _TABLES), *reads, given.array_path(_EMBEDDINGS), game / _ABOUT]


def _reads(given: Folder, first_id: int, end_id: int) -> pd.DataFrame:
    """Take the reads of the detections that are taken, counted from the first of them."""
    if not given.table_path(_READS).is_file():
        return NUMBER_READS.empty()
    reads = given.read_table(_READS)
    reads = reads[reads["detection_id"].between(first_id, end_id - 1)]
    return reads.assign(detection_id=reads["detection_id"] - first_id)


def _texts(given: Folder, first: int, last: int) -> pd.DataFrame:
    """Take what was read of the scoreboard in the frames from `first` to `last`, counted from the first."""
    if not given.table_path(_TEXTS).is_file():
        return SCOREBOARD_TEXTS.empty()
    texts = given.read_table(_TEXTS)
    texts = texts[texts["frame"].between(first, last)]
    return texts.assign(frame=texts["frame"] - first)


def _check(game: Path, frames: pd.DataFrame, detections: pd.DataFrame, embeddings: NDArray[Any]) -> None:
    """Refuse tables that do not belong together.

    Raises:
        InputError: says which.
    """
    if embeddings.ndim != 2 or len(embeddings) != len(detections):
        raise InputError(
            f"{game / _FOLDER}: {len(detections)} detections and embeddings of shape {embeddings.shape}: "
            "expected one row for each"
        )
    frame, order = frames["frame"].to_numpy(np.int64), detections["frame"].to_numpy(np.int64)
    if (np.diff(frame) <= 0).any() or (np.diff(order) < 0).any():
        raise InputError(f"{game / _FOLDER}: frames and detections must be in order of frame")
    if not np.isin(order, frame).all():
        raise InputError(f"{game / _FOLDER}: detections lie on frames that the table of frames does not have")


def _facts(time_s: NDArray[np.float64]) -> dict[str, Any]:
    """Say what was read, as for a video."""
    return {
        "decoded": len(time_s),
        "analysed": len(time_s),
        "damaged": 0,
        "first_s": float(time_s[0]),
        "last_s": float(time_s[-1]),
        "longest_gap_s": float(np.diff(time_s).max(initial=0.0)),
        "rewound": 0,
        "end_of_file": True,
        "ended_early": False,
    }
