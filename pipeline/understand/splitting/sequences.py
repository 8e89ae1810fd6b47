"""What is known along each tracklet: its pieces one by one, and how likely the person changes between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.understand.features.appearance_model import Looks, Pieces
from pipeline.understand.features.collect import Known
from pipeline.understand.features.evidence import TrackletEvidence, pooling_weight
from pipeline.understand.features.teams import Kitting
from pipeline.understand.splitting.change_rate import log_rate

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_KIT = ("jersey_l", "jersey_a", "jersey_b")
_SIDE = 0.5
"""How much the side that a piece shows counts beside its looks. Chosen on rendered games."""


@dataclass(frozen=True)
class Steps:
    """The p pieces of n tracklets, by tracklet and then by time."""

    place: Array
    """(p, d) in the space of looks."""
    side: Array
    """(p, 3) log-likelihoods of team A, team B and the referees."""
    weight: Array
    """(p,) how much a piece counts, 1 on average: as the square of the quality of its crops, since
    who is half hidden looks like another."""
    odds: Array
    """(p,) log-odds of a change before each piece, by what happens there; -inf at the first piece of a tracklet."""
    box: Ints
    """(p,) the box of the evidence that would be the first after that change: where it is likeliest."""
    start: Ints
    """(n + 1,) pieces of tracklet i are `[start[i] : start[i + 1]]`."""

    def along(self) -> Iterator[Steps]:
        """Take the tracklets one by one."""
        for a, b in zip(self.start[:-1], self.start[1:], strict=True):
            whole = np.array([0, b - a])
            yield Steps(self.place[a:b], self.side[a:b], self.weight[a:b], self.odds[a:b], self.box[a:b], whole)

    def __len__(self) -> int:
        """Count the pieces."""
        return len(self.place)


def steps_along(frames: pd.DataFrame, detections: pd.DataFrame, feet_m: Array, known: Known, looks: Looks) -> Steps:
    """Collect what is known along tracklets.

    Args:
        frames: table `frames`.
        detections: table `detections`, m rows.
        feet_m: (m, 2) foot points on the court, m; NaN where unknown.
        known: of the tracklets.
        looks: the model of looks in it.
    """
    pieces, evidence = known.pieces, known.evidence
    at, piece = _boxes_of(pieces, evidence)
    quality = pooling_weight(detections)[evidence.row[at]]
    clear = _mean(piece, quality, np.ones(len(piece))) ** 2
    boxes = detections[[*_KIT, "class"]].iloc[evidence.row[at]]
    side = _SIDE * _sides(boxes, piece, quality, known.sides.kitting)
    odds, box = _between(pieces, evidence, log_rate(frames, evidence, feet_m))
    return Steps(looks.project(pieces.vector), side, clear / clear.mean(), odds, box, pieces.start)


def _sides(boxes: pd.DataFrame, piece: Ints, quality: Array, kitting: Kitting) -> Array:
    """Give the log-likelihoods (p, 3) of the sides that pieces show, by the mean kit and the votes of their boxes (k,)."""
    kit = boxes[[*_KIT]].to_numpy(np.float64)
    colored = np.where(np.isfinite(kit).all(axis=1), quality, 0.0)
    mean_kit = np.column_stack([_mean(piece, np.nan_to_num(one), colored) for one in kit.T])
    says_referee = (boxes["class"] == "referee").to_numpy().astype(np.float64)
    return kitting.judge(mean_kit, _mean(piece, says_referee, np.ones(len(piece))))


def _ends(pieces: Pieces, evidence: TrackletEvidence) -> Ints:
    """Give the box (p,) behind the last of each piece."""
    owner = np.repeat(np.arange(len(evidence)), pieces.counts())
    return np.asarray(np.minimum(np.append(pieces.first[1:], len(evidence.row)), evidence.start[owner + 1]))


def _boxes_of(pieces: Pieces, evidence: TrackletEvidence) -> tuple[Ints, Ints]:
    """List the boxes of the evidence that are in pieces (k,), and the piece of each (k,)."""
    counts = _ends(pieces, evidence) - pieces.first
    piece = np.repeat(np.arange(len(counts)), counts)
    since = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    return pieces.first[piece] + since, piece


def _mean(piece: Ints, value: Array, weight: Array) -> Array:
    """Average over the boxes (k,) of each piece (p,); NaN where nothing weighs."""
    total = np.bincount(piece, weight)
    return np.asarray(np.bincount(piece, weight * value) / np.where(total > 0, total, np.nan))


def _between(pieces: Pieces, evidence: TrackletEvidence, rate: Array) -> tuple[Array, Ints]:
    """Give `odds` and `box` of `Steps`: a change lies anywhere between the middles of two pieces.

    Args:
        pieces: of the tracklets.
        evidence: of the same.
        rate: (boxes,) log of the changes that are to be expected before each box.
    """
    odds, box = np.full(len(pieces.first), -np.inf), pieces.first.copy()
    middle = (pieces.first + _ends(pieces, evidence)) // 2
    later = np.ones(len(middle), dtype=bool)
    later[pieces.start[:-1][pieces.counts() > 0]] = False
    for piece in np.flatnonzero(later):
        stretch = slice(middle[piece - 1] + 1, middle[piece] + 1)
        odds[piece] = np.logaddexp.reduce(rate[stretch])
        box[piece] = stretch.start + int(rate[stretch].argmax())
    return odds, box
