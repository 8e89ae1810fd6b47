"""Packed scenes of method 4: cluster what stands in a picture and draw what was found, on a shelf and among players.

    python -m benchmarks.scenes --data ../shared/data

A network that is missing in --runs is trained first by its recipe (`anchors.yaml`, `anchors_players.yaml`: two minutes of processor time, once). Further
weight files, such as trainings with another lambda, give a row each: `--shelf FILE`, `--players FILE`.

*Shelf*: a picture of 63 boxes without truth, two-stage HDBSCAN. "In a row" is the share of boxes in a cluster whose nearest neighbour to the left or
right is in the same one, which chance makes small and a shelf large. *Players*: each frame of the held-out game by itself, by two-stage HDBSCAN and by k-means with two
clusters (chosen on a training game, `--game boston-celtics-new-york-knicks-game-1`); "right" is the share of its players under the best one-to-one mapping of clusters to teams.

Pictures, in --out, a folder for each network: shelf.jpg and players.jpg (boxes by cluster, groups that stand together outlined), latent.png (t-SNE; of the
shelf by cluster, of players by person), features.png (maps of the network's last convolution).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.variants import RECIPES, changed, trained
from models.clustering import NOISE, Clusterer, KMeans, TwoStageHDBSCAN, clustering_accuracy
from models.encoders import load_encoder
from models.reid.data.batches.pictures import pictures_of, to_network
from models.reid.data.crops import CropSet
from models.reid.data.settings import TrackletData
from models.reid.data.sources.tracklets import read_tracklets
from models.reid.data.splits.people import People, name_people
from models.reid.data.splits.split import split_games
from models.reid.plots import draw_features, draw_latent
from models.reid.recipe import read_recipe
from models.reid.settings import Recipe
from models.reid.shelf import Clustered, Shelf, cluster_shelf, draw_shelf, read_shelf
from models.reid.tasks import HELD_OUT_GAME
from models.reid.validation import vectors_of
from models.reid.weights import load_network
from models.vectors import unit
from pipeline.errors import InputError

PICTURE_PX, FILMED_PX = 1200, (1280, 720)
"""Height of a picture of the shelf, and size of one of players: frames are stored stretched to a square."""
CLUSTERERS: dict[str, Clusterer] = {"two-stage HDBSCAN": TwoStageHDBSCAN(), "two clusters": KMeans(2)}
SHIPPED = "shipped encoder"


@dataclass(frozen=True)
class Frames:
    """Players of one game.

    Attributes:
        people: n crops.
        boxes: (n, 4) x1 y1 x2 y2 in px of the stored picture.
        files: (n,) picture of each.
    """

    people: People
    boxes: NDArray[np.int64]
    files: NDArray[np.object_]


def read_frames(data: Path, cache: Path, recipe: Recipe, game: str = HELD_OUT_GAME) -> Frames:
    """Read a game of a recipe with the boxes and pictures of its crops.

    Raises:
        InputError: the recipe is not one of tracklets.
    """
    given = recipe.data
    if not isinstance(given, TrackletData):
        raise InputError(f"recipe {recipe.method}: players are read from tracklets, not by {given.reader!r}")
    _, _, crops = split_games(read_tracklets(data / given.table, data / given.images, cache), (game,), ())
    people = name_people(crops, given.people)
    table = pd.read_csv(data / given.table).set_index(["clip", "frame", "tracklet"])
    crops = people.crops
    clips = [crops.scene_names[scene] for scene in crops.scene]
    rows = table.loc[list(zip(clips, crops.frame.tolist(), crops.tracklet.tolist(), strict=True))]
    boxes = rows[["x", "y", "w", "h"]].to_numpy(float)
    boxes[:, 2:] += boxes[:, :2]
    files = np.array(
        [str(data / given.images / split / file) for split, file in zip(rows["split"], rows["file"], strict=True)]
    )
    return Frames(people, np.rint(boxes).astype(np.int64), files.astype(np.object_))


def look_at_shelf(shelf: Shelf, recipe: Recipe, network: nn.Module, folder: Path) -> Clustered:
    """Cluster a shelf with one network and draw the pictures into a folder."""
    crops = shelf.crops()
    vectors = unit(vectors_of(network, recipe, crops))
    found = cluster_shelf(vectors, shelf.boxes)
    drawn = draw_shelf(shelf, found)
    scale = PICTURE_PX / drawn.shape[0]
    write(folder / "shelf.jpg", cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    names = [f"cluster {k}" for k in range(found.labels.max() + 1)]
    kept = np.flatnonzero(found.labels != NOISE)
    draw_latent(vectors[kept], found.labels[kept], names, folder / "latent.png")
    draw_maps(network, recipe, crops, folder / "features.png")
    return found


def look_at_players(frames: Frames, vectors: NDArray[np.float32], folder: Path) -> dict[str, tuple[float, float]]:
    """Cluster each frame by itself, and draw a frame of the median share right and the vectors of its clip.

    Args:
        frames: of one game.
        vectors: (n, dim), unit length.
        folder: for players.jpg and latent.png.

    Returns:
        Clusterer -> share of players right and share in no cluster, means over frames.
    """
    people, crops = frames.people, frames.people.crops
    in_team = people.team >= 0
    pictures, of_picture = np.unique(frames.files[in_team], return_inverse=True)
    found = {}
    for name, clusterer in CLUSTERERS.items():
        scores = list[tuple[float, float]]()  # of the last one the frame is drawn
        for number in range(len(pictures)):
            rows = np.flatnonzero(in_team)[of_picture == number]
            labels = clusterer(vectors[rows])
            scores.append((clustering_accuracy(people.team[rows], labels), float((labels == NOISE).mean())))
        share_right, none = np.mean(scores, axis=0)
        found[name] = (float(share_right), float(none))
    by_share = np.argsort([share for share, _ in scores], kind="stable")
    rows = np.flatnonzero(in_team)[of_picture == by_share[len(by_share) // 2]]
    picture = cv2.imread(str(frames.files[rows[0]]))
    if picture is None:
        raise InputError(f"picture {frames.files[rows[0]]}: missing or unreadable")
    stretch = np.array(FILMED_PX) / (picture.shape[1], picture.shape[0])
    scene = Shelf(
        np.asarray(cv2.resize(picture, FILMED_PX), np.uint8),
        np.rint(frames.boxes[rows] * np.tile(stretch, 2)).astype(np.int64),
    )
    write(folder / "players.jpg", draw_shelf(scene, cluster_shelf(vectors[rows], scene.boxes, clusterer)))
    clip = np.flatnonzero(in_team & people.named & (crops.scene == crops.scene[rows[0]]))
    draw_latent(vectors[clip], numbered_by_team(people, clip), names_by_team(people, clip), folder / "latent.png")
    return found


def numbered_by_team(people: People, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the people of some rows, team by team."""
    keys = np.column_stack([people.team[rows], people.crops.identity[rows]])
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()


