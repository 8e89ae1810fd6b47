"""Single tracklets go to where they fit better: the moves that refine a grouping which was merged bottom up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.appearance_model import in_context
from pipeline.understand.grouping.odds import PERSON_PRICE, agreement
from pipeline.understand.grouping.problem import Bounds, Problem, numbered

Array = NDArray[np.float64]

_GAIN = 1e-6
"""Less is no gain."""


class Sweep:
    """Every tracklet once, the best known first: to where it fits best."""

    def __init__(self, problem: Problem, label: NDArray[np.int64], bounds: Bounds) -> None:
        assert problem.seen is not None
        self.problem, self.label, self.bounds = problem, numbered(label), bounds
        n, k = len(label), int(self.label.max()) + 2  # the last is nobody so far
        member = np.zeros((n, k))
        member[np.arange(n), self.label] = 1.0
        self.looks = problem.seen.looks
        self.own = problem.seen.place * problem.seen.precision[:, None]
        self.weighted, self.precision = member.T @ self.own, member.T @ problem.seen.precision
        self.number, self.side = member.T @ problem.number, member.T @ problem.side
        self.has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
        self.size, self.seen_s = member.sum(axis=0), member.T @ problem.seen_s
        self.conflicts = np.stack([problem.apart[self.label == one].sum(axis=0) for one in range(k)])  # (k, n)
        self.linked: Array = np.asarray(problem.continuation @ member)
        self.numbered = agreement(self.number)
        self.known = in_context(self.weighted, self.precision)
        self.score = self.looks.log_evidence(*self.known) + self.numbered + agreement(self.side)

    def run(self) -> tuple[int, NDArray[np.int64]]:
        """Go through all tracklets; return how many moved, and the labels (n,), not renumbered."""
        assert self.problem.seen is not None
        moved = 0
        for i in np.argsort(-self.problem.seen.precision, kind="stable"):
            moved += self._settle(int(i))
        return moved, self.label

    def _settle(self, i: int) -> int:
        """Bring one tracklet to where it fits best; 1 if it moved."""
        home = int(self.label[i])
        self._take(i)
        gain = self._gains(i)
        if self._needed_at(home, i):
            self._put(i, home)
            return 0
        free = np.where(self.conflicts[:, i] > 0, -np.inf, gain)
        best = int(free.argmax())
        self._put(i, home)
        tempting = np.flatnonzero((self.conflicts[:, i] == 1) & (gain > free[best] + _GAIN))
        changes = [change for other in tempting if (change := self._change_places(i, home, int(other))) is not None]
        gained, other, rival = max(changes, default=(-np.inf, 0, 0))
        if gained > max(0.0, free[best] - free[home]) + _GAIN:
            for tracklet, to in ((rival, home), (i, other)):
                self._take(tracklet)
                self._put(tracklet, to)
            return 1
        if free[best] > free[home] + _GAIN:
            self._take(i)
            self._put(i, best)
            return 1
        return 0

    def reunite(self, i: int, j: int) -> bool:
        """Make one of persons i and j if that explains more than the two, with what stands against it given to others."""
        before, players = self.label.copy(), self._players()
        gained = sum(self._join(int(tracklet), i, j) for tracklet in np.flatnonzero(before == j))
        if gained > _GAIN and self._players() >= min(players, self.bounds.min_count):
            return True
        self._go_back(before)
        return False

    def _join(self, tracklet: int, i: int, j: int) -> float:
        """Give person i a tracklet of j, or whoever else gains by it; return what is gained.

        It comes in the place of those that cannot be the same person, or goes elsewhere itself, whichever explains more.
        """
        before = self.label.copy()
        rivals = np.flatnonzero((self.label == i) & self.problem.apart[tracklet])
        gained = sum(self._move(int(rival), barred=(i, j)) for rival in rivals) + self._move(tracklet, i)
        if not len(rivals):
            return gained
        self._go_back(before)
        elsewhere = self._move(tracklet, barred=(i, j))
        if elsewhere >= gained:
            return elsewhere
        self._go_back(before)
        return sum(self._move(int(rival), barred=(i, j)) for rival in rivals) + self._move(tracklet, i)

    def _go_back(self, before: NDArray[np.int64]) -> None:
        """Give all tracklets back to whom they were before (n,)."""
        for tracklet in map(int, np.flatnonzero(self.label != before)):
            self._move(tracklet, int(before[tracklet]))

    def _move(self, i: int, to: int | None = None, barred: tuple[int, ...] = ()) -> float:
        """Give a tracklet to a person, or to where it fits best but to those barred; return what is gained."""
        home = int(self.label[i])
        self._take(i)
        gain = self._gains(i)
        if to is None:
            free = np.where(self.conflicts[:, i] > 0, -np.inf, gain)
            free[list(barred)] = -np.inf
            to = int(free.argmax())
        self._put(i, to)
        return float(gain[to] - gain[home])

    def _needed_at(self, home: int, i: int) -> bool:
        """Tell whether there would be too few players if this tracklet, taken away, went to somebody else."""
        least = self.bounds.min_seen_s
        if self.seen_s[home] >= max(least, 1e-9) or self.seen_s[home] + self.problem.seen_s[i] < least:
            return False
        return self._players() < self.bounds.min_count

    def _players(self) -> int:
        """Count the people who were seen for long enough to be players."""
        return int(((self.seen_s >= self.bounds.min_seen_s) & (self.size > 0)).sum())

    def _gains(self, i: int) -> Array:
        """Give the gain (k,) of giving a tracklet, that is nobody's, to each person."""
        seen = self.problem.seen
        assert seen is not None
        gain = self.linked[i] + np.where(self.size > 0, PERSON_PRICE, 0.0) - self.score
        weighted, precision = in_context(self.own[i], seen.precision[i])
        gain += self.looks.log_evidence(self.known[0] + weighted, self.known[1] + precision)
        gain += agreement(self.side + self.problem.side[i])
        gain += agreement(self.number + self.problem.number[i]) if self.has_number[i] else self.numbered
        return np.asarray(gain)

    def _change_places(self, i: int, home: int, other: int) -> tuple[float, int, int] | None:
        """Say what is gained if i and the one tracklet in its way change places: (gain, person, tracklet)."""
        rival = int(np.flatnonzero((self.label == other) & self.problem.apart[i])[0])
        if self.conflicts[home, rival] > int(self.problem.apart[rival, i]):
            return None
        self._take(i)
        self._take(rival)
        here, there = self._gains(i), self._gains(rival)
        self._put(i, home)
        self._put(rival, other)
        return float(here[other] - here[home] + there[home] - there[other]), other, rival

    def _take(self, i: int) -> None:
        self._shift(i, int(self.label[i]), -1)
        self.label[i] = -1

    def _put(self, i: int, person: int) -> None:
        self.label[i] = person
        self._shift(i, person, 1)
        if person == len(self.size) - 1:
            self._grow()

    def _shift(self, i: int, person: int, sign: int) -> None:
        """Add a tracklet to a person, or take it away."""
        seen = self.problem.seen
        assert seen is not None
        self.weighted[person] += sign * self.own[i]
        self.precision[person] += sign * seen.precision[i]
        self.number[person] += sign * self.problem.number[i]
        self.side[person] += sign * self.problem.side[i]
        self.size[person] += sign
        self.seen_s[person] += sign * self.problem.seen_s[i]
        self.conflicts[person] += sign * self.problem.apart[i].astype(np.int64)
        links = self.problem.continuation
        part = slice(links.indptr[i], links.indptr[i + 1])
        self.linked[links.indices[part], person] += sign * links.data[part]
        if self.has_number[i]:
            self.numbered[person] = agreement(self.number[person])
        known = in_context(self.weighted[person], self.precision[person])
        self.known[0][person], self.known[1][person] = known
        looks = self.looks.log_evidence(*known)
        self.score[person] = looks + self.numbered[person] + agreement(self.side[person])

    def _grow(self) -> None:
        """Keep one place for somebody new."""
        self.weighted, self.number, self.side = (
            np.vstack([one, np.zeros((1, one.shape[1]))]) for one in (self.weighted, self.number, self.side)
        )
        sums = (self.precision, self.size, self.seen_s, self.score, self.numbered)
        self.precision, self.size, self.seen_s, self.score, self.numbered = (np.append(one, 0.0) for one in sums)
        self.known = np.vstack([self.known[0], np.zeros((1, self.known[0].shape[1]))]), np.append(self.known[1], 0.0)
        self.conflicts, self.linked = np.pad(self.conflicts, ((0, 1), (0, 0))), np.pad(self.linked, ((0, 0), (0, 1)))
