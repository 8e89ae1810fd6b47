"""Corrections by a user as must-link and cannot-link constraints on tracklets."""

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
from pipeline.understand.features.overlaps import simultaneous_tracklets
from pipeline.understand.game import TrackedGame

_NEAR_S = 0.5
"""A spot is looked for in the analysed frame nearest to its time, if one is so near, s."""


@dataclass(frozen=True)
class UserConstraints:
    """What corrections say of n tracklets."""

    must_link: NDArray[np.int64]
    """(n,) tracklets with the same number are one person by a correction."""
    mentioned: NDArray[np.bool_]
    """(n,) the tracklet is in a correction, or one person with a tracklet that is."""
    cannot_link: NDArray[np.bool_]
    """(n, n) two people by a correction; (0, 0) where there is no correction."""
    nobody: NDArray[np.bool_]
    """(n,) no player and no referee: the tracklet, and whoever it is found to be."""
    labels: dict[str, dict[int, str]] = field(default_factory=dict)
    """`name`, `number` and `team` -> tracklet (0 to n - 1) -> value."""
    unmet: tuple[str, ...] = ()
    """Corrections that point at nobody, in plain words."""

    @classmethod
    def none(cls, n: int) -> UserConstraints:
        """Constrain nothing of n tracklets."""
        nothing = np.zeros(n, dtype=bool)
        return cls(np.arange(n), nothing, np.zeros((0, 0), dtype=bool), nothing)


class _TrackletAtSpot:
    """Finds the tracklet at a spot of the video."""

    def __init__(self, game: TrackedGame) -> None:
        self.time_s, self.frame = game.time_s, game.frame
        self.boxes = game.tracks.merge(game.detections, on="detection_id").sort_values("frame", kind="stable")

    def __call__(self, spot: Spot) -> int | None:
        """Return the id of the tracklet whose box holds the spot, the one whose middle is nearest; None for nobody."""
        nearest = int(np.abs(self.time_s - spot.time_s).argmin()) if len(self.time_s) else -1
        if nearest < 0 or abs(self.time_s[nearest] - spot.time_s) > _NEAR_S:
            return None
        boxes = self.boxes[self.boxes["frame"] == self.frame[nearest]]
        x1, y1, x2, y2 = (boxes[name].to_numpy(np.float64) for name in ("x1", "y1", "x2", "y2"))
        inside = (x1 <= spot.x_px) & (spot.x_px <= x2) & (y1 <= spot.y_px) & (spot.y_px <= y2)
        if not inside.any():
            return None
        off = np.hypot((x1 + x2) / 2 - spot.x_px, (y1 + y2) / 2 - spot.y_px)
        return int(boxes["track_id"].to_numpy()[np.where(inside, off, np.inf).argmin()])


def split_where_corrected(game: TrackedGame, corrections: Sequence[Correction]) -> pd.DataFrame:
    """Split the tracklets that corrections say go over to somebody else.

    Returns:
        A link table; what begins at a split gets a number above all others.
    """
    for correction in corrections:
        if correction.action != "split" or correction.other_spot is None or game.tracks.empty:
            continue
        tracklet_at = _TrackletAtSpot(game)
        after, before = tracklet_at(correction.spot), tracklet_at(correction.other_spot)
        if after is None or after != before:
            continue
        time_s, track_id = game.box_time_s[game.tracked_rows], game.tracks["track_id"]
        later = (track_id.to_numpy() == after) & (time_s >= correction.spot.time_s - game.step_s / 2)
        fresh = int(track_id.max()) + 1
        game = game.with_tracks(conform("tracks", game.tracks.assign(track_id=np.where(later, fresh, track_id))))
    return game.tracks


def check_corrections(game: TrackedGame, corrections: Sequence[Correction]) -> None:
    """Refuse corrections that contradict each other, or what is seen in a game.

    Args:
        game: with the table `split_tracks`.
        corrections: in the order of the file.

    Raises:
        InputError: names the line.
    """
    game = game.with_tracks(split_where_corrected(game, corrections))
    track_id, simultaneous = simultaneous_tracklets(game)
    constraints_of(game, corrections, track_id, simultaneous)