def names_by_team(people: People, rows: NDArray[np.int64]) -> list[str]:
    """Name the people of some rows in the order of `numbered_by_team`."""
    keys = np.unique(np.column_stack([people.team[rows], people.crops.identity[rows]]), axis=0)
    return [f"team {'AB'[team]}, person {identity}" for team, identity in keys.tolist()]


def draw_maps(network: nn.Module, recipe: Recipe, crops: CropSet, file: Path) -> None:
    """Draw the feature maps of five crops."""
    rows = np.linspace(0, len(crops) - 1, 5).round().astype(int)
    pictures = pictures_of(crops.select(rows), recipe.picture)
    with torch.inference_mode():
        features: Callable[[torch.Tensor], torch.Tensor] = network.get_submodule("features")
        maps = features(to_network(torch.from_numpy(pictures), recipe.picture)).numpy()
    draw_features(list(pictures), list(maps), file)


def write(file: Path, picture: NDArray[np.uint8] | cv2.typing.MatLike) -> None:
    """Write a picture, into a folder that is made if need be."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), picture)


def network_of(name: str, data: Path, runs: Path) -> Path:
    """Return the weights of a recipe; trained, where that was not done before."""
    return trained(changed(RECIPES / f"{name}.yaml", {}), data, runs / name)


def shelf_table(weights: list[Path], data: Path, out: Path) -> None:
    """Print what each network finds on the shelf."""
    shelf = read_shelf(data / "reid" / "packed_scenes.zip")
    print("| shelf | lambda | clusters | boxes in none | groups of two or more | in a row | silhouette |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for path in weights:
        recipe, network = load_network(path)
        found = look_at_shelf(shelf, recipe, network, out / path.parent.name)
        scale = recipe.model_dump().get("train", {}).get("scale", float("nan"))
        joined = sum(len(group.members) > 1 for group in found.groups)
        none = f"{(found.labels == NOISE).sum()} of {len(shelf.boxes)}"
        numbers = (found.labels.max() + 1, none, joined, f"{found.neighbours:.2f}", f"{found.silhouette:.2f}")
        print(f"| {path.parent.name} | {scale:g} | " + " | ".join(str(number) for number in numbers) + " |", flush=True)


def players_table(weights: list[Path], data: Path, out: Path, cache: Path, game: str) -> None:
    """Print how well each network and the shipped encoder tell teams in single frames."""
    frames = read_frames(data, cache, read_recipe(RECIPES / "anchors_players.yaml"), game)
    crops = frames.people.crops
    print("\n| players | " + " | ".join(f"{name}, right | in none" for name in CLUSTERERS) + " |")
    print("|---|" + "---:|" * 2 * len(CLUSTERERS))
    encoder = load_encoder("osnet", "builtin")
    for path in [*weights, None]:
        name = SHIPPED if path is None else path.parent.name
        folder = out / name.replace(" ", "-")
        if path is None:
            vectors = encoder.embed([crops.person(row) for row in range(len(crops))])
        else:
            recipe, network = load_network(path)
            vectors = unit(vectors_of(network, recipe, crops))
            draw_maps(network, recipe, crops, folder / "features.png")
        found = look_at_players(frames, vectors, folder)
        cells = [f"{100 * number:.1f}" for pair in found.values() for number in pair]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print the tables and draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs/reid"))
    parser.add_argument("--shelf", type=Path, nargs="+", help="further weights for the shelf", default=[])
    parser.add_argument("--players", type=Path, nargs="+", help="further weights for players", default=[])
    parser.add_argument("--game", default=HELD_OUT_GAME, help="of players; their clusterer was chosen on another")
    parser.add_argument("--out", type=Path, default=Path("reports/scenes"))
    given = parser.parse_args()
    shelf_table([network_of("anchors", given.data, given.runs), *given.shelf], given.data, given.out)
    players = [network_of("anchors_players", given.data, given.runs), *given.players]
    players_table(players, given.data, given.out, given.runs / "cache", given.game)


if __name__ == "__main__":
    main()
