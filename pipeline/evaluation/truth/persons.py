"""What is known to be true about a video, read from hand-made files, rendered games, or MOT ground truth."""

from __future__ import annotations

import configparser
import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.boxes import Bools, Floats, IdentifiedBoxes, Ints
from pipeline.evaluation.mot_text import MAX_FRAMES, MAX_ID, MAX_PX, read_mot
from pipeline.evaluation.truth.court import MARGIN_M, CourtMap, beyond_margin, read_court_points, read_court_table

HAND_MADE_FPS = 5.0
"""Annotated frames per second of hand-made truth (`truth.csv`)."""

MIN_VISIBLE = 1 / 3
"""People of whom less is visible need not be found; hand-made truth leaves them out by the same rule."""


CSV_COLUMNS = ("frame", "id", "role", "team", "jersey", "x", "y", "w", "h", "occluded")
PERSON_COLUMNS = (
    "frame", "time_s", "identity", "role", "team", "jersey", "x", "y", "w", "h", "visible", "x_m", "y_m",
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """True people on the annotated frames of one video.

    `persons`: one row per person and frame with PERSON_COLUMNS: frame (int64, decoded source frame from 0), time_s,
    identity (int64), role (player or referee), team and jersey (None where unknown), box x y w h in px, visible (share
    of the body, 1 where not annotated), position x_m y_m (NaN where unknown).
    `frames`: the frames to score, ascending: frame, time_s (NaN where unknown), shot.
    """

    name: str
    persons: pd.DataFrame
    frames: pd.DataFrame
    court: CourtMap | None = None
    exact_positions: bool = False
    """Positions are the renderer's; otherwise, where there are any, the foot points of hand-made boxes."""

    def boxes(self, role: str | None = "player") -> tuple[IdentifiedBoxes, Bools, Ints]:
        """Return the boxes of one role (None: of everybody) on the scored frames.

        Returns:
            The boxes, a mask (n,) of those not scored (hidden too far, or off the court), and their rows (n,) in
            `persons`.
        """
        chosen = self.persons["frame"].isin(self.frames["frame"])
        if role is not None:
            chosen &= self.persons["role"] == role
        rows = np.flatnonzero(chosen.to_numpy())
        table = self.persons.iloc[rows]
        boxes = IdentifiedBoxes(
            table["frame"].to_numpy(np.int64),
            table["identity"].to_numpy(np.int64),
            table[["x", "y", "w", "h"]].to_numpy(np.float64),
        )
        hidden = table["visible"].to_numpy(np.float64) < MIN_VISIBLE
        return boxes, hidden | self.off_court()[rows], rows.astype(np.int64)

    def off_court(self) -> Bools:
        """Say which rows (n,) of `persons` are known to be off the court by more than the margin."""
        if self.court is None or not self.exact_positions:
            return np.zeros(len(self.persons), dtype=bool)
        xy_m = self.persons[["x_m", "y_m"]].to_numpy(np.float64)
        return beyond_margin(xy_m, self.court.court, MARGIN_M)


def thinned(frames: pd.DataFrame, max_fps: float) -> pd.DataFrame:
    """Return at most so many frames per second, evenly spread; those of unknown time all stay.

    Args:
        frames: with the column time_s, ascending.
        max_fps: frames per second.

    Example:
        >>> thinned(pd.DataFrame({"time_s": [0.0, 0.1, 0.2, 0.3]}), 5)["time_s"].tolist()
        [0.0, 0.2]
    """
    time_s = frames["time_s"].to_numpy(np.float64)
    cell = np.floor(time_s * max_fps + 1e-6)
    first = np.concatenate([[True], np.diff(cell) != 0])[: len(time_s)]
    kept: pd.DataFrame = frames[first | np.isnan(time_s)].reset_index(drop=True)
    return kept


def read_truth(path: Path) -> Truth:
    """Read the truth of one video.

    Args:
        path: a rendered game (folder with `truth.parquet`), a folder with a hand-made `truth.csv` (5 frames per second),
            a MOT sequence (folder with `gt/gt.txt`), or a MOT text file.

    Raises:
        InputError: nothing of the kind is there, or it is wrong; names the file and the line or column.
    """
    if path.is_file():
        return _read_mot_truth(path, path.stem, None, None)
    if (path / "truth.parquet").is_file():
        return _read_rendered(path)
    if (path / "truth.csv").is_file():
        return _read_hand_made(path)
    if (path / "gt" / "gt.txt").is_file():
        return _read_mot_truth(path / "gt" / "gt.txt", path.name, *_sequence(path / "seqinfo.ini"))
    raise InputError(
        f"no truth at {path}: expected a folder with truth.parquet (rendered game), truth.csv or gt/gt.txt, or a MOT text file"
    )


def _read_hand_made(folder: Path) -> Truth:
    """Read `truth.csv` and the court file beside it, if any."""
    persons = _read_csv(folder / "truth.csv")
    frames = np.unique(persons["frame"].to_numpy())
    step = float(np.median(np.diff(frames))) if len(frames) > 1 else 1.0
    time_s = frames / step / HAND_MADE_FPS
    persons["time_s"] = time_s[np.searchsorted(frames, persons["frame"].to_numpy())]
    court = read_court_points(folder)
    if court is not None:
        persons[["x_m", "y_m"]] = _feet_m(persons, court)
    return Truth(folder.name, persons[list(PERSON_COLUMNS)], _frames(frames, time_s), court)


def _feet_m(persons: pd.DataFrame, court: CourtMap) -> Floats:
    """Map the middle of each box's lower edge to metres (n, 2); NaN on frames whose homography is not known."""
    box = persons[["x", "y", "w", "h"]].to_numpy(np.float64)
    feet_px = np.column_stack([box[:, 0] + box[:, 2] / 2, box[:, 1] + box[:, 3]])
    return court.locate_all(persons["frame"].to_numpy(np.int64), feet_px)


def _read_csv(path: Path) -> pd.DataFrame:
    """Read and check the lines of a hand-made truth."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not lines or tuple(lines[0]) != CSV_COLUMNS:
        raise InputError(f"{path}, line 1: expected the columns {','.join(CSV_COLUMNS)}")
    numbered = [(number, line) for number, line in enumerate(lines[1:], start=2) if line]
    rows = [_csv_row(path, number, line) for number, line in numbered]
    persons = pd.DataFrame(rows, columns=["frame", "identity", "role", "team", "jersey", "x", "y", "w", "h"])
    twice = np.flatnonzero(persons.duplicated(["frame", "identity"]).to_numpy())
    if len(twice):
        row = persons.iloc[twice[0]]
        where = f"{path}, line {numbered[twice[0]][0]}"
        raise InputError(f"{where}: id {row['identity']} is twice in frame {row['frame']}")
    return persons.assign(visible=1.0, x_m=np.nan, y_m=np.nan)


def _csv_row(path: Path, number: int, line: list[str]) -> tuple[object, ...]:
    """Parse one line of a hand-made truth."""
    where = f"{path}, line {number}"
    if len(line) != len(CSV_COLUMNS):
        raise InputError(f"{where}: {len(line)} fields, expected {len(CSV_COLUMNS)}")
    frame, identity, role, team, jersey, *box, _ = line
    try:
        numbers = [float(value) for value in box]
        key = (int(frame), int(identity))
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if role not in ("player", "referee"):
        raise InputError(f"{where}: role is {role!r}, expected player or referee")
    bounded = 0 <= key[0] < MAX_FRAMES and abs(key[1]) < MAX_ID and max(map(abs, numbers)) <= MAX_PX
    if not (bounded and all(map(math.isfinite, numbers)) and numbers[2] > 0 and numbers[3] > 0):
        raise InputError(
            f"{where}: frame must be from 0 and below {MAX_FRAMES}, id of at most 15 digits, the box finite and within "
            f"{MAX_PX:g} px, its width and height above 0"
        )
    return (*key, role, team if role == "player" and team else None, jersey or None, *numbers)


def _read_mot_truth(path: Path, name: str, fps: float | None, length: int | None) -> Truth:
    """Read MOT ground truth: everybody a player; boxes whose seventh field is 0 are not scored."""
    text = read_mot(path)
    boxes = text.boxes
    frames = np.arange(max(length or 0, boxes.frame.max(initial=-1) + 1), dtype=np.int64)
    time_s = frames / fps if fps else np.full(len(frames), np.nan)
    persons = pd.DataFrame(
        {
            "frame": boxes.frame,
            "time_s": boxes.frame / fps if fps else np.nan,
            "identity": boxes.identity,
            "role": "player",
            "team": None,
            "jersey": None,
            **{column: boxes.xywh_px[:, k] for k, column in enumerate("xywh")},
            "visible": np.where(text.score == 0, 0.0, 1.0),
            "x_m": np.nan,
            "y_m": np.nan,
        }
    )
    return Truth(name, persons[list(PERSON_COLUMNS)], _frames(frames, time_s))


def _sequence(path: Path) -> tuple[float | None, int | None]:
    """Read the frame rate and the number of frames of a MOT sequence; None where they are not given."""
    parser = configparser.ConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        fps = parser.getfloat("Sequence", "frameRate", fallback=None)
        length = parser.getint("Sequence", "seqLength", fallback=None)
    except (configparser.Error, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {' '.join(str(error).split())}") from error
    if length is not None and not 0 <= length <= MAX_FRAMES:
        raise InputError(f"{path}: seqLength is {length}, expected 0 to {MAX_FRAMES}")
    if fps is not None and not 0 <= fps < math.inf:
        raise InputError(f"{path}: frameRate is {fps:g}, expected frames per second")
    return fps, length


def _read_rendered(folder: Path) -> Truth:
    """Read a rendered game; frames of play are scored, close-ups and replays are not."""
    persons = _parquet(
        folder / "truth.parquet",
        ("frame", "time_s", "id", "role", "team", "jersey", "x", "y", "w", "h", "visible", "x_m", "y_m"),
    ).rename(columns={"id": "identity"})
    persons = persons[list(PERSON_COLUMNS)].astype(
        {"frame": "int64", "identity": "int64"}
        | dict.fromkeys(("time_s", "x", "y", "w", "h", "visible", "x_m", "y_m"), "float64")
    )
    frames = _parquet(folder / "frames.parquet", ("frame", "time_s", "shot", "kind"))
    frames = frames.loc[frames["kind"] == "play", ["frame", "time_s", "shot"]].sort_values("frame")
    return Truth(folder.name, persons, frames.reset_index(drop=True), read_court_table(folder), exact_positions=True)


def _parquet(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a table and see that the columns are there."""
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {' '.join(str(error).split())[:200]}") from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(f"{path} lacks the columns {missing}")
    return table


def _frames(frames: Ints, time_s: Floats) -> pd.DataFrame:
    """Build the table of scored frames of a single shot."""
    return pd.DataFrame({"frame": frames.astype(np.int64), "time_s": time_s, "shot": 0})
