"""Clusterers against plain second implementations, properties of all of them, and degenerate inputs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster import hierarchy

from models.clustering import (
    NOISE,
    Agglomerative,
    JaccardDBSCAN,
    KMeans,
    TwoStageHDBSCAN,
    ari,
    best_mapping,
    clusterers,
    clustering_accuracy,
    jaccard_distances,
    merge_clusters,
    merge_round,
    nmi,
    respect,
)
from models.clustering.agglomerative import average, dispersion, sized, ward
from models.clustering.protocol import numbered, squared_distances


def blobs(groups: int = 4, each: int = 12, dim: int = 8, spread: float = 0.08, seed: int = 0) -> tuple:
    """Unit vectors around far centres, and their groups, in random order."""
    rng = np.random.default_rng(seed)
    centres = np.eye(dim)[:groups]
    truth = rng.permutation(np.repeat(np.arange(groups), each))
    features = centres[truth] + spread * rng.standard_normal((len(truth), dim))
    return (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32), truth


def random_apart(n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    upper = np.triu(rng.random((n, n)) < share, 1)
    return upper | upper.T


@pytest.mark.parametrize("name", sorted(clusterers))
def test_every_clusterer_finds_groups_that_are_far_apart(name: str) -> None:
    features, truth = blobs()
    labels = clusterers[name](4)(features)
    assert labels.dtype == np.int64
    assert clustering_accuracy(truth, labels) >= 0.95
    assert sorted(set(labels.tolist()) - {NOISE}) == list(range(labels.max() + 1))


@pytest.mark.parametrize("name", sorted(clusterers))
@pytest.mark.parametrize("n", [0, 1, 2])
def test_every_clusterer_takes_few_samples(name: str, n: int) -> None:
    assert len(clusterers[name](3)(np.eye(4, dtype=np.float32)[:n])) == n


@pytest.mark.parametrize("name", sorted(clusterers))
def test_every_clusterer_takes_equal_samples_and_leaves_its_input_alone(name: str) -> None:
    features = np.tile(np.array([[0.6, 0.8]], np.float32), (9, 1))
    before = features.copy()
    labels = clusterers[name](1)(features)
    assert len(set(labels.tolist())) == 1
    np.testing.assert_array_equal(features, before)


def groups_of(labels: np.ndarray) -> list[list[int]]:
    return sorted(np.flatnonzero(labels == k).tolist() for k in range(labels.max() + 1))


def slow_merge(distance: np.ndarray, groups: list[list[int]], cost: str, until: int, cannot_link: np.ndarray) -> list:
    """Merge by definition, every cost from the distances, with loops."""

    def between(a: list[int], b: list[int]) -> float:
        return float(np.mean([distance[i, j] for i in a for j in b]))

    def price(a: list[int], b: list[int]) -> float:
        if any(cannot_link[i, j] for i in a for j in b):
            return np.inf
        if cost == "average":
            return between(a, b)
        if cost == "sized":
            return min(distance[i, j] for i in a for j in b) + 0.3 * (len(a) + len(b))
        if cost == "dispersion":
            return between(a, b) + 0.3 * (between(a, a) + between(b, b))
        both = a + b
        return sum(len(g) * sign * between(g, g) / 2 for g, sign in ((both, 1), (a, -1), (b, -1)))

    while len(groups) > until:
        prices = {(i, j): price(groups[i], groups[j]) for i, j in itertools.combinations(range(len(groups)), 2)}
        i, j = min(prices, key=lambda pair: prices[pair])
        if np.isinf(prices[i, j]):
            break
        groups = [g for k, g in enumerate(groups) if k not in (i, j)] + [groups[i] + groups[j]]
    return sorted(sorted(g) for g in groups)


@pytest.mark.parametrize("name", ["average", "dispersion", "ward", "sized"])
@pytest.mark.parametrize("share", [0.0, 0.15])
@pytest.mark.parametrize("seed", range(3))
def test_merging_agrees_with_loops(name: str, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    distance = squared_distances(rng.standard_normal((14, 3)))
    cannot_link = random_apart(14, share, rng)
    linkage = {"average": average, "dispersion": dispersion(0.3), "ward": ward, "sized": sized(0.3)}[name]
    labels = merge_clusters(distance, linkage, 4, cannot_link=cannot_link)
    assert groups_of(labels) == slow_merge(distance, [[i] for i in range(14)], name, 4, cannot_link)
    begun = merge_clusters(
        distance,
        linkage,
        4,
        cannot_link=cannot_link,
        start=merge_clusters(distance, linkage, 9, cannot_link=cannot_link),
    )
    assert groups_of(begun) == groups_of(labels)


@pytest.mark.parametrize("name", ["average", "ward"])
def test_merging_agrees_with_scipy(name: str) -> None:
    features = np.random.default_rng(5).standard_normal((60, 4))
    metric = "sqeuclidean" if name == "average" else "euclidean"
    expected = hierarchy.fcluster(hierarchy.linkage(features, name, metric), 7, "maxclust")
    assert ari(expected, Agglomerative(7, name)(features)) == 1


def test_the_penalty_prefers_tight_clusters() -> None:
    """The nearest pair of clusters is a wide one and a sample; dispersion merges the two tight ones first."""
    at = np.array([0.0, 4.0, 5.0, 20.0, 20.1, 23.4, 23.5])
    distance = abs(at[:, None] - at)
    start = np.array([0, 0, 1, 2, 2, 3, 3])
    plain = merge_clusters(distance, average, 3, start=start)
    penalised = merge_clusters(distance, dispersion(0.5), 3, start=start)
    assert plain.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert penalised.tolist() == [0, 0, 1, 2, 2, 2, 2]


def test_a_round_merges_as_many_as_asked_and_continues_from_given_clusters() -> None:
    features, _ = blobs()
    distance = squared_distances(features)
    labels = merge_round(distance, np.arange(len(features)), dispersion(0.1), 10)
    assert labels.max() + 1 == len(features) - 10
    assert merge_round(distance, labels, dispersion(0.1), 5).max() + 1 == len(features) - 15
    assert merge_round(distance, labels, dispersion(0.1), 5, stale=True).max() + 1 == len(features) - 15


@given(st.integers(2, 14), st.floats(0.05, 0.8), st.integers(0, 10_000), st.booleans())
def test_no_forbidden_pair_ever_shares_a_cluster(n: int, share: float, seed: int, stale: bool) -> None:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, 3))
    cannot_link = random_apart(n, share, rng)
    distance = squared_distances(features)
    for labels in (
        Agglomerative(1)(features, cannot_link),
        Agglomerative(1, "sized")(features, cannot_link),
        merge_round(distance, np.arange(n), average, n - 1, cannot_link, stale),
        respect(KMeans(2)(features), distance, cannot_link),
    ):
        assert not (cannot_link & (labels[:, None] == labels)).any()


def test_respect_leaves_clean_clusters_and_noise_alone() -> None:
    features, truth = blobs(groups=3)
    labels = numbered(truth)
    labels[0] = NOISE
    cannot_link = np.zeros((len(truth), len(truth)), bool)
    np.testing.assert_array_equal(respect(labels, squared_distances(features), cannot_link), numbered(labels))


def dense_jaccard(features: np.ndarray, k1: int, k2: int) -> np.ndarray:
    """k-reciprocal Jaccard distances with loops, after the paper."""
    n = len(features)
    distance = 2 - 2 * features.astype(np.float64) @ features.T.astype(np.float64)
    rank = np.lexsort((np.tile(np.arange(n), (n, 1)), distance), axis=1)

    def reciprocal(i: int, k: int) -> set[int]:
        return {int(j) for j in rank[i, : k + 1] if i in rank[j, : k + 1]}

    weight = np.zeros((n, n))
    for i in range(n):
        grown = reciprocal(i, k1)
        for c in sorted(grown):
            half = reciprocal(c, round(k1 / 2))
            if len(half & reciprocal(i, k1)) > 2 / 3 * len(half):
                grown = grown | half
        members = sorted(grown)
        weight[i, members] = np.exp(-distance[i, members])
        weight[i] /= weight[i].sum()
    weight = np.array([weight[rank[i, :k2]].mean(0) for i in range(n)])
    return np.array([[1 - np.minimum(a, b).sum() / np.maximum(a, b).sum() for b in weight] for a in weight])


@pytest.mark.parametrize(("k1", "k2"), [(4, 1), (7, 3), (40, 6)])
def test_sparse_jaccard_distances_agree_with_loops(k1: int, k2: int) -> None:
    features, _ = blobs(groups=3, each=9, spread=0.25, seed=2)
    sparse = jaccard_distances(features, k1, k2)
    dense = np.ones(sparse.shape)
    entries = sparse.tocoo()
    dense[entries.row, entries.col] = entries.data
    np.testing.assert_allclose(dense, dense_jaccard(features, min(k1, 26), k2), atol=1e-5)


def test_the_second_stage_finds_small_clusters() -> None:
    big, _ = blobs(groups=2, each=15)
    pairs = np.repeat(np.eye(8, dtype=np.float32)[4:6], 2, axis=0) + np.float32(0.002) * np.arange(4)[:, None]
    features = np.concatenate([big, pairs])
    one, two = (TwoStageHDBSCAN(8, second)(features) for second in (None, 2))
    assert (one[-4:] == NOISE).all()
    assert len(set(two[-4:].tolist())) == 2
    assert (two[-4:] != NOISE).all()


def test_lonely_samples_are_noise_of_dbscan() -> None:
    features, _ = blobs(groups=2, each=15)
    lonely = np.eye(8, dtype=np.float32)[7:]
    assert JaccardDBSCAN(k1=8, k2=2)(np.concatenate([features, lonely]))[-1] == NOISE


def test_the_best_mapping_is_the_best_of_all() -> None:
    rng = np.random.default_rng(1)
    truth, labels = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    every = [float(np.mean(np.array(p)[labels] == truth)) for p in itertools.permutations(range(4))]
    assert clustering_accuracy(truth, labels) == pytest.approx(max(every))


def test_noise_is_wrong() -> None:
    truth = np.array([0, 0, 1, 1])
    assert clustering_accuracy(truth, np.array([0, 0, 1, NOISE])) == 0.75
    assert clustering_accuracy(truth, np.full(4, NOISE)) == 0
    assert best_mapping(truth, np.array([5, 5, NOISE, NOISE])) == {5: 0}
    assert ari(truth, np.full(4, NOISE)) == 0
    assert nmi(truth, np.array([1, 1, 0, 0])) == pytest.approx(1)
    assert np.isnan(clustering_accuracy(truth[:0], truth[:0]))
