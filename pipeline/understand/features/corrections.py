"""Corrections by a user as must-link and cannot-link constraints on tracklets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.corrections import NOTHING, Correction, Spot
from pipeline.corrections.lines import clock
from pipeline.errors import InputError
from pipeline.tables import conform
from pipeline.understand.features.overlaps import simultaneous_tracklets
from pipeline.understand.game import TrackedGame

_NEAR_S = 0.5
"""A spot is looked for in the analysed frame nearest to its time, if one is so near, s."""
_LABELS = ("name", "number", "team", "role")
_OF_PLAYERS = ("number", "team")
"""Who has one is a player."""


@dataclass(frozen=True)
class UserConstraints:
    """What corrections say of n tracklets."""

    must_link: NDArray[np.int64]
    """(n,) tracklets with the same number are one person by a correction."""
    mentioned: NDArray[np.bool_]
    """(n,) the tracklet is in a correction, or one person with a tracklet that is."""
    cannot_link: NDArray[np.bool_]
    """(n, n) two people by a correction; (0, 0) where there is no correction."""
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """`name`, `number`, `team` and `role` -> tracklet (0 to n - 1) -> value; '-': surely none."""
    unmet: tuple[str, ...] = ()
    """Corrections that point at nobody, in plain words."""

    @classmethod
    def none(cls, n: int) -> UserConstraints:
        """Constrain nothing of n tracklets."""
        return cls(np.arange(n), np.zeros(n, dtype=bool), np.zeros((0, 0), dtype=bool))

    @property
    def roles(self) -> Mapping[int, str]:
        """Tracklets whose person is a player, a referee or nobody by a correction; who has a number or team is a player."""
        implied = {
            tracklet: "player"
            for label in _OF_PLAYERS
            for tracklet, value in self.labels.get(label, {}).items()
            if value != NOTHING
        }
        return implied | dict(self.labels.get("role", {}))


class TrackletAtSpot:
    """Finds the tracklets at spots of the video."""

    def __init__(self, game: TrackedGame) -> None:
        """Index the boxes of a game's tracklets by frame."""
        row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy(np.int64)
        order = np.argsort(game.box_frame[row], kind="stable")
        self._box_frame, self._xyxy_px = game.box_frame[row][order], game.xyxy_px[row][order]
        self._owner = owner[order]
        self._time_s, self._frame = game.time_s, game.frame

    def __call__(self, spot: Spot) -> int | None:
        """Return the id of the tracklet whose box holds the spot, the one whose middle is nearest; None for nobody."""
        found = self.at(np.array([spot.time_s]), np.array([[spot.x_px, spot.y_px]]))[0]
        return int(found) if found >= 0 else None

    def at(self, time_s: NDArray[np.float64], point_px: NDArray[np.float64]) -> NDArray[np.int64]:
        """Find the tracklets at many spots.

        Args:
            time_s: (k,)
            point_px: (k, 2)

        Returns:
            Track ids (k,), -1 for nobody.
        """
        found = np.full(len(time_s), -1, dtype=np.int64)
        if not len(self._time_s):
            return found
        later = np.clip(np.searchsorted(self._time_s, time_s), 1, max(len(self._time_s) - 1, 1))
        later = np.minimum(later, len(self._time_s) - 1)
        earlier = np.maximum(later - 1, 0)
        nearer = np.abs(self._time_s[earlier] - time_s) <= np.abs(self._time_s[later] - time_s)
        nearest = np.where(nearer, earlier, later)
        near = np.abs(self._time_s[nearest] - time_s) <= _NEAR_S
        first = np.searchsorted(self._box_frame, self._frame[nearest])
        count = np.where(near, np.searchsorted(self._box_frame, self._frame[nearest], side="right") - first, 0)
        spot = np.repeat(np.arange(len(time_s)), count)  # (c,) of each candidate box
        box = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        low, high, point = self._xyxy_px[box, :2], self._xyxy_px[box, 2:], point_px[spot]
        off = np.linalg.norm((low + high) / 2 - point, axis=1)
        inside = ((low <= point) & (point <= high)).all(axis=1)
        order = np.lexsort((off[inside], spot[inside]))
        owner, spots = self._owner[box[inside]][order], spot[inside][order]
        spots, chosen = np.unique(spots, return_index=True)
        found[spots] = owner[chosen]
        return found


