"""The clustering autoencoder on MNIST: its author's numbers next to ours, and his open questions.

    python -m benchmarks.autoencoder --data ../shared/data                # the six reported numbers
    python -m benchmarks.autoencoder --data ../shared/data --ablation     # other settings, on fewer pictures

Digits 0-4 of the training part are learned; accuracy is on the test part (digits 0-4 "seen", 5-9 "unseen"), K-means on the latent
vectors under the best one-to-one mapping, with k = 10 as the author clusters (five of the ten clusters are then wrong) and with
k = 5. Several seeds (--seeds 3) give means and deviations. --most N clusters N pictures of each digit instead of the recipe's
(the author: all of them, fifteen times the time). Trainings are kept in --out and not repeated: about three minutes of one core
per seed.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.variants import RECIPES, changed, trained
from models.clustering import KMeans, clustering_accuracy
from models.reid.data.sources.mnist import read_mnist
from models.reid.data.splits.split import of_identities
from models.reid.loop import RECIPE as RECIPE_JSON
from models.reid.loop import recorded
from models.reid.methods.autoencoder import AutoencoderRecipe
from models.reid.recipe import overlaid
from models.reid.validation import vectors_of
from models.reid.weights import load_network

RECIPE = RECIPES / "autoencoder.yaml"
PRETRAINED = "pretraining.safetensors"
RECIPE_SECTIONS = {"seen": range(5), "unseen": range(5, 10)}
CLUSTERS = (10, 5)
AUTHOR: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "reconstruction only": ({"cluster": {"epochs": 0}}, "66", "44"),
    "with both losses": ({}, "76", "45"),
    "with both losses, ten epochs": ({"cluster": {"epochs": 10}}, "76", "45"),
    "without reconstruction": ({"pretrain": {"epochs": 0}, "cluster": {"reconstruction": 0.0}}, "31", "26"),
}
"""Changes to the recipe, and what the author reports for seen and unseen digits, %."""
SMALL: dict[str, Any] = {
    "data": {"max_crops": 400},
    "pretrain": {"epochs": 30, "batch": 128},
    "cluster": {"epochs": 20, "most": 100},
}
ABLATION: Mapping[str, dict[str, Any]] = {
    "as the author's": {},
    "no losses on distances": {"cluster": {"distances": 0.0}},
    "no reconstruction after the pre-training": {"cluster": {"reconstruction": 0.0}},
    "latent linear": {"network": {"activation": "linear"}},
    "latent tanh": {"network": {"activation": "tanh"}},
    "latent sigmoid": {"network": {"activation": "sigmoid"}},
    "prior of fixed variance": {"network": {"activation": "linear", "prior": "fixed_variance"}},
    "Gaussian prior": {"network": {"activation": "linear", "prior": "gaussian"}},
    "w = 1": {"cluster": {"balance": 1.0}},
    "weights follow the losses": {"cluster": {"follow": True}},
    "weights follow, latent linear": {"cluster": {"follow": True}, "network": {"activation": "linear"}},
    "ten times the distances": {"cluster": {"reconstruction": 0.9, "distances": 0.1}},
}


def accuracies(weights: Path, data: Path) -> list[float]:
    """Return %, seen and unseen, k = 10 and k = 5 each."""
    recipe, network = load_network(weights)
    measured = read_mnist(data / "mnist", "t10k")
    found = []
    for digits in RECIPE_SECTIONS.values():
        crops = of_identities(measured, digits)
        vectors = vectors_of(network, recipe, crops)
        found += [100 * clustering_accuracy(crops.identity, KMeans(k)(vectors)) for k in CLUSTERS]
    return found


def weights_of(name: str, changes: Mapping[str, Any], seed: int, data: Path, out: Path) -> Path:
    """Train with changes to the recipe, unless that was done before."""
    folder = out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    recipe = changed(RECIPE, {**changes, "seed": seed})
    assert isinstance(recipe, AutoencoderRecipe)
    if not (folder / RECIPE_JSON).is_file():
        begin(recipe, folder)
    return trained(recipe, data, folder)


def begin(recipe: AutoencoderRecipe, folder: Path) -> None:
    """Take over the pre-training of a neighbouring training that differs in its clustering alone: seed for seed the same."""
    wanted_recipe = recorded(recipe)
    for done in sorted(folder.parent.glob(f"*/{PRETRAINED}")):
        theirs = json.loads((done.parent / RECIPE_JSON).read_text(encoding="utf-8"))
        if {**theirs, "cluster": None} == {**wanted_recipe, "cluster": None} and recipe.pretrain.epochs:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(done, folder)
            (folder / RECIPE_JSON).write_text(json.dumps(wanted_recipe), encoding="utf-8")
            return


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/reid/autoencoders"))
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--most", type=int, help="pictures of each digit in the clustering phase")
    given = parser.parse_args()
    reported = {name: (seen, unseen) for name, (_, seen, unseen) in AUTHOR.items()}
    chosen = ABLATION if given.ablation else {name: changes for name, (changes, _, _) in AUTHOR.items()}
    print(
        "| | seen, reported | k = 10 | k = 5 | unseen, reported | k = 10 | k = 5 |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for name, changes in chosen.items():
        whole = overlaid(SMALL, changes) if given.ablation else changes
        label = f"small {name}" if given.ablation else name
        if given.most is not None:
            whole, label = overlaid(whole, {"cluster": {"most": given.most}}), f"{label} {given.most}"
        found = [
            accuracies(weights_of(label, whole, seed, given.data, given.out), given.data) for seed in range(given.seeds)
        ]
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
        cells = [f"{m:.1f}" + (f" ± {s:.1f}" if given.seeds > 1 else "") for m, s in zip(mean, spread, strict=True)]
        seen, unseen = reported.get(name, ("", ""))
        print(f"| {name} | {seen} | {cells[0]} | {cells[1]} | {unseen} | {cells[2]} | {cells[3]} |", flush=True)


if __name__ == "__main__":
    main()
