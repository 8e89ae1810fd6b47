"""Training of the number reader: rendered numbers, and footage with weak labels."""

from __future__ import annotations

import copy
import json
import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.numbers.augment import augmented, plain
from models.numbers.calibrate import calibrate
from models.numbers.footage import Footage, read_footage
from models.numbers.network import DigitNetwork, normalise, split_logits
from models.numbers.render import NO_TEXT, Examples, render_examples
from models.numbers.settings import FootageSettings, NumberSettings, TrainSettings
from models.numbers.texts import ONES, TENS, TEXTS
from models.numbers.weights import write_weights
from pipeline.errors import SettingsError

_LOG = logging.getLogger(__name__)
_SINGLE = 10 / len(TEXTS)


@dataclass(frozen=True)
class Material:
    """What is learned from and what calibrates."""

    rendered: Examples
    footage: Footage | None
    validation: tuple[Examples, ...]


def train_numbers(settings: NumberSettings, data: Path, out: Path) -> Path:
    """Train the reader and calibrate it.

    Args:
        settings: the recipe.
        data: root of the training material; not looked at where the recipe names no footage.
        out: folder for `log.jsonl` and `numbers.safetensors`.

    Returns:
        The weights.

    Raises:
        InputError: footage is missing or damaged.
        SettingsError: the split names a game that is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    material = gather(settings, data, rng)
    average, singles = _optimise(settings, material, out, rng)
    calibration = calibrate([logits_of(average, part) for part in material.validation], singles)
    about = {
        "settings": _plain_settings(settings),
        "calibration": asdict(calibration),
        "parameters": sum(p.numel() for p in average.parameters()),
    }
    write_weights(out / "numbers.safetensors", average, about)
    _LOG.info("calibration %s", asdict(calibration))
    return out / "numbers.safetensors"


def gather(settings: NumberSettings, data: Path, rng: np.random.Generator) -> Material:
    """Render the examples and read the footage; the held-out games are left out of everything."""
    options = settings.rendered
    footage, kept = None, []
    if settings.footage is not None:
        footage, validation = _split(_read(settings.footage, data, rng), settings.footage)
        kept = [validation.examples]
        _LOG.info("footage: %d examples, %d for calibration", len(footage), len(validation))
    rendered = render_examples(options.count, rng, options.single, options.negatives, options.typefaces)
    fresh = render_examples(options.validation, rng, options.single, options.negatives, max(1, options.typefaces // 8))
    _LOG.info("rendered: %d examples", len(rendered))
    return Material(rendered, footage, (fresh, *kept))


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
    other = np.array([key in kept for key in zip(footage.game.tolist(), footage.clip.tolist(), strict=True)])
    return footage.select(~other), footage.select(other)


def _optimise(
    settings: NumberSettings, material: Material, out: Path, rng: np.random.Generator
) -> tuple[DigitNetwork, float]:
    """Run the steps; returns the running average of the weights and the share of single digits that was learned from."""
    options = settings.train
    network = DigitNetwork(options.dropout).to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    drawer = _Drawer(material, settings, rng)
    losses: list[float] = []
    with (out / "log.jsonl").open("w", encoding="utf-8") as log:
        for step in range(options.steps):
            for group in optimiser.param_groups:
                group["lr"] = options.learning_rate * learning_rate_share(step, options)
            batch = drawer.draw(options.batch)
            pixels = normalise(augmented(batch.images, rng)).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):  # half the time where the processor has it
                logits = network.train()(pixels)
            loss = _loss(logits.float(), batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            _follow(average, network, min(options.average, (step + 1) / (step + 10)))
            losses.append(float(loss.detach()))
            if (step + 1) % options.report_every == 0 or step + 1 == options.steps:
                row = {"step": step + 1, "loss": round(float(np.mean(losses)), 4)} | _scores(average, material)
                log.write(json.dumps(row) + "\n")
                log.flush()
                _LOG.info("%s", row)
                write_weights(out / "checkpoint.safetensors", average, {"step": step + 1})
                losses.clear()
    return average, drawer.singles


@dataclass(frozen=True)
class Batch:
    """One batch; `sure` where the label is known and not only likely."""

    images: NDArray[np.uint8]
    text: NDArray[np.int64]
    sure: NDArray[np.bool_]


class _Drawer:
    """Draws batches: rendered ones by chance, footage with every number as often as any other."""

    def __init__(self, material: Material, settings: NumberSettings, rng: np.random.Generator) -> None:
        self.material, self.rng = material, rng
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

    def draw(self, size: int) -> Batch:
        """Draw a batch."""
        real = round(size * self.share)
        rows = self.rng.integers(len(self.material.rendered), size=size - real)
        images, text = [self.material.rendered.images[rows]], [self.material.rendered.text[rows]]
        if real and self.material.footage is not None:
            chosen = self.rng.choice(len(self.material.footage), size=real, p=self.chance)
            examples = self.material.footage.examples
            images.append(examples.images[chosen])
            text.append(examples.text[chosen])
        return Batch(np.concatenate(images), np.concatenate(text), np.arange(size) < size - real)


def _loss(logits: Tensor, batch: Batch) -> Tensor:
    """Sum up what is wrong with the outputs (n, 22).

    A number's text is as likely as the digits say where it is legible, and as any text where it is not (a mixture). Of
    a rendered number the digits are learned from directly; a weak label may be wrong, so the mixture decides how much
    it counts. What is no number is not legible.
    """
    legible, tens, ones = split_logits(logits)
    text = torch.from_numpy(batch.text)
    number = text != NO_TEXT
    sure = torch.from_numpy(batch.sure) & number
    place = text.clamp(min=0)
    tens_log = torch.log_softmax(tens, 1).gather(1, torch.tensor(TENS)[place][:, None])[:, 0]
    ones_log = torch.log_softmax(ones, 1).gather(1, torch.tensor(ONES)[place][:, None])[:, 0]
    both = tens_log + ones_log
    known = torch.where(sure, both.detach(), both) + math.log(len(TEXTS))
    mixture = torch.logaddexp(nn.functional.logsigmoid(legible) + known, nn.functional.logsigmoid(-legible))
    nothing = nn.functional.softplus(legible)
    return (torch.where(number, -mixture, nothing).sum() - both[sure].sum()) / len(text)


@torch.no_grad()
def logits_of(network: DigitNetwork, examples: Examples) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the outputs (n, 22) of a network for examples, and their texts (n,)."""
    network.eval()
    parts = [
        network(normalise(plain(examples.images[start : start + 256]))).double().numpy()
        for start in range(0, len(examples), 256)
    ]
    return np.concatenate(parts), examples.text


