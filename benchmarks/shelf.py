"""Cluster the boxes of a packed shelf, and draw what was found.

    courtside train reid --recipe configs/reid/anchors.yaml
    python -m benchmarks.shelf --data ../shared/data runs/reid/anchors/weights.safetensors

Several weight files, such as trainings with another lambda, give a row each. The shelf has no truth: "in a row" is the share of
boxes in a cluster whose nearest neighbour to the left or right is in the same one, which chance makes small and a shelf large.
Beside each weight file: shelf.jpg (boxes by cluster, groups outlined), shelf-latent.png (t-SNE, coloured by cluster), features.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from models.clustering import NOISE
from models.reid.data.batches.pictures import pictures_of, to_network
from models.reid.plots import draw_features, draw_latent
from models.reid.settings import Recipe
from models.reid.shelf import Clustered, Shelf, cluster_shelf, draw_shelf, read_shelf
from models.reid.validation import vectors_of
from models.reid.weights import load_network
from models.vectors import unit

PICTURE_PX = 1200
"""Height of the picture that is written."""


def look_at(shelf: Shelf, recipe: Recipe, network: nn.Module, folder: Path) -> Clustered:
    """Cluster a shelf with one network and draw the pictures into a folder."""
    crops = shelf.crops()
    vectors = unit(vectors_of(network, recipe, crops))
    found = cluster_shelf(vectors, shelf.boxes)
    drawn = draw_shelf(shelf, found)
    scale = PICTURE_PX / drawn.shape[0]
    cv2.imwrite(str(folder / "shelf.jpg"), cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    names = [f"cluster {k}" for k in range(found.labels.max() + 1)]
    kept = np.flatnonzero(found.labels != NOISE)
    draw_latent(vectors[kept], found.labels[kept], names, folder / "shelf-latent.png")
    features = network.get_submodule("features")
    rows = np.linspace(0, len(crops) - 1, 5).round().astype(int)
    pictures = pictures_of(crops.select(rows), recipe.picture)
    with torch.inference_mode():
        maps = features(to_network(torch.from_numpy(pictures), recipe.picture)).numpy()
    draw_features(list(pictures), list(maps), folder / "features.png")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    shelf = read_shelf(given.data / "reid" / "packed_scenes.zip")
    print("| weights | lambda | clusters | boxes in none | groups of two or more | in a row | silhouette |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for path in given.weights:
        recipe, network = load_network(path)
        found = look_at(shelf, recipe, network, path.parent)
        scale = recipe.model_dump().get("train", {}).get("scale", float("nan"))
        joined = sum(len(group.members) > 1 for group in found.groups)
        numbers = (
            found.labels.max() + 1,
            f"{(found.labels == NOISE).sum()} of {len(shelf.boxes)}",
            joined,
            f"{found.neighbours:.2f}",
            f"{found.silhouette:.2f}",
        )
        print(f"| {path.parent.name} | {scale:g} | " + " | ".join(str(number) for number in numbers) + " |", flush=True)


if __name__ == "__main__":
    main()
