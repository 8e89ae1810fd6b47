"""From a recipe's `data:` to crops in three parts. One function per reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models.reid.data.mnist import read_mnist
from models.reid.data.people import labelled, name_people
from models.reid.data.settings import DataSettings, MnistData, TrackletData
from models.reid.data.split import Splits, of_identities, reduced, split_games
from models.reid.data.tracklets import long_enough, read_tracklets


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
    parts = (splits.train, splits.validation, splits.test)
    return Splits(*(reduced(part, settings.max_identities, settings.max_crops) for part in parts))


def _tracklets(settings: TrackletData, root: Path, cache: Path) -> Splits:
    crops = read_tracklets(root / settings.table, root / settings.images, cache)
    parts = split_games(crops, settings.held_out_games, settings.validation_games)
    return Splits(*(name_people(long_enough(part, settings.min_boxes), settings.people) for part in parts))


def _mnist(settings: MnistData, root: Path, cache: Path) -> Splits:
    del cache  # the files are small
    learned, measured = (read_mnist(root / settings.folder, part) for part in ("train", "t10k"))
    train, validation = (labelled(of_identities(learned, digits)) for digits in (settings.train, settings.validation))
    return Splits(train, validation, labelled(of_identities(measured, settings.test)))


READERS: Mapping[type[DataSettings], Callable[[Any, Path, Path], Splits]] = {
    TrackletData: _tracklets,
    MnistData: _mnist,
}
