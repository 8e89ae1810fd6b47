"""Reading numbers: pictures and boxes in, probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.numbers.calibration import Reads, probabilities
from models.numbers.texts import OUTPUTS
from models.numbers.weights import number_weights_file, read_number_calibration, read_number_network
from models.numbers.window import INPUT_PX
from models.runtime import NetworkSource, Precision, Runtime, load_network

if TYPE_CHECKING:
    from torch import nn

Image = NDArray[np.uint8]
_BATCH = 8


class NumberReader:
    """Reads the number in a box.

    Args:
        weights: 'builtin' or a .safetensors file.
        device: see `load_network`, like `runtime` and `precision`.
        runtime: what runs the network.
        precision: of the arithmetic.

    Raises:
        WeightsError: the file is missing or of something else.
        DependencyError: the device is not there.
    """

    def __init__(
        self,
        weights: str | Path = "builtin",
        device: str = "cpu",
        runtime: Runtime = "auto",
        precision: Precision = "auto",
    ) -> None:
        source = number_source(number_weights_file(str(weights)))
        self._calibration = read_number_calibration(source.weights)
        self._network = load_network(source, device, runtime, precision)

    def read(self, crops: Sequence[Image]) -> Reads:
        """Read n crops (40, 40, 3) BGR uint8, as `window` cuts them."""
        logits = self._network(np.stack(crops))[0] if len(crops) else np.zeros((0, OUTPUTS))  # (n, 22)
        return probabilities(logits.astype(np.float64), self._calibration)


def number_source(weights: Path) -> NetworkSource:
    """Describe the reader's network."""
    return NetworkSource("numbers", weights, partial(_network, weights), (INPUT_PX, INPUT_PX), _BATCH)


def _network(weights: Path) -> nn.Module:
    """Build the network for inference."""
    from models.numbers.network import fused, normalise
    from models.runtime.prepared import Prepared

    return Prepared(fused(read_number_network(weights)[0]), normalise)
