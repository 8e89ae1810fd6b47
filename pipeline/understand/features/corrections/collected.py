"""Constraints as they are collected from corrections, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.corrections import NOTHING, Correction
from pipeline.corrections.lines import AFTER, LABELS
from pipeline.errors import InputError
from pipeline.understand.features.corrections.kept import Linked, with_kept

_WHOSE = "player"
_TWO_OF = {
    "player": "be two players",
    **{label: f"have two {label}s" for label in LABELS},
}
OF_PLAYERS = ("number", "team")
"""Who has one is a player."""


class CollectedConstraints:
    """What is said of tracklets, step by step; refuses what contradicts earlier steps.

    What a person says holds. What follows from it only because nothing else was to change hands (`keep`) holds as far as nothing
    that was said speaks against it. A tracklet that is split later is one until then: what was said of it is of the part that
    the split names.
    """

    def __init__(
        self,
        n: int,
        simultaneous: NDArray[np.bool_],
        together: Callable[[int, int], str],
        splits: Sequence[tuple[int, ...]],
    ) -> None:
        """Begin with n tracklets of which nothing is said.

        Args:
            n: tracklets, as they are after all splits.
            simultaneous: (n, n) pairs that share a frame.
            together: says when a pair does.
            splits: the tracklets after and before each split, in the order in which they are added.
        """
        self.splits_ahead = list(splits)
        self.group = np.arange(n)  # (n,) who is one person by the links and ids said so far
        self.simultaneous, self.together = simultaneous, together
        self.same: dict[tuple[int, int], Correction] = {}
        self.apart: dict[tuple[int, int], Correction] = {}
        self.labels: dict[str, dict[int, Correction]] = {label: {} for label in (_WHOSE, *LABELS)}
        self.kept: dict[int, Correction] = {}  # whose tracklets stay, the newest last
        self.mentioned: set[int] = set()

    def add(self, step: Sequence[tuple[Correction, list[int]]]) -> None:
        """Add the lines of a step, of one or two tracklets each; each takes the place of earlier ones about the same fact.

        Raises:
            InputError: one contradicts another.
        """
        for correction, tracklets in step:
            self._take(correction, tracklets)
        self._join_again([tracklets[0] for correction, tracklets in step if correction.action == _WHOSE])
        self._link()
        labelled = [(correction, tracklets[0]) for correction, tracklets in step if correction.action in LABELS]
        group = self._shown_then() if labelled else self.group
        for correction, tracklet in labelled:
            self._label(correction, tracklet, group)
        last = step[-1][0]
        self._check_seen_apart(last)
        self._check_links(last)
        self._check_labels(last)

    def _shown_then(self) -> NDArray[np.int64]:
        """Number (n,) who is one person now: what will be split is whole, and what stays somebody's is his."""
        group = self.linked().group.copy()
        for first, second in self.splits_ahead:
            group[group == group[first]] = group[second]
        return group

    def _take(self, correction: Correction, tracklets: list[int]) -> None:
        """Note a line, in the place of an earlier one about the same fact; labels come later."""
        first, second = tracklets[0], tracklets[-1]
        if correction.action == "meant":
            self._hand_over(self.labels[correction.value], self._parts(second), first)
            return
        self.mentioned.update(tracklets)
        if correction.action in (_WHOSE, "keep"):
            for part in self._parts(first):
                self.kept.pop(part, None)
                if correction.action == _WHOSE:
                    self._take_back(part, correction.value)
        if correction.action == "keep":
            self.kept[first] = correction
        elif correction.action == _WHOSE and correction.value != NOTHING:
            self.labels[_WHOSE][first] = correction
        elif len(tracklets) == 2:
            pair = (min(tracklets), max(tracklets))
            self.apart.pop(pair, None)
            self.same.pop(pair, None)
            (self.same if correction.action == "same" else self.apart)[pair] = correction
        if correction.action == "split":
            self._split(*((second, first) if correction.value == AFTER else (first, second)))

    def _take_back(self, tracklet: int, whose: str) -> None:
        """Forget whose a tracklet was said to be, and that it is nobody's if it is somebody's now."""
        self.labels[_WHOSE].pop(tracklet, None)
        role = self.labels["role"].get(tracklet)
        if whose != NOTHING and role is not None and role.value == "nobody":
            del self.labels["role"][tracklet]

    def _split(self, leaving: int, staying: int) -> None:
        """Leave what was said of a whole tracklet with one of its parts."""
        del self.splits_ahead[0]
        parts = self._parts(leaving)
        for given in self.labels.values():
            self._hand_over(given, parts, staying)
        for part in parts:
            self.kept.pop(part, None)

    @staticmethod
    def _hand_over(given: dict[int, Correction], parts: set[int], heir: int) -> None:
        """Give a label of the parts of a tracklet to another."""
        for part in parts - {heir}:
            if part in given:
                given.setdefault(heir, given.pop(part))

    def _parts(self, tracklet: int) -> set[int]:
        """Return the tracklets that will come of one by later splits."""
        found = {tracklet}
        while more := {end for pair in self.splits_ahead for end in pair if found & {*pair}} - found:
            found |= more
        return found

    def _label(self, correction: Correction, tracklet: int, group: NDArray[np.int64]) -> None:
        """Give the person of a tracklet a name, number, team or role, in the place of an earlier one."""
        given = self.labels[correction.action]
        for earlier in [labelled for labelled in given if group[labelled] == group[tracklet]]:
            del given[earlier]
        given[tracklet] = correction

    def _join_again(self, said_now: list[int]) -> None:
        """Forget that two parts of a tracklet are two people where both are now said to be one player."""
        whose = {tracklet: line.value for tracklet, line in (self.kept | self.labels[_WHOSE]).items()}
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
        for label in ("name", *OF_PLAYERS):
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

    def linked(self) -> Linked:
        """Join what is said to be one person, and what stays somebody's as far as nothing speaks against it."""
        whose = {tracklet: line.value for tracklet, line in self.labels[_WHOSE].items()}
        kept = {tracklet: line.value for tracklet, line in reversed(self.kept.items())}
        return with_kept(
            self.group, whose, kept, self.simultaneous, [*self._different(whose, self.group), *self._excluded()]
        )

    def mentioned_in(self, linked: Linked) -> NDArray[np.bool_]:
        """Say of which tracklets (n,) something is said, or of others of the same person."""
        group = linked.group
        return np.isin(group, group[sorted(self.mentioned)]) if self.mentioned else np.zeros(len(group), dtype=bool)

    def cannot_link(self, linked: Linked) -> NDArray[np.bool_]:
        """Say which tracklets (n, n) are two people."""
        n, group = len(linked.group), linked.group
        cannot_link = np.zeros((n, n), dtype=bool)
        whose = {tracklet: line.value for tracklet, line in self.labels[_WHOSE].items()}
        for i, j in self._different(whose | dict(linked.kept), group):
            cannot_link[np.ix_(group == group[i], group == group[j])] = True
        return cannot_link | cannot_link.T

    def _different(self, whose: Mapping[int, str], group: NDArray[np.int64]) -> Iterable[tuple[int, int]]:
        """Yield pairs of tracklets that are two people: by a link, or by labels that one person does not have both."""
        yield from self.apart
        labels = [{at: line.value for at, line in self.labels[label].items()} for label in LABELS]
        for given in (whose, *labels):
            people = {int(group[tracklet]): (tracklet, value) for tracklet, value in given.items()}
            for (i, first), (j, second) in combinations(people.values(), 2):
                if first != second and NOTHING not in (first, second):
                    yield i, j

    def _excluded(self) -> Iterable[tuple[int, int]]:
        """Yield pairs of tracklets with labels that one person cannot have both, though they may be of one by a mistake."""
        for label in LABELS:
            for (i, first), (j, second) in combinations(self.labels[label].items(), 2):
                if first.value != second.value and NOTHING in (first.value, second.value):
                    yield i, j
        for i, role in self.labels["role"].items():
            for label in ("name", *OF_PLAYERS):
                for j, line in self.labels[label].items():
                    if line.value != NOTHING and _exclude(label, role.value):
                        yield i, j


def _exclude(label: str, role: str) -> bool:
    """Say whether nobody of a role has a label."""
    return role == "nobody" or (role == "referee" and label in OF_PLAYERS)


def _article(role: str) -> str:
    return role if role == "nobody" else f"a {role}"
