"""Our YOLO networks are those of ultralytics, layer by layer and bit by bit."""

import pytest
import torch
from torch import nn

from models.detector.blocks import fold_batch_norms
from models.detector.network import ARCHITECTURES, build_network
from models.detector.yolo import BUILTIN_WEIGHTS
from models.weight_files import read_state


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("classes", [5, 80])
def test_logits_equal_those_of_ultralytics(reference, pixels, architecture, classes):
    theirs = reference(architecture, classes)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics as after a training
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    _assert_equal_logits(theirs, architecture, pixels)


def test_logits_of_the_shipped_weights_equal_those_of_ultralytics(reference, pixels):
    theirs = reference("yolo11n", 5)
    theirs.load_state_dict(read_state(BUILTIN_WEIGHTS, "detector"))
    _assert_equal_logits(theirs, "yolo11n", pixels)


def _assert_equal_logits(theirs: nn.Module, architecture: str, pixels: torch.Tensor) -> None:
    """Compare whole and folded, with the batch's statistics and the stored ones."""
    ours = build_network(architecture, theirs.model[-1].nc)
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        for network in (theirs.train(), ours.train()):
            network(pixels)
        assert all(torch.equal(mine, theirs.state_dict()[name]) for name, mine in ours.state_dict().items())
        theirs.eval()
        theirs.model[-1].training = True  # raw logits
        expected = theirs(pixels)
        for fold in (lambda network: network.eval(), fold_batch_norms):
            fold(ours)
            boxes, scores = ours(pixels)
            torch.testing.assert_close(boxes, expected["boxes"], atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(scores, expected["scores"], atol=1e-4, rtol=1e-4)


def test_training_starts_from_the_same_expectations(reference):
    ours, theirs = build_network("yolo11n", 80), reference("yolo11n", 80)
    theirs.model[-1].bias_init()
    for branch in ("cv2", "cv3"):
        for level in range(3):
            name = f"model.23.{branch}.{level}.2.bias"
            torch.testing.assert_close(ours.state_dict()[name], theirs.state_dict()[name])


def test_gradients_reach_every_weight_but_the_bins(pixels):
    network = build_network()
    boxes, scores = network(pixels)
    (boxes.square().mean() + scores.square().mean()).backward()
    without = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert without == ["model.23.dfl.conv.weight"]


def test_kept_channels_are_those_of_the_whole_head(pixels):
    network = build_network("yolov8n", 80).eval()
    with torch.inference_mode():
        _, whole = network(pixels)
        network.head.keep_channels((32, 0))
        _, kept = network(pixels)
    torch.testing.assert_close(kept, whole[:, [32, 0]])
    assert network.head.classes == 2
