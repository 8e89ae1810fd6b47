"""Training of the number reader: rendered numbers, and footage with weak labels."""

from __future__ import annotations

import copy
import json
import logging
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.numbers.network import DigitNetwork, normalise, split_logits
from models.numbers.texts import ONES, SYMMETRIC, TENS, TEXTS
from models.numbers.training.augment import augmented, plain
from models.numbers.training.calibrate import calibrate
from models.numbers.training.footage import Footage, exchange_halves, read_footage
from models.numbers.training.glyphs import fonts_in
from models.numbers.training.render import MIRRORED, NO_TEXT, Examples, Rendering, render_examples
from models.numbers.training.settings import (
    FootageSettings,
    NumberRecipe,
    NumberTrainSettings,
    RenderedSettings,
    RoundSettings,
)
from models.numbers.weights import read_number_network, write_number_network
from pipeline.errors import InputError, SettingsError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Material:
    """What is learned from and what calibrates."""

    rendered: Examples
    footage: Footage | None
    validation: tuple[Examples, ...]


def train_numbers(settings: NumberRecipe, data: Path, out: Path) -> Path:
    """Train the reader and calibrate it; goes on after the last finished round.

    Args:
        settings: the recipe.
        data: root of the training material; not looked at where the recipe names no footage.
        out: folder for `numbers.safetensors`, and a log and weights of every round.

    Returns:
        The weights.

    Raises:
        InputError: footage is missing or damaged.
        SettingsError: the split names a game that is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    last = len(settings.train.rounds) - 1
    average: DigitNetwork | None = None
    for number in range(last):
        average = _finished_round(settings, number, out) or _round(settings, number, average, data, out)[0]
    average, material, singles = _round(settings, last, average, data, out)
    calibration = calibrate([logits_of(average, part) for part in material.validation], singles)
    about = {
        "settings": _plain_settings(settings),
        "calibration": asdict(calibration),
        "parameters": sum(p.numel() for p in average.parameters()),
    }
    write_number_network(out / "numbers.safetensors", average, about)
    _LOG.info("calibration %s", asdict(calibration))
    return out / "numbers.safetensors"


def _round(
    settings: NumberRecipe, number: int, start: DigitNetwork | None, data: Path, out: Path
) -> tuple[DigitNetwork, Material, float]:
    """Learn for one round; returns the network, what it saw, and the share of single digits in it."""
    rng = np.random.default_rng(settings.seed + number)
    torch.manual_seed(settings.seed + number)
    material = gather(settings, settings.train.rounds[number].rendered, data, rng)
    drawer = _Drawer(material, settings, settings.train.rounds[number].halves, rng)
    network = DigitNetwork(settings.train.dropout).to(memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(start.state_dict())
    with (out / f"log-{number + 1}.jsonl").open("w", encoding="utf-8") as log:
        average = _optimise(network, settings.train, settings.train.rounds[number], drawer, log, rng)
    write_number_network(_round_file(out, number), average, {"settings": _plain_settings(settings)})
    return average, material, drawer.singles


def _round_file(out: Path, number: int) -> Path:
    """Name the weights that a round leaves."""
    return out / f"round-{number + 1}.safetensors"


def _finished_round(settings: NumberRecipe, number: int, out: Path) -> DigitNetwork | None:
    """Take the weights of a round that was finished before, with the same recipe; None if there are none."""
    if not _round_file(out, number).is_file():
        return None
    network, about = read_number_network(_round_file(out, number))
    if about.get("settings") != _plain_settings(settings):
        return None
    _LOG.info("round %d: finished before", number + 1)
    return network


def gather(settings: NumberRecipe, count: int, data: Path, rng: np.random.Generator) -> Material:
    """Render the examples and read the footage; the held-out games are left out of everything.

    Args:
        settings: the recipe.
        count: rendered examples.
        data: root of the footage.
        rng: everything random.
    """
    footage, kept = None, []
    if settings.footage is not None:
        footage, validation = _split(_read(settings.footage, data, rng), settings.footage)
        kept = [validation.examples]
        _LOG.info("footage: %d examples, %d for calibration", len(footage), len(validation))
    rendering = _rendering(settings.rendered, data)
    rendered = render_examples(count, rng, rendering)
    few = replace(rendering, typefaces=max(1, rendering.typefaces // 8))
    fresh = render_examples(settings.rendered.validation, rng, few)
    _LOG.info("rendered: %d examples", len(rendered))
    return Material(rendered, footage, (fresh, *kept))


def _rendering(options: RenderedSettings, data: Path) -> Rendering:
    """Say what is to be rendered."""
    fonts = () if options.fonts is None else fonts_in(data / options.fonts)
    if options.fonts is not None and not fonts:
        raise InputError(f"{data / options.fonts}: no .ttf, .otf or .woff file; see rendered.fonts of the recipe")
    return Rendering(options.single, options.negatives, options.mirrored, options.typefaces, fonts)


def _read(options: FootageSettings, data: Path, rng: np.random.Generator) -> Footage:
    """Read the footage without the held-out games."""
    footage = read_footage(data / options.images, data / options.tracklets, options.people, rng)
    if unknown := sorted(set(options.held_out_games) - set(footage.game.tolist())):
        raise SettingsError(f"footage.held_out_games: no game {unknown[0]!r}; there are {sorted(set(footage.game))}")
    return footage.select(~np.isin(footage.game, options.held_out_games))


def _split(footage: Footage, options: FootageSettings) -> tuple[Footage, Footage]:
    """Keep every so many-th clip for calibration."""
    clips = sorted(set(zip(footage.game.tolist(), footage.clip.tolist(), strict=True)))
    kept = set(clips[:: options.validation_every])
    held = np.array([key in kept for key in zip(footage.game.tolist(), footage.clip.tolist(), strict=True)])
    return footage.select(~held), footage.select(held)


def _optimise(
    network: DigitNetwork,
    options: NumberTrainSettings,
    this: RoundSettings,
    drawer: _Drawer,
    log: TextIO,
    rng: np.random.Generator,
) -> DigitNetwork:
    """Run the steps of a round; returns the running average of the weights."""
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=this.learning_rate, weight_decay=options.weight_decay)
    losses: list[float] = []
    for step in range(this.steps):
        for group in optimiser.param_groups:
            group["lr"] = this.learning_rate * learning_rate_share(step, this.steps, options.warmup)
        batch = drawer.draw(options.batch)
        pixels = normalise(augmented(batch.images, rng)).contiguous(memory_format=torch.channels_last)
        loss = _loss(network.train()(pixels), batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        _follow(average, network, min(options.average, (step + 1) / (step + 10)))
        losses.append(float(loss.detach()))
        if (step + 1) % options.report_every == 0 or step + 1 == this.steps:
            row = {"step": step + 1, "loss": round(float(np.mean(losses)), 4)} | _scores(average, drawer.material)
            log.write(json.dumps(row) + "\n")
            log.flush()
            _LOG.info("%s", row)
            losses.clear()
    return average


@dataclass(frozen=True)
class NumberBatch:
    """One batch; `sure` where the label is known and not only likely."""

    images: NDArray[np.uint8]
    text: NDArray[np.int64]
    sure: NDArray[np.bool_]


class _Drawer:
    """Draws batches: rendered ones by chance, footage with every number as often as any other."""

    def __init__(self, material: Material, settings: NumberRecipe, halves: float, rng: np.random.Generator) -> None:
        self.material, self.halves, self.rng = material, halves, rng
        self.mirrored = settings.rendered.mirrored
        self.share = 0.0 if settings.footage is None else settings.footage.share
        self.chance: NDArray[np.float64] | None = None
        rendered = material.rendered.text
        self.singles = float((rendered[rendered >= 0] < 10).mean())
        if material.footage is not None:
            text = material.footage.examples.text
            kinds, place, count = np.unique(text, return_inverse=True, return_counts=True)
            kind_chance = np.where(kinds == NO_TEXT, 0.1, 0.9 / max(1, (kinds != NO_TEXT).sum()))
            self.chance = (kind_chance / count)[place] / (kind_chance / count)[place].sum()
            numbers = kinds[kinds != NO_TEXT]
            self.singles += self.share * (float((numbers < 10).mean()) - self.singles)

    def draw(self, size: int) -> NumberBatch:
        """Draw a batch."""
        real = round(size * self.share)
        rows = self.rng.integers(len(self.material.rendered), size=size - real)
        images, text = [self.material.rendered.images[rows]], [self.material.rendered.text[rows]]
        if real and self.material.footage is not None:
            chosen = self.rng.choice(len(self.material.footage), size=real, p=self.chance)
            drawn = exchange_halves(self.material.footage, chosen, self.halves, self.rng)
            mirrored = _in_a_mirror(drawn, self.mirrored, self.rng)
            images.append(mirrored.images)
            text.append(mirrored.text)
        return NumberBatch(np.concatenate(images), np.concatenate(text), np.arange(size) < size - real)


def _in_a_mirror(examples: Examples, share: float, rng: np.random.Generator) -> Examples:
    """Swap left and right of a share of the numbers, but of those that may look the same then."""
    changes = (examples.text >= 0) & ~SYMMETRIC[examples.text.clip(min=0)]
    chosen = changes & (rng.random(len(examples)) < share)
    images = np.where(chosen[:, None, None, None], examples.images[:, :, ::-1], examples.images)
    return Examples(images, np.where(chosen, MIRRORED, examples.text))


def _loss(logits: Tensor, batch: NumberBatch) -> Tensor:
    """Sum up what is wrong with the outputs (n, 23).

    A number's text is as likely as the digits say where it is legible, and as any text where it is not (a mixture). Of
    a rendered number the digits are learned from directly; a weak label may be wrong, so the mixture decides how much
    it counts. What is no number is neither legible nor mirrored; of a mirrored one with a weak label it is not known
    whether it can be told at all.
    """
    kinds, tens, ones = split_logits(logits)
    logs = torch.log_softmax(nn.functional.pad(kinds, (0, 1)), 1)  # (n, 3) legible, mirrored, neither
    text = torch.from_numpy(batch.text)
    number, mirrored = text >= 0, text == MIRRORED
    sure = torch.from_numpy(batch.sure) & number
    place = text.clamp(min=0)
    tens_log = torch.log_softmax(tens, 1).gather(1, torch.tensor(TENS)[place][:, None])[:, 0]
    ones_log = torch.log_softmax(ones, 1).gather(1, torch.tensor(ONES)[place][:, None])[:, 0]
    both = tens_log + ones_log
    likelihood = torch.where(sure, both.detach(), both) + math.log(len(TEXTS))
    mixture = torch.logaddexp(logs[:, 0] + likelihood, logs[:, 2])
    weak = ~torch.from_numpy(batch.sure)
    mirror = torch.where(weak, torch.logaddexp(logs[:, 1] + math.log(2), logs[:, 2]), logs[:, 1])
    gain = torch.where(number, mixture, torch.where(mirrored, mirror, logs[:, 2]))
    return -(gain.sum() + both[sure].sum()) / len(text)


@torch.no_grad()
def logits_of(network: DigitNetwork, examples: Examples) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the outputs (n, 23) of a network for examples, and their texts (n,)."""
    network.eval()
    batches = [
        network(normalise(plain(examples.images[start : start + 256]))).double().numpy()
        for start in range(0, len(examples), 256)
    ]
    return np.concatenate(batches), examples.text


