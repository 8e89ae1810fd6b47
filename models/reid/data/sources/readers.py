"""From a recipe's `data:` to crops in three splits. One function per reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.reid.data.crops import CropSet
from models.reid.data.settings import (
    CollectionData,
    DataSettings,
    FolderData,
    GameData,
    GameSource,
    MnistData,
    TrackletData,
)
from models.reid.data.sources.files import read_collection, read_folders
from models.reid.data.sources.games import read_game, splits_of_games
from models.reid.data.sources.mnist import read_mnist
from models.reid.data.sources.tracklets import long_enough, read_tracklets
from models.reid.data.splits.people import People, labelled, name_people
from models.reid.data.splits.split import Splits, of_identities, reduced, split_games, split_identities


def read_splits(settings: DataSettings, root: Path, cache: Path) -> Splits:
    """Read what a recipe names.

    Args:
        settings: the recipe's `data`.
        root: where its paths begin.
        cache: folder for packed crops; made if need be.

    Returns:
        Training, validation and test crops; no identity in training and outside.

    Raises:
        InputError: data are missing or damaged.
        SettingsError: the split leaks or leaves nothing to train on.
    """
    splits = READERS[type(settings)](settings, root, cache)
    people_of = (splits.train, splits.validation, splits.test)
    return Splits(*(reduced(people, settings.max_identities, settings.max_crops) for people in people_of))


def _tracklets(settings: TrackletData, root: Path, cache: Path) -> Splits:
    crops = read_tracklets(root / settings.table, root / settings.images, cache)
    crop_sets = split_games(crops, settings.held_out_games, settings.validation_games)
    return Splits(*(name_people(long_enough(crop_set, settings.min_boxes), settings.people) for crop_set in crop_sets))


def _mnist(settings: MnistData, root: Path, cache: Path) -> Splits:
    del cache  # the files are small
    learned, measured = (read_mnist(root / settings.folder, part) for part in ("train", "t10k"))
    train, validation = (labelled(of_identities(learned, digits)) for digits in (settings.train, settings.validation))
    return Splits(train, validation, labelled(of_identities(measured, settings.test)))


def _collection(settings: CollectionData, root: Path, cache: Path) -> Splits:
    found = read_collection(root / settings.folder, settings.reader, cache)
    train, validation = split_identities(found.train, settings.validation_share, settings.split_seed)
    compare: Literal["cameras", "images"] = "images" if settings.same_camera else "cameras"
    test = labelled(found.test, compare, found.asks, found.answers)
    return Splits(labelled(train, compare), labelled(validation, compare), test)


def _folders(settings: FolderData, root: Path, cache: Path) -> Splits:
    crops = read_folders(root / settings.folder, settings.train, cache)
    rest, test = split_identities(crops, settings.test_share, settings.split_seed)
    if settings.test is not None:
        test = _renumbered(read_folders(root / settings.folder, settings.test, cache), crops)
    train, validation = split_identities(rest, settings.validation_share, settings.split_seed + 1)
    return Splits(labelled(train), labelled(validation), labelled(test))


def _renumbered(crops: CropSet, reference: CropSet) -> CropSet:
    """Number classes on from those of another set; a class of the same name keeps that set's number."""
    names = list(reference.identity_names)
    numbers = []
    for name in crops.identity_names:
        if name not in names:
            names.append(name)
        numbers.append(names.index(name))
    return replace(crops, identity=np.array(numbers, np.int64)[crops.identity], identity_names=tuple(names))


def _games(settings: GameData, root: Path, cache: Path) -> Splits:
    del root  # one's own games, not training material

    def read(game: GameSource) -> People:
        video = None if game.video is None else Path(game.video)
        return read_game(Path(game.path), cache, video, settings.every_s, settings.min_visible)

    return splits_of_games(
        [[read(source) for source in sources] for sources in (settings.train, settings.validation, settings.test)]
    )


READERS: Mapping[type[DataSettings], Callable[[Any, Path, Path], Splits]] = {
    TrackletData: _tracklets,
    MnistData: _mnist,
    CollectionData: _collection,
    FolderData: _folders,
    GameData: _games,
}
