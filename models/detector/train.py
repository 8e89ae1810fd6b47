"""Training of the detector: `python -m models.detector.train --config configs/detector.yaml --data DIR --out DIR`."""

import argparse
import json
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from torch import Tensor, nn

from models.detector.augment import AugmentedSample, DetectorAugmentSettings, Sample, random_view
from models.detector.classes import CLASS_NAMES
from models.detector.dataset import LabelledImage, data_fingerprint, read_pixels, split_by_game
from models.detector.loss import DetectionLoss
from models.detector.network import YoloNetwork, build_network, seed_from_coco
from models.detector.readers import read_rendered, read_training_sets
from models.strict import Seed, Strict
from models.weight_files import write_tensors
from pipeline.errors import SettingsError
from pipeline.untrusted import read_yaml

_log = logging.getLogger(__name__)


class CanvasSettings(Strict):
    """One input size of the training, and how often it comes."""

    size_px: tuple[int, int]
    batch: int = Field(gt=0)
    weight: float = Field(gt=0)


class DetectorTrainSettings(Strict):
    """Everything that decides what a training run learns, besides the data."""

    architecture: str = "yolo11n"
    start_weights: str = "weights/yolo11n_coco.safetensors"
    """COCO weights, relative to the data root."""
    real_frames: bool = True
    """Learn from the public sets; False: from rendered frames alone, to measure how lifelike those are."""
    held_out_games: tuple[str, ...] = ("boston-celtics-orlando-magic-game-4",)
    game_shares: dict[str, float] = Field(default={})
    """Share of the views that show frames of a game (or of `rendered`); the games not named share the rest evenly by
    frame."""
    canvases: tuple[CanvasSettings, ...] = (
        CanvasSettings(size_px=(640, 384), batch=8, weight=0.5),
        CanvasSettings(size_px=(768, 448), batch=6, weight=0.2),
        CanvasSettings(size_px=(960, 544), batch=4, weight=0.2),
        CanvasSettings(size_px=(1280, 736), batch=2, weight=0.1),
    )
    augment: DetectorAugmentSettings = DetectorAugmentSettings()
    steps: int = Field(default=1200, gt=0)
    warmup_steps: int = Field(default=100, ge=0)
    lr_head: float = 1e-3
    lr_neck: float = 5e-4
    lr_backbone: float = 1e-4
    lr_end: float = 0.02
    """Learning rate at the end, relative to the start."""
    frozen_layers: int = 3
    weight_decay: float = 5e-4
    ema_decay: float = 0.998
    checkpoint_steps: int = Field(default=100, gt=0)
    seed: Seed = 7
    precision: str = Field(default="bf16", pattern="^(bf16|fp32)$")


def train_detector(
    settings: DetectorTrainSettings, data_root: Path, out_dir: Path, rendered_dir: Path | None = None
) -> Path:
    """Train the detector and write its weights.

    Args:
        settings: the recipe.
        data_root: holds `detection/` and the start weights.
        rendered_dir: frames written by `python -m pipeline.rendering.frames`; None to learn from real frames alone.
        out_dir: gets `detector.safetensors` (fp16; rewritten at each checkpoint) and `train.json` (loss by step).

    Returns:
        Path of the weights: a moving average over the last steps.

    Raises:
        InputError: a data set is missing or the split shares a game.
        SettingsError: there is nothing to learn from.
        WeightsError: the start weights are missing or do not fit.
    """
    if not settings.real_frames and rendered_dir is None:
        raise SettingsError("real_frames is false: name rendered frames with --rendered DIR")
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    images = read_training_sets(data_root) if settings.real_frames else []
    images += [] if rendered_dir is None else read_rendered(rendered_dir)
    split = split_by_game(images, settings.held_out_games)
    network = build_network(settings.architecture)
    seed_from_coco(network, data_root / settings.start_weights)
    network.to(memory_format=torch.channels_last)
    out_dir.mkdir(parents=True, exist_ok=True)
    facts = {
        "settings": settings.model_dump_json(),
        "data": data_fingerprint(split.train),
        "images": str(len(split.train)),
        "classes": ",".join(CLASS_NAMES),
        "architecture": settings.architecture,
    }
    return _run(network, _batches(settings, split.train, rng), settings, facts, out_dir)


