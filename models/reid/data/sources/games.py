"""Crops of players from videos: clips with hand-made truth, rendered games, analysed games.

What is known decides what an identity is. Truth names people over the whole video. An analysed game offers tracklets only:
each is an identity, and two of one frame are two people; who comes back later is what an encoder has yet to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.reid.data.crops import ARRAYS, LAYOUT, CropSet, Entry, cut, load_crops, pack, save_crops
from models.reid.data.splits.people import People, unnamed
from models.reid.data.splits.split import Splits
from pipeline.errors import InputError
from pipeline.store import hash_file, read_table
from pipeline.video import chunks, probe, read_chunks

MARGIN = 0.2
PER_SECOND = 1000
"""`CropSet.frame` counts milliseconds here: videos differ in their frame rate."""
_TEAMS = {"A": 0, "B": 1}


def read_game(
    folder: Path, cache: Path, video: Path | None = None, every_s: float = 0.2, min_visible: float = 0.3
) -> People:
    """Cut the people of a video.

    Args:
        folder: a rendered game (`truth.parquet`), a clip with `truth.csv`, or an output directory of `analyze`.
        cache: folder for packed crops.
        video: the video file; a rendered game has its own.
        every_s: at most one frame per so many seconds.
        min_visible: share of a body that is seen, where that is known; what is hidden more is left out.

    Returns:
        One crop per person and frame; team 0 or 1 where it is known. Everybody differs from everybody else where people are
        named; in an analysed game tracklets that meet differ.

    Raises:
        InputError: nothing of the kind is there, the video is missing, or a table is damaged.
    """
    read, named = _kind(folder)
    boxes = read(folder)
    video = folder / "video.mp4" if video is None and (folder / "video.mp4").is_file() else video
    if video is None or not video.is_file():
        raise InputError(f"{folder}: no video {video or 'given'}; name it under `video`")
    kept = boxes[boxes["visible"] >= min_visible]
    text = f"layout {LAYOUT}, margin {MARGIN}, {every_s}, {kept.to_csv(index=False)}"
    digest = hashlib.sha256((text + hash_file(video)).encode()).hexdigest()[:16]
    place = cache / f"game-{digest}"
    if not (place / "about.json").is_file():
        names = [str(name) for name in sorted(kept["identity"].unique())]
        crops = pack(_entries(kept, video, every_s), [folder.name], [folder.name], place.name, names)
        save_crops(crops, place)
    crops = load_crops(place)
    people = replace(unnamed(crops), fps=float(PER_SECOND))
    team = _teams(crops, kept)
    if not named:
        return replace(people, team=team)
    size = int(crops.identity.max(initial=-1)) + 1
    return replace(people, team=team, named=np.ones(len(crops), bool), differ=~np.eye(size, dtype=np.bool_))


def joined(sets: Sequence[People]) -> People:
    """Put the people of several videos into one set; identities of two videos are neither the same nor certainly different.

    Raises:
        InputError: two of them have the same name: the same video twice would be a leak within a set.
    """
    names = [name for people in sets for name in people.crops.scene_names]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"game {twice[0]!r} is named twice")
    sizes = [len(people.differ) for people in sets]
    differ = np.zeros((sum(sizes), sum(sizes)), np.bool_)
    for at, people, size in zip(np.cumsum([0, *sizes]), sets, sizes, strict=False):
        differ[at : at + size, at : at + size] = people.differ
    return replace(
        sets[0],
        crops=_chained([people.crops for people in sets], sizes),
        team=np.concatenate([people.team for people in sets]),
        named=np.concatenate([people.named for people in sets]),
        differ=differ,
    )


def splits_of_games(splits: Sequence[Sequence[People]]) -> Splits:
    """Join the games of training, validation and test; identities are numbered over all of them.

    Raises:
        InputError: a game is named twice.
        SettingsError: there is nothing to train on.
    """
    whole = joined([game for games in splits for game in games])
    last = np.cumsum([sum(len(game) for game in games) for games in splits])
    rows = [np.arange(end - len_, end) for end, len_ in zip(last, np.diff([0, *last]), strict=True)]
    return Splits(*(whole.select(some) for some in rows))


def _chained(sets: Sequence[CropSet], sizes: Sequence[int]) -> CropSet:
    """Chain crop sets; numbers of identities, scenes and cameras go on from set to set."""
    columns: dict[str, list[Any]] = {name: [np.array(getattr(crops, name)) for crops in sets] for name in ARRAYS}
    pixels = scene = identity = 0
    for k, crops in enumerate(sets):
        columns["start"][k] += pixels
        columns["scene"][k] += scene
        columns["camera"][k] += scene
        columns["identity"][k] += identity
        pixels, scene, identity = pixels + len(crops.pixels), scene + len(crops.scene_names), identity + sizes[k]
    whole: dict[str, Any] = {name: np.concatenate(columns_of) for name, columns_of in columns.items()}
    return replace(
        sets[0],
        **whole,
        pixels=np.concatenate([crops.pixels for crops in sets]) if len(sets) > 1 else sets[0].pixels,
        scene_names=tuple(name for crops in sets for name in crops.scene_names),
        scene_game=tuple(name for crops in sets for name in crops.scene_game),
        fingerprint="+".join(crops.fingerprint for crops in sets),
        identity_names=(),
    )


def _kind(folder: Path) -> tuple[Callable[[Path], pd.DataFrame], bool]:
    """Say what reads a folder's boxes, and whether people are named in it."""
    if (folder / "truth.parquet").is_file():
        return _rendered, True
    if (folder / "truth.csv").is_file():
        return _hand_made, True
    if (folder / "work" / "tracks.parquet").is_file():
        return _analysed, False
    raise InputError(
        f"{folder}: expected truth.parquet (rendered game), truth.csv or work/tracks.parquet (analysed game)"
    )


