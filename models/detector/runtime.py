"""Fused kernels of the detector's network on processors."""

from torch import nn

from models.kernels import FusedConvolution


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
