"""Corrections by a user as must-link and cannot-link constraints on tracklets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.corrections import NOTHING, Correction, Spot
from pipeline.corrections.lines import clock
from pipeline.errors import InputError
from pipeline.tables import conform
from pipeline.understand.features.overlaps import simultaneous_tracklets
from pipeline.understand.game import TrackedGame

_NEAR_S = 0.5
"""A spot is looked for in the analysed frame nearest to its time, if one is so near, s."""
_LABELS = ("name", "number", "team", "role")
_WHOSE = "player"
_TWO_OF = {
    "player": "be two players",
    **{label: f"have two {label}s" for label in _LABELS},
}
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
    """`name`, `number`, `team`, `role`, and `player`, the id -> tracklet (0 to n - 1) -> value; '-': surely none."""
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
    collected = _Constraints(len(track_id), simultaneous, lambda i, j: _together(game, track_id[i], track_id[j]))
    unmet = []
    by_step: dict[int, list[tuple[Correction, list[int]]]] = {}
    for at, (correction, numbers) in enumerate(zip(corrections, _found(game, corrections), strict=True)):
        tracklets = [place.get(number) for number in numbers]
        spots = [correction.spot, correction.second_spot]
        missing = next((spots[k] for k, tracklet in enumerate(tracklets) if tracklet is None), None)
        if missing is not None:
            unmet.append(
                f"{correction.where}: nobody was found at {missing.time_s:.2f} s at "
                f"{missing.x_px:.0f}, {missing.y_px:.0f}: the correction was left aside"
            )
        else:
            step = by_step.setdefault(correction.step or -at, [])
            step.append((correction, [tracklet for tracklet in tracklets if tracklet is not None]))
    for lines in by_step.values():
        collected.add(lines)
    return collected.result(tuple(unmet))


def _found(game: TrackedGame, corrections: Sequence[Correction]) -> list[list[int]]:
    """Find the tracklets, one or two, that corrections are about, by id; -1 for nobody."""
    spots = [
        [correction.spot] if correction.second_spot is None else [correction.spot, correction.second_spot]
        for correction in corrections
    ]
    flat = [spot for of_line in spots for spot in of_line]
    points = np.array([(spot.x_px, spot.y_px) for spot in flat]).reshape(-1, 2)
    found = iter(TrackletAtSpot(game).at(np.array([spot.time_s for spot in flat]), points).tolist())
    return [[next(found) for _ in of_line] for of_line in spots]


def _together(game: TrackedGame, first: int, second: int) -> str:
    """Say when two tracklets are in the picture together."""
    row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy()
    shared = np.intersect1d(game.box_frame_row[row[owner == first]], game.box_frame_row[row[owner == second]])
    return clock(float(game.time_s[shared[0]])) if len(shared) else "the same time"


class _Constraints:
    """Constraints as they are collected, step by step; refuses what contradicts earlier ones."""

    def __init__(self, n: int, simultaneous: NDArray[np.bool_], together: Callable[[int, int], str]) -> None:
        self.group = np.arange(n)  # (n,) who is one person by the links and ids so far
        self.simultaneous, self.together = simultaneous, together
        self.same: dict[tuple[int, int], Correction] = {}
        self.apart: dict[tuple[int, int], Correction] = {}
        self.labels: dict[str, dict[int, Correction]] = {label: {} for label in (_WHOSE, *_LABELS)}
        self.mentioned: set[int] = set()

    def add(self, step: Sequence[tuple[Correction, list[int]]]) -> None:
        """Add the lines of a step, of one or two tracklets each; each takes the place of earlier ones about the same fact.

        Raises:
            InputError: one contradicts another.
        """
        for correction, tracklets in step:
            self.mentioned.update(tracklets)
            if correction.action == _WHOSE:
                self.labels[_WHOSE].pop(tracklets[0], None)
                self.labels[_WHOSE] |= {} if correction.value == NOTHING else {tracklets[0]: correction}
            elif len(tracklets) == 2:
                pair = (min(tracklets), max(tracklets))
                self.apart.pop(pair, None)
                self.same.pop(pair, None)
                (self.same if correction.action == "same" else self.apart)[pair] = correction
        self._join_again([tracklets[0] for correction, tracklets in step if correction.action == _WHOSE])
        self._link()
        for correction, tracklets in step:
            if correction.action in _LABELS:
                self._label(correction, tracklets[0])
        last = step[-1][0]
        self._check_seen_apart(last)
        self._check_links(last)
        self._check_labels(last)

    def _label(self, correction: Correction, tracklet: int) -> None:
        """Give the person of a tracklet a name, number, team or role, in the place of an earlier one."""
        given = self.labels[correction.action]
        for earlier in [labelled for labelled in given if self.group[labelled] == self.group[tracklet]]:
            del given[earlier]
        given[tracklet] = correction

    def _join_again(self, said_now: list[int]) -> None:
        """Forget that two parts of a tracklet are two people where both are now said to be one player."""
        whose = {tracklet: line.value for tracklet, line in self.labels[_WHOSE].items()}
        for pair in [pair for pair, line in self.apart.items() if line.action == "split" and {*pair} & {*said_now}]:
            first, second = (whose.get(tracklet) for tracklet in pair)
            if first is not None and first == second:
                del self.apart[pair]

    def _link(self) -> None:
        """Find out who is one person."""
        n = len(self.group)
        whose = self.labels[_WHOSE]
        ids = {value: n + at for at, value in enumerate(sorted({line.value for line in whose.values()}))}
        pairs = [*self.same, *((tracklet, ids[line.value]) for tracklet, line in whose.items())]
        i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        graph = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(n + len(ids), n + len(ids)))
        self.group = connected_components(graph, directed=False)[1][:n].astype(np.int64)

    def _check_seen_apart(self, last: Correction) -> None:
        """Refuse to make one person of two who are in the picture together."""
        linked = sorted({at for pair in self.same for at in pair} | set(self.labels[_WHOSE]))
        alike = self.group[linked][:, None] == self.group[linked][None]
        both = np.argwhere(np.triu(alike & self.simultaneous[np.ix_(linked, linked)]))
        if not len(both):
            return
        i, j = linked[both[0, 0]], linked[both[0, 1]]
        earlier = [link for link in self._chain(i, j) if link.step != last.step or link.step == 0]
        because = " and ".join(dict.fromkeys(link.described for link in earlier if link is not last))
        raise InputError(
            f"{last.described}: they are in the picture together at {self.together(i, j)}, so they are not one person"
            f"{f'; with {because}' if because else ''}"
        )

    def _check_links(self, last: Correction) -> None:
        """Refuse two who are one person by some links and two by another."""
        for (first, second), link in self.apart.items():
            if self.group[first] == self.group[second]:
                chain = self._chain(first, second)
                if not chain:
                    raise InputError(f"{link.described}: this is one person all along")
                against = chain[-1] if link is last or link.step == last.step != 0 else link
                raise InputError(
                    f"{last.described} contradicts {against.described}: these two would be one person and two; "
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
                        f"{correction.described}: one person would {_TWO_OF[label]}, by {earlier.described} and "
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

    def _chain(self, first: int, second: int) -> list[Correction]:
        """Return the lines that make two tracklets one person, in the order of the journal; empty if they are one tracklet."""
        lines: list[tuple[tuple[object, object], Correction]] = [
            *self.same.items(),
            *(((tracklet, line.value), line) for tracklet, line in self.labels[_WHOSE].items()),
        ]
        before: dict[object, tuple[object, Correction]] = {}
        waiting: list[object] = [first]
        for node in waiting:
            for ends, line in lines:
                mate = ends[0] if ends[1] == node else ends[1]
                if node in ends and mate not in before and mate != first:
                    before[mate] = node, line
                    waiting.append(mate)
        found: list[Correction] = []
        end: object = second
        while end != first and end in before:
            end, line = before[end]
            found.append(line)
        order = {id(line): at for at, (_, line) in enumerate(lines)}
        return sorted(found, key=lambda line: (line.step, order[id(line)]))

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
            people = {int(self.group[tracklet]): (tracklet, line) for tracklet, line in given.items()}
            for (i, first), (j, second) in combinations(people.values(), 2):
                if first.value != second.value and NOTHING not in (first.value, second.value):
                    yield i, j


def _exclude(label: str, role: str) -> bool:
    """Say whether nobody of a role has a label."""
    return role == "nobody" or (role == "referee" and label in _OF_PLAYERS)


def _article(role: str) -> str:
    return role if role == "nobody" else f"a {role}"