def _run(
    network: YoloNetwork,
    batches: Iterator[Sequence[AugmentedSample]],
    settings: DetectorTrainSettings,
    facts: Mapping[str, str],
    out_dir: Path,
) -> Path:
    """Take all steps, average the weights, and write checkpoints."""
    loss_of = DetectionLoss(network)
    optimizer = _optimizer(network, settings)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    weights = out_dir / "detector.safetensors"
    losses: list[list[float]] = []
    for step in range(1, settings.steps + 1):
        _set_training(network)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * lr_factor(step, settings)
        terms = _step(network, next(batches), loss_of, optimizer, settings.precision)
        losses.append([round(value, 4) for value in terms.tolist()])
        _update_average(average, network, settings.ema_decay, step)
        if step % settings.checkpoint_steps == 0 or step == settings.steps:
            _save(average, {**facts, "step": str(step)}, weights)
            (out_dir / "train.json").write_text(json.dumps({**facts, "loss": losses}), encoding="utf-8")
            recent = np.mean(losses[-settings.checkpoint_steps :], axis=0)
            _log.info("step %d of %d, loss box %.3f class %.3f dfl %.3f", step, settings.steps, *recent)
    return weights


def _step(
    network: YoloNetwork,
    views: Sequence[AugmentedSample],
    loss_of: DetectionLoss,
    optimizer: torch.optim.Optimizer,
    precision: str,
) -> Tensor:
    """Take one step and return the three loss terms."""
    pixels, boxes, classes, labelled = to_batch(views)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        output = network(pixels)
    terms = loss_of(output, (pixels.shape[2], pixels.shape[3]), boxes, classes, labelled)
    optimizer.zero_grad(set_to_none=True)
    terms.sum().backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimizer.step()
    return terms.detach()


def to_batch(views: Sequence[AugmentedSample]) -> tuple[Tensor, list[Tensor], list[Tensor], Tensor]:
    """Turn views of one size into tensors.

    Args:
        views: b views.

    Returns:
        (b, 3, h, w) float32 RGB in 0..1, channels last; per view (n, 4) float32 relative centre and size; per view
        (n,) class indices; (b, classes) bool, True where the class was labelled.
    """
    stacked = torch.from_numpy(np.stack([view.pixels[..., ::-1] for view in views]))
    pixels = stacked.permute(0, 3, 1, 2).float().div_(255).contiguous(memory_format=torch.channels_last)
    size = np.array(views[0].pixels.shape[1::-1], dtype=np.float32)
    boxes = []
    for view in views:
        low, high = view.xyxy_px[:, :2] / size, view.xyxy_px[:, 2:] / size
        boxes.append(torch.from_numpy(np.concatenate([(low + high) / 2, high - low], axis=1)))
    classes = [torch.from_numpy(view.class_index.astype(np.int64)) for view in views]
    labelled = [[index in view.labelled for index in range(len(CLASS_NAMES))] for view in views]
    return pixels, boxes, classes, torch.tensor(labelled)


def lr_factor(step: int, settings: DetectorTrainSettings) -> float:
    """Return the learning rate relative to its start: linear warm-up, then a cosine.

    Args:
        step: from 1 to `settings.steps`.
        settings: the recipe.

    Returns:
        Between 0 and 1.
    """
    if step <= settings.warmup_steps:
        return step / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(settings.steps - settings.warmup_steps, 1)
    return settings.lr_end + (1 - settings.lr_end) * 0.5 * (1 + math.cos(math.pi * done))


def _optimizer(network: YoloNetwork, settings: DetectorTrainSettings) -> torch.optim.Optimizer:
    """Build AdamW with a learning rate each for backbone, neck and head; no decay on biases and norms."""
    layers = network.model
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for index, layer in enumerate(layers):
        rate = settings.lr_neck
        if index < network.backbone_length:
            rate = settings.lr_backbone
        elif index == len(layers) - 1:
            rate = settings.lr_head
        for parameter in layer.parameters():
            parameter.requires_grad = index >= settings.frozen_layers and parameter.is_floating_point()
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    network.head.dfl.requires_grad_(False)
    return torch.optim.AdamW(
        [
            {
                "params": [parameter for parameter in parameters if parameter.requires_grad],
                "lr": rate,
                "initial_lr": rate,
                "weight_decay": decay,
            }
            for (rate, decay), parameters in groups.items()
        ]
    )


