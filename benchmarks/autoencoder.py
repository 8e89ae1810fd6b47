"""The clustering autoencoder on MNIST: its author's numbers next to ours, and his open questions.

    python -m benchmarks.autoencoder --data ../shared/data                # the six reported numbers
    python -m benchmarks.autoencoder --data ../shared/data --ablation     # other settings, on fewer pictures

Digits 0-4 of the training part are learned; accuracy is on the test part (digits 0-4 "seen", 5-9 "unseen"), K-means on the latent
vectors under the best one-to-one mapping, with k = 10 as the author clusters (five of the ten clusters are then wrong) and with
k = 5. Several seeds (--seeds 3) give means and deviations. --most N clusters N pictures of each digit instead of the recipe's, --whole all of them, as the author:
distances are summed in blocks, so memory stays bounded. Trainings are kept in --out and not
repeated, and go on where they were stopped: about three minutes of one core per seed. --so-far measures them at the epoch that they have reached. Beside each: losses.png, and
seen.png and unseen.png, the latent space (t-SNE).
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.variants import RECIPES, changed, load_last, trained
from models.clustering import KMeans, clustering_accuracy
from models.reid.comparison import draw_training
from models.reid.data.sources.mnist import read_mnist
from models.reid.data.splits.split import of_identities
from models.reid.loop import RECIPE as RECIPE_JSON
from models.reid.loop import WEIGHTS, recorded
from models.reid.methods.autoencoder import AutoencoderRecipe, build
from models.reid.plots import draw_latent
from models.reid.recipe import overlaid
from models.reid.validation import vectors_of
from models.reid.weights import load_network, write_network

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
    """Return %, seen and unseen, k = 10 and k = 5 each, and draw the latent space beside the weights."""
    recipe, network = load_network(weights)
    measured = read_mnist(data / "mnist", "t10k")
    found = []
    draw_training(weights.parent)
    for section, digits in RECIPE_SECTIONS.items():
        crops = of_identities(measured, digits)
        vectors = vectors_of(network, recipe, crops)
        draw_latent(vectors, crops.identity, [str(digit) for digit in range(10)], weights.parent / f"{section}.png")
        found += [100 * clustering_accuracy(crops.identity, KMeans(k)(vectors)) for k in CLUSTERS]
    return found


def weights_of(
    name: str, changes: Mapping[str, Any], seed: int, data: Path, out: Path, so_far: bool = False
) -> tuple[Path, str]:
    """Train with changes to the recipe, unless that was done before.

    Args:
        name: of the training.
        changes: to the recipe.
        seed: of the training.
        data: where MNIST lies.
        out: for a folder of each training.
        so_far: do not train; take what an unfinished training has reached.

    Returns:
        The weights, and, of an unfinished training, how far it is.
    """
    folder = out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    recipe = changed(RECIPE, {**changes, "seed": seed})
    assert isinstance(recipe, AutoencoderRecipe)
    if so_far and not (folder / WEIGHTS).is_file():
        return reached(recipe, folder)
    if not (folder / RECIPE_JSON).is_file():
        begin(recipe, folder)
    return trained(recipe, data, folder), ""


def reached(recipe: AutoencoderRecipe, folder: Path) -> tuple[Path, str]:
    """Write the network of the last checkpoint of the clustering phase, and say after how many epochs that is.

    Raises:
        InputError: there is none.
    """
    network = build(recipe)
    epochs = load_last(network, folder / "clustering" / "last.ckpt")
    write_network(folder / "so-far.safetensors", network, {"recipe": recorded(recipe)})
    return folder / "so-far.safetensors", f", after {epochs} epochs"


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
    parser.add_argument("--whole", action="store_true", help="all pictures in the clustering phase")
    parser.add_argument("--lines", nargs="+", help="only these")
    parser.add_argument("--so-far", action="store_true", help="measure unfinished trainings as they are")
    given = parser.parse_args()
    reported = {name: (seen, unseen) for name, (_, seen, unseen) in AUTHOR.items()}
    chosen = ABLATION if given.ablation else {name: changes for name, (changes, _, _) in AUTHOR.items()}
    print(
        "| | seen, reported | k = 10 | k = 5 | unseen, reported | k = 10 | k = 5 |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for name in given.lines or chosen:
        whole, label = chosen[name], name
        if given.ablation:
            whole, label = overlaid(SMALL, whole), f"small {name}"
        if given.whole or given.most is not None:
            whole = overlaid(whole, {"cluster": {"most": None if given.whole else given.most}})
            label = f"{label} {'whole' if given.whole else given.most}"
        trainings = [weights_of(label, whole, seed, given.data, given.out, given.so_far) for seed in range(given.seeds)]
        found = [accuracies(weights, given.data) for weights, _ in trainings]
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
        cells = [f"{m:.1f}" + (f" ± {s:.1f}" if given.seeds > 1 else "") for m, s in zip(mean, spread, strict=True)]
        seen, unseen = reported.get(name, ("", ""))
        line = f"{name}{trainings[0][1]} | {seen} | {cells[0]} | {cells[1]} | {unseen} | {cells[2]} | {cells[3]}"
        print(f"| {line} |", flush=True)


if __name__ == "__main__":
    main()
