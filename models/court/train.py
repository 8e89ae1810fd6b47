"""Training of the court network on rendered courts: `python -m models.court.train --out DIR`."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from models.court.degrade import degrade
from models.court.network import CourtNet, Logits
from models.court.scenes import CourtScene, SceneMaker
from models.court.targets import MARGIN_ACROSS, MARGIN_ALONG
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.fine_tuning import FineTuneSettings, averaged, follow, optimizer_of, seed_backbone, set_rates
from models.weight_files import in_half_precision, read_state, write_tensors

_log = logging.getLogger(__name__)


class CourtTrainSettings(FineTuneSettings):
    """Everything that decides what a training run learns."""

    fresh_share: float = Field(default=0.25, gt=0, le=1, description="the other scenes of a batch were seen before")
    kept_scenes: int = Field(default=400, gt=0)
    nothing_share: float = Field(default=0.05, ge=0, lt=1, description="pictures without a court")


def train_court(settings: CourtTrainSettings, out_dir: Path, start: Path | None = None) -> Path:
    """Train the network and write its weights.

    Args:
        settings: the recipe.
        out_dir: gets `court.safetensors` (fp16; rewritten at each checkpoint) and `train.json`.
        start: court weights to go on from; None to start from the detector's backbone.

    Returns:
        Path of the weights: a moving average over the last steps.
    """
    torch.manual_seed(settings.seed)
    cv2.setNumThreads(1)
    network = CourtNet()
    if start is None:
        seed_backbone(network.backbone, DETECTOR_WEIGHTS, "court")
    else:
        network.load_state_dict(read_state(start, "court"))
    network.to(memory_format=torch.channels_last)
    out_dir.mkdir(parents=True, exist_ok=True)
    return _run(network, _scenes(settings), settings, out_dir)


def _run(network: CourtNet, scenes: Iterator[list[CourtScene]], settings: CourtTrainSettings, out_dir: Path) -> Path:
    """Take all steps."""
    optimizer = optimizer_of(network, network.backbone, settings)
    average = averaged(network)
    losses: list[tuple[int, list[float]]] = []
    path = out_dir / "court.safetensors"
    recent: list[Tensor] = []
    for step in range(settings.steps):
        network.train()
        for layer in network.backbone[: settings.frozen_layers]:
            layer.eval()
        set_rates(optimizer, step, settings)
        pixels, truth = to_tensors(next(scenes))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(pixels)
        step_losses = losses_of(logits, truth)
        optimizer.zero_grad()
        step_losses.sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        follow(average, network, step, settings)
        recent.append(step_losses.detach())
        if step % 10 == 9:
            losses.append((step + 1, torch.stack(recent).mean(dim=0).tolist()))
            recent = []
            _log.info("step %d: along %.3f across %.3f court %.3f line %.3f", step + 1, *losses[-1][1])
        if (step + 1) % settings.checkpoint_steps == 0 or step + 1 == settings.steps:
            save_weights(average, path)
            (out_dir / "train.json").write_text(
                json.dumps({"settings": settings.model_dump(), "losses": losses}), encoding="utf-8"
            )
    return path


def losses_of(logits: Logits, truth: dict[str, Tensor]) -> Tensor:
    """Return the four losses (4,): along, across, court, line."""
    valid, on = truth["valid"], truth["on_court"]
    weight = valid.float() * (0.4 + 0.6 * on.float())
    total = weight.sum().clamp(min=1)
    along = _step_loss(logits.along.float(), truth["along"], MARGIN_ALONG)
    across = _step_loss(logits.across.float(), truth["across"], MARGIN_ACROSS)
    court = functional.binary_cross_entropy_with_logits(logits.court.float(), on.float())
    line = functional.binary_cross_entropy_with_logits(
        logits.line.float(), truth["line"].float(), pos_weight=torch.tensor(3.0)
    )
    return torch.stack([(along * weight).sum() / total, (across * weight).sum() / total, 2 * court, 2 * line])


def _step_loss(logits: Tensor, place: Tensor, margin: float) -> Tensor:
    """Cross entropy (b, h, w) with the two steps on both sides of a place (b, h, w)."""
    count = logits.shape[1]
    at = ((place + margin) / (1 + 2 * margin) * (count - 1)).clamp(0, count - 1 - 1e-4)
    low = at.floor()
    share = at - low
    log = logits.log_softmax(dim=1)
    first = log.gather(1, low.long()[:, None])[:, 0]
    second = log.gather(1, low.long()[:, None] + 1)[:, 0]
    return -((1 - share) * first + share * second)


def to_tensors(scenes: list[CourtScene]) -> tuple[Tensor, dict[str, Tensor]]:
    """Stack scenes: (b, 3, h, w) RGB in 0..1, and the truth by name."""
    pixels = torch.from_numpy(np.stack([scene.image[..., ::-1] for scene in scenes])).permute(0, 3, 1, 2)
    place = torch.from_numpy(np.nan_to_num(np.stack([scene.place for scene in scenes])))
    return pixels.float().div(255).contiguous(memory_format=torch.channels_last), {
        "along": place[..., 0],
        "across": place[..., 1],
        "valid": torch.from_numpy(np.stack([scene.valid for scene in scenes])),
        "on_court": torch.from_numpy(np.stack([scene.on_court for scene in scenes])),
        "line": torch.from_numpy(np.stack([scene.line for scene in scenes])),
    }


def _scenes(settings: CourtTrainSettings) -> Iterator[list[CourtScene]]:
    """Make batches for ever: fresh scenes, and kept ones mirrored or degraded once more."""
    rng = np.random.default_rng(settings.seed)
    maker = SceneMaker(rng)
    kept: list[CourtScene] = []
    while True:
        batch: list[CourtScene] = []
        while len(batch) < settings.batch:
            if len(kept) > settings.batch and rng.random() > settings.fresh_share:
                batch.append(_again(kept[int(rng.integers(len(kept)))], rng))
                continue
            scene = maker.nothing() if rng.random() < settings.nothing_share else maker.scene()
            batch.append(scene)
            if len(kept) < settings.kept_scenes:
                kept.append(scene)
            else:
                kept[int(rng.integers(len(kept)))] = scene
        yield batch


def _again(scene: CourtScene, rng: np.random.Generator) -> CourtScene:
    """Degrade a scene once more, and mirror it half of the time: its left end is then its right end."""
    image = degrade(scene.image, rng) if rng.random() < 0.5 else scene.image
    if rng.random() < 0.5 or (scene.image[:, -1] == 114).all():
        return CourtScene(image, scene.place, scene.valid, scene.on_court, scene.line)
    place = scene.place[:, ::-1].copy()
    place[..., 0] = 1 - place[..., 0]
    valid, on_court, line = (cells[:, ::-1].copy() for cells in (scene.valid, scene.on_court, scene.line))
    return CourtScene(image[:, ::-1].copy(), place, valid, on_court, line)


def save_weights(state: dict[str, Tensor], path: Path) -> None:
    """Write a state dict as fp16."""
    write_tensors(path, in_half_precision(state))


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--steps", type=int, default=CourtTrainSettings().steps)
    parser.add_argument("--seed", type=int, default=CourtTrainSettings().seed)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train_court(CourtTrainSettings(steps=arguments.steps, seed=arguments.seed), arguments.out, arguments.start)


if __name__ == "__main__":
    main()
