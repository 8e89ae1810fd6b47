"""The grouping of tracklets that explains all evidence best: appearance, numbers, place and time together.

The score of a grouping is the sum over people of the log-likelihood of their appearance (`looks`), of their number and of
their side (`sides`), of the log-odds that tracklets go on where others ended (`continuation`), less a price for every person. Cannot-links
are hard. People are first merged bottom up, by the largest gain; then single tracklets go where they fit better, or change
places with the one that is in their way, and people are merged again, until nothing gains any more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax

from pipeline.understand.identify.clustering import Bounds, Problem, bound, numbered
from pipeline.understand.identify.linkage import average_linkage
from pipeline.understand.identify.looks import in_context
from pipeline.understand.identify.sides import TEAMS

Array = NDArray[np.float64]

PERSON_PRICE = 4.0
"""Log-odds against one more person."""
SURE = 0.99
"""How sure it can be at most that two people wear the same number for the same team: some are misread however often."""
_BLOCK = 1500
"""Tracklets that are merged in one go at first; in a longer game those of a time first, then all."""
_MOST_SWEEPS = 6
_GAIN = 1e-6
_WORTH_A_TRY = -30.0
"""Log-odds of being one person, whatever forbids it, from which on two people are tried as one."""


def joint_evidence(problem: Problem, bounds: Bounds) -> NDArray[np.int64]:
    """Cluster tracklets by all evidence; a `Clusterer`.

    Memory is that of the (n, n) constraints and of blocks of 1500 tracklets. Where a game shows too little for a model
    of looks, the tracklets are grouped by average linkage.
    """
    n = len(problem.weight)
    if problem.seen is None or not n:
        return average_linkage(problem, bounds)
    label = np.arange(n)
    if n > _BLOCK:
        for rows in np.split(np.arange(n), range(_BLOCK, n, _BLOCK)):
            label[rows] = rows[0] + _merged(problem.take(rows), np.arange(len(rows)), 0.0, bounds)
        label = numbered(label)
    label = _merged(problem, label, 0.0, bounds)
    for _ in range(_MOST_SWEEPS):
        moved, label = _Sweep(problem, label, bounds).run()
        label = _merged(problem, numbered(label), 0.0, bounds)
        if not moved:
            moved, label = _reunited(problem, numbered(label), bounds)
        if not moved:
            break
    return numbered(_merged(problem, label, -np.inf, bounds))


def membership(problem: Problem, label: NDArray[np.int64], rows: NDArray[np.int64]) -> Array:
    """Give the log-likelihood ratio (m, k) of some tracklets being each person to their being nobody who was seen.

    A tracklet is judged by the person's other tracklets; -inf where the constraints forbid it.

    Args:
        problem: n tracklets, with `seen`.
        label: (n,) person from 0; -1 for a tracklet that is nobody's so far.
        rows: (m,) the tracklets that are asked for.
    """
    seen = problem.seen
    assert seen is not None
    k = int(label.max(initial=-1)) + 1
    given = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(given)), (given, label[given])), shape=(len(label), k))
    own = seen.place * seen.precision[:, None]
    weighted, precision, number, side = (
        np.asarray(member.T @ part) for part in (own, seen.precision, problem.number, problem.side)
    )
    gain: Array = sparse.csr_array(problem.continuation[rows] @ member).toarray()
    has_number = np.abs(problem.number).max(axis=1, initial=0.0) > 0
    for at, i in enumerate(rows):
        without = np.zeros(k)
        without[label[i] : label[i] + 1] = label[i] >= 0
        rest, weight = weighted - without[:, None] * own[i], precision - without * seen.precision[i]
        one, other = in_context(own[i], seen.precision[i]), in_context(rest, weight)
        gain[at] += seen.looks.log_ratio(*one, *other)
        known = side - without[:, None] * problem.side[i]
        gain[at] += agreement(known + problem.side[i]) - agreement(known) - agreement(problem.side[i])
        if has_number[i]:
            read = number - without[:, None] * problem.number[i]
            gain[at] += agreement(read + problem.number[i]) - agreement(read) - agreement(problem.number[i])
    gain[bound(problem.apart, rows, label, k)] = -np.inf
    return np.asarray(gain)


def affinity(problem: Problem, label: NDArray[np.int64], count: int) -> Array:
    """Give the log-likelihood ratio (count, count) of two people being one to their being two, whatever forbids it.

    Args:
        problem: n tracklets, with `seen`.
        label: (n,) person from 0; -1 for nobody.
        count: people.
    """
    seen = problem.seen
    assert seen is not None
    given = np.flatnonzero(label >= 0)
    member = sparse.csr_array((np.ones(len(given)), (label[given], given)), shape=(count, len(label)))
    own = seen.place * seen.precision[:, None]
    weighted, precision, number, side = (
        np.asarray(member @ part) for part in (own, seen.precision, problem.number, problem.side)
    )
    weighted, precision = in_context(weighted, precision)
    alone = agreement(number) + agreement(side)
    odds: Array = sparse.csr_array(member @ problem.continuation @ member.T).toarray() + PERSON_PRICE
    worn, team = _worn(number), _team(side)
    for one in range(count):
        odds[one] += one_shirt(worn[one] @ worn.T, team[one] @ team.T)
        odds[one] += seen.looks.log_ratio(weighted, precision, weighted[one], precision[one]) - alone - alone[one]
        odds[one] += agreement(number + number[one]) + agreement(side + side[one])
    return odds


def agreement(log_likelihood: Array) -> Array:
    """Give the log-likelihood (...) that all is of one number, or side (..., values), any being equally likely before."""
    most = log_likelihood.max(axis=-1)
    return np.asarray(most + np.log(np.exp(log_likelihood - most[..., None]).mean(axis=-1)))


def one_shirt(same_number: Array, same_team: Array) -> Array:
    """Give the log-likelihood ratio (...) of two people being one to their being two because no two of a team wear one number.

    Args:
        same_number: (...) how likely both wear the same number.
        same_team: (...) how likely both play for the same team.

    Example:
        >>> one_shirt(np.array([0.01, 1.0, 1.0]), np.array([1.0, 0.0, 1.0])).round(2).tolist()
        [0.01, 0.0, 4.61]
    """
    return np.asarray(-np.log1p(-np.minimum(same_number * same_team, SURE)))


def _worn(number: Array) -> Array:
    """Turn log-likelihoods of numbers (k, 101) into probabilities."""
    return np.asarray(softmax(number, axis=1))


def _team(side: Array) -> Array:
    """Turn log-likelihoods of sides (k, 3) into the probabilities of the two teams (k, 2)."""
    return np.asarray(softmax(side, axis=1)[:, : len(TEAMS)])


def _merged(problem: Problem, label: NDArray[np.int64], least_gain: float, bounds: Bounds) -> NDArray[np.int64]:
    """Merge people bottom up; with a least gain of -inf only while there are more players than wanted."""
    if not len(label):
        return label
    people = _People(problem, label, bounds.min_seen_s)
    people.merge(least_gain, bounds.min_count, bounds.max_count if np.isneginf(least_gain) else 0)
    return people.root[label]


def _reunited(problem: Problem, label: NDArray[np.int64], bounds: Bounds) -> tuple[int, NDArray[np.int64]]:
    """Try two as one who are kept apart by a few tracklets that may be somebody else's; return how many became one."""
    count = int(label.max()) + 1
    odds = np.triu(affinity(problem, label, count), k=1)
    odds[np.tril_indices(count)] = -np.inf
    pairs = np.argwhere(odds > _WORTH_A_TRY)
    sweep = _Sweep(problem, label, bounds)
    done = sum(sweep.reunite(int(i), int(j)) for i, j in pairs[np.argsort(-odds[tuple(pairs.T)], kind="stable")])
    return done, numbered(sweep.label)


