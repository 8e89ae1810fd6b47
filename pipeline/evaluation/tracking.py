"""HOTA, CLEAR MOT and IDF1 through TrackEval, fed with arrays.

Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking", IJCV 2021; Bernardin and
Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics", 2008; Ristani et al.,
"Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from pipeline.errors import InputError
from pipeline.evaluation.boxes import IdentifiedBoxes, Ints, Pairing


@dataclass(frozen=True)
class TrackingScores:
    """Scores of identified boxes against the truth; shares from 0 to 1.

    HOTA, DetA, AssA and LocA are means over the 19 localisation thresholds 0.05 .. 0.95; the others use IoU 0.5.
    NaN where there is nothing to measure: no truth box, or for LocA no match.
    """

    hota: float
    deta: float
    assa: float
    loca: float
    idf1: float
    idp: float
    idr: float
    mota: float
    """May be negative: false boxes and switches count against the truth boxes."""
    switches: int
    """Changes of the found identity of a truth identity, from one matched box to the next."""
    truth_boxes: int
    found_boxes: int
    misses: int
    """Truth boxes without a match at IoU 0.5."""
    false_boxes: int
    """Found boxes without a match at IoU 0.5."""


def score_tracking(pairing: Pairing) -> TrackingScores:
    """Score all frames of a pairing as one sequence.

    Raises:
        InputError: an identity appears twice in one frame.
    """
    data = trackeval_data(pairing)
    if data["num_gt_dets"] == 0:
        return _without_truth(data["num_tracker_dets"])
    if data["num_tracker_dets"] == 0:
        return _without_boxes(data["num_gt_dets"])
    hota = HOTA().eval_sequence(data)
    clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    return TrackingScores(
        hota=float(np.mean(hota["HOTA"])),
        deta=float(np.mean(hota["DetA"])),
        assa=float(np.mean(hota["AssA"])),
        loca=float(np.mean(hota["LocA"])) if hota["HOTA_TP"][0] else float("nan"),
        idf1=float(identity["IDF1"]),
        idp=float(identity["IDP"]),
        idr=float(identity["IDR"]),
        mota=float(clear["MOTA"]),
        switches=int(clear["IDSW"]),
        truth_boxes=data["num_gt_dets"],
        found_boxes=data["num_tracker_dets"],
        misses=int(clear["CLR_FN"]),
        false_boxes=int(clear["CLR_FP"]),
    )


def trackeval_data(pairing: Pairing) -> dict[str, Any]:
    """Build the dictionary that TrackEval's metrics take: what its data set classes give after preprocessing.

    Raises:
        InputError: an identity appears twice in one frame.
    """
    truth_ids, truth_count = _numbered(pairing.truth, pairing.truth_rows, "the truth")
    found_ids, found_count = _numbered(pairing.found, pairing.found_rows, "the prediction")
    return {
        "num_timesteps": len(pairing.frames),
        "num_gt_ids": truth_count,
        "num_tracker_ids": found_count,
        "num_gt_dets": sum(len(rows) for rows in pairing.truth_rows),
        "num_tracker_dets": sum(len(rows) for rows in pairing.found_rows),
        "gt_ids": truth_ids,
        "tracker_ids": found_ids,
        "similarity_scores": list(pairing.iou),
    }


def _numbered(boxes: IdentifiedBoxes, rows: tuple[Ints, ...], whose: str) -> tuple[list[Ints], int]:
    """Number the identities from 0, list those of each frame, and refuse one that is twice in a frame."""
    used = np.concatenate([*rows, np.zeros(0, np.int64)])
    names, numbers = np.unique(boxes.identity[used], return_inverse=True)
    listed = np.split(numbers, np.cumsum([len(r) for r in rows])[:-1]) if rows else []
    for numbers_here, rows_here in zip(listed, rows, strict=True):
        if len(np.unique(numbers_here)) < len(numbers_here):
            frame = int(boxes.frame[rows_here[0]])
            twice = names[np.flatnonzero(np.bincount(numbers_here) > 1)[0]]
            raise InputError(f"identity {twice} is twice in frame {frame} of {whose}; one person has one box per frame")
    return listed, len(names)


def _without_truth(found_boxes: int) -> TrackingScores:
    """Scores where the truth has no box: there are only false boxes to count."""
    nan = float("nan")
    return TrackingScores(nan, nan, nan, nan, nan, nan, nan, nan, 0, 0, found_boxes, 0, found_boxes)


def _without_boxes(truth_boxes: int) -> TrackingScores:
    """Scores where nothing was found: no share to credit, precision and LocA have no meaning."""
    nan = float("nan")
    return TrackingScores(0.0, 0.0, 0.0, nan, 0.0, nan, 0.0, 0.0, 0, truth_boxes, 0, truth_boxes, 0)
