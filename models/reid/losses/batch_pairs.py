"""Pairs of one batch: which are certain, and losses on them."""

from __future__ import annotations

import torch
from torch import Tensor


def certain_pairs(identity: Tensor, differ: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Take all pairs of one identity in a batch and as many certain pairs of two, drawn at random.

    Args:
        identity: (n,).
        differ: (m, m) bool, identities that certainly differ.
        generator: of the choice; None: torch's own.

    Returns:
        (p, 2) rows of each pair, and (p,) whether it is of one identity. With fewer pairs of either kind than of the other, the other
        is cut down to them.

    Example:
        Identities 0 and 2 may be the same person, so the fourth sample pairs with nobody.

        >>> differ = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]]).bool()
        >>> pairs, same = certain_pairs(torch.tensor([0, 0, 1, 2]), differ)
        >>> sorted(pairs[same].tolist()), int((~same).sum()), 3 in pairs
        ([[0, 1]], 1, False)
    """
    i, j = torch.triu_indices(len(identity), len(identity), 1, device=identity.device)
    first, second = identity[i], identity[j]
    kinds = [torch.nonzero(first == second)[:, 0], torch.nonzero(differ[first, second])[:, 0]]
    count = min(len(kind) for kind in kinds)
    chosen = [kind[torch.randperm(len(kind), generator=generator)[:count].to(kind.device)] for kind in kinds]
    rows = torch.cat(chosen)
    same = torch.arange(2 * count, device=identity.device) < count
    return torch.stack([i[rows], j[rows]], 1), same


def contrastive(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Contrastive loss: d^2 for pairs of one identity, max(0, margin - d)^2 for pairs of two; the mean, 0 for no pairs.

    Hadsell, Chopra, LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006 (without its factor 1/2).

    Args:
        distance: (k,) of the pairs.
        same: (k,) whether they are of one identity.
        margin: distance beyond which two identities cost nothing.

    Example:
        >>> contrastive(torch.tensor([0.5, 0.75, 2.0]), torch.tensor([True, False, False]), 1.0)
        tensor(0.1042)
    """
    loss = torch.where(same, distance**2, torch.relu(margin - distance) ** 2)
    return loss.mean() if len(loss) else distance.sum() * 0


def certain_triplets(identity: Tensor, differ: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """List all (anchor, positive, negative) rows of a batch whose two identities certainly differ: three (t,) tensors.

    Args:
        identity: (n,).
        differ: (m, m) bool.

    Example:
        >>> differ = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]]).bool()
        >>> [rows.tolist() for rows in certain_triplets(torch.tensor([0, 0, 1, 2]), differ)]
        [[0, 1], [1, 0], [2, 2]]
    """
    same = (identity[:, None] == identity) & ~torch.eye(len(identity), dtype=torch.bool, device=identity.device)
    different = differ[identity][:, identity]
    anchor, positive, negative = torch.nonzero(same[:, :, None] & different[:, None, :], as_tuple=True)
    return anchor, positive, negative
