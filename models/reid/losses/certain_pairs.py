"""Losses on pairs that are certain.

Which identities certainly differ is a matrix `differ` (m, m): two tracklets that never meet in a frame may be one person, so
they are neither a positive nor a negative pair.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskedSoftmax(nn.Module):
    """Identity softmax with class anchors of unit length, over the identities that certainly differ from the sample's.

    Normalised softmax with an additive cosine margin (Wang et al., "CosFace", CVPR 2018).

    Args:
        identities: m.
        dim: length of the vectors.
        scale: of the cosines.
        margin: taken from the cosine to the sample's own anchor.
    """

    def __init__(self, identities: int, dim: int, scale: float, margin: float) -> None:
        super().__init__()
        self.anchors = nn.Parameter(torch.empty(identities, dim))
        nn.init.normal_(self.anchors)
        self.scale = scale
        self.margin = margin

    def forward(self, vectors: Tensor, identity: Tensor, differ: Tensor) -> Tensor:
        """Return the mean cross-entropy of unit vectors (n, dim) with identities (n,).

        Args:
            vectors: (n, dim).
            identity: (n,).
            differ: (m, m) identities that certainly differ.
        """
        target = nn.functional.one_hot(identity, len(self.anchors)).bool()
        cosine = vectors @ nn.functional.normalize(self.anchors, dim=1).T - self.margin * target
        logits = (self.scale * cosine).masked_fill(~(differ[identity] | target), -torch.inf)
        return nn.functional.cross_entropy(logits, identity)


def hard_triplets(vectors: Tensor, identity: Tensor, differ: Tensor, margin: float) -> Tensor:
    """Batch-hard triplet loss on cosine distances, certain pairs only.

    Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification", 2017: each sample with its furthest
    positive and its nearest negative. Samples without both are left out; 0 if none is left.

    Args:
        vectors: (n, dim), unit length.
        identity: (n,).
        differ: (m, m) bool, the identities certainly differ.
        margin: on 1 - cosine.
    """
    distance = 1 - vectors @ vectors.T
    same = identity[:, None] == identity
    different = differ[identity][:, identity]
    positive = same & ~torch.eye(len(identity), dtype=torch.bool, device=identity.device)
    usable = positive.any(1) & different.any(1)
    furthest = distance.masked_fill(~positive, -torch.inf).amax(1)[usable]
    nearest = distance.masked_fill(~different, torch.inf).amin(1)[usable]
    if not len(furthest):
        return vectors.sum() * 0
    return torch.relu(furthest - nearest + margin).mean()


def supervised_contrastive(vectors: Tensor, identity: Tensor, differ: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss over certain pairs: every positive against all certain negatives of its sample.

    Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020 (L_out). Samples without a positive or without a negative are left out;
    0 if none is left.

    Args:
        vectors: (n, dim), unit length.
        identity: (n,).
        differ: (m, m) bool, the identities certainly differ.
        temperature: of the cosines.
    """
    itself = torch.eye(len(identity), dtype=torch.bool, device=identity.device)
    positive = (identity[:, None] == identity) & ~itself
    negative = differ[identity][:, identity]
    usable = positive.any(1) & negative.any(1)
    logits = vectors @ vectors.T / temperature
    seen = logits.masked_fill(~(positive | negative), -torch.inf)
    log_share = logits - seen.logsumexp(1, keepdim=True)
    loss = -(log_share.masked_fill(~positive, 0).sum(1)[usable] / positive.sum(1)[usable])
    return loss.mean() if len(loss) else vectors.sum() * 0
