"""What every recipe is measured on: digits never seen, a held-out game, clips with truth, rendered games."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.reid.data.settings import MnistData, TrackletData
from models.reid.data.sources.games import read_game
from models.reid.data.sources.readers import read_splits
from models.reid.data.splits.people import People
from models.reid.data.splits.split import reduced
from pipeline.errors import InputError

HELD_OUT_GAME = "boston-celtics-orlando-magic-game-4"
CLIPS = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
    "novellara_lugo": "novellara_lugo_fixed_720p60.mp4",
}


@dataclass(frozen=True)
class Task:
    """One set of identities that no recipe learns from.

    Attributes:
        name: of the row in the table.
        kind: `digits` or `players`: recipes have a variant for each.
        people: the crops.
    """

    name: str
    kind: str
    people: People


def tasks(
    root: Path,
    cache: Path,
    names: Path,
    kinds: Collection[str] = ("digits", "players"),
    rendered: Sequence[Path] = (),
    max_crops: int | None = None,
) -> Iterator[Task]:
    """Yield the tasks of the wanted kinds, one after the other.

    Args:
        root: the data.
        cache: folder for packed crops.
        names: CSV that names people of the held-out game.
        kinds: which are wanted; the data of others need not be there.
        rendered: folders of rendered games.
        max_crops: per identity, for short variants; None: all.

    Raises:
        InputError: data are missing.
    """
    if "digits" in kinds:
        digits = read_splits(MnistData(), root, cache).test
        yield Task("digits 5-9", "digits", reduced(digits, None, max_crops))
    if "players" in kinds:
        for name, people in _of_players(root, cache, names, rendered):
            yield Task(name, "players", reduced(people, None, max_crops))


def _of_players(root: Path, cache: Path, names: Path, rendered: Sequence[Path]) -> Iterator[tuple[str, People]]:
    """Yield the sets of players with their names."""
    game = held_out_game(root, cache, names)
    yield "held-out game, within clips", game
    yield "held-out game, across clips", across_clips(game)
    for clip, video in CLIPS.items():
        people = read_game(root / "truth" / clip, cache, root / "videos" / video)
        yield f"truth clip {clip}", people
    for number, folder in enumerate(rendered, start=1):
        people = read_game(folder, cache, every_s=0.5)
        yield f"rendered game {number}", people


def held_out_game(root: Path, cache: Path, names: Path) -> People:
    """Read the tracklets of the held-out NBA game, people named by hand.

    Args:
        root: of the training material.
        cache: folder for packed crops.
        names: table of people.
    """
    data = TrackletData(
        table="reid/player_tracklets_bpd3.csv",
        images="detection/basketball_player_detection_3",
        people=names,
        held_out_games=(HELD_OUT_GAME,),
    )
    return read_splits(data, root, cache).test


def across_clips(people: People) -> People:
    """Ask for the named people of a game in its other clips: a clip is taken for a camera.

    Raises:
        InputError: nobody is named.
    """
    rows = np.flatnonzero(people.named)
    if not len(rows):
        raise InputError("across clips: nobody is named")
    named = people.select(rows)
    return replace(named, compare="cameras", crops=replace(named.crops, camera=named.crops.scene))
