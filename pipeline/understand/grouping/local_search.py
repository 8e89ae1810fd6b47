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
        self.observed = appearance.mean * appearance.precision[:, None]  # (n, d)
        self.weighted, self.precision = member.T @ self.observed, member.T @ appearance.precision  # (k, d), (k,)
        self.number, self.team = member.T @ problem.number, member.T @ problem.team  # (k, 101), (k, 3)
        self.has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
        self.size, self.seen_s = member.sum(axis=0), member.T @ problem.seen_s
        conflicts = [problem.cannot_link[self.label == person].sum(axis=0) for person in range(k)]
        self.conflicts = np.stack(conflicts)  # (k, n) number of a person's tracklets that cannot link with a tracklet
        self.log_odds: Array = np.asarray(problem.log_odds @ member)  # (n, k)
        self.number_agreement = agreement(self.number)
        self.discounted = discount_context(self.weighted, self.precision)
        self.score = self.model.log_evidence(*self.discounted) + self.number_agreement + agreement(self.team)

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
        before, players = self.label.copy(), self._players()
        gained = sum(self._join(int(tracklet), i, j) for tracklet in np.flatnonzero(before == j))
        if gained > _MIN_GAIN and self._players() >= min(players, self.bounds.min_count):
            return True
        self._go_back(before)
        return False

    def _join(self, tracklet: int, i: int, j: int) -> float:
        """Give person i a tracklet of j, or whoever else gains by it; return what is gained.

        It takes the place of those that cannot link with it, or goes elsewhere itself, whichever gains more.
        """
        before = self.label.copy()
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

    def _go_back(self, before: NDArray[np.int64]) -> None:
        """Give all tracklets back to whom they were before (n,)."""
        for tracklet in map(int, np.flatnonzero(self.label != before)):
            self._move(tracklet, int(before[tracklet]))

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
        gain = self.log_odds[i] + np.where(self.size > 0, PERSON_PRICE, 0.0) - self.score
        weighted, precision = discount_context(self.observed[i], self.tracklet_precision[i])
        gain += self.model.log_evidence(self.discounted[0] + weighted, self.discounted[1] + precision)
        gain += agreement(self.team + self.problem.team[i])
        gain += agreement(self.number + self.problem.number[i]) if self.has_number[i] else self.number_agreement
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
        self._shift(i, int(self.label[i]), -1)
        self.label[i] = -1

    def _put(self, i: int, person: int) -> None:
        self.label[i] = person
        self._shift(i, person, 1)
        if person == len(self.size) - 1:
            self._grow()

    def _shift(self, i: int, person: int, sign: int) -> None:
        """Add a tracklet to a person, or take it away."""
        self.weighted[person] += sign * self.observed[i]
        self.precision[person] += sign * self.tracklet_precision[i]
        self.number[person] += sign * self.problem.number[i]
        self.team[person] += sign * self.problem.team[i]
        self.size[person] += sign
        self.seen_s[person] += sign * self.problem.seen_s[i]
        self.conflicts[person] += sign * self.problem.cannot_link[i].astype(np.int64)
        pairs = self.problem.log_odds
        span = slice(pairs.indptr[i], pairs.indptr[i + 1])
        self.log_odds[pairs.indices[span], person] += sign * pairs.data[span]
        if self.has_number[i]:
            self.number_agreement[person] = agreement(self.number[person])
        discounted = discount_context(self.weighted[person], self.precision[person])
        self.discounted[0][person], self.discounted[1][person] = discounted
        appearance = self.model.log_evidence(*discounted)
        self.score[person] = appearance + self.number_agreement[person] + agreement(self.team[person])

    def _grow(self) -> None:
        """Keep a place for a new person."""
        self.weighted, self.number, self.team = (
            np.vstack([sums, np.zeros((1, sums.shape[1]))]) for sums in (self.weighted, self.number, self.team)
        )
        values = (self.precision, self.size, self.seen_s, self.score, self.number_agreement)
        self.precision, self.size, self.seen_s, self.score, self.number_agreement = (np.append(v, 0.0) for v in values)
        weighted, precision = self.discounted
        self.discounted = np.vstack([weighted, np.zeros((1, weighted.shape[1]))]), np.append(precision, 0.0)
        self.conflicts, self.log_odds = (
            np.pad(self.conflicts, ((0, 1), (0, 0))),
            np.pad(self.log_odds, ((0, 0), (0, 1))),
        )
