"""A memory of one vector per cluster, and the softmax against it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClusterMemory(nn.Module):
    """Cross-entropy over softmax(V v / tau) against a lookup table V, which then follows the samples.

    The repelled loss of Ding, Khan, Tang (DBC, arXiv 1906.01308) with temperature 0.1 and momentum 0.5, and the cluster
    contrast of Dai et al. ("Cluster Contrast for Unsupervised Person Re-Identification", 2021) with 0.05 and 0.1. No gradient
    flows into the table.

    Args:
        centroids: (k, dim), scaled to unit length here; row of each cluster.
        temperature: tau.
        momentum: share of a row that stays when a sample of its cluster comes.
        hardest: of a batch, only the sample least like its row is followed, not each in turn.
    """

    table: Tensor

    def __init__(self, centroids: Tensor, temperature: float, momentum: float, hardest: bool = False) -> None:
        super().__init__()
        self.register_buffer("table", nn.functional.normalize(centroids, dim=1))
        self.temperature = temperature
        self.momentum = momentum
        self.hardest = hardest

    def forward(self, vectors: Tensor, cluster: Tensor) -> Tensor:
        """Return the mean cross-entropy of unit vectors (n, dim) with clusters (n,)."""
        return nn.functional.cross_entropy(vectors @ self.table.T / self.temperature, cluster)

    @torch.no_grad()
    def follow(self, vectors: Tensor, cluster: Tensor) -> None:
        """Move rows towards the samples: V_y <- unit(m V_y + (1 - m) v), one sample after the other."""
        table = self.table.clone()  # the loss of this step still needs the old one
        for row in self._order(vectors, cluster).tolist():
            y = cluster[row]
            moved = self.momentum * table[y] + (1 - self.momentum) * vectors[row]
            table[y] = nn.functional.normalize(moved, dim=0)
        self.table = table

    def _order(self, vectors: Tensor, cluster: Tensor) -> Tensor:
        """Return the samples that the table follows."""
        if not self.hardest:
            return torch.arange(len(cluster))
        likeness = (vectors * self.table[cluster]).sum(1)
        hard = [torch.where(cluster == y, likeness, torch.inf).argmin() for y in torch.unique(cluster)]
        return torch.stack(hard)


def centroids(vectors: Tensor, cluster: Tensor, clusters: int) -> Tensor:
    """Mean vector of every cluster (k, dim); samples with a negative cluster belong to none.

    Args:
        vectors: (n, dim).
        cluster: (n,).
        clusters: k.

    Example:
        >>> centroids(torch.tensor([[1.0, 0.0], [3.0, 0.0], [9.0, 9.0]]), torch.tensor([0, 0, -1]), 1)
        tensor([[2., 0.]])
    """
    kept = cluster >= 0
    one_hot = nn.functional.one_hot(cluster[kept], clusters).to(vectors.dtype)  # (n, k)
    return (one_hot.T @ vectors[kept]) / one_hot.sum(0).clamp(min=1)[:, None]
