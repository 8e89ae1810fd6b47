"""Training of the ball network: `python -m models.ball.train --data DATA --out DIR [--rendered FOLDER]`.

DATA holds `detection/` with the public sets that the detector learns from, too; FOLDER is made by
`python -m pipeline.rendering.frames --out FOLDER --count 600 --seed 21`.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.ball.finder import BallFinder
from models.ball.loss import ball_loss
from models.ball.network import BallNet
from models.ball.samples import BallSample, BallSampler, BallSampleSettings, StoredFrame, resized, stored_frame
from models.detector.classes import BALL
from models.detector.dataset import LabelledImage, data_fingerprint, split_by_game
from models.detector.evaluation import LabelledBoxes, average_precisions, match
from models.detector.readers import read_coco, read_rendered, read_voc
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.fine_tuning import FineTuneSettings, averaged, follow, optimizer_of, seed_backbone, set_rates
from models.weight_files import in_half_precision, read_state, write_tensors

_log = logging.getLogger(__name__)


class BallTrainSettings(FineTuneSettings):
    """Everything that decides what a training run learns."""

    held_out_games: tuple[str, ...] = ("boston-celtics-orlando-magic-game-4",)
    """Nothing is learned from them or chosen on them."""
    chosen_on: tuple[str, ...] = ("q1-05_13-05_09", "q1-10_10-10_02", "q2-06_31-06_22")
    """Clips of the other games that the loss never sees: they say how the training goes."""
    samples: BallSampleSettings = BallSampleSettings()
    steps: int = Field(default=1800, gt=0)
    batch: int = Field(default=12, gt=0)
    rendered: float = Field(default=0.25, ge=0, lt=1)
    """Share of crops from rendered frames."""
    lr: float = 2.5e-3
    lr_backbone: float = 5e-4
    warmup_steps: int = 60
    cooldown_share: float = Field(default=0.6, gt=0, le=1)
    ema_decay: float = 0.995
    frozen_layers: int = 2
    """Of the backbone; the batch statistics of all its layers stay."""
    scores: tuple[float, float] = (2.0, 0.0)
    """Slope and shift of the logits that are written against those that are learned: focal loss makes scores timid, and the
    trajectory model weighs them. Chosen by its precision and recall on the watched clips."""
    checkpoint_steps: int = 100


def train_ball(
    settings: BallTrainSettings, data: Path, out_dir: Path, rendered: Path | None = None, start: Path | None = None
) -> Path:
    """Train the network and write its weights.

    Args:
        settings: the recipe.
        data: folder that holds `detection/`.
        out_dir: gets `ball.safetensors` (fp16; rewritten at each checkpoint) and `train.json`.
        rendered: folder of rendered frames.
        start: ball weights to go on from; None to start from the detector's backbone.

    Returns:
        Path of the weights: a moving average over the last steps.
    """
    torch.manual_seed(settings.seed)
    cv2.setNumThreads(1)
    network = BallNet()
    if start is None:
        seed_backbone(network.backbone, DETECTOR_WEIGHTS, "ball")
    else:
        network.load_state_dict(read_state(start, "ball"))
    network.to(memory_format=torch.channels_last)
    real, watched = _real_images(settings, data)
    made = [] if rendered is None else read_rendered(rendered)
    _log.info("%d real frames, %d rendered, %d to watch", len(real), len(made), len(watched))
    rng = np.random.default_rng(settings.seed)
    samplers = [BallSampler([stored_frame(image) for image in real], settings.samples, rng)]
    if made:
        samplers.append(BallSampler([stored_frame(image) for image in made], settings.samples, rng))
    out_dir.mkdir(parents=True, exist_ok=True)
    facts: dict[str, object] = {
        "settings": settings.model_dump(mode="json"),
        "data": data_fingerprint([*real, *made]),
    }
    return _Training(network, samplers, watched, settings, out_dir, facts, rng).run()


def _real_images(settings: BallTrainSettings, data: Path) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Read the frames to learn from and those to watch; held-out games are in neither."""
    folder = data / "detection"
    images = [
        *read_coco(folder / "basketball_player_detection_3"),
        *read_voc(folder / "nba_detector_23", "nba_detector_23", ("player", "ball", "rim")),
    ]
    split = split_by_game(images, settings.held_out_games)
    watched = [image for image in split.train if image.clip in settings.chosen_on]
    return [image for image in split.train if image.clip not in settings.chosen_on], watched


