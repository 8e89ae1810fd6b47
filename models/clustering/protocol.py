"""What every clusterer offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]
"""(n,) number of each sample's cluster, from 0 without gaps; NOISE for a sample of none."""
CannotLink = NDArray[np.bool_]
"""(n, n) symmetric, the two samples must not share a cluster; False on the diagonal."""

NOISE = -1


class Clusterer(Protocol):
    """Groups samples that are alike."""

    def __call__(self, features: Floats) -> Labels:
        """Cluster n samples.

        Args:
            features: (n, d); of unit length where a clusterer says so.

        Returns:
            (n,) labels.
        """
        ...


def numbered(labels: NDArray[np.integer]) -> Labels:
    """Renumber clusters from 0 in the order of their first sample; noise stays noise.

    Example:
        >>> numbered(np.array([7, -1, 3, 7])).tolist()
        [0, -1, 1, 0]
    """
    out = np.full(len(labels), NOISE, np.int64)
    kept = labels != NOISE
    _, first, inverse = np.unique(labels[kept], return_index=True, return_inverse=True)
    out[kept] = first.argsort().argsort()[inverse]
    return out


def squared_distances(features: Floats) -> NDArray[np.float64]:
    """Return squared Euclidean distances (n, n) of features (n, d), 0 on the diagonal, never below 0.

    Example:
        >>> squared_distances(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist()
        [[0.0, 25.0], [25.0, 0.0]]
    """
    wide = np.asarray(features, np.float64)
    norm = (wide**2).sum(1)
    squared = np.maximum(norm[:, None] + norm - 2 * (wide @ wide.T), 0)
    np.fill_diagonal(squared, 0)
    return np.asarray(squared)