class _People:
    """k people while they are merged; one lives on in the place of the smaller number."""

    def __init__(self, problem: Problem, label: NDArray[np.int64], min_seen_s: float) -> None:
        assert problem.seen is not None
        n, k = len(label), int(label.max()) + 1
        member = sparse.csr_array((np.ones(n), (label, np.arange(n))), shape=(k, n))
        self.looks = problem.seen.looks
        self.weighted: Array = np.asarray(member @ (problem.seen.place * problem.seen.precision[:, None]))
        self.precision: Array = np.asarray(member @ problem.seen.precision)
        self.number: Array = np.asarray(member @ problem.number)
        self.has_number = np.abs(self.number).max(axis=1, initial=0.0) > 0
        self.side: Array = np.asarray(member @ problem.side)
        self.worn, self.team = _worn(self.number), _team(self.side)
        self.link: Array = sparse.csr_array(member @ problem.continuation @ member.T).toarray()
        self.apart = _any_between(member, problem.apart)
        np.fill_diagonal(self.apart, True)
        self.seen_s: Array = np.asarray(member @ problem.seen_s)
        self.min_seen_s = min_seen_s
        self.known = in_context(self.weighted, self.precision)
        self.numbered = agreement(self.number)
        self.sided = agreement(self.side)
        self.alive = np.ones(k, dtype=bool)
        self.root = np.arange(k)
        self.gain = np.stack([self._gains(i) for i in range(k)])
        self.nearest = self.gain.argmax(axis=1)
        self.best = self.gain[np.arange(k), self.nearest]

    def merge(self, least_gain: float, at_least: int, until: int) -> None:
        """Merge the pair that gains most until none gains more than `least_gain`, or at most `until` players are left."""
        counts = self.alive & (self.seen_s >= self.min_seen_s)
        counted = int(counts.sum())
        while counted > until:
            i = int(self.best.argmax())
            if not self.best[i] > max(least_gain, -1e30):
                return
            j = int(self.nearest[i])
            both = self.seen_s[i] >= self.min_seen_s and self.seen_s[j] >= self.min_seen_s
            if (both and counted <= at_least) or (until and not both):
                self._forbid(i, j)
                continue
            before = int(self.seen_s[i] >= self.min_seen_s) + int(self.seen_s[j] >= self.min_seen_s)
            self._merge(min(i, j), max(i, j))
            counted += int(self.seen_s[min(i, j)] >= self.min_seen_s) - before

    def _gains(self, i: int) -> NDArray[np.float32]:
        """Give the gain (k,) of merging person i with every other; -inf where it is forbidden."""
        gain = np.full(len(self.alive), -np.inf, dtype=np.float32)
        j = np.flatnonzero(self.alive & ~self.apart[i])
        weighted, precision = self.known
        gain[j] = self.looks.log_ratio(weighted[j], precision[j], weighted[i], precision[i])
        gain[j] += self.link[i, j] + PERSON_PRICE
        gain[j] += agreement(self.side[i] + self.side[j]) - self.sided[i] - self.sided[j]
        if self.has_number[i]:
            j = j[self.has_number[j]]
            gain[j] += agreement(self.number[i] + self.number[j]) - self.numbered[i] - self.numbered[j]
            gain[j] += one_shirt(self.worn[j] @ self.worn[i], self.team[j] @ self.team[i])
        return gain

    def _merge(self, i: int, j: int) -> None:
        """Merge person j into person i."""
        for sums in (self.weighted, self.precision, self.number, self.side, self.seen_s, self.link):
            sums[i] += sums[j]
        self.link[:, i] += self.link[:, j]
        self.apart[i] |= self.apart[j]
        self.apart[:, i] |= self.apart[:, j]
        self.has_number[i] |= self.has_number[j]
        self.known[0][i], self.known[1][i] = in_context(self.weighted[i], self.precision[i])
        self.numbered[i] = agreement(self.number[i])
        self.sided[i] = agreement(self.side[i])
        self.worn[i], self.team[i] = _worn(self.number[i : i + 1])[0], _team(self.side[i : i + 1])[0]
        self.alive[j] = False
        self.root[self.root == j] = i
        self.gain[j], self.gain[:, j], self.best[j] = -np.inf, -np.inf, -np.inf
        gain = self._gains(i)
        self.gain[i], self.gain[:, i] = gain, gain
        stale = self.alive & ((self.nearest == i) | (self.nearest == j))
        better = self.alive & (gain > self.best)
        self.nearest[better], self.best[better] = i, gain[better]
        self._refresh(np.union1d(np.flatnonzero(stale), [i]))

    def _forbid(self, i: int, j: int) -> None:
        """Keep two people apart from now on."""
        self.apart[i, j] = self.apart[j, i] = True
        self.gain[i, j] = self.gain[j, i] = -np.inf
        self._refresh(np.array([i, j]))

    def _refresh(self, rows: NDArray[np.int64]) -> None:
        """Find the best partner of some people anew."""
        self.nearest[rows] = self.gain[rows].argmax(axis=1)
        self.best[rows] = self.gain[rows, self.nearest[rows]]


def _any_between(member: sparse.csr_array, apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for groups (k, n) of which pairs (k, k) any two members are apart (n, n)."""
    if member.shape[0] == member.shape[1]:
        return apart.copy()
    between = np.zeros((member.shape[0],) * 2, dtype=bool)
    by_row = [
        np.logical_or.reduce(apart[member.indices[a:b]])
        for a, b in zip(member.indptr[:-1], member.indptr[1:], strict=True)
    ]
    for i, row in enumerate(by_row):
        between[i] = (member @ row.astype(np.float64)) > 0
    return np.asarray(between | between.T)


class _Sweep:
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