class _Training:
    """One run."""

    def __init__(
        self,
        network: BallNet,
        samplers: Sequence[BallSampler],
        watched: Sequence[LabelledImage],
        settings: BallTrainSettings,
        out_dir: Path,
        facts: dict[str, object],
        rng: np.random.Generator,
    ) -> None:
        self._network, self._samplers, self._settings = network, samplers, settings
        self._watched = [stored_frame(image) for image in watched]
        self._out_dir, self._facts, self._rng = out_dir, facts, rng
        self._average = averaged(network)
        self._optimizer = optimizer_of(network, network.backbone, settings)
        self._log: list[dict[str, float]] = []

    def run(self) -> Path:
        """Take all steps."""
        settings = self._settings
        recent: list[Tensor] = []
        for step in range(1, settings.steps + 1):
            recent.append(self._step(step))
            if step % 25 == 0:
                peak, shape = torch.stack(recent).mean(dim=0).tolist()
                recent = []
                _log.info("step %d: peak %.3f shape %.3f", step, peak, shape)
            if step % settings.checkpoint_steps == 0 or step == settings.steps:
                self._keep(step)
        return self._out_dir / "ball.safetensors"

    def _step(self, step: int) -> Tensor:
        """Take one step; return the losses."""
        settings, network = self._settings, self._network
        network.train()
        network.backbone.eval()
        set_rates(self._optimizer, step - 1, settings)
        pixels, balls = to_tensors([self._sample() for _ in range(settings.batch)])
        losses = ball_loss(network(pixels), balls)
        self._optimizer.zero_grad()
        (losses[0] + 2 * losses[1]).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        self._optimizer.step()
        follow(self._average, network, step - 1, settings)
        return losses.detach()

    def _sample(self) -> BallSample:
        """Draw a real or a rendered crop."""
        made = len(self._samplers) > 1 and self._rng.random() < self._settings.rendered
        return self._samplers[int(made)].draw()

    def _keep(self, step: int) -> None:
        """Write the weights, and say how good they are on the clips that are watched."""
        path = self._out_dir / "ball.safetensors"
        write_tensors(path, in_half_precision(rescaled(self._average, *self._settings.scores)))
        score = average_precision_of(path, self._watched)
        self._log.append({"step": step, "ap50": score})
        _log.info("step %d: AP50 %.3f on the watched clips", step, score)
        (self._out_dir / "train.json").write_text(json.dumps(self._facts | {"log": self._log}), encoding="utf-8")


def rescaled(state: Mapping[str, Tensor], slope: float, shift: float) -> dict[str, Tensor]:
    """Return the weights of a network that says `slope * logit + shift` where the given one says `logit` of the ball.

    Args:
        state: of a ball network.
        slope: larger than 0.
        shift: any.
    """
    weight, bias = state["head.weight"].clone(), state["head.bias"].clone()
    weight[0], bias[0] = weight[0] * slope, bias[0] * slope + shift
    return {**state, "head.weight": weight, "head.bias": bias}


def average_precision_of(weights: Path, frames: Sequence[StoredFrame]) -> float:
    """Return AP50 of whole frames at scale 1."""
    finder = BallFinder(weights, lowest=0.01, device="cpu", runtime="torch", precision="fp32")
    found = finder.find([resized(frame, 1.0) for frame in frames])
    truths = [
        LabelledBoxes(frame.xyxy_px, np.full(len(frame.xyxy_px), BALL), np.zeros(len(frame.xyxy_px), bool))
        for frame in frames
    ]
    return float(average_precisions(match(found, truths, BALL))[0])


def to_tensors(samples: Sequence[BallSample]) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Stack crops: (b, 3, h, w) RGB in 0..1, and their balls."""
    pixels = torch.from_numpy(np.stack([sample.image[..., ::-1] for sample in samples])).permute(0, 3, 1, 2)
    balls = [(torch.from_numpy(sample.xyxy_px).float(), torch.from_numpy(sample.asked)) for sample in samples]
    return pixels.float().div(255).contiguous(memory_format=torch.channels_last), balls


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rendered", type=Path)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--steps", type=int, default=BallTrainSettings().steps)
    parser.add_argument("--seed", type=int, default=BallTrainSettings().seed)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train_ball(
        BallTrainSettings(steps=given.steps, seed=given.seed), given.data, given.out, given.rendered, given.start
    )


if __name__ == "__main__":
    main()
