"""Player tracklets as a crop set: a table of boxes with tracklet numbers, and the pictures they lie in.

The table is CSV with the columns clip, frame, split, file, tracklet, x, y, w, h (px of the picture as stored); a picture is
`IMAGES/<split>/<file>`. Pictures may be stored with another aspect than they were filmed with (the public basketball set
is stretched from 16:9 to a square): boxes are cut from the stored picture, which keeps every pixel, and the
encoder's fixed crop size makes the result the same as cutting from the unstretched one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from models.reid.data.crops import LAYOUT, CropSet, Entry, Image, cut, file_fingerprint, load_crops, pack, save_crops
from pipeline.errors import InputError

COLUMNS = ("clip", "frame", "split", "file", "tracklet", "x", "y", "w", "h")
MARGIN = 0.2
FRAMES_PER_S = 30.0
"""Of the clips that the tracklets come from."""


def read_tracklets(table: Path, images: Path, cache: Path) -> CropSet:
    """Cut the boxes of a tracklet table, or read them back from a former time.

    Args:
        table: the CSV file.
        images: the folder with the pictures.
        cache: folder for packed crops, one folder inside per content of the table.

    Raises:
        InputError: a file is missing, unreadable or lacks a column.
    """
    if not table.is_file():
        raise InputError(f"tracklet table {table}: no such file")
    fingerprint = file_fingerprint(table, text=f"layout {LAYOUT}, margin {MARGIN}")
    folder = cache / f"tracklets-{fingerprint}"
    if (folder / "about.json").is_file():
        return load_crops(folder)
    boxes = pd.read_csv(table)
    if missing := [name for name in COLUMNS if name not in boxes]:
        raise InputError(f"tracklet table {table}: column {missing[0]} is missing; expected {', '.join(COLUMNS)}")
    clips = sorted(boxes["clip"].unique())
    crops = pack(_entries(boxes, images, clips), clips, [game_of(clip) for clip in clips], fingerprint)
    save_crops(crops, folder)
    return crops


def long_enough(crops: CropSet, min_boxes: int) -> CropSet:
    """Leave out tracklets of few boxes."""
    counts = np.bincount(crops.identity, minlength=1)
    return crops.select(np.flatnonzero(counts[crops.identity] >= min_boxes))


def game_of(clip: str) -> str:
    """Name the game of a clip: what comes before the quarter and the game clock.

    Example:
        >>> game_of("boston-celtics-orlando-magic-game-4-q1-00_09-00_05")
        'boston-celtics-orlando-magic-game-4'
    """
    head, quarter, _ = clip.rpartition("-q")
    return head if quarter else clip


def _entries(boxes: pd.DataFrame, images: Path, clips: list[str]) -> Iterator[Entry]:
    """Cut all boxes, picture by picture."""
    identity = pd.factorize(pd.MultiIndex.from_frame(boxes[["clip", "tracklet"]]), sort=True)[0]
    boxes = boxes.assign(identity=identity, scene=[clips.index(clip) for clip in boxes["clip"]])
    for (split, file), rows in boxes.groupby(["split", "file"], sort=True):
        picture = _read_picture(images / str(split) / str(file))
        for row in rows.itertuples(index=False):
            left, top = float(row.x), float(row.y)  # type: ignore[arg-type]
            box = (left, top, left + float(row.w), top + float(row.h))  # type: ignore[arg-type]
            image, inner = cut(picture, box, MARGIN)
            yield Entry(image, inner, int(row.identity), int(row.tracklet), int(row.scene), int(row.frame))  # type: ignore[arg-type]


def _read_picture(path: Path) -> Image:
    """Read one picture as (h, w, 3) BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"picture {path}: missing or unreadable")
    return np.asarray(picture, np.uint8)
