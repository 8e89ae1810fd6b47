"""Distance by shared neighbours: the Jaccard distance of k-reciprocal neighbourhoods.

Zhong, Zheng, Cao, Li: "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, section 3. Kept sparse:
two samples that share no neighbour have distance 1 and no entry.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.clustering.protocol import Floats

_BLOCK = 1024
"""Samples whose distances to all others are in memory at once."""


def jaccard_distances(features: Floats, k1: int = 30, k2: int = 6) -> sparse.csr_array:
    """Compute k-reciprocal Jaccard distances.

    A sample's neighbourhood: those among its k1 nearest that have it among theirs, and the half-size neighbourhoods of these
    that overlap by two thirds; weights exp(-d) of the squared distance d, summing to 1; averaged over its k2 nearest
    (itself first). Time O(n^2 d + n k1^3), memory O(n k1^2).

    Args:
        features: (n, d), unit length.
        k1: neighbours; fewer where there are fewer samples.
        k2: neighbourhoods that are averaged.

    Returns:
        (n, n) sparse, entries in [0, 1) with the diagonal's 0 stored; where there is no entry the distance is 1.

    Example:
        >>> features = np.array([[1.0, 0.0], [0.999, 0.045], [0.0, 1.0], [0.045, 0.999]])
        >>> (jaccard_distances(features, k1=1, k2=1).toarray().round(1) + np.eye(4)).tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    n = len(features)
    if n == 0:
        return sparse.csr_array((0, 0), dtype=np.float64)
    nearest = nearest_neighbours(features, min(max(k1, k2), n - 1) + 1)  # (n, k + 1), the sample itself first
    whole = _reciprocal(nearest[:, : k1 + 1])
    half = _reciprocal(nearest[:, : round(k1 / 2) + 1])
    weight = _weights(features, _expanded(whole, half))
    if k2 > 1:
        some = nearest[:, :k2]
        rows = np.repeat(np.arange(n), some.shape[1])
        mean = sparse.csr_array((np.full(some.size, 1 / some.shape[1]), (rows, some.ravel())), shape=(n, n))
        weight = sparse.csr_array(mean @ weight)
    return _jaccard(weight)


def nearest_neighbours(features: Floats, k: int) -> NDArray[np.int64]:
    """Return the k nearest samples by cosine (n, k), nearest first, each sample itself at the head; block by block."""
    wide = np.asarray(features, np.float32)
    out = np.empty((len(wide), k), np.int64)
    for start in range(0, len(wide), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(wide)))
        distance = -(wide[rows] @ wide.T)  # (rows, n)
        distance[np.arange(len(rows)), rows] = -np.inf
        some = np.argpartition(distance, k - 1, axis=1)[:, :k]
        order = np.take_along_axis(distance, some, 1).argsort(1, kind="stable")
        out[rows] = np.take_along_axis(some, order, 1)
    return out


def _reciprocal(nearest: NDArray[np.int64]) -> sparse.csr_array:
    """Return (n, n), 1 where two samples are among each other's nearest."""
    n, k = nearest.shape
    points = sparse.csr_array((np.ones(n * k), (np.repeat(np.arange(n), k), nearest.ravel())), shape=(n, n))
    return sparse.csr_array(points.multiply(points.T))


def _expanded(whole: sparse.csr_array, half: sparse.csr_array) -> sparse.csr_array:
    """Add to each neighbourhood the half-size ones of its members that lie in it by more than two thirds."""
    shared = sparse.csr_array((whole @ half.T).multiply(whole)).tocoo()  # |R(i) and R'(c)| for c in R(i)
    size = np.asarray(half.sum(1)).ravel()
    joins = shared.data > 2 / 3 * size[shared.col]
    taken = sparse.csr_array((np.ones(joins.sum()), (shared.row[joins], shared.col[joins])), shape=whole.shape)
    both = sparse.csr_array(whole + taken @ half)
    both.data[:] = 1
    return both


def _weights(features: Floats, neighbours: sparse.csr_array) -> sparse.csr_array:
    """Weigh neighbours by exp(-squared distance); rows sum to 1."""
    entries = neighbours.tocoo()
    wide = np.asarray(features, np.float32)
    cosine = np.empty(entries.nnz, np.float64)
    for start in range(0, entries.nnz, _BLOCK * 64):
        part = slice(start, start + _BLOCK * 64)
        cosine[part] = np.einsum("nd,nd->n", wide[entries.row[part]], wide[entries.col[part]])
    weight = np.exp(-(2 - 2 * cosine))
    total = np.bincount(entries.row, weight, minlength=neighbours.shape[0])
    return sparse.csr_array((weight / total[entries.row], (entries.row, entries.col)), shape=neighbours.shape)


def _jaccard(weight: sparse.csr_array) -> sparse.csr_array:
    """Return 1 - (sum of minima) / (sum of maxima) of each pair of rows that overlap; rows sum to 1."""
    columns = weight.tocsc()
    data, indices, starts = [], [], [0]
    for i in range(weight.shape[0]):
        row = slice(weight.indptr[i], weight.indptr[i + 1])
        neighbours, values = weight.indices[row], weight.data[row]
        columns_of = [slice(columns.indptr[c], columns.indptr[c + 1]) for c in neighbours]
        reached = np.concatenate([columns.indices[rows] for rows in columns_of])
        minima = np.concatenate([np.minimum(v, columns.data[rows]) for v, rows in zip(values, columns_of, strict=True)])
        found, place = np.unique(reached, return_inverse=True)
        common = np.bincount(place, minima)
        distance = np.clip(1 - common / (2 - common), 0, 1)
        distance[found == i] = 0
        data.append(distance)
        indices.append(found)
        starts.append(starts[-1] + len(found))
    return sparse.csr_array((np.concatenate(data), np.concatenate(indices), np.array(starts)), shape=weight.shape)