def _scores(network: DigitNetwork, material: Material) -> dict[str, float]:
    """Give the share of numbers read right, of each set for calibration."""
    scores = {}
    for name, examples in zip(("rendered", "footage"), material.validation, strict=False):
        logits, text = logits_of(network, examples)
        number = text >= 0
        _, tens, ones = (part.numpy() for part in split_logits(torch.from_numpy(logits[number])))
        best = (tens[:, TENS] + ones[:, ONES]).argmax(axis=1)
        scores[name] = round(float((best == text[number]).mean()), 4)
    return scores


def learning_rate_share(step: int, steps: int, warmup: float) -> float:
    """Return the share of the peak learning rate: linear warm-up, then half a cosine to 0.

    Args:
        step: from 0.
        steps: of the round.
        warmup: share of the steps.

    Example:
        >>> [round(learning_rate_share(step, 100, 0.1), 2) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    warm = max(1, int(warmup * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running average a step towards the network."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def _plain_settings(settings: NumberRecipe) -> dict[str, object]:
    """Turn the recipe into plain data, without folders of this machine."""
    plain_data: dict[str, object] = settings.model_dump(mode="json")
    if settings.footage is not None:
        footage = settings.footage.model_dump(mode="json")
        plain_data["footage"] = {**footage, "people": settings.footage.people.name}
    return plain_data
