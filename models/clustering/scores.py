"""How well clusters agree with the truth. A sample of no cluster (NOISE) is wrong, and counts as a cluster of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from models.clustering.protocol import NOISE, Labels

Ints = NDArray[np.integer]


def best_mapping(truth: Ints, labels: Ints) -> dict[int, int]:
    """Map clusters to classes one to one so that most samples are right (Kuhn 1955, the Hungarian method).

    With more clusters than classes some clusters have no class, and their samples are wrong.

    Example:
        >>> best_mapping(np.array([3, 3, 3, 8]), np.array([1, 1, 0, 0]))
        {0: 8, 1: 3}
    """
    kept = labels != NOISE
    classes, row = np.unique(truth[kept], return_inverse=True)
    clusters, column = np.unique(labels[kept], return_inverse=True)
    together = np.zeros((len(classes), len(clusters)), np.int64)
    np.add.at(together, (row, column), 1)
    of_class, of_cluster = linear_sum_assignment(together, maximize=True)
    pairs = sorted(zip(clusters[of_cluster].tolist(), classes[of_class].tolist(), strict=True))
    return dict(pairs)


def clustering_accuracy(truth: Ints, labels: Ints) -> float:
    """Share of samples whose cluster is mapped to their class by `best_mapping`; NaN for no samples.

    Example:
        Three clusters cannot all be right for two classes.

        >>> clustering_accuracy(np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2, 2]))
        0.6666666666666666
    """
    if not len(truth):
        return float("nan")
    mapping = best_mapping(truth, labels)
    given = np.array([mapping.get(int(label), None) == int(true) for label, true in zip(labels, truth, strict=True)])
    return float(given.mean())


def nmi(truth: Ints, labels: Ints) -> float:
    """Normalised mutual information, arithmetic mean of the entropies (Strehl and Ghosh 2002, as in scikit-learn)."""
    from sklearn.metrics import normalized_mutual_info_score  # slow to import

    return float(normalized_mutual_info_score(truth, _noise_as_singletons(labels)))


def ari(truth: Ints, labels: Ints) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985): 1 for the same partition, about 0 for chance."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth, _noise_as_singletons(labels)))


def _noise_as_singletons(labels: Ints) -> Labels:
    """Give every sample of no cluster a cluster of its own."""
    out = np.array(labels, np.int64)
    noise = np.flatnonzero(out == NOISE)
    out[noise] = out.max(initial=-1) + 1 + np.arange(len(noise))
    return out