def split_where_corrected(game: TrackedGame, corrections: Sequence[Correction]) -> pd.DataFrame:
    """Split the tracklets that corrections say go over to somebody else.

    Returns:
        A link table; what begins at a split gets a number above all others.
    """
    for correction in corrections:
        if correction.action != "split" or correction.second_spot is None or game.tracks.empty:
            continue
        tracklet_at = TrackletAtSpot(game)
        after, before = tracklet_at(correction.spot), tracklet_at(correction.second_spot)
        if after is None or after != before:
            continue
        time_s, track_id = game.box_time_s[game.tracked_rows], game.tracks["track_id"]
        later = (track_id.to_numpy() == after) & (time_s >= correction.spot.time_s - game.step_s / 2)
        fresh = int(track_id.max()) + 1
        game = game.with_tracks(conform("tracks", game.tracks.assign(track_id=np.where(later, fresh, track_id))))
    return game.tracks


def check_corrections(game: TrackedGame, corrections: Sequence[Correction]) -> tuple[str, ...]:
    """Refuse corrections that contradict each other, or what is seen in a game.

    Args:
        game: with the table `split_tracks`.
        corrections: in the order of the file.

    Returns:
        Corrections that point at nobody, in plain words.

    Raises:
        InputError: names the lines.
    """
    game = game.with_tracks(split_where_corrected(game, corrections))
    track_id, simultaneous = simultaneous_tracklets(game)
    return constraints_of(game, corrections, track_id, simultaneous).unmet


def constraints_of(
    game: TrackedGame,
    corrections: Sequence[Correction],
    track_id: NDArray[np.int64],
    simultaneous: NDArray[np.bool_],
) -> UserConstraints:
    """Put corrections into terms of tracklets.

    Args:
        game: with tracklets, already split where corrections say so.
        corrections: in the order of the file; a later one about the same fact takes the place of an earlier one.
        track_id: (n,) the tracklets.
        simultaneous: (n, n) pairs that share a frame.

    Raises:
        InputError: a correction contradicts one before it, or makes one person of two who are in a frame together;
            names both lines.
    """
    place = {int(number): at for at, number in enumerate(track_id)}
    tracklet_at = TrackletAtSpot(game)
    collected = _Constraints(len(track_id), simultaneous, lambda i, j: _together(game, track_id[i], track_id[j]))
    unmet = []
    for correction in corrections:
        spots = [correction.spot, *([correction.second_spot] if correction.second_spot is not None else [])]
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


def _together(game: TrackedGame, first: int, second: int) -> str:
    """Say when two tracklets are in the picture together."""
    row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy()
    shared = np.intersect1d(game.box_frame_row[row[owner == first]], game.box_frame_row[row[owner == second]])
    return clock(float(game.time_s[shared[0]])) if len(shared) else "the same time"


