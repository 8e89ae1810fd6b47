"""What a network needs besides itself: a device, a number type, weights, and fused kernels on processors."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from models.kernels import FusedConvolution
from pipeline.errors import WeightsError


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a safetensors file as float32.

    Args:
        path: the file.

    Returns:
        Tensors by name.

    Raises:
        WeightsError: the file is missing or is no safetensors file.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: weights not found")
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path}: not a safetensors file ({error})") from error
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}


def fuse_activations(network: nn.Module) -> None:
    """Run each convolution that is followed by SiLU as one kernel, in place.

    Args:
        network: a YOLO network for inference on a processor, batch norms already folded in. Modules with a
            convolution `conv` and an activation `act` are changed; the others stay.
    """
    for module in network.modules():
        convolution = getattr(module, "conv", None)
        if isinstance(convolution, nn.Conv2d) and isinstance(getattr(module, "act", None), nn.SiLU):
            fused = FusedConvolution(convolution, "swish")
            module.forward = fused.forward
