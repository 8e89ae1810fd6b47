"""Splits by game. A leak is an error."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from models.reid.crops import CropSet
from pipeline.errors import SettingsError


def of_games(crops: CropSet, games: Collection[str]) -> CropSet:
    """Return the crops of the named games.

    Raises:
        SettingsError: a game is not there: a misspelt name would quietly hold out nothing.
    """
    known = set(crops.scene_game)
    if unknown := sorted(set(games) - known):
        raise SettingsError(f"split: no game {unknown[0]!r}; games here: {', '.join(sorted(known))}")
    wanted = np.array([game in games for game in crops.scene_game], bool)
    return crops.select(np.flatnonzero(wanted[crops.scene]))


def split_games(
    crops: CropSet, held_out: Collection[str], validation: Collection[str]
) -> tuple[CropSet, CropSet, CropSet]:
    """Split into training, validation and held-out crops: no game, and so no clip or tracklet, on two sides.

    Raises:
        SettingsError: unknown game, a game on two sides, or nothing left to train on.
    """
    if both := sorted(set(held_out) & set(validation)):
        raise SettingsError(f"split: game {both[0]!r} is both held out and used for validation")
    rest = set(crops.scene_game) - set(held_out) - set(validation)
    if not rest:
        raise SettingsError("split: every game is held out or used for validation; nothing is left to train on")
    parts = of_games(crops, rest), of_games(crops, validation), of_games(crops, held_out)
    for other in parts[1:]:
        refuse_leak(parts[0], other)
    return parts


def refuse_leak(train: CropSet, other: CropSet) -> None:
    """Check that training shares no game and no identity with another set.

    Raises:
        SettingsError: it does.
    """
    if shared := sorted(train.games() & other.games()):
        raise SettingsError(f"split leaks: game {shared[0]!r} is in training and outside")
    if len(np.intersect1d(train.identity, other.identity)):
        raise SettingsError("split leaks: an identity is in training and outside")
