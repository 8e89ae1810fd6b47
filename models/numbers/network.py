"""The network: a crop of 40 x 40 px in, kind, tens and ones out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.numbers.texts import KINDS, OUTPUTS, TENS_COUNT
from models.numbers.window import INPUT_PX

_WIDTHS = (24, 48, 80, 96, 128)
_SQUEEZED, _HIDDEN = 48, 160


class DigitNetwork(nn.Module):
    """Five convolutions, then a view of the whole crop: where a stroke is tells tens from ones."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        a, b, c, d, e = _WIDTHS
        self.features = nn.Sequential(
            _block(3, a, 5, stride=2),
            _block(a, b, 3),
            nn.MaxPool2d(2),
            _block(b, c, 3),
            _block(c, d, 3),
            nn.MaxPool2d(2),
            _block(d, e, 3),
            _block(e, _SQUEEZED, 1),
        )
        cells = (INPUT_PX // 8) ** 2
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(_SQUEEZED * cells, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, OUTPUTS),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (n, 3, 40, 40), normalised, to logits (n, 23): legible, mirrored, 11 tens, 10 ones."""
        result: Tensor = self.head(self.features(pixels))
        return result


def _block(into: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    convolution = nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def normalise(batch: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Map BGR uint8 (n, h, w, 3) to (n, 3, h, w) of `dtype`: each picture to mean 0 and deviation 1 over all channels."""
    pixels = batch.permute(0, 3, 1, 2).float()
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    deviation = pixels.std(dim=(1, 2, 3), keepdim=True)
    return ((pixels - mean) / (deviation + 8.0)).to(dtype)


def split_logits(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Part logits (n, 23) into kinds (n, 2), tens (n, 11) and ones (n, 10)."""
    return logits[:, :KINDS], logits[:, KINDS : KINDS + TENS_COUNT], logits[:, KINDS + TENS_COUNT :]


def fused(network: DigitNetwork) -> DigitNetwork:
    """Return a copy for inference with the batch norms folded into the convolutions."""
    result = DigitNetwork()
    result.load_state_dict(network.state_dict())
    result.eval()
    for index, part in enumerate(result.features):
        if isinstance(part, nn.Sequential):
            convolution, norm = part[0], part[1]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                merged = torch.nn.utils.fusion.fuse_conv_bn_eval(convolution, norm)
                result.features[index] = nn.Sequential(merged, nn.ReLU(inplace=True))
    return result