def _scores(network: DigitNetwork, material: Material) -> dict[str, float]:
    """Give the share of numbers read right, of each set for calibration."""
    scores = {}
    for name, examples in zip(("rendered", "footage"), material.validation, strict=False):
        logits, text = logits_of(network, examples)
        number = text != NO_TEXT
        _, tens, ones = (part.numpy() for part in split_logits(torch.from_numpy(logits[number])))
        best = (tens[:, TENS] + ones[:, ONES]).argmax(axis=1)
        scores[name] = round(float((best == text[number]).mean()), 4)
    return scores


def learning_rate_share(step: int, options: TrainSettings) -> float:
    """Return the share of the peak learning rate: linear warm-up, then half a cosine to 0.

    Example:
        >>> options = TrainSettings(steps=100, warmup=0.1)
        >>> [round(learning_rate_share(step, options), 2) for step in (0, 9, 10, 55, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    warm = max(1, int(options.warmup * options.steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, options.steps - warm)))


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the running average a step towards the network."""
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def _plain_settings(settings: NumberSettings) -> dict[str, object]:
    """Turn the recipe into plain data, without folders of this machine."""
    plain_data: dict[str, object] = settings.model_dump(mode="json")
    if settings.footage is not None:
        footage = settings.footage.model_dump(mode="json")
        plain_data["footage"] = {**footage, "people": settings.footage.people.name}
    return plain_data
