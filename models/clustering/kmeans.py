"""K-means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.clustering.protocol import Floats, Labels, numbered


@dataclass(frozen=True)
class KMeans:
    """Lloyd's K-means, the best of several k-means++ starts; a `Clusterer`.

    Attributes:
        clusters: k; fewer samples than that make as many clusters as samples.
        seed: of the starts.
        starts: the one with the smallest sum of squares is kept.

    Example:
        >>> KMeans(2)(np.array([[0.0], [0.1], [5.0]])).tolist()
        [0, 0, 1]
    """

    clusters: int
    seed: int = 0
    starts: int = 10

    def __call__(self, features: Floats) -> Labels:
        """Cluster (n, d) features."""
        from sklearn.cluster import KMeans as _KMeans  # slow to import

        if not len(features):
            return np.zeros(0, np.int64)
        k = min(self.clusters, len(np.unique(features, axis=0)))
        model = _KMeans(n_clusters=k, n_init=self.starts, random_state=self.seed)
        return numbered(model.fit_predict(np.asarray(features, np.float64)))