def constraints_of(
    game: TrackedGame,
    corrections: Sequence[Correction],
    track_id: NDArray[np.int64],
    simultaneous: NDArray[np.bool_],
) -> UserConstraints:
    """Put corrections into terms of tracklets.

    Args:
        game: with tracklets, already split where corrections say so.
        corrections: in the order of the file.
        track_id: (n,) the tracklets.
        simultaneous: (n, n) pairs that share a frame.

    Raises:
        InputError: a correction contradicts those before it, or makes one person of two who are in a frame together;
            names its line.
    """
    place = {int(number): at for at, number in enumerate(track_id)}
    tracklet_at = _TrackletAtSpot(game)
    collected = _Constraints(len(track_id), simultaneous)
    unmet = []
    for correction in corrections:
        spots = [correction.spot, *([correction.other_spot] if correction.other_spot is not None else [])]
        found = [None if (number := tracklet_at(spot)) is None else place.get(number) for spot in spots]
        if any(tracklet is None for tracklet in found):
            missing = spots[found.index(None)]
            unmet.append(
                f"{correction.where}: nobody was found at {missing.time_s:.2f} s at "
                f"{missing.x_px:.0f}, {missing.y_px:.0f}: the correction was left aside"
            )
            continue
        collected.add(correction, [int(tracklet) for tracklet in found if tracklet is not None])
    return collected.result(tuple(unmet))


class _Constraints:
    """Constraints as they are collected, correction by correction; refuses what contradicts earlier ones."""

    def __init__(self, n: int, simultaneous: NDArray[np.bool_]) -> None:
        self.n, self.simultaneous = n, simultaneous
        self.same: list[tuple[int, int]] = []
        self.different: list[tuple[int, int]] = []
        self.labels: dict[str, dict[int, str]] = {"name": {}, "number": {}, "team": {}}
        self.nobody: list[int] = []
        self.mentioned: set[int] = set()

    def add(self, correction: Correction, tracklets: list[int]) -> None:
        """Add a correction of one or two tracklets."""
        if correction.action == "same":
            self.same.append((tracklets[0], tracklets[1]))
        elif correction.action in ("apart", "split"):
            self.different.append((tracklets[0], tracklets[1]))
        elif correction.action == "nobody":
            self.nobody.append(tracklets[0])
        else:
            self._label(correction, tracklets[0])
        self.mentioned.update(tracklets)
        self._check(correction)

    def _label(self, correction: Correction, tracklet: int) -> None:
        value_of = self.labels[correction.action]
        if value_of.get(tracklet, correction.value) != correction.value:
            raise InputError(
                f"{correction.where}: this person's {correction.action} is {value_of[tracklet]} by an earlier line"
            )
        value_of[tracklet] = correction.value

    def groups(self) -> NDArray[np.int64]:
        """Number the people (n,) that must-links make of tracklets: the connected components."""
        i, j = (np.array([pair[k] for pair in self.same], dtype=np.int64) for k in range(2))
        graph = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(self.n, self.n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def _check(self, correction: Correction) -> None:
        """Refuse a correction after which no grouping would satisfy all.

        Raises:
            InputError: names the line.
        """
        where, group = correction.where, self.groups()
        for first, second in self.different:
            if group[first] == group[second]:
                raise InputError(f"{where}: these two are one person by other lines, and two by this or another")
        members = [np.flatnonzero(group == g) for g in {int(group[first]) for first, _ in self.same}]
        for rows in members:
            if self.simultaneous[np.ix_(rows, rows)].any():
                raise InputError(f"{where}: they are in the picture at the same time, so they are not one person")
        for name, value_of in self.labels.items():
            values: dict[int, str] = {}
            for tracklet, value in value_of.items():
                if values.setdefault(int(group[tracklet]), value) != value:
                    raise InputError(
                        f"{where}: one person would have two {name}s: {values[int(group[tracklet])]}, {value}"
                    )
        labelled = {int(group[tracklet]) for value_of in self.labels.values() for tracklet in value_of}
        if {int(group[tracklet]) for tracklet in self.nobody} & labelled:
            raise InputError(f"{where}: this person has a name, number or team by one line and is nobody by another")

    def result(self, unmet: tuple[str, ...]) -> UserConstraints:
        """Sum up; `unmet` are corrections that point at nobody."""
        group = self.groups()
        cannot_link = np.zeros((self.n, self.n), dtype=bool)
        pairs = self.different + [
            (i, j)
            for value_of in self.labels.values()
            for i, first in value_of.items()
            for j, second in value_of.items()
            if first != second
        ]
        for i, j in pairs:
            square = np.ix_(group == group[i], group == group[j])
            cannot_link[square] = True
        mentioned = np.isin(group, group[sorted(self.mentioned)]) if self.mentioned else np.zeros(self.n, dtype=bool)
        nobody = np.isin(group, group[self.nobody]) if self.nobody else np.zeros(self.n, dtype=bool)
        return UserConstraints(group, mentioned, cannot_link | cannot_link.T, nobody, self.labels, unmet)
