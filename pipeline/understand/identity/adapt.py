"""Adaptation to the game at hand, without labels.

The model of looks knows from the tracklets themselves how pieces of one differ, and assumes that tracklets of one person
differ in the same directions, only more. People that were found show how they really differ: by side of the court, by pose,
by light. Taking them for labels, noise and people are learned again in the model's space: the supervised two-covariance
model, with the assumption as its prior. Whether that helps is asked of tracklets that had no part in it: do the halves of one
tell each other from those of people who are there at the same time? If not better than before, it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from pipeline.understand.features.appearance_model import LEAST_NOISE, Looks, Pieces, Seen, see, tracklet_noise
from pipeline.understand.features.collect import Known

Array = NDArray[np.float64]

_PRIOR_TRACKLETS = 100.0
"""Tracklets as weighty as the assumption."""
_LEAST_TRACKLETS = 20
"""Tracklets of people with two or more, from which on anything is learned; and halves that are compared, of either kind."""
_LEAST_PIECES = 4
"""Of a tracklet whose halves are compared."""


@dataclass(frozen=True)
class Adaptation:
    """What was learned, and whether it helps."""

    looks: Looks
    before: float
    """How well halves of tracklets are told from other people's (area under the ROC curve), as it was."""
    after: float
    """The same with models that did not learn from those tracklets."""

    @property
    def helps(self) -> bool:
        """Tell whether anything was gained."""
        return self.after > self.before

    def __str__(self) -> str:
        """Say what came of it."""
        done = "was adapted" if self.helps else "was not adapted"
        told = f"halves of tracklets are told from other people's in {100 * self.before:.2f} % of cases without"
        return f"the model of looks {done} to this game: {told}, {100 * self.after:.2f} % with it"


def adapted(known: Known, person: NDArray[np.int64]) -> tuple[Known, str]:
    """Adapt the model of looks to the people found, if that helps.

    Args:
        known: of n tracklets.
        person: (n,) from 0; -1 for nobody.

    Returns:
        What is known with the new model, or as it was, and what came of it in plain words.
    """
    found = None
    if known.problem.seen is not None:
        found = adapt(known.problem.seen, known.pieces, person, known.apart)
    if found is None:
        return (
            known,
            "the model of looks was not adapted to this game: it shows too little to learn from and to judge by",
        )
    if found.helps:
        seen = see(found.looks, known.pieces)
        known = replace(known, problem=replace(known.problem, seen=seen))
    return known, str(found)


def adapt(seen: Seen, pieces: Pieces, person: NDArray[np.int64], apart: NDArray[np.bool_]) -> Adaptation | None:
    """Learn the model of looks again from the people found.

    Args:
        seen: n tracklets in the space of the model as it is.
        pieces: of the same.
        person: (n,) from 0; -1 for nobody.
        apart: (n, n) surely two people.

    Returns:
        The adaptation, or None where the game shows too little to learn from or to judge by.
    """
    learned = relearned(seen, person)
    fold = np.arange(len(person)) % 2
    halves = _halves(pieces)
    if learned is None:
        return None
    before, after = [], []
    for held_out in range(2):
        part = relearned(seen, np.where(fold == held_out, -1, person))
        rows = np.flatnonzero((fold == held_out) & np.isfinite(halves[0]).all(axis=1))
        if part is None or not _comparable(apart, rows):
            return None
        before.append(_told_apart(seen.looks, halves, rows, apart))
        after.append(_told_apart(part, halves, rows, apart))
    return Adaptation(learned, float(np.mean(before)), float(np.mean(after)))


def relearned(seen: Seen, person: NDArray[np.int64]) -> Looks | None:
    """Learn noise and people from labels; None where too few people have several tracklets.

    Args:
        seen: n tracklets.
        person: (n,) from 0; -1 for nobody.
    """
    given = np.flatnonzero((person >= 0) & (seen.precision > 0))
    _, label, count = np.unique(person[given], return_inverse=True, return_counts=True)
    several = count[label] > 1
    if several.sum() < _LEAST_TRACKLETS:
        return None
    weight = seen.precision[given] * LEAST_NOISE
    total = np.bincount(label, weights=weight)
    mean = np.zeros((len(count), seen.place.shape[1]))
    np.add.at(mean, label, seen.place[given] * weight[:, None])
    mean /= total[:, None]
    off = (seen.place[given] - mean[label]) * np.sqrt(weight * count[label] / np.maximum(count[label] - 1, 1))[:, None]
    freedom = float(several.sum())
    within = (off[several].T @ off[several] + _PRIOR_TRACKLETS * LEAST_NOISE * np.eye(off.shape[1])) / (
        freedom + _PRIOR_TRACKLETS
    )
    within *= LEAST_NOISE * len(within) / np.trace(within)  # which way, not how much: who was found is likelier alike
    variance, axes = np.linalg.eigh(within)
    to_round = axes / np.sqrt(variance) * np.sqrt(LEAST_NOISE)
    people = (mean - np.average(mean, axis=0, weights=total)) @ to_round
    prior = to_round.T @ (seen.looks.between[:, None] * to_round)
    between = (people.T @ people + len(count) * prior) / (2 * len(count))
    spread, turn = np.linalg.eigh(between)
    order = np.argsort(-spread)
    basis = to_round @ turn[:, order]
    return Looks(seen.looks.center, seen.looks.basis @ basis, np.maximum(spread[order], 1e-6))


def _halves(pieces: Pieces) -> tuple[Array, Array, NDArray[np.int64]]:
    """Give the mean vectors (n, dim) of the first and second halves of tracklets, NaN for short ones, and pieces in each."""
    dim = pieces.vector.shape[1]
    counts = pieces.counts()
    first, second = np.full((len(counts), dim), np.nan), np.full((len(counts), dim), np.nan)
    for i in np.flatnonzero(counts >= _LEAST_PIECES):
        middle = pieces.start[i] + counts[i] // 2
        first[i] = pieces.vector[pieces.start[i] : middle].mean(axis=0)
        second[i] = pieces.vector[middle : pieces.start[i + 1]].mean(axis=0)
    return first, second, counts // 2


def _comparable(apart: NDArray[np.bool_], rows: NDArray[np.int64]) -> bool:
    """Tell whether there are enough halves of tracklets to compare, of one person and of two."""
    return len(rows) >= _LEAST_TRACKLETS and int(apart[np.ix_(rows, rows)].sum()) >= _LEAST_TRACKLETS


def _told_apart(
    looks: Looks,
    halves: tuple[Array, Array, NDArray[np.int64]],
    rows: NDArray[np.int64],
    apart: NDArray[np.bool_],
) -> float:
    """Say how well the halves of tracklets are told from those of others who are surely other people."""
    first, second = looks.project(halves[0][rows]), looks.project(halves[1][rows])
    precision = 1.0 / tracklet_noise(halves[2][rows])
    one, other = first * precision[:, None], second * precision[:, None]
    alone = looks.log_evidence(one, precision), looks.log_evidence(other, precision)
    i, j = np.nonzero(apart[np.ix_(rows, rows)] | np.eye(len(rows), dtype=bool))
    together = looks.log_evidence(one[i] + other[j], precision[i] + precision[j])
    return float(roc_auc_score(i == j, together - alone[0][i] - alone[1][j]))
