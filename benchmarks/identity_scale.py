"""How long identity takes, and how much memory: `python -m benchmarks.identity_scale [--tracklets 20000]`.

Makes up the tracklets of a 48-minute game, 24 players and 3 referees of whom ten and all are on court, each followed for a
second or two at a time, with embeddings as far apart as those of team-mates are; puts players together from them in a process
of its own, and prints the seconds of the stage `identify`, the peak of resident memory, and how much of it is right.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import IdentifySettings
from pipeline.geometry.court import COURTS
from pipeline.tables import MOTION_COLUMNS, conform
from pipeline.understand.game import TrackedGame
from pipeline.understand.identity import identify

_MINUTES, _FPS, _DIM = 48.0, 30.0, 128
_PER_TEAM, _REFEREES, _ON_COURT = 12, 3, 5
_STINT_S = 240.0
_TEAM_COSINE, _TRACKLET_NOISE, _CROP_NOISE = 0.6, 0.3, 0.8
"""Cosine between team-mates; length of what lasts through a tracklet, and of what changes from box to box."""
_GAP = 0.1
"""Share of a tracklet's time that nobody is seen after it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracklets", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    game, person = made_up(given.tracklets, np.random.default_rng(given.seed))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worked = time.perf_counter(), time.process_time()
    found = identify(game, COURTS["fiba"], IdentifySettings())
    taken, work = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    given_to = found.identities.set_index("track_id")["player_id"].reindex(np.arange(1, len(person) + 1)).fillna(0)
    counts = pd.crosstab(person, given_to.to_numpy())
    right = counts.drop(columns=0, errors="ignore").max(axis=1).sum() / len(person)
    print(f"{len(person)} tracklets, {len(game.detections)} boxes")
    print(
        f"{taken:.1f} s ({work:.1f} s of one processor), peak memory {peak / 1e6:.2f} GB ({before / 1e6:.2f} GB of it the tables)"
    )
    print(
        f"{100 * right:.1f} % of the tracklets under the main player of their person, {len(found.players)} people of 27"
    )


def made_up(tracklets: int, rng: np.random.Generator) -> tuple[TrackedGame, NDArray[np.int64]]:
    """Make a game without a court, and the person of each tracklet."""
    length = round(_MINUTES * 60 * _FPS)
    on_court = [_stints(rng, team * _PER_TEAM, length) for team in range(2)]
    slots = [slot for team in on_court for slot in team] + [[(2 * _PER_TEAM + k, 0, length)] for k in range(_REFEREES)]
    mean = len(slots) * length / tracklets
    parts = sorted((part for slot in slots for part in _cut(rng, slot, mean)), key=lambda part: part[1])
    person = np.array([part[0] for part in parts], dtype=np.int64)
    first, last = (np.array([part[k] for part in parts], dtype=np.int64) for k in (1, 2))
    count = last - first
    owner = np.repeat(np.arange(len(parts)), count)
    frame = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[owner]
    order = np.argsort(frame, kind="stable")
    owner, frame = owner[order], frame[order]
    tracks = pd.DataFrame({"detection_id": np.arange(len(owner)), "track_id": owner + 1})
    embeddings = _embeddings(rng, person, owner)
    detections = _detections(rng, person[owner], frame)
    return TrackedGame.of(_frames(length), detections, embeddings, tracks=conform("tracks", tracks)), person


def _stints(rng: np.random.Generator, first: int, length: int) -> list[list[tuple[int, int, int]]]:
    """Give for each of the five places of a team who has it (player, first frame, end)."""
    place: list[list[tuple[int, int, int]]] = [[] for _ in range(_ON_COURT)]
    step = round(_STINT_S * _FPS)
    for begin in range(0, length, step):
        for k, player in enumerate(rng.choice(_PER_TEAM, _ON_COURT, replace=False)):
            place[k].append((first + int(player), begin, min(begin + step, length)))
    return place


def _cut(rng: np.random.Generator, slot: list[tuple[int, int, int]], mean: float) -> list[tuple[int, int, int]]:
    """Cut the time of a place into tracklets (player, first frame, end)."""
    parts = []
    for player, begin, end in slot:
        at = begin
        while at < end:
            long = max(3, round(rng.exponential(mean)))
            parts.append((player, at, min(at + max(2, round((1 - _GAP) * long)), end)))
            at += long
    return parts


def _embeddings(rng: np.random.Generator, person: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.float16]:
    """Draw the embeddings (boxes, dim)."""
    people = 2 * _PER_TEAM + _REFEREES
    group = np.minimum(np.arange(people) // _PER_TEAM, 2)
    shared, single = (_unit(rng.normal(size=(k, _DIM))) for k in (3, people))
    mean = np.sqrt(_TEAM_COSINE) * shared[group] + np.sqrt(1 - _TEAM_COSINE) * single  # (people, dim)
    tracklet = mean[person] + _TRACKLET_NOISE * rng.normal(size=(len(person), _DIM)) / np.sqrt(_DIM)
    vectors = np.empty((len(owner), _DIM), dtype=np.float16)
    for rows in np.array_split(np.arange(len(owner)), 50):
        noise = _CROP_NOISE * rng.normal(size=(len(rows), _DIM)) / np.sqrt(_DIM)
        vectors[rows] = _unit(tracklet[owner[rows]] + noise)
    return vectors


def _detections(rng: np.random.Generator, person: NDArray[np.int64], frame: NDArray[np.int64]) -> pd.DataFrame:
    """Make the table detections: everybody in a lane of his own, running to and fro."""
    left = 40.0 * person + 20.0 * np.sin(frame / 20.0)
    lightness = np.select([person < _PER_TEAM, person < 2 * _PER_TEAM], [90.0, 30.0], 55.0)
    table = {
        "detection_id": np.arange(len(person)),
        "frame": frame,
        "x1": left,
        "y1": 100.0,
        "x2": left + 30,
        "y2": 180.0 + 40 * np.cos(frame / 30.0),
        "score": 0.9,
        "class": np.where(person < 2 * _PER_TEAM, "player", "referee"),
        "quality": 0.8,
        "jersey_l": lightness + rng.normal(0, 5, len(person)),
        "jersey_a": 0.0,
        "jersey_b": 0.0,
    }
    return conform("detections", pd.DataFrame(table))


def _frames(length: int) -> pd.DataFrame:
    """Make the table frames, of a camera that stands."""
    table = pd.DataFrame({"frame": np.arange(length), "time_s": np.arange(length) / _FPS, "shot": 0})
    for name, value in zip(MOTION_COLUMNS, np.eye(3).ravel(), strict=True):
        table[name] = value
    table.loc[0, list(MOTION_COLUMNS)] = np.nan
    return conform("frames", table)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
