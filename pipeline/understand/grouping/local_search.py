"""Local search that refines a grouping: single tracklets move, or exchange places, while the likelihood grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.clustering.protocol import numbered
from pipeline.understand.features.appearance_model import discount_context
from pipeline.understand.grouping.odds import PERSON_PRICE, agreement
from pipeline.understand.grouping.problem import AppearanceProblem, GroupingBounds

Array = NDArray[np.float64]

_MIN_GAIN = 1e-6
"""Log-likelihood; less is no gain."""


class LocalSearch:
    """Visits every tracklet once, the most precise first, and moves it to the person whom it fits best."""

    def __init__(self, problem: AppearanceProblem, label: NDArray[np.int64], bounds: GroupingBounds) -> None:
        self.problem, self.label, self.bounds = problem, numbered(label), bounds
        appearance = problem.appearance
        n, k = len(label), int(self.label.max()) + 2  # the last person is a new one, without tracklets
        member = np.zeros((n, k))
        member[np.arange(n), self.label] = 1.0
        self.model, self.tracklet_precision = appearance.model, appearance.precision
        observed = appearance.mean * appearance.precision[:, None]  # (n, d)
        self.alone = discount_context(observed, appearance.precision)  # (n, d), (n,) each tracklet as a person
        self.has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
        parts = (observed, appearance.precision, np.ones(n), problem.seen_s, problem.team, problem.number)
        self.content = np.column_stack(parts)  # (n, columns)
        self.total = member.T @ self.content  # (k, columns)
        conflicts = [problem.cannot_link[self.label == person].sum(axis=0) for person in range(k)]
        self.conflicts = np.stack(conflicts)  # (k, n) number of a person's tracklets that cannot link with a tracklet
        self.log_odds: Array = np.ascontiguousarray((problem.log_odds @ member).T)  # (k, n)
        self.moves: list[tuple[int, int, tuple[Array, ...]]] | None = None
        """What can be taken back: tracklet, person before (-1 for nobody) and what was known of the person changed."""
        self._name_columns()

    def _name_columns(self) -> None:
        """Name the columns of `total` (k, columns): sums over the tracklets of each person."""
        d = self.alone[0].shape[1]
        self.weighted, self.precision = self.total[:, :d], self.total[:, d]  # (k, d), (k,)
        self.size, self.seen_s = self.total[:, d + 1], self.total[:, d + 2]  # (k,), (k,)
        self.team, self.number = self.total[:, d + 3 : d + 6], self.total[:, d + 6 :]  # (k, 3), (k, 101)

    def run(self) -> tuple[int, NDArray[np.int64]]:
        """Go through all tracklets; return how many moved, and the labels (n,), not renumbered."""
        moved = 0
        for i in np.argsort(-self.tracklet_precision, kind="stable"):
            moved += self._settle(int(i))
        return moved, self.label

    def _settle(self, i: int) -> int:
        """Bring a tracklet to where it fits best; 1 if it moved."""
        home = int(self.label[i])
        self._take(i)
        gain = self._gains(i)
        if self._needed_at(home, i):
            self._put(i, home)
            return 0
        free = np.where(self.conflicts[:, i] > 0, -np.inf, gain)
        best = int(free.argmax())
        self._put(i, home)
        tempting = np.flatnonzero((self.conflicts[:, i] == 1) & (gain > free[best] + _MIN_GAIN))
        swaps = [swap for target in tempting if (swap := self._try_swap(i, home, int(target))) is not None]
        swap_gain, target, rival = max(swaps, default=(-np.inf, 0, 0))
        if swap_gain > max(0.0, free[best] - free[home]) + _MIN_GAIN:
            for tracklet, person in ((rival, home), (i, target)):
                self._take(tracklet)
                self._put(tracklet, person)
            return 1
        if free[best] > free[home] + _MIN_GAIN:
            self._take(i)
            self._put(i, best)
            return 1
        return 0

    def reunite(self, i: int, j: int) -> bool:
        """Make one of persons i and j if that is likelier than the two, tracklets in the way being given to others."""
        players, self.moves = self._players(), []
        gained = sum(self._join(int(tracklet), i, j) for tracklet in np.flatnonzero(self.label == j))
        done = gained > _MIN_GAIN and self._players() >= min(players, self.bounds.min_count)
        if not done:
            self._go_back(0)
        self.moves = None
        return done

    def _join(self, tracklet: int, i: int, j: int) -> float:
        """Give person i a tracklet of j, or whoever else gains by it; return what is gained.

        It takes the place of those that cannot link with it, or goes elsewhere itself, whichever gains more.
        """
        before = len(self.moves or ())
        rivals = np.flatnonzero((self.label == i) & self.problem.cannot_link[tracklet])
        gained = sum(self._move(int(rival), barred=(i, j)) for rival in rivals) + self._move(tracklet, i)
        if not len(rivals):
            return gained
        self._go_back(before)
        elsewhere = self._move(tracklet, barred=(i, j))
        if elsewhere >= gained:
            return elsewhere
        self._go_back(before)
        return sum(self._move(int(rival), barred=(i, j)) for rival in rivals) + self._move(tracklet, i)

    def _go_back(self, count: int) -> None:
        """Take all steps back but the first `count`."""
        while self.moves is not None and len(self.moves) > count:
            tracklet, person, before = self.moves.pop()
            changed = int(self.label[tracklet]) if person < 0 else person
            for sums, values in zip((self.total, self.conflicts, self.log_odds), before, strict=True):
                sums[changed] = values
            self.label[tracklet] = person

    def _move(self, i: int, to: int | None = None, barred: tuple[int, ...] = ()) -> float:
        """Move a tracklet to a person, or to where it fits best except for those barred; return what is gained."""
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
        """Give the gain (k,) of assigning a tracklet, that is nobody's, to each person."""
        k = len(self.total)
        people, precisions = discount_context(self.weighted, self.precision)
        alone, precision = self.alone[0][i], self.alone[1][i]
        appearance = self.model.log_evidence(
            np.concatenate([people + alone, people]), np.concatenate([precisions + precision, precisions])
        )
        team = agreement(np.concatenate([self.team + self.problem.team[i], self.team]))
        likelihood = appearance + team  # with the tracklet, and without it
        gain = self.log_odds[:, i] + np.where(self.size > 0, PERSON_PRICE, 0.0) + likelihood[:k] - likelihood[k:]
        if self.has_number[i]:
            gain += agreement(self.number + self.problem.number[i]) - agreement(self.number)
        return np.asarray(gain)

    def _try_swap(self, i: int, home: int, target: int) -> tuple[float, int, int] | None:
        """Say what is gained if i and the one tracklet in its way exchange places: (gain, person, tracklet)."""
        rival = int(np.flatnonzero((self.label == target) & self.problem.cannot_link[i])[0])
        if self.conflicts[home, rival] > int(self.problem.cannot_link[rival, i]):
            return None
        self._take(i)
        self._take(rival)
        gain, rival_gain = self._gains(i), self._gains(rival)
        self._put(i, home)
        self._put(rival, target)
        return float(gain[target] - gain[home] + rival_gain[home] - rival_gain[target]), target, rival

    def _take(self, i: int) -> None:
        """Take a tracklet from its person."""
        person = int(self.label[i])
        self._note(i, person)
        self.total[person] -= self.content[i]
        self.conflicts[person] -= self.problem.cannot_link[i]
        others, log_odds = self._neighbours(i)
        self.log_odds[person, others] -= log_odds
        self.label[i] = -1

    def _put(self, i: int, person: int) -> None:
        """Give a tracklet, that is nobody's, to a person."""
        self._note(i, person)
        self.total[person] += self.content[i]
        self.conflicts[person] += self.problem.cannot_link[i]
        others, log_odds = self._neighbours(i)
        self.log_odds[person, others] += log_odds
        self.label[i] = person
        if person == len(self.total) - 1:
            self._grow()

    def _neighbours(self, i: int) -> tuple[NDArray[np.integer], Array]:
        """Give the tracklets (c,) with which place and time say something of a tracklet, and their log-odds (c,)."""
        pairs = self.problem.log_odds
        span = slice(pairs.indptr[i], pairs.indptr[i + 1])
        return pairs.indices[span], pairs.data[span]

    def _note(self, i: int, person: int) -> None:
        """Note what is known of a person before a tracklet is taken or given."""
        if self.moves is not None:
            before = self.total[person].copy(), self.conflicts[person].copy(), self.log_odds[person].copy()
            self.moves.append((i, int(self.label[i]), before))

    def _grow(self) -> None:
        """Keep a place for a new person."""
        self.total, self.conflicts, self.log_odds = (
            np.vstack([sums, np.zeros((1, sums.shape[1]), dtype=sums.dtype)])
            for sums in (self.total, self.conflicts, self.log_odds)
        )
        self._name_columns()
