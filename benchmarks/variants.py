"""Methods of re-identification with other settings: what each choice of a recipe is worth.

    python -m benchmarks.variants siamese --data ../shared/data
    python -m benchmarks.variants dispersion --data ../shared/data      # or attributes_osnet

Each line is one training by the recipe with a few settings changed (one seed; of siamese half as long). The best state is chosen on the validation game
and scored there and on the held-out game (`models.reid.validation`): choose by the first, believe the second. Trainings are
kept in --out, with losses and validation over their epochs (losses.png), and not repeated. "pairs" are told apart from crops at least a second apart. "any pairs" need not be: of the
crops that were trained on, of other frames of their tracklets (a split by frame, as is often seen), and of the held-out game (a split by people), each by the best
state and by the last one.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import nn

from models.reid.backbones import start_from
from models.reid.comparison import draw_training
from models.reid.data.sources.readers import read_splits
from models.reid.data.splits.people import People
from models.reid.data.splits.split import Splits
from models.reid.loop import WEIGHTS, read_metrics, recorded, train_recipe
from models.reid.methods import find_method
from models.reid.methods.siamese import PairNet, pair_accuracy
from models.reid.recipe import overlaid, recipe_of
from models.reid.settings import Recipe
from models.reid.validation import validation_scores
from models.reid.weights import load_network, write_network
from pipeline.errors import InputError

RECIPES = Path(__file__).parents[1] / "configs" / "reid"
UNTRAINED = "untrained"
_MOBILENET: dict[str, Any] = {"backbone": "mobilenetv2", "start": "imagenet", "learning_rate": 1e-4}
_SMALL: dict[str, Any] = {"picture": {"size_px": [48, 24]}, "batches": 100}
"""A quarter of the pixels, so that ten thousand steps are minutes."""
VARIANTS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "siamese": {
        "24 epochs of the recipe": {},
        "as in the recipe": {"loop": {"epochs": 48, "check_every": 4}},
        "rate 5e-5, as published": {"learning_rate": 5e-5},
        "merged by cosine": {"merge": "cosine"},
        "triplet for contrastive": {"losses": {"contrastive": 0, "triplet": 1}},
        "identity beside": {"losses": {"identity": 1}},
        "OSNet from MSMT17": {"backbone": "osnet", "start": "weights/osnet_x0_25_msmt17.safetensors"},
        "rate 5e-5, ten times as long": {"learning_rate": 5e-5, "loop": {"epochs": 240, "check_every": 24}},
        "small, 1e-3": {**_SMALL, "loop": {"epochs": 10, "check_every": 1}},
        "small, 5e-5, 12,000 steps": {
            **_SMALL,
            "learning_rate": 5e-5,
            "loop": {"epochs": 120, "check_every": 10, "patience": None},
        },
        "MobileNetV2": _MOBILENET,
        "MobileNetV2, merged by cosine": {**_MOBILENET, "merge": "cosine"},
        "MobileNetV2, triplet": {**_MOBILENET, "losses": {"contrastive": 0, "triplet": 1}},
        "MobileNetV2, identity beside": {**_MOBILENET, "losses": {"identity": 1}},
    },
    "dispersion": {
        UNTRAINED: {},
        "as in the recipe": {},
        "merged as the released code does": {"labels": "released"},
        "lambda 0": {"merge": {"penalty": 0.0}},
        "lambda 0.5": {"merge": {"penalty": 0.5}},
        "lambda 1": {"merge": {"penalty": 1.0}},
        "merged by size (BUC)": {"labels": "sized"},
        "tracklets, never two of one frame": {"samples": "tracklets", "constrained": True},
    },
    "attributes_mobilenet": {
        "all heads": {},
        "without state": {"heads": ["number", "jersey"]},
        "without number": {"heads": ["state", "jersey"]},
        "without jersey": {"heads": ["state", "number"]},
        "features alone": {"heads": []},
    },
    "attributes_osnet": {
        "as in the recipe": {},
        "rate 1e-3, as published": {"learning_rate": 1e-3},
    },
}
"""Recipe -> name of a line -> changes; `untrained`: the network that a training begins with."""
SHORTER: Mapping[str, dict[str, Any]] = {"siamese": {"loop": {"epochs": 24, "check_every": 3}}}
"""Changes to all lines of a recipe."""
COLUMNS = {"rank-1": "val/rank1", "mAP": "val/mAP", "mAP mates": "val/mAP_mates", "AUC": "val/AUC", "pairs": "pairs"}


LEAKS = [
    f"any pairs, {split}, {state}" for state in ("best", "last") for split in ("trained on", "by frame", "by people")
]


def changed(file: Path, changes: Mapping[str, Any]) -> Recipe:
    """Read a recipe with some settings changed, without its variants."""
    plain = yaml.safe_load(file.read_text(encoding="utf-8"))
    whole = {key: value for key, value in plain.items() if key not in ("digits", "short")}
    return recipe_of(overlaid(whole, changes), str(file), file.parent)


def variant(name: str, line: str) -> Recipe:
    """Return the recipe of one line."""
    return changed(RECIPES / f"{name}.yaml", overlaid(SHORTER.get(name, {}), VARIANTS[name][line]))


def trained(recipe: Recipe, data: Path, folder: Path) -> Path:
    """Train into a folder, unless that was done before."""
    kept = folder / WEIGHTS
    return kept if kept.is_file() else train_recipe(recipe, data, folder, (folder / "recipe.json").is_file())


def untrained(recipe: Any, data: Path, folder: Path) -> Path:
    """Write the network that a training begins with."""
    torch.manual_seed(recipe.seed)
    network = find_method(recipe.method, UNTRAINED).build(recipe)
    start_from(network, recipe.backbone, data / recipe.start)
    folder.mkdir(parents=True, exist_ok=True)
    write_network(folder / WEIGHTS, network, {"recipe": recorded(recipe)})
    return folder / WEIGHTS


def scores(weights: Path, people: People, cache: Path) -> list[str]:
    """Return the cells of one set, in the order of COLUMNS."""
    recipe, network = load_network(weights)
    found = validation_scores(network, recipe, people, cache, find_method(recipe.method, str(weights)).metric)
    if isinstance(network, PairNet):
        found["pairs"] = pair_accuracy(network, recipe, people)
    return [f"{100 * found[key]:.1f}" if key in found else "" for key in COLUMNS.values()]


def unseen_frames(recipe: Any, data: Path, cache: Path) -> People:
    """Return the crops of the training people that `data.max_crops` left out of training."""
    whole, used = (
        read_splits(recipe.data.model_copy(update=changes), data, cache).train for changes in ({"max_crops": None}, {})
    )
    keys = [
        [*zip(people.crops.scene.tolist(), people.crops.tracklet.tolist(), people.crops.frame.tolist(), strict=True)]
        for people in (whole, used)
    ]
    taken = set(keys[1])
    return whole.select(np.flatnonzero(np.array([key not in taken for key in keys[0]], bool)))


def folder_of(out: Path, recipe: str, line: str) -> Path:
    """Return the folder of the training of one line."""
    return out / f"{recipe} {line}".replace(" ", "-").replace(",", "")


def curve(folder: Path) -> list[str]:
    """Lay out what was measured while a training went on as Markdown: a row per validation, shares in %, losses as they are."""
    phases = {file.parent.name: read_metrics(file) for file in sorted(folder.glob("*/metrics.csv"))}
    names = list(dict.fromkeys(name for numbers in phases.values() for name in numbers if name != "epoch"))
    rows = ["| phase | epoch | " + " | ".join(name.removeprefix("val/") for name in names) + " |"]
    rows.append("|---|" + "---:|" * (len(names) + 1))
    for phase, numbers in phases.items():
        for at, epoch in enumerate(numbers["epoch"]):
            values = {name: numbers.get(name, [])[at : at + 1] for name in names}
            if any(name.startswith("val/") and value and np.isfinite(value[0]) for name, value in values.items()):
                shown = [(100 if "/" in name else 1) * value[0] if value else np.nan for name, value in values.items()]
                cells = [f"{number:.3g}" if np.isfinite(number) else "" for number in shown]
                rows.append(f"| {phase} | {epoch + 1:.0f} | " + " | ".join(cells) + " |")
    return rows


def load_last(network: nn.Module, checkpoint: Path) -> int:
    """Put the state of a checkpoint of the loop into a network, and return after how many epochs that was.

    Raises:
        InputError: there is none.
    """
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint}: no such checkpoint; train first")
    kept = torch.load(checkpoint, weights_only=True, map_location="cpu")
    below = {
        name.removeprefix("network."): value
        for name, value in kept["state_dict"].items()
        if name.startswith("network.")
    }
    network.load_state_dict(below)
    return int(kept["epoch"]) + 1


def leaky(recipe: Recipe, weights: Path, splits: Splits, data: Path, cache: Path) -> list[str]:
    """Return the cells of pairs told right by people and by frame, for the best state and the last; empty where nothing verifies pairs."""
    _, network = load_network(weights)  # its recipe no longer says where the table of people lies
    if not isinstance(network, PairNet):
        return ["" for _ in LEAKS]
    parts = {"trained on": splits.train, "by frame": unseen_frames(recipe, data, cache), "by people": splits.test}
    best = [pair_accuracy(network, recipe, people, gap_s=0.0) for people in parts.values()]
    load_last(network, weights.parent / "pairs" / "last.ckpt")
    last = [pair_accuracy(network, recipe, people, gap_s=0.0) for people in parts.values()]
    return [f"{100 * share:.1f}" for share in (*best, *last)]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", choices=sorted(VARIANTS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/reid/variants"))
    parser.add_argument("--lines", nargs="+", help="only these")
    parser.add_argument(
        "--curve", action="store_true", help="print what was measured while the lines were trained, instead"
    )
    given = parser.parse_args()
    lines = given.lines or list(VARIANTS[given.recipe])
    if given.curve:
        for name in lines:
            print(f"\n{name}\n\n" + "\n".join(curve(folder_of(given.out, given.recipe, name))))
        return
    heads = [
        *(f"{name}, {part}" for part in ("validation", "held out") for name in COLUMNS),
        *LEAKS,
    ]
    print("| " + " | ".join(("", *heads)) + " |\n|---|" + "---:|" * len(heads))
    for name in lines:
        recipe, folder = variant(given.recipe, name), folder_of(given.out, given.recipe, name)
        weights = (untrained if name == UNTRAINED else trained)(recipe, given.data, folder)
        splits = read_splits(recipe.data, given.data, given.out / "cache")
        cells = [
            cell for part in (splits.validation, splits.test) for cell in scores(weights, part, given.out / "cache")
        ]
        draw_training(folder)
        cells += leaky(recipe, weights, splits, given.data, given.out / "cache")
        print("| " + " | ".join((name, *cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
