"""Train an encoder on crops of players.

python -m models.reid.train --recipe configs/reid/osnet.yaml --data DATA --out DIRECTORY
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.encoders.crops import normalise
from models.encoders.network import NetworkEncoder
from models.encoders.osnet import OSNet
from models.encoders.weights import load_state, read_weights, write_weights
from models.reid.augment import augment
from models.reid.crops import CropSet
from models.reid.evaluation import Labels, Score, score
from models.reid.losses import MaskedSoftmax, hard_triplets
from models.reid.people import People, name_people
from models.reid.sampling import CourtSampler
from models.reid.settings import ReidSettings, TrainSettings, read_settings
from models.reid.split import split_games
from models.reid.tracklets import read_tracklets
from pipeline.errors import SettingsError

__all__ = ["FRAMES_PER_S", "Report", "Trainer", "read_settings", "train_reid", "validate"]

FRAMES_PER_S = 30.0
"""Of the clips that the tracklets come from."""


@dataclass(frozen=True)
class Report:
    """One row of the training log; losses are means since the row before, NaN where nothing is validated."""

    step: int
    softmax: float
    triplet: float
    rank1: float
    mean_ap: float
    mean_ap_team_mates: float
    auc: float


def train_reid(
    settings: ReidSettings,
    data_root: Path,
    out_dir: Path,
    on_report: Callable[[Report], None] = lambda _: None,
) -> Path:
    """Train by a recipe.

    Args:
        settings: the recipe.
        data_root: where the recipe's paths begin.
        out_dir: for `encoder.safetensors`, `log.csv` and the packed crops; made if need be.
        on_report: called with every row of the log.

    Returns:
        The weights file.

    Raises:
        InputError: data are missing.
        SettingsError: the split leaks or leaves nothing to train on.
        WeightsError: the weights to start from do not fit.
    """
    data = settings.data
    crops = read_tracklets(data_root / data.table, data_root / data.images, out_dir / "crops")
    train, validation, _ = split_games(crops, data.held_out_games, data.validation_games)
    start = None if settings.start is None else data_root / settings.start
    trainer = Trainer(settings, name_people(long_enough(train, data.min_boxes), data.people), start)
    checked = name_people(long_enough(validation, data.min_boxes), data.people) if len(validation) else None
    return trainer.run(checked, out_dir, on_report)


def long_enough(crops: CropSet, min_boxes: int) -> CropSet:
    """Leave out tracklets of few boxes."""
    counts = np.bincount(crops.identity, minlength=1)
    return crops.select(np.flatnonzero(counts[crops.identity] >= min_boxes))


class Trainer:
    """A network, its class anchors and optimiser, and the running average of the network that is kept.

    Args:
        settings: the recipe.
        people: what is learned from.
        start: weights to begin with; None for random ones.
    """

    def __init__(self, settings: ReidSettings, people: People, start: Path | None) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.crops = people.crops
        self.rng = np.random.default_rng(settings.seed)
        self.network = start_network(settings, start)
        _check_parts(self.network, settings.train.frozen)
        self.average = copy.deepcopy(self.network).eval()
        options = settings.train
        numbers, compact = np.unique(people.crops.identity, return_inverse=True)
        self.identity = torch.from_numpy(compact.astype(np.int64))
        self.differ = torch.from_numpy(people.differ[np.ix_(numbers, numbers)])
        self.softmax = MaskedSoftmax(len(numbers), settings.head_dim, options.softmax_scale, options.softmax_margin)
        self._train_mode()
        self.sampler = CourtSampler(people.crops, options.scenes, options.people, options.crops, options.home)
        self.optimiser = _optimiser(self.network, self.softmax, options)

    def step(self, number: int) -> tuple[float, float]:
        """Learn from one batch; return the softmax and the triplet loss."""
        options = self.settings.train
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * learning_rate_share(number, options)
        rows = self.sampler.draw(self.rng)
        self._train_mode()
        vectors = nn.functional.normalize(self.network(self._batch(rows)), dim=1)
        identity = self.identity[rows]
        softmax = self.softmax(vectors, identity, self.differ)
        triplet = hard_triplets(vectors, identity, self.differ, options.triplet_margin)
        self.optimiser.zero_grad()
        (softmax + options.triplet_weight * triplet).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        _follow(self.average, self.network, min(options.average, (number + 1) / (number + 10)))
        return float(softmax.detach()), float(triplet.detach())

    def _train_mode(self) -> None:
        """Let the network learn, but for its frozen parts."""
        self.network.train()
        for name in self.settings.train.frozen:
            self.network.get_submodule(name).eval().requires_grad_(False)

    def run(self, validation: People | None, out_dir: Path, on_report: Callable[[Report], None]) -> Path:
        """Take all steps; write the log and the weights at every report."""
        out_dir.mkdir(parents=True, exist_ok=True)
        weights = out_dir / "encoder.safetensors"
        options = self.settings.train
        losses: list[tuple[float, float]] = []
        with (out_dir / "log.csv").open("w", newline="", encoding="utf-8") as file:
            log = csv.writer(file)
            log.writerow([field.name for field in fields(Report)])
            for number in range(options.steps):
                losses.append(self.step(number))
                if (number + 1) % options.report_every and number + 1 < options.steps:
                    continue
                report = self._report(number + 1, losses, validation)
                log.writerow(asdict(report).values())
                file.flush()
                self.save(weights, number + 1)
                on_report(report)
                losses = []
        return weights

    def save(self, path: Path, steps: int) -> None:
        """Write the averaged network with what it was made from."""
        settings = self.settings
        recipe = settings.model_dump(mode="json")
        if settings.data.people is not None:
            recipe["data"]["people"] = settings.data.people.name
        about = {
            "settings": recipe,
            "seed": settings.seed,
            "steps": steps,
            "data": self.crops.fingerprint,
            "games": sorted(self.crops.games()),
        }
        write_weights(path, self.average, settings.encoder, settings.head_dim, settings.crop_size_px, about)

    def _batch(self, rows: np.ndarray) -> Tensor:
        """Return augmented crops (n, 3, h, w), normalised."""
        size, options = self.settings.crop_size_px, self.settings.augment
        images = np.stack([augment(self.crops, int(row), size, options, self.rng) for row in rows])
        return normalise(torch.from_numpy(images))

    def _report(self, step: int, losses: list[tuple[float, float]], validation: People | None) -> Report:
        """Sum up since the last report."""
        softmax, triplet = (float(np.mean(column)) for column in zip(*losses, strict=True))
        if validation is None:
            return Report(step, softmax, triplet, *[math.nan] * 4)
        result = validate(self.average, self.settings, validation)
        mates = result.team_mates.mean_ap
        return Report(step, softmax, triplet, result.everyone.rank1, result.everyone.mean_ap, mates, result.auc)


def start_network(settings: ReidSettings, start: Path | None) -> OSNet:
    """Build the network: published weights below, an orthogonal projection (it nearly keeps cosines) as the head."""
    backbone = OSNet()
    if start is not None:
        load_state(backbone, read_weights(start, settings.encoder))
    network = OSNet(head_dim=settings.head_dim)
    network.load_state_dict(backbone.state_dict(), strict=False)
    for module in network.head.modules() if network.head is not None else ():
        if isinstance(module, nn.Linear):
            nn.init.orthogonal_(module.weight)
            nn.init.zeros_(module.bias)
    network.to(memory_format=torch.channels_last)
    return network


def validate(network: OSNet, settings: ReidSettings, people: People) -> Score:
    """Score a network within the clips of a set."""
    encoder = NetworkEncoder(copy.deepcopy(network), network.dim, settings.crop_size_px, batch=16, precision="fp32")
    crops = people.crops
    vectors = encoder.embed([crops.person(row) for row in range(len(crops))])
    time_s = crops.frame / FRAMES_PER_S
    return score(vectors, Labels(crops.identity, crops.scene, crops.scene, time_s, people.team, people.differ))


def _check_parts(network: OSNet, names: Sequence[str]) -> None:
    """Refuse names of parts that the network does not have."""
    known = [name for name, _ in network.named_children()]
    if unknown := [name for name in names if name not in known]:
        raise SettingsError(f"train.frozen: no part {unknown[0]!r}; parts here: {', '.join(known)}")


def learning_rate_share(step: int, options: TrainSettings) -> float:
    """Return the share of the peak learning rate: linear warm-up, then half a cosine to 1 %.

    Example:
        >>> options = TrainSettings(steps=100, warmup=0.1)
        >>> [round(learning_rate_share(step, options), 2) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.01]
    """
    warm = int(options.warmup * options.steps)
    if step < warm:
        return (step + 1) / warm
    progress = (step - warm) / max(options.steps - warm, 1)
    return max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))


def _optimiser(network: OSNet, softmax: MaskedSoftmax, options: TrainSettings) -> torch.optim.Optimizer:
    """AdamW, faster for what starts at random."""
    fresh = [*(network.head.parameters() if network.head is not None else ()), *softmax.parameters()]
    known = {id(parameter) for parameter in fresh}
    pretrained = [p for p in network.parameters() if id(p) not in known and p.requires_grad]
    groups = [
        {"params": pretrained, "peak": options.learning_rate},
        {"params": fresh, "peak": options.learning_rate * options.head_factor},
    ]
    return torch.optim.AdamW(groups, lr=options.learning_rate, weight_decay=options.weight_decay)


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running average a step towards the network."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description="Train an encoder by a recipe.")
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    train_reid(read_settings(given.recipe), given.data, given.out)


if __name__ == "__main__":
    main()
