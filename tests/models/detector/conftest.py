"""The networks of ultralytics, which ours must equal."""

from typing import Any

import pytest
import torch
from torch import nn

from models.detector.foreign import import_ultralytics


def build_reference(architecture: str, classes: int) -> nn.Module:
    """Build a network of ultralytics with random weights; its class branch has the width that it has for COCO."""
    import_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(3)
    network: nn.Module = DetectionModel(f"{architecture}.yaml", nc=80, verbose=False)
    head: Any = network.model[-1]
    for branch in head.cv3:
        branch[-1] = nn.Conv2d(branch[-1].in_channels, classes, 1)
    head.nc, head.no = classes, classes + 4 * head.reg_max
    network.names = dict(enumerate(("player", "referee", "ball", "rim", "number")[:classes]))
    return network


@pytest.fixture
def reference() -> Any:
    """What builds a network of ultralytics from an architecture's name and a number of classes."""
    return build_reference
