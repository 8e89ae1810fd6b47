"""Cannot-link constraints for clusterers that know none."""

from __future__ import annotations

import numpy as np

from models.clustering.agglomerative import Linkage, average, merge_clusters
from models.clustering.protocol import NOISE, CannotLink, Floats, Labels, numbered


def respect(labels: Labels, distance: Floats, cannot_link: CannotLink, linkage: Linkage = average) -> Labels:
    """Split every cluster that holds a forbidden pair, and no other.

    Such a cluster is put together again from its samples, nearest first, as far as the constraints allow.

    Args:
        labels: (n,) of any clusterer; noise stays noise.
        distance: (n, n).
        cannot_link: (n, n) pairs that must not share a cluster.
        linkage: decides who is near.

    Example:
        >>> distance = np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0.0]])
        >>> cannot_link = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], bool)
        >>> respect(np.array([0, 0, 0]), distance, cannot_link).tolist()
        [0, 0, 1]
    """
    out = np.array(labels, np.int64)
    for cluster in np.unique(labels[labels != NOISE]):
        rows = np.flatnonzero(labels == cluster)
        inner = np.ix_(rows, rows)
        if cannot_link[inner].any():
            out[rows] = out.max() + 1 + merge_clusters(distance[inner], linkage, cannot_link=cannot_link[inner])
    return numbered(out)
