"""Reading numbers: pictures and boxes in, probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from models.device import choose_device, choose_precision
from models.numbers.calibration import NumberCalibration, Reads, probabilities
from models.numbers.network import OUTPUTS, fused, normalise
from models.numbers.weights import number_weights_file, read_number_network

Image = NDArray[np.uint8]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
_BATCH, _BATCH_STEP = 64, 8


class NumberReader:
    """Reads the number in a box.

    Args:
        weights: 'builtin' or a .safetensors file.
        device: 'auto', 'cpu', 'mps', 'cuda' or 'cuda:N'.
        precision: of the arithmetic; 'auto' takes half precision where the device computes it faster.

    Raises:
        WeightsError: the file is missing or of something else.
        DependencyError: the device is not there.
    """

    def __init__(self, weights: str | Path = "builtin", device: str = "cpu", precision: Precision = "auto") -> None:
        network, about = read_number_network(number_weights_file(str(weights)))
        self._device = choose_device(device)
        self._dtype = choose_precision(precision, self._device)
        self._network = fused(network).to(self._device, self._dtype).to(memory_format=torch.channels_last)
        self._calibration = NumberCalibration(**about["calibration"])

    def read(self, crops: Sequence[Image]) -> Reads:
        """Read n crops (40, 40, 3) BGR uint8, as `window` cuts them."""
        logits = np.empty((len(crops), OUTPUTS))
        for start in range(0, len(crops), _BATCH):
            part = np.stack(crops[start : start + _BATCH])
            logits[start : start + len(part)] = self._forward(torch.from_numpy(_padded(part)))[: len(part)]
        return probabilities(logits, self._calibration)

    @torch.inference_mode()
    def _forward(self, batch: torch.Tensor) -> NDArray[np.float64]:
        """Run the network on (n, 40, 40, 3) uint8; returns (n, 22)."""
        pixels = normalise(batch.to(self._device)).to(self._dtype, memory_format=torch.channels_last)
        logits: NDArray[np.float64] = self._network(pixels).cpu().double().numpy()  # MPS has no float64
        return logits


def _padded(batch: Image) -> Image:
    """Fill a batch (n, ...) up to a multiple of 8: the arithmetic is compiled anew for every shape that comes."""
    missing = -len(batch) % _BATCH_STEP
    return np.concatenate([batch, np.zeros((missing, *batch.shape[1:]), batch.dtype)]) if missing else batch
