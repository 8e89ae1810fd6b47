"""Clustering of vectors: arrays in, labels out.

A `Clusterer` is called with features (n, d) and returns labels (n,). `clusterers` names those that are here; each is a
frozen dataclass of its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.clustering.agglomerative import Agglomerative, merge_clusters, merge_round
from models.clustering.constraints import respect
from models.clustering.density import JaccardDBSCAN, TwoStageHDBSCAN
from models.clustering.jaccard import jaccard_distances
from models.clustering.kmeans import KMeans
from models.clustering.protocol import NOISE, CannotLink, Clusterer, Labels
from models.clustering.scores import ari, best_mapping, clustering_accuracy, nmi

__all__ = [
    "NOISE",
    "Agglomerative",
    "CannotLink",
    "Clusterer",
    "JaccardDBSCAN",
    "KMeans",
    "Labels",
    "TwoStageHDBSCAN",
    "ari",
    "best_mapping",
    "clusterers",
    "clustering_accuracy",
    "jaccard_distances",
    "merge_clusters",
    "merge_round",
    "nmi",
    "respect",
]

clusterers: Mapping[str, Callable[[int], Clusterer]] = {
    "k-means": KMeans,
    "average": lambda clusters: Agglomerative(clusters, "average"),
    "ward": lambda clusters: Agglomerative(clusters, "ward"),
    "dispersion": lambda clusters: Agglomerative(clusters, "dispersion"),
    "jaccard-dbscan": lambda _: JaccardDBSCAN(),
    "two-stage-hdbscan": lambda _: TwoStageHDBSCAN(),
}
"""Name -> clusterer for an expected number of clusters (which density-based ones find themselves)."""
