"""A network behind the preparation of its pictures: what is run, and what is converted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from models.runtime.protocol import HeadSource, NetworkSource
from models.weight_files import check_finite

Prepare = Callable[[Tensor, torch.dtype], Tensor]
"""(n, h, w, 3) uint8 BGR and the arithmetic of the network -> what its first layer takes."""


class Prepared(nn.Module):
    """Takes pictures (n, h, w, 3) uint8 BGR and gives what the network gives."""

    def __init__(self, network: nn.Module, prepare: Prepare) -> None:
        super().__init__()
        self.network = network
        self._prepare = prepare

    def forward(self, pictures: Tensor) -> Any:
        """Prepare and run."""
        return self.network(self._prepare(pictures, next(self.network.parameters()).dtype))


class Headed(nn.Module):
    """A network whose first outputs are wanted; a head, if there is one, goes on from the others."""

    def __init__(self, network: nn.Module, outputs: int, head: nn.Module | None) -> None:
        super().__init__()
        self.network = network
        self.head = head
        self._outputs = outputs

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Run the network, and the head on its features."""
        found = self.network(pictures)
        wanted, features = found[: self._outputs], found[self._outputs :]
        return wanted if self.head is None else (*wanted, self.head(*features))


def unit_bgr(pictures: Tensor, dtype: torch.dtype) -> Tensor:
    """Map (n, h, w, 3) uint8 BGR to (n, 3, h, w) BGR in 0..1, channels last in memory."""
    return pictures.to(dtype).div(255).permute(0, 3, 1, 2)


@torch.no_grad()
def take_bgr(first: nn.Conv2d) -> None:
    """Turn a network's first convolution, which learned from RGB, in place into one of BGR: no channel is ever moved."""
    first.weight.copy_(first.weight.flip(1))


def built(source: NetworkSource | HeadSource) -> nn.Module:
    """Build a network with all its outputs, or a head, and make sure that what it computes with are numbers.

    Raises:
        WeightsError: the weights are missing, damaged, of another network, or lead to NaN or infinity.
    """
    network = source.build()
    check_finite(network.state_dict(), source.weights, source.name)
    return network
