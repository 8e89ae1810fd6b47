"""Corrections by a person, put into terms of tracklets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.corrections import Correction, Spot
from pipeline.errors import InputError
from pipeline.tables import conform

_NEAR_S = 0.5
"""A spot is looked for in the analysed frame nearest to its time, if there is one so near."""


@dataclass(frozen=True)
class Wishes:
    """What corrections say of n tracklets."""

    group: NDArray[np.int64]
    """(n,) tracklets with the same number are one person by a correction."""
    mentioned: NDArray[np.bool_]
    """(n,) the tracklet is in a correction, or one person with one that is."""
    apart: NDArray[np.bool_]
    """(n, n) two people by a correction; (0, 0) where there is none."""
    nobody: NDArray[np.bool_]
    """(n,) no player and no referee, he and whoever he is found to be."""
    labels: dict[str, dict[int, str]] = field(default_factory=dict)
    """`name`, `number` and `team` -> tracklet (0 to n - 1) -> value."""
    unmet: tuple[str, ...] = ()
    """Corrections that point at nobody, in plain words."""

    @classmethod
    def none(cls, n: int) -> Wishes:
        """Wish nothing of n tracklets."""
        nothing = np.zeros(n, dtype=bool)
        return cls(np.arange(n), nothing, np.zeros((0, 0), dtype=bool), nothing)


class _Finder:
    """Finds the tracklet at a spot of the video."""

    def __init__(self, frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame) -> None:
        self.time_s = frames["time_s"].to_numpy(np.float64)
        self.frame = frames["frame"].to_numpy(np.int64)
        self.boxes = tracks.merge(detections, on="detection_id").sort_values("frame", kind="stable")

    def at(self, spot: Spot) -> int | None:
        """Return the id of the tracklet whose box holds the spot, the one whose middle is nearest; None for nobody."""
        nearest = int(np.abs(self.time_s - spot.time_s).argmin()) if len(self.time_s) else -1
        if nearest < 0 or abs(self.time_s[nearest] - spot.time_s) > _NEAR_S:
            return None
        there = self.boxes[self.boxes["frame"] == self.frame[nearest]]
        x1, y1, x2, y2 = (there[name].to_numpy(np.float64) for name in ("x1", "y1", "x2", "y2"))
        inside = (x1 <= spot.x_px) & (spot.x_px <= x2) & (y1 <= spot.y_px) & (spot.y_px <= y2)
        if not inside.any():
            return None
        off = np.hypot((x1 + x2) / 2 - spot.x_px, (y1 + y2) / 2 - spot.y_px)
        return int(there["track_id"].to_numpy()[np.where(inside, off, np.inf).argmin()])


def split_as_wished(
    frames: pd.DataFrame, detections: pd.DataFrame, tracks: pd.DataFrame, corrections: Sequence[Correction]
) -> pd.DataFrame:
    """Cut the tracklets that corrections say went over to somebody else; a new part gets a number above all that there are."""
    for one in corrections:
        if one.action != "split" or one.other is None or tracks.empty:
            continue
        finder = _Finder(frames, detections, tracks)
        here, before = finder.at(one.spot), finder.at(one.other)
        if here is None or here != before:
            continue
        time_of = pd.Series(frames["time_s"].to_numpy(np.float64), index=frames["frame"].to_numpy())
        frame_of = pd.Series(detections["frame"].to_numpy(), index=detections["detection_id"].to_numpy())
        time_s = time_of.loc[frame_of.loc[tracks["detection_id"]].to_numpy()].to_numpy()
        step_s = float(np.median(np.diff(frames["time_s"]))) if len(frames) > 1 else 0.0
        later = (tracks["track_id"].to_numpy() == here) & (time_s >= one.spot.time_s - step_s / 2)
        fresh = int(tracks["track_id"].max()) + 1
        tracks = conform("tracks", tracks.assign(track_id=np.where(later, fresh, tracks["track_id"])))
    return tracks


def wishes_of(
    frames: pd.DataFrame,
    detections: pd.DataFrame,
    tracks: pd.DataFrame,
    corrections: Sequence[Correction],
    track_id: NDArray[np.int64],
    simultaneous: NDArray[np.bool_],
) -> Wishes:
    """Find out what corrections say of tracklets.

    Args:
        frames: table `frames`.
        detections: table `detections`.
        tracks: table `tracks`.
        corrections: in the order of the file.
        track_id: (n,) the tracklets.
        simultaneous: (n, n) pairs that share a frame.

    Raises:
        InputError: a correction contradicts those before it, or makes one person of two who are in a frame together;
            names its line.
    """
    n = len(track_id)
    place = {int(one): at for at, one in enumerate(track_id)}
    finder = _Finder(frames, detections, tracks)
    told = _Told(n, simultaneous)
    unmet = []
    for one in corrections:
        spots = [one.spot, *([one.other] if one.other is not None else [])]
        found = [None if (of := finder.at(spot)) is None else place.get(of) for spot in spots]
        if any(of is None for of in found):
            missing = spots[found.index(None)]
            unmet.append(
                f"{one.where}: nobody was found at {missing.time_s:.2f} s at {missing.x_px:.0f}, {missing.y_px:.0f}: "
                "the correction was left aside"
            )
            continue
        told.take(one, [int(of) for of in found if of is not None])
    return told.wishes(tuple(unmet))


class _Told:
    """What was told so far; refuses what contradicts it."""

    def __init__(self, n: int, simultaneous: NDArray[np.bool_]) -> None:
        self.n, self.simultaneous = n, simultaneous
        self.same: list[tuple[int, int]] = []
        self.differ: list[tuple[int, int]] = []
        self.labels: dict[str, dict[int, str]] = {"name": {}, "number": {}, "team": {}}
        self.nobody: list[int] = []
        self.mentioned: set[int] = set()

    def take(self, one: Correction, found: list[int]) -> None:
        """Take a correction of the tracklets `found`."""
        if one.action == "same":
            self.same.append((found[0], found[1]))
        elif one.action in ("apart", "split"):
            self.differ.append((found[0], found[1]))
        elif one.action == "nobody":
            self.nobody.append(found[0])
        else:
            self._label(one, found[0])
        self.mentioned.update(found)
        self._check(one)

    def _label(self, one: Correction, tracklet: int) -> None:
        known = self.labels[one.action]
        if known.get(tracklet, one.value) != one.value:
            raise InputError(f"{one.where}: this person's {one.action} is {known[tracklet]} by an earlier line")
        known[tracklet] = one.value

    def groups(self) -> NDArray[np.int64]:
        """Number the people (n,) that corrections make of tracklets."""
        i, j = (np.array([pair[k] for pair in self.same], dtype=np.int64) for k in range(2))
        graph = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(self.n, self.n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def _check(self, one: Correction) -> None:
        """Refuse a correction after which no grouping would satisfy all.

        Raises:
            InputError: names the line.
        """
        group = self.groups()
        for first, second in self.differ:
            if group[first] == group[second]:
                raise InputError(f"{one.where}: these two are one person by other lines, and two by this or another")
        members = [np.flatnonzero(group == g) for g in {int(group[first]) for first, _ in self.same}]
        for rows in members:
            if self.simultaneous[np.ix_(rows, rows)].any():
                raise InputError(f"{one.where}: they are in the picture at the same time, so they are not one person")
        for name, known in self.labels.items():
            values: dict[int, str] = {}
            for tracklet, value in known.items():
                if values.setdefault(int(group[tracklet]), value) != value:
                    raise InputError(
                        f"{one.where}: one person would have two {name}s: {values[int(group[tracklet])]}, {value}"
                    )
        if {int(group[of]) for of in self.nobody} & {int(group[of]) for known in self.labels.values() for of in known}:
            raise InputError(
                f"{one.where}: this person has a name, number or team by one line and is nobody by another"
            )

    def wishes(self, unmet: tuple[str, ...]) -> Wishes:
        """Sum up."""
        group = self.groups()
        apart = np.zeros((self.n, self.n), dtype=bool)
        pairs = self.differ + [
            (i, j) for known in self.labels.values() for i, a in known.items() for j, b in known.items() if a != b
        ]
        for i, j in pairs:
            square = np.ix_(group == group[i], group == group[j])
            apart[square] = True
        mentioned = np.isin(group, group[sorted(self.mentioned)]) if self.mentioned else np.zeros(self.n, dtype=bool)
        nobody = np.isin(group, group[self.nobody]) if self.nobody else np.zeros(self.n, dtype=bool)
        return Wishes(group, mentioned, apart | apart.T, nobody, self.labels, unmet)