def _set_training(network: YoloNetwork) -> None:
    """Train, but keep the batch statistics of the backbone as COCO taught them."""
    network.train()
    for layer in list(network.model)[: network.backbone_length]:
        for module in layer.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def _update_average(average: dict[str, Tensor], network: YoloNetwork, decay: float, step: int) -> None:
    """Move the average a little towards the network; faster in the first steps."""
    keep = min(decay, step / (step + 10))
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - keep)
        else:
            average[name].copy_(value)


def _save(state: Mapping[str, Tensor], facts: Mapping[str, str], path: Path) -> None:
    """Write a state dict as fp16 safetensors, atomically, with the facts as its header."""
    write_tensors(
        path, {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}, facts
    )


def _batches(
    settings: DetectorTrainSettings, images: Sequence[LabelledImage], rng: np.random.Generator
) -> Iterator[Sequence[AugmentedSample]]:
    """Give batches of random views without end.

    A batch has one input size and one grid (the loss pads each image to the largest number of boxes in its batch), a
    view one data set.
    """
    samples: list[Sample] = [(read_pixels(image), image) for image in images]
    families: dict[tuple[frozenset[int], bool], list[int]] = {}
    for index, image in enumerate(images):
        families.setdefault((image.labelled, image.game in settings.game_shares), []).append(index)
    odds = frame_odds(images, settings.game_shares)
    weights = np.array([canvas.weight for canvas in settings.canvases])
    draws = [_drawer(samples, members, odds, rng) for members in families.values()]
    shares = np.array([odds[members].sum() for members in families.values()])
    while True:
        canvas = settings.canvases[_pick(weights, rng)]
        side = 1 + _pick(np.asarray(settings.augment.grid_weights), rng)
        picks = rng.choice(len(draws), size=canvas.batch, p=shares / shares.sum())
        yield [random_view(draws[pick], canvas.size_px, side, settings.augment, rng) for pick in picks]


def frame_odds(images: Sequence[LabelledImage], game_shares: Mapping[str, float]) -> NDArray[np.float64]:
    """Say how often each frame is drawn.

    Args:
        images: n labelled images.
        game_shares: share of the draws by game; games not named share the rest evenly by frame.

    Returns:
        (n,) float64 that sum to 1.

    Raises:
        SettingsError: a game that has no frame, or shares of more than 1.
    """
    missing = set(game_shares) - {image.game for image in images}
    if missing or sum(game_shares.values()) > 1:
        raise SettingsError(f"game_shares: no frames of {sorted(missing)}, or shares that sum to more than 1")
    shares = {**game_shares, "": 1 - sum(game_shares.values())}
    groups = [image.game if image.game in game_shares else "" for image in images]
    counts = Counter(groups)
    return np.array([shares[group] / counts[group] for group in groups], dtype=np.float64)


def _pick(weights: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Draw a position with the odds given."""
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def _drawer(
    samples: Sequence[Sample], members: Sequence[int], odds: NDArray[np.float64], rng: np.random.Generator
) -> Callable[[int], Sequence[Sample]]:
    """Return a function that draws frames of one family of data sets at their odds."""
    share = odds[list(members)] / odds[list(members)].sum()

    def draw(count: int) -> Sequence[Sample]:
        return [samples[members[pick]] for pick in rng.choice(len(members), size=count, p=share)]

    return draw


def read_settings(path: Path) -> DetectorTrainSettings:
    """Read a recipe from YAML.

    Args:
        path: e.g. `configs/detector.yaml`.

    Raises:
        SettingsError: the file is missing or not YAML, or a key or value is wrong.
    """
    data = read_yaml(path, "the recipe")
    try:
        return DetectorTrainSettings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a training from the shell."""
    parser = argparse.ArgumentParser(description="Train the detector.")
    parser.add_argument("--config", type=Path, required=True, help="recipe, e.g. configs/detector.yaml")
    parser.add_argument("--data", type=Path, required=True, help="folder with detection/ and weights/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--rendered", type=Path, help="frames of `python -m pipeline.rendering.frames --out DIR`")
    parser.add_argument("--threads", type=int, default=2, help="threads of the processor")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(1)
    train_detector(read_settings(chosen.config), chosen.data, chosen.out, chosen.rendered)


if __name__ == "__main__":
    main()