def _rendered(folder: Path) -> pd.DataFrame:
    """Read the boxes of play of a rendered game."""
    try:
        truth = pd.read_parquet(folder / "truth.parquet")
        frames = pd.read_parquet(folder / "frames.parquet")
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: {error}") from error
    play = frames.loc[frames["kind"] == "play", "frame"]
    return _boxes(truth[truth["frame"].isin(play)])


def _hand_made(folder: Path) -> pd.DataFrame:
    """Read the boxes of `truth.csv`."""
    try:
        truth = pd.read_csv(folder / "truth.csv")
        return _boxes(truth.assign(visible=1.0))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder / 'truth.csv'}: {error}") from error


def _boxes(truth: pd.DataFrame) -> pd.DataFrame:
    """Bring a truth to the columns frame, identity, tracklet, team, x1, y1, x2, y2, visible."""
    return pd.DataFrame(
        {
            "frame": truth["frame"].astype(int),
            "identity": truth["id"].astype(int),
            "tracklet": truth["id"].astype(int),
            "team": truth["team"].map(_TEAMS).fillna(-1).astype(int),
            "x1": truth["x"],
            "y1": truth["y"],
            "x2": truth["x"] + truth["w"],
            "y2": truth["y"] + truth["h"],
            "visible": truth["visible"],
        }
    )


def _analysed(folder: Path) -> pd.DataFrame:
    """Read the tracklets of an analysed game; teams are those that it found."""
    work = folder / "work"
    boxes = read_table(work / "detections.parquet", "detections").merge(
        read_table(work / "tracks.parquet", "tracks"), on="detection_id"
    )
    team = pd.Series(-1, index=boxes.index)
    if (work / "identities.parquet").is_file() and (work / "players.parquet").is_file():
        players = read_table(work / "identities.parquet", "identities").merge(
            read_table(work / "players.parquet", "players"), on="player_id"
        )
        team = boxes["track_id"].map(players.set_index("track_id")["team"].map(_TEAMS)).fillna(-1)
    columns = boxes[["frame", "x1", "y1", "x2", "y2"]]
    return columns.assign(identity=boxes["track_id"], tracklet=boxes["track_id"], team=team.astype(int), visible=1.0)


def _entries(boxes: pd.DataFrame, video: Path, every_s: float) -> Iterator[Entry]:
    """Cut boxes from the frames of a video, frames at least `every_s` apart."""
    info = probe(video)
    number = {label: k for k, label in enumerate(sorted(boxes["identity"].unique()))}
    wanted = dict(list(boxes.groupby("frame")))
    last_s = -np.inf
    for frame in read_chunks(info, chunks(info, chunk_s=info.duration_s + 1, max_fps=None)):
        if frame.index not in wanted or frame.time_s - last_s < every_s - 1e-3:
            continue
        last_s = frame.time_s
        rows = wanted[frame.index]
        corners = rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        for box, identity, tracklet in zip(corners, rows["identity"], rows["tracklet"], strict=True):
            if _seen_px(box, frame.image.shape) < 2:
                continue
            image, inner = cut(frame.image, box.tolist(), MARGIN)
            yield Entry(image, inner, number[identity], int(tracklet), 0, round(frame.time_s * PER_SECOND))


def _seen_px(box: np.ndarray, shape: tuple[int, ...]) -> float:
    """Return the shorter side of the part of a box that lies in the picture."""
    width = min(box[2], shape[1]) - max(box[0], 0)
    return float(min(width, min(box[3], shape[0]) - max(box[1], 0)))


def _teams(crops: CropSet, boxes: pd.DataFrame) -> np.ndarray:
    """Return the team of each crop, by its identity."""
    team_of = boxes.groupby("identity")["team"].first()
    return np.array([int(team_of[int(crops.identity_names[identity])]) for identity in crops.identity], np.int64)