class _Constraints:
    """Constraints as they are collected, correction by correction; refuses what contradicts earlier ones."""

    def __init__(self, n: int, simultaneous: NDArray[np.bool_], together: Callable[[int, int], str]) -> None:
        self.group = np.arange(n)  # (n,) who is one person by the links so far
        self.simultaneous, self.together = simultaneous, together
        self.same: dict[tuple[int, int], Correction] = {}
        self.apart: dict[tuple[int, int], Correction] = {}
        self.labels: dict[str, dict[int, Correction]] = {label: {} for label in _LABELS}
        self.mentioned: set[int] = set()

    def add(self, correction: Correction, tracklets: list[int]) -> None:
        """Add a correction of one or two tracklets; it takes the place of an earlier one about the same fact.

        Raises:
            InputError: it contradicts another.
        """
        self.mentioned.update(tracklets)
        if len(tracklets) == 1:
            self._label(correction, tracklets[0])
            return
        pair = (min(tracklets), max(tracklets))
        self.apart.pop(pair, None)
        if self.same.pop(pair, None) is not None:
            self._link_again()
        if correction.action == "same":
            self._check_seen_apart(correction, pair)
            self.same[pair] = correction
            self.group[self.group == self.group[pair[1]]] = self.group[pair[0]]
        else:
            self.apart[pair] = correction
        self._check_links(correction)
        self._check_labels(correction)

    def _label(self, correction: Correction, tracklet: int) -> None:
        """Give the person of a tracklet a name, number, team or role, in the place of an earlier one."""
        given = self.labels[correction.action]
        for earlier in [labelled for labelled in given if self.group[labelled] == self.group[tracklet]]:
            del given[earlier]
        given[tracklet] = correction
        self._check_labels(correction)

    def _link_again(self) -> None:
        """Find out anew who is one person, where a link was taken back."""
        self.group = np.arange(len(self.group))
        for first, second in self.same:
            self.group[self.group == self.group[second]] = self.group[first]

    def _check_seen_apart(self, correction: Correction, pair: tuple[int, int]) -> None:
        """Refuse to make one person of two who are in the picture together; `pair` is not linked yet."""
        first, second = (np.flatnonzero(self.group == self.group[tracklet]) for tracklet in pair)
        both = np.argwhere(self.simultaneous[np.ix_(first, second)])
        if self.group[pair[0]] != self.group[pair[1]] and len(both):
            i, j = int(first[both[0, 0]]), int(second[both[0, 1]])
            earlier = [self._chain(end, tracklet) for end, tracklet in zip(pair, (i, j), strict=True)]
            because = " and ".join(link.described for link in earlier if link is not None)
            raise InputError(
                f"{correction.described}: they are in the picture together at {self.together(i, j)}, so they are not one "
                f"person{f'; with {because}' if because else ''}"
            )

    def _check_links(self, correction: Correction) -> None:
        """Refuse two who are one person by some links and two by another."""
        for (first, second), link in self.apart.items():
            if self.group[first] == self.group[second]:
                against = self._chain(first, second) if link is correction else link
                if against is None:
                    raise InputError(f"{correction.described}: this is one person all along")
                raise InputError(
                    f"{correction.described} contradicts {against.described}: these two would be one person and two; "
                    "undo one of them first"
                )

    def _check_labels(self, correction: Correction) -> None:
        """Refuse a person with two values of a label, or with labels that exclude each other."""
        for label, given in self.labels.items():
            of_person: dict[int, Correction] = {}
            for tracklet, line in given.items():
                earlier = of_person.setdefault(int(self.group[tracklet]), line)
                if earlier.value != line.value:
                    raise InputError(
                        f"{correction.described}: one person would have two {label}s, by {earlier.described} and "
                        f"{line.described}; undo one of them first"
                    )
        role = {int(self.group[tracklet]): line for tracklet, line in self.labels["role"].items()}
        for label in ("name", *_OF_PLAYERS):
            for tracklet, line in self.labels[label].items():
                excluded = role.get(int(self.group[tracklet]))
                if excluded is not None and line.value != NOTHING and _exclude(label, excluded.value):
                    raise InputError(
                        f"{correction.described}: this person would have a {label} by {line.described} and be "
                        f"{_article(excluded.value)} by {excluded.described}; undo one of them first"
                    )

    def _chain(self, first: int, second: int) -> Correction | None:
        """Return the last said of the links that make two tracklets one person; None if they are one tracklet."""
        age = {id(link): at for at, link in enumerate(self.same.values())}
        reached: dict[int, Correction | None] = {first: None}
        waiting = [first]
        for tracklet in waiting:
            for pair, link in self.same.items():
                mate = pair[0] if pair[1] == tracklet else pair[1]
                if tracklet in pair and mate not in reached:
                    before = reached[tracklet]
                    reached[mate] = link if before is None or age[id(link)] > age[id(before)] else before
                    waiting.append(mate)
        return reached.get(second)

    def result(self, unmet: tuple[str, ...]) -> UserConstraints:
        """Sum up; `unmet` are corrections that point at nobody."""
        n, group = len(self.group), self.group
        cannot_link = np.zeros((n, n), dtype=bool)
        for i, j in self._different():
            cannot_link[np.ix_(group == group[i], group == group[j])] = True
        mentioned = np.isin(group, group[sorted(self.mentioned)]) if self.mentioned else np.zeros(n, dtype=bool)
        labels = {label: {at: line.value for at, line in given.items()} for label, given in self.labels.items()}
        return UserConstraints(group, mentioned, cannot_link | cannot_link.T, labels, unmet)

    def _different(self) -> Iterable[tuple[int, int]]:
        """Yield pairs of tracklets that are two people: by a link, or by labels that one person does not have both."""
        yield from self.apart
        for given in self.labels.values():
            for (i, first), (j, second) in combinations(given.items(), 2):
                if first.value != second.value and NOTHING not in (first.value, second.value):
                    yield i, j


def _exclude(label: str, role: str) -> bool:
    """Say whether nobody of a role has a label."""
    return role == "nobody" or (role == "referee" and label in _OF_PLAYERS)


def _article(role: str) -> str:
    return role if role == "nobody" else f"a {role}"
