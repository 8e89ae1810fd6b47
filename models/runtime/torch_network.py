"""The reference: networks run by torch, on processors, on CUDA and on Apple's GPUs."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from models.runtime.protocol import Outputs, Pictures
from models.runtime.shapes import filled_up


class TorchNetwork:
    """Runs a module in batches.

    Args:
        network: for inference, see `NetworkSource.build`; taken over.
        device: where it runs.
        dtype: of its arithmetic.
        batch: pictures that go through together; the last ones are filled up with black ones, as the arithmetic is
            prepared anew for every shape that comes.
    """

    def __init__(self, network: nn.Module, device: torch.device, dtype: torch.dtype, batch: int) -> None:
        self._network = network.eval().requires_grad_(False).to(device, dtype).to(memory_format=torch.channels_last)
        self._device = device
        self._batch = batch

    @torch.inference_mode()
    def __call__(self, pictures: Pictures) -> Outputs:
        """Run on n pictures; see `PictureNetwork`."""
        parts = [self._forward(pictures[start : start + self._batch]) for start in range(0, len(pictures), self._batch)]
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _forward(self, pictures: Pictures) -> Outputs:
        """Run on one batch."""
        if self._device.type == "cpu":
            torch.set_num_threads(1)  # of this thread: results do not depend on how many cores there are
        given = torch.from_numpy(filled_up(pictures, self._batch)).to(self._device, non_blocking=True)
        found = self._network(given)
        outputs = found if isinstance(found, tuple) else (found,)
        return tuple(output[: len(pictures)].float().cpu().numpy() for output in outputs)
