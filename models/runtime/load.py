"""From a name of a network and a device to something that runs."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

from models.runtime.hardware import may_have_gpu, usable_cores
from models.runtime.protocol import HeadSource, NetworkSource, PictureNetwork, Precision, Runtime
from pipeline.errors import DependencyError, SettingsError

if TYPE_CHECKING:
    from torch import nn

_GPU_BATCHES = 8
"""On a graphics card so many batches of a processor go through together."""


def choose_runtime(runtime: Runtime, device: str) -> Runtime:
    """Choose what runs networks on a device.

    Args:
        runtime: `auto`: OpenVINO on processors, torch on everything else.
        device: `auto`, `cpu`, or one of torch's.

    Raises:
        DependencyError: OpenVINO is asked for and is not installed.
        SettingsError: OpenVINO is asked for on a device that is no processor.
    """
    on_processor = device == "cpu" or (device == "auto" and not _finds_gpu())
    if runtime == "openvino" and not on_processor:
        raise SettingsError(f"runtime openvino runs on the processor alone, not on {device}: use --device cpu or torch")
    installed = importlib.util.find_spec("openvino") is not None
    if runtime == "openvino" and not installed:
        raise DependencyError("runtime openvino: the package is not installed; pip install openvino, or use torch")
    if runtime == "auto":
        return "openvino" if on_processor and installed else "torch"
    return runtime


def load_network(
    source: NetworkSource, device: str = "auto", runtime: Runtime = "auto", precision: Precision = "auto"
) -> PictureNetwork:
    """Make a network ready to run.

    Args:
        source: the network.
        device: `auto`, `cpu`, or one of torch's.
        runtime: see `choose_runtime`.
        precision: of the arithmetic. `auto` is the fastest that is as good: on a processor 8 bits where such a file is
            shipped, else bf16 where the processor has it, else fp32; on a graphics card fp16.

    Raises:
        WeightsError: the weights are missing, damaged or of another network.
        DependencyError: the device or the package is not there.
        SettingsError: the precision is none of the runtime.
    """
    if choose_runtime(runtime, device) == "openvino":
        return _openvino(source, precision)
    return _torch(source, device, precision)


def run_module(network: nn.Module, size_px: tuple[int, int], batch: int) -> PictureNetwork:
    """Make a network at hand ready to run on the processor, in fp32; it learns no more then.

    Args:
        network: takes pictures (n, h, w, 3) uint8.
        size_px: their height and width.
        batch: pictures that go through together.
    """
    if choose_runtime("auto", "cpu") == "openvino":
        from models.runtime.conversion import convert_module
        from models.runtime.openvino_network import OpenVinoNetwork

        pictures = np.zeros((2, *size_px, 3), np.uint8)
        return OpenVinoNetwork(convert_module(network, (pictures,)), batch, 1, "fp32")
    from models.device import choose_device, choose_precision
    from models.runtime.torch_network import TorchNetwork

    device = choose_device("cpu")
    return TorchNetwork(network.eval(), device, choose_precision("fp32", device), batch)


def _finds_gpu() -> bool:
    """Say whether torch finds a graphics card; torch is loaded only where that is possible."""
    if not may_have_gpu():
        return False
    from models.device import choose_device

    return choose_device("auto").type != "cpu"


def _openvino(source: NetworkSource, precision: Precision) -> PictureNetwork:
    """Read or convert a network for OpenVINO."""
    from models.runtime.openvino_network import OpenVinoNetwork, with_head

    if precision == "fp16":
        raise SettingsError("precision fp16: processors compute in fp32 or bf16; use auto")
    model = _openvino_model(source, precision)
    if source.outputs is not None:
        head = None if source.head is None else _openvino_model(source.head, precision)
        model = with_head(model, source.outputs, head)
    return OpenVinoNetwork(model, source.batch, usable_cores(), precision)


def _openvino_model(source: NetworkSource | HeadSource, precision: Precision) -> Any:
    """Read the file of a network or a head, or make one; of 8 bits where that is shipped and not refused."""
    from models.runtime.conversion import converted, stored_model

    eight_bits = stored_model(source, int8=True) if precision == "auto" else None
    return eight_bits or stored_model(source) or converted(source)


def _torch(source: NetworkSource, device: str, precision: Precision) -> PictureNetwork:
    """Load a network into torch."""
    from models.device import choose_device, choose_precision
    from models.runtime.prepared import Headed, built
    from models.runtime.torch_network import TorchNetwork

    chosen = choose_device(device)
    batch = source.batch if chosen.type == "cpu" else source.batch * _GPU_BATCHES
    network = built(source)
    if source.outputs is not None:
        network = Headed(network, source.outputs, None if source.head is None else built(source.head))
    return TorchNetwork(network, chosen, choose_precision(precision, chosen), batch)
