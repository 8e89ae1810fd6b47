"""What trainings of small networks on what the detector has learned share: the start, rates of learning, and the moving average."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor, nn

from models.strict import Seed, Strict
from models.weight_files import read_state


class RateSettings(Strict):
    """What decides how fast a network learns."""

    steps: int = Field(default=1500, gt=0)
    batch: int = Field(default=16, gt=0)
    lr: float = 1.5e-3
    warmup_steps: int = 40
    cooldown_share: float = Field(default=0.4, gt=0, le=1, description="the learning rate falls over the last steps")
    weight_decay: float = 1e-3
    ema_decay: float = 0.99
    checkpoint_steps: int = 50
    seed: Seed = 11


class FineTuneSettings(RateSettings):
    """What decides how fast a network on a trained backbone learns."""

    lr_backbone: float = 4e-4
    frozen_layers: int = 5


def seed_backbone(backbone: nn.Module, path: Path, what: str) -> None:
    """Start a backbone from a detector's weights.

    Args:
        backbone: whose layers have the detector's names without `model.`.
        path: of the detector.
        what: the network that it is for, as errors name it.
    """
    theirs = read_state(path, what)
    backbone.load_state_dict({name: theirs[f"model.{name}"] for name in backbone.state_dict()})


def optimizer_of(network: nn.Module, backbone: nn.ModuleList, settings: FineTuneSettings) -> torch.optim.AdamW:
    """Give the backbone of a network a lower learning rate, and its first layers none."""
    for layer in backbone[: settings.frozen_layers]:
        layer.requires_grad_(False)
    deep = [p for p in backbone.parameters() if p.requires_grad]
    of_backbone = {id(p) for p in backbone.parameters()}
    head = [p for p in network.parameters() if id(p) not in of_backbone]
    groups = [
        {"params": deep, "lr": settings.lr_backbone, "base": settings.lr_backbone},
        {"params": head, "lr": settings.lr, "base": settings.lr},
    ]
    return torch.optim.AdamW(groups, weight_decay=settings.weight_decay)


def set_rates(optimizer: torch.optim.Optimizer, step: int, settings: RateSettings) -> None:
    """Set the learning rates of a step, from 0: warm up, hold, and fall as a cosine."""
    if step < settings.warmup_steps:
        share = (step + 1) / settings.warmup_steps
    else:
        start = settings.steps * (1 - settings.cooldown_share)
        done = max(0.0, (step - start) / (settings.steps - start))
        share = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
    for group in optimizer.param_groups:
        group["lr"] = group["base"] * share


def averaged(network: nn.Module) -> dict[str, Tensor]:
    """Begin a moving average of a network's weights."""
    return {name: tensor.detach().clone().float() for name, tensor in network.state_dict().items()}


def follow(average: Mapping[str, Tensor], network: nn.Module, step: int, settings: RateSettings) -> None:
    """Move the average towards the weights after a step, from 0, in place; faster in the first steps."""
    decay = min(settings.ema_decay, (step + 1) / (step + 10))
    for name, tensor in network.state_dict().items():
        average[name].lerp_(tensor.detach().float(), 1 - decay)
