"""Clustering without a matrix of all distances: the same merges as with one, and constraints by frames."""

import numpy as np
import pytest
from scipy import sparse

from models.clustering.agglomerative import LinkageName, linkage_of, merge_clusters
from models.clustering.compact import merge_compactly
from models.clustering.protocol import squared_distances


@pytest.mark.parametrize("name", ["average", "dispersion", "ward", "sized"])
@pytest.mark.parametrize("clusters", [1, 4, 11])
def test_the_same_clusters_as_with_all_distances(name: LinkageName, clusters: int) -> None:
    features = np.random.default_rng(0).normal(size=(40, 5))
    linkage = linkage_of(name, 0.3)
    expected = merge_clusters(squared_distances(features), linkage, clusters)
    assert merge_compactly(features, linkage, clusters).tolist() == expected.tolist()


@pytest.mark.parametrize("name", ["average", "sized"])
def test_who_shares_a_frame_never_shares_a_cluster(name: LinkageName) -> None:
    rng = np.random.default_rng(1)
    features, seen = rng.normal(size=(30, 4)), rng.random((30, 12)) < 0.2
    linkage = linkage_of(name, 0.1)
    forbidden = (seen.astype(int) @ seen.T.astype(int)) > 0
    np.fill_diagonal(forbidden, False)
    labels = merge_compactly(features, linkage, moments=sparse.csr_array(seen.astype(float)))
    assert labels.tolist() == merge_clusters(squared_distances(features), linkage, cannot_link=forbidden).tolist()
    assert not (forbidden & (labels[:, None] == labels)).any()


def test_a_limit_stops_it_and_merges_are_noticed() -> None:
    merges = list[tuple[int, float]]()
    labels = merge_compactly(
        np.array([[0.0], [1.0], [5.0]]), linkage_of("average"), max_cost=2.0, notice=lambda *merge: merges.append(merge)
    )
    assert labels.tolist() == [0, 0, 1]
    assert merges == [(2, 1.0)]
    assert merge_compactly(np.empty((0, 3)), linkage_of("average")).tolist() == []
