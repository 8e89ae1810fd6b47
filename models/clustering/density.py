"""Clusters as dense regions; what lies in none is noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.clustering.jaccard import jaccard_distances
from models.clustering.protocol import NOISE, Floats, Labels, numbered


@dataclass(frozen=True)
class JaccardDBSCAN:
    """DBSCAN on k-reciprocal Jaccard distances; a `Clusterer` of vectors of unit length.

    The pseudo-labels of Ge et al. ("SpCL", NeurIPS 2020) and of Dai et al. ("Cluster Contrast for Unsupervised Person
    Re-Identification", 2021), with their values.

    Attributes:
        eps: Jaccard distance within which samples are neighbours, below 1.
        min_samples: neighbours, itself included, that make a sample a core.
        k1: of the k-reciprocal neighbourhoods.
        k2: of their averaging.
    """

    eps: float = 0.5
    min_samples: int = 4
    k1: int = 30
    k2: int = 6

    def __call__(self, features: Floats) -> Labels:
        """Cluster (n, d) unit vectors."""
        from sklearn.cluster import DBSCAN  # slow to import
        from sklearn.neighbors import sort_graph_by_row_values

        if not len(features):
            return np.zeros(0, np.int64)
        graph = sort_graph_by_row_values(jaccard_distances(features, self.k1, self.k2), warn_when_not_sorted=False)
        model = DBSCAN(eps=self.eps, min_samples=self.min_samples, metric="precomputed")
        return numbered(model.fit_predict(graph))


@dataclass(frozen=True)
class TwoStageHDBSCAN:
    """HDBSCAN, and once more on what it left as noise; a `Clusterer`.

    Campello, Moulavi, Sander: "Density-Based Clustering Based on Hierarchical Density Estimates", 2013. The second stage with
    the smallest possible clusters is B. Cuan's ("Embedding Learning and Clustering in Packed Scenes"): what is seen only
    twice or thrice would be lost.

    Attributes:
        min_cluster_size: of the first stage.
        second: minimal cluster size of the second stage; None: one stage only.
    """

    min_cluster_size: int = 5
    second: int | None = 2

    def __call__(self, features: Floats) -> Labels:
        """Cluster (n, d) features by Euclidean distance; noise of both stages stays noise."""
        labels = _hdbscan(features, self.min_cluster_size)
        rest = np.flatnonzero(labels == NOISE)
        if self.second is not None:
            found = _hdbscan(features[rest], self.second)
            labels[rest] = np.where(found == NOISE, NOISE, found + labels.max(initial=NOISE) + 1)
        return numbered(labels)


def _hdbscan(features: Floats, min_cluster_size: int) -> Labels:
    """Run HDBSCAN; fewer samples than a cluster needs are all noise."""
    from sklearn.cluster import HDBSCAN

    if len(features) < max(min_cluster_size, 2):
        return np.full(len(features), NOISE, np.int64)
    model = HDBSCAN(min_cluster_size=min_cluster_size, copy=True)
    return np.asarray(model.fit_predict(np.asarray(features, np.float64)), np.int64)
