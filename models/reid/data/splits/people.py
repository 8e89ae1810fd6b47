"""Who is certainly the same person and who is certainly another: tracklets, and people named by hand.

A tracklet is one person, and two tracklets of one frame are two people; nothing else is certain. A table of people (CSV:
clip, tracklet, team, person) says more: the same person in several clips of a game, and different people in different clips.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.reid.data.crops import CropSet, Ints
from models.reid.evaluation import Bool, simultaneous
from pipeline.errors import InputError

COLUMNS = ("clip", "tracklet", "team", "person")


@dataclass(frozen=True)
class People:
    """What is certain about the crops of a set.

    Attributes:
        crops: the set, its identities joined where a person is named in several tracklets.
        team: (n,) 0, 1 or -1 (unknown) per crop; a number means nothing across games.
        named: (n,) the crop's person is named by hand.
        differ: (m, m) identities that certainly differ; m is larger than every identity.
        compare: how crops are compared: within their clip, away from the moment; across cameras (Market-1501's protocol:
            the same person under the same camera does not count); or each with every other.
        fps: frames per second of the clips.
        asks, answers: (n,) the crop is a query, is in the gallery; None: all are.
    """

    crops: CropSet
    team: Ints
    named: NDArray[np.bool_]
    differ: Bool
    compare: Literal["clips", "cameras", "images"] = "clips"
    fps: float = 30.0
    asks: Bool | None = None
    answers: Bool | None = None

    def __len__(self) -> int:
        return len(self.crops)

    def select(self, rows: Ints) -> People:
        """Return the crops of the given rows; identities keep their numbers."""
        asks, answers = (None if mask is None else mask[rows] for mask in (self.asks, self.answers))
        return replace(
            self,
            crops=self.crops.select(rows),
            team=self.team[rows],
            named=self.named[rows],
            asks=asks,
            answers=answers,
        )


def labelled(
    crops: CropSet,
    compare: Literal["cameras", "images"] = "images",
    asks: Bool | None = None,
    answers: Bool | None = None,
) -> People:
    """Take every identity for another person than every other: sets whose labels are complete.

    Args:
        crops: the set.
        compare: across cameras, or each with every other.
        asks: (n,) queries; None: all.
        answers: (n,) gallery; None: all.
    """
    size = int(crops.identity.max(initial=-1)) + 1
    differ: Bool = ~np.eye(size, dtype=np.bool_)
    unknown = np.full(len(crops), -1, np.int64)
    return People(crops, unknown, np.ones(len(crops), bool), differ, compare, asks=asks, answers=answers)


def unnamed(crops: CropSet) -> People:
    """Take every tracklet for an identity of its own."""
    none = np.full(len(crops), -1, np.int64)
    differ = simultaneous(crops.identity, crops.scene, crops.frame.astype(np.float64))
    return People(crops, none, np.zeros(len(crops), bool), differ)


def name_people(crops: CropSet, table: Path | None) -> People:
    """Join the tracklets of people named by hand.

    Two identities certainly differ when they share a frame, when they are two named people of one game, or
    play for different teams in one game.

    Args:
        crops: tracklets.
        table: CSV with clip, tracklet, team (A or B; - for a tracklet that shows nobody, which is left out) and person
            (empty where not known); None for no names.

    Raises:
        InputError: the table is missing or lacks a column.
    """
    if table is None:
        return unnamed(crops)
    table_rows = _read(table)
    game_index = {game: i for i, game in enumerate(sorted(set(crops.scene_game)))}
    game = np.array([game_index[name] for name in crops.scene_game], np.int64)[crops.scene]
    joined, named, team = crops.identity.copy(), np.zeros(len(crops), bool), np.full(len(crops), -1, np.int64)
    first_of: dict[tuple[str, str, str], int] = {}
    nobody = np.zeros(len(crops), bool)
    for row in table_rows.itertuples(index=False):
        if row.clip not in crops.scene_names:
            continue
        scene = crops.scene_names.index(str(row.clip))
        rows = np.flatnonzero((crops.tracklet == int(row.tracklet)) & (crops.scene == scene))  # type: ignore[arg-type]
        if not len(rows):
            continue
        if row.team == "-":
            nobody[rows] = True
            continue
        team[rows] = "AB".index(str(row.team))
        if row.person:
            key = (crops.scene_game[scene], str(row.team), str(row.person))
            joined[rows] = first_of.setdefault(key, int(crops.identity[rows[0]]))
            named[rows] = True
    keep = np.flatnonzero(~nobody)
    crops, game, team, named = replace(crops, identity=joined).select(keep), game[keep], team[keep], named[keep]
    return People(crops, team, named, _differ(crops, game, team, named))


def _read(table: Path) -> pd.DataFrame:
    """Read the table of people as text."""
    try:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"table of people {table}: {error}") from error
    if missing := [name for name in COLUMNS if name not in rows]:
        raise InputError(f"table of people {table}: column {missing[0]} is missing; expected {', '.join(COLUMNS)}")
    if len(wrong := rows[~rows["team"].isin(["A", "B", "-"])]):
        raise InputError(f"table of people {table}: row {wrong.index[0] + 2}: team must be A, B or -")
    return rows


def _differ(crops: CropSet, game: Ints, team: Ints, named: NDArray[np.bool_]) -> Bool:
    """Combine: shared frame; two names in one game; two teams in one game."""
    differ = simultaneous(crops.identity, crops.scene, crops.frame.astype(np.float64))
    size = len(differ)
    game_of, team_of = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    named_of = np.zeros(size, bool)
    game_of[crops.identity], team_of[crops.identity], named_of[crops.identity] = game, team, named
    same_game = (game_of[:, None] == game_of) & (game_of >= 0)
    two_names = named_of[:, None] & named_of
    two_teams = (team_of[:, None] != team_of) & (team_of[:, None] >= 0) & (team_of >= 0)
    certain: Bool = differ | (same_game & (two_names | two_teams))
    np.fill_diagonal(certain, False)
    return certain
