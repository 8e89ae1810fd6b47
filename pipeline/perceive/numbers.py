"""Reading the numbers of a batch of frames while its pixels are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.detector.detection import Boxes
from models.numbers.reader import NumberReader
from models.numbers.window import window
from pipeline.tables import NUMBER_READS, READ_COLUMNS, conform
from pipeline.video import Frame


@dataclass(frozen=True)
class FrameReads:
    """The numbers read in one frame."""

    row: NDArray[np.int64]
    """(k,) which of the frame's boxes."""
    values: NDArray[np.float32]
    """(k, 23) the columns `READ_COLUMNS`."""


def read(
    batch: Sequence[Frame], found: Sequence[Boxes], class_names: Sequence[str], reader: NumberReader | None
) -> list[FrameReads]:
    """Read all number boxes of a batch of frames in one go; none without a reader.

    Args:
        batch: b frames.
        found: the boxes of each.
        class_names: what the class indices of boxes mean.
        reader: of jersey numbers; None where they are not read.

    Returns:
        One entry per frame.
    """
    nothing = np.zeros((0, len(READ_COLUMNS)), np.float32)
    if reader is None or "number" not in class_names:
        return [FrameReads(np.zeros(0, np.int64), nothing) for _ in batch]
    wanted = class_names.index("number")
    rows = [np.flatnonzero(boxes.class_index == wanted) for boxes in found]
    crops = [
        window(frame.image, boxes.xyxy_px[row])
        for frame, boxes, chosen in zip(batch, found, rows, strict=True)
        for row in chosen
    ]
    reads = reader.read(crops)
    values = np.column_stack([reads.legible, reads.mirrored, reads.tens, reads.ones]).astype(np.float32)
    parts = np.split(values, np.cumsum([len(chosen) for chosen in rows])[:-1])
    return [FrameReads(chosen, part) for chosen, part in zip(rows, parts, strict=True)]


def table(reads: Sequence[FrameReads], boxes: Sequence[int]) -> pd.DataFrame:
    """Join the reads of frames that have so many boxes each, numbered on from 0 as `detections` are."""
    if not reads:
        return NUMBER_READS.empty()
    first = np.concatenate([[0], np.cumsum(boxes)[:-1]]).astype(np.int64)
    ids = np.concatenate([start + of_frame.row for start, of_frame in zip(first, reads, strict=True)])
    values = np.concatenate([of_frame.values for of_frame in reads])
    return conform("number_reads", pd.DataFrame(values, columns=pd.Index(READ_COLUMNS)).assign(detection_id=ids))
