"""Splits by game and by identity. A leak is an error."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from models.reid.data.crops import CropSet, Ints
from models.reid.data.splits.people import People
from pipeline.errors import SettingsError


@dataclass(frozen=True)
class Splits:
    """What is learned from, what choices are made on, and what is only measured; the last two may be empty.

    Raises:
        SettingsError: training shares an identity with another part; or a game, where crops are of clips.
    """

    train: People
    validation: People
    test: People

    def __post_init__(self) -> None:
        if not len(self.train):
            raise SettingsError("split: nothing is left to train on")
        for held_out in (self.validation, self.test):
            refuse_leak(self.train.crops, held_out.crops, by_game=self.train.compare == "clips")
        refuse_leak(self.validation.crops, self.test.crops, by_game=self.train.compare == "clips")


def of_games(crops: CropSet, games: Collection[str]) -> CropSet:
    """Return the crops of the named games.

    Raises:
        SettingsError: a game is not there: a misspelt name would quietly hold out nothing.
    """
    available = set(crops.scene_game)
    if unknown := sorted(set(games) - available):
        raise SettingsError(f"split: no game {unknown[0]!r}; games here: {', '.join(sorted(available))}")
    wanted = np.array([game in games for game in crops.scene_game], bool)
    return crops.select(np.flatnonzero(wanted[crops.scene]))


def split_games(
    crops: CropSet, held_out: Collection[str], validation: Collection[str]
) -> tuple[CropSet, CropSet, CropSet]:
    """Split into training, validation and held-out crops: no game, and so no clip or tracklet, in two of them.

    Args:
        crops: the set.
        held_out: games to measure on.
        validation: games for choices.

    Raises:
        SettingsError: unknown game, a game in two of them, or nothing left to train on.
    """
    if both := sorted(set(held_out) & set(validation)):
        raise SettingsError(f"split: game {both[0]!r} is both held out and used for validation")
    rest = set(crops.scene_game) - set(held_out) - set(validation)
    if not rest:
        raise SettingsError("split: every game is held out or used for validation; nothing is left to train on")
    sets = of_games(crops, rest), of_games(crops, validation), of_games(crops, held_out)
    for held in sets[1:]:
        refuse_leak(sets[0], held)
    return sets


def split_identities(crops: CropSet, share: float, seed: int) -> tuple[CropSet, CropSet]:
    """Hold a random share of the identities back, all their crops with them.

    Args:
        crops: labelled crops.
        share: of the identities, in [0, 1); at least one is held back where it is above 0.
        seed: of the choice.

    Returns:
        The rest, and what was held back.

    Raises:
        SettingsError: nothing would be left.
    """
    identities = np.unique(crops.identity)
    count = 0 if share == 0 else max(1, round(share * len(identities)))
    if count >= len(identities):
        raise SettingsError(f"split: holding {count} of {len(identities)} identities back leaves nothing to train on")
    back = np.random.default_rng(seed).choice(identities, count, replace=False)
    held = np.isin(crops.identity, back)
    return crops.select(np.flatnonzero(~held)), crops.select(np.flatnonzero(held))


def of_identities(crops: CropSet, identities: Collection[int]) -> CropSet:
    """Return the crops of the given identities."""
    return crops.select(np.flatnonzero(np.isin(crops.identity, np.array(sorted(identities), np.int64))))


def refuse_leak(train: CropSet, held_out: CropSet, by_game: bool = True) -> None:
    """Check that training shares no identity, and where `by_game` no game, with another set.

    Args:
        train: what is learned from.
        held_out: what is not.
        by_game: whether games count.

    Raises:
        SettingsError: it does.
    """
    if by_game and (shared := sorted(train.games() & held_out.games())):
        raise SettingsError(f"split leaks: game {shared[0]!r} is in training and outside")
    if len(both := np.intersect1d(train.identity, held_out.identity)):
        name = train.identity_names[both[0]] if train.identity_names else str(both[0])
        raise SettingsError(f"split leaks: identity {name!r} is in training and outside")


def reduced(people: People, max_identities: int | None, max_crops: int | None) -> People:
    """Keep the first identities, and crops of each that are spread evenly over what there is.

    Args:
        people: the set.
        max_identities: None for all.
        max_crops: per identity; None for all.
    """
    identity = people.crops.identity
    kept = np.unique(identity)[:max_identities]
    rows = [np.flatnonzero(identity == number) for number in kept] if len(kept) else []
    return people.select(np.sort(np.concatenate([_spread(r, max_crops) for r in rows]))) if rows else people


def _spread(rows: Ints, count: int | None) -> Ints:
    """Take `count` of the rows, evenly."""
    if count is None or len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(np.int64)]
