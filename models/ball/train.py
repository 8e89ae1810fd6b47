"""Training of the ball head: `python -m models.ball.train --data DATA --out DIR [--rendered FOLDER]`.

DATA holds `detection/` with the public sets that the detector learns from, too; FOLDER is made by
`python -m pipeline.rendering.frames --out FOLDER --count 140 --seed 22`. The detector stays as it is, and its features are
computed as they are at run time, in 8 bits, so that a step costs little and the head knows what it will see.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.ball.finder import BallDetector
from models.ball.loss import ball_loss
from models.ball.network import BallHead
from models.ball.samples import (
    WHOLE_PX,
    BallSample,
    BallSampler,
    BallSampleSettings,
    StoredFrame,
    resized,
    stored_frame,
)
from models.detector.classes import BALL
from models.detector.dataset import LabelledImage, data_fingerprint, split_by_game
from models.detector.detection import DetectorSettings
from models.detector.evaluation import LabelledBoxes, average_precisions, match
from models.detector.readers import read_coco, read_rendered, read_voc
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.detector.yolo import detector_source
from models.fine_tuning import RateSettings, averaged, follow, set_rates
from models.runtime import load_network
from models.weight_files import in_half_precision, read_state, write_tensors

_log = logging.getLogger(__name__)


class BallTrainSettings(RateSettings):
    """Everything that decides what a training run learns."""

    held_out_games: tuple[str, ...] = ("boston-celtics-orlando-magic-game-4",)
    """Nothing is learned from them or chosen on them."""
    chosen_on: tuple[str, ...] = ("q1-05_13-05_09", "q1-10_10-10_02", "q2-06_31-06_22")
    """Clips of the other games that the loss never sees: they say how the training goes."""
    samples: BallSampleSettings = BallSampleSettings()
    steps: int = Field(default=3200, gt=0)
    batch: int = Field(default=10, gt=0)
    rendered: float = Field(default=0.25, ge=0, lt=1)
    """Share of crops from rendered frames."""
    lr: float = 3e-3
    warmup_steps: int = 60
    cooldown_share: float = Field(default=0.7, gt=0, le=1)
    ema_decay: float = 0.995
    scores: tuple[float, float] = (2.0, 1.0)
    """Slope and shift of the logits that are written against those that are learned: focal loss makes scores timid, and the
    trajectory model weighs them. Chosen by its precision and recall on the watched clips."""
    checkpoint_steps: int = 200


def train_ball(
    settings: BallTrainSettings, data: Path, out_dir: Path, rendered: Path | None = None, start: Path | None = None
) -> Path:
    """Train the head and write its weights.

    Args:
        settings: the recipe.
        data: folder that holds `detection/`.
        out_dir: gets `ball.safetensors` (fp16; rewritten at each checkpoint) and `train.json`.
        rendered: folder of rendered frames.
        start: weights of a head to go on from; None to start from random ones.

    Returns:
        Path of the weights: a moving average over the last steps.
    """
    torch.manual_seed(settings.seed)
    cv2.setNumThreads(1)
    head = BallHead()
    if start is not None:
        head.load_state_dict(read_state(start, "ball"))
    head.to(memory_format=torch.channels_last)
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
    return _Training(head, samplers, watched, settings, out_dir, facts, rng).run()


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
        head: BallHead,
        samplers: Sequence[BallSampler],
        watched: Sequence[LabelledImage],
        settings: BallTrainSettings,
        out_dir: Path,
        facts: dict[str, object],
        rng: np.random.Generator,
    ) -> None:
        self._head, self._samplers, self._settings = head, samplers, settings
        self._detector = load_network(replace(detector_source(DETECTOR_WEIGHTS), outputs=None), "cpu")
        self._watched = [stored_frame(image) for image in watched]
        self._out_dir, self._facts, self._rng = out_dir, facts, rng
        self._average = averaged(head)
        groups = [{"params": list(head.parameters()), "lr": settings.lr, "base": settings.lr}]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
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
        settings, head = self._settings, self._head
        head.train()
        set_rates(self._optimizer, step - 1, settings)
        samples = [self._sample() for _ in range(settings.batch)]
        balls = [(torch.from_numpy(sample.xyxy_px).float(), torch.from_numpy(sample.asked)) for sample in samples]
        losses = ball_loss(head(*self._features(samples)), balls)
        self._optimizer.zero_grad()
        (losses[0] + 2 * losses[1]).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        self._optimizer.step()
        follow(self._average, head, step - 1, settings)
        return losses.detach()

    def _features(self, samples: Sequence[BallSample]) -> list[Tensor]:
        """Run the detector on crops."""
        _, _, *features = self._detector(np.stack([sample.image for sample in samples]))
        return [torch.from_numpy(of_layer) for of_layer in features]

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
    """Return the weights of a head that says `slope * logit + shift` where the given one says `logit` of the ball.

    Args:
        state: of a ball head.
        slope: larger than 0.
        shift: any.
    """
    weight, bias = state["maps.weight"].clone(), state["maps.bias"].clone()
    weight[0], bias[0] = weight[0] * slope, bias[0] * slope + shift
    return {**state, "maps.weight": weight, "maps.bias": bias}


def average_precision_of(weights: Path, frames: Sequence[StoredFrame]) -> float:
    """Return AP50 of whole frames at scale 1."""
    detector = BallDetector(DetectorSettings(input_px=WHOLE_PX, device="cpu"), weights, lowest=0.01)
    found = detector.find([resized(frame, 1.0) for frame in frames])
    truths = [
        LabelledBoxes(frame.xyxy_px, np.full(len(frame.xyxy_px), BALL), np.zeros(len(frame.xyxy_px), bool))
        for frame in frames
    ]
    return float(average_precisions(match(found, truths, BALL))[0])


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
