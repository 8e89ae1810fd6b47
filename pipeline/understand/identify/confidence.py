"""How sure it is that a tracklet is its player."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.identify.clustering import bound

_TEMPERATURE = 2.5
"""Log-likelihood ratios are divided by this: evidence of one tracklet errs together. Chosen on a rendered game, so that the
tracklets of a confidence are right about as often."""


def posterior(gain: NDArray[np.float64], person: NDArray[np.int64], person_price: float) -> NDArray[np.float64]:
    """Give the probability (n,) that each tracklet is its person, rather than another one or somebody new.

    Args:
        gain: (n, k) log-likelihood ratio of each tracklet being each person, given the person's other tracklets; -inf
            where it cannot be.
        person: (n,) whose it is; -1 for nobody, which gets 0.5.
        person_price: log-odds against somebody new.

    Example:
        >>> posterior(np.array([[8.0, -2.0]]), np.array([0]), 4.0).round(2).tolist()
        [0.97]
    """
    new = np.full((len(gain), 1), -person_price)
    scaled = np.concatenate([np.maximum(gain, -1e6), new], axis=1) / _TEMPERATURE
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    own = raised[np.arange(len(person)), person] / raised.sum(axis=1)
    return np.asarray(np.where(person >= 0, own, 0.5))


def confidence(
    embedding: NDArray[np.float32],
    person: NDArray[np.int64],
    apart: NDArray[np.bool_],
    max_distance: float,
) -> NDArray[np.float64]:
    """Turn the margin between a tracklet's own person and the next possible one into 0 to 1.

    The margin is the mean cosine distance to the tracklets of the best other person that the constraints allow, less
    that to the own person's other tracklets, over a sixth of `max_distance`, through a logistic function: 0.5 is a
    toss-up. It ranks tracklets; it is not calibrated, that is, 0.8 does not mean right in 80 of 100 cases.

    Args:
        embedding: (n, dim) unit length or NaN.
        person: (n,) -1 for nobody.
        apart: (n, n) surely two people.
        max_distance: of the clustering; also stands for an unknown distance to the own person, and for that to the next
            one where nobody else is possible.

    Returns:
        (n,); 0.5 where the tracklet has no embedding or is nobody's.
    """
    known = np.flatnonzero((person >= 0) & np.isfinite(embedding).all(axis=1))
    result = np.full(len(person), 0.5)
    if not len(known):
        return result
    _, index = np.unique(person[known], return_inverse=True)
    vector = embedding[known].astype(np.float64)
    total = np.zeros((index.max() + 1, vector.shape[1]))
    np.add.at(total, index, vector)
    mine = np.arange(len(known)), index
    others = np.tile(np.bincount(index).astype(np.float64), (len(known), 1))  # (k, people) tracklets besides this one
    distance = others - vector @ total.T  # (k, people) sum over a person's tracklets; that to itself is 0
    others[mine] -= 1
    mean = distance / np.maximum(others, 1)
    possible = ~bound(apart[np.ix_(known, known)], index, len(total))
    own = np.where(others[mine] > 0, mean[mine], 0.5 * max_distance)
    possible[mine] = False
    rival = np.where(possible, mean, np.inf).min(axis=1)
    margin = np.where(np.isfinite(rival), rival, own + max_distance) - own
    result[known] = 1.0 / (1.0 + np.exp(-np.clip(6.0 * margin / max_distance, -30, 30)))
    return result
