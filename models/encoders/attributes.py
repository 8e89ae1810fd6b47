"""Features, one classifier per attribute, and an aggregator of both.

Bernardi, Hueller, Saccon (University of Trento): person re-identification with attributes on Market-1501. A classifier is
512-256-n with batch norm and dropout; the aggregator brings features and attribute outputs to 128 numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class AttributeNet(nn.Module):
    """An embedding that knows attributes: (n, c, h, w) -> (n, dim), not of unit length.

    Args:
        extractor: (n, c, h, w) -> (n, width) features.
        width: of the features.
        classes: attribute -> number of its classes.
        dim: length of the vectors.
        hidden: width of the classifiers' inner layer.
        dropout: in the classifiers.
    """

    def __init__(
        self,
        extractor: nn.Module,
        width: int,
        classes: Mapping[str, int],
        dim: int = 128,
        hidden: int = 256,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.extractor = extractor
        self.classifiers = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Linear(width, hidden),
                    nn.BatchNorm1d(hidden),
                    nn.ReLU(inplace=True),
                    nn.Dropout(dropout),
                    nn.Linear(hidden, count),
                )
                for name, count in classes.items()
            }
        )
        self.aggregator = nn.Sequential(nn.Linear(width + sum(classes.values()), 256), nn.ReLU(), nn.Linear(256, dim))
        self.dim = dim

    def attributes(self, features: Tensor) -> dict[str, Tensor]:
        """Map features (n, width) to logits (n, classes) of every attribute."""
        return {name: classifier(features) for name, classifier in self.classifiers.items()}

    def aggregate(self, features: Tensor, logits: Mapping[str, Tensor]) -> Tensor:
        """Join features (n, width) and attribute logits to vectors (n, dim)."""
        vectors: Tensor = self.aggregator(torch.cat([features, *logits.values()], 1))
        return vectors

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (n, c, h, w) to vectors (n, dim)."""
        features = self.extractor(x)
        return self.aggregate(features, self.attributes(features))
