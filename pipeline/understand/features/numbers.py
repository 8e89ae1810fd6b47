"""Jersey numbers of tracklets: a Bayesian sum over the reads of their number boxes.

A read is evidence for its person: the number box lies on the torso of exactly one box of that frame. Evidence is kept as
log-likelihoods of the 101 possible texts relative to no information, and added up along a tracklet. Four things are
taken into account: a read may be of something else altogether (so none counts against a text for more than a fixed
amount), one of two digits may have been hidden, in a read or through a whole view, reads close in time err together, and
a view of a person, of some seconds, may mislead: a fold that makes a 9 of every 1, somebody else's back. So no read and no
view decides alone. Where the numbers of a game are seen in a mirror, none is evidence.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.numbers.texts import SYMMETRIC, TEXTS, text_probabilities
from pipeline.tables import ONES_COLUMNS, PERSON_CLASSES, SURE_SCORE, TENS_COLUMNS
from pipeline.understand.game import TrackedGame

Array = NDArray[np.float64]

_ACROSS, _DOWN = (0.1, 0.9), (0.08, 0.58)
"""Where on a person's box the middle of the number lies, as shares of width and height."""
_RELATIVE_HEIGHT = (0.04, 0.35)
"""Height of a number, as a share of the person's box."""
_DUPLICATE_IOU = 0.8
"""Two boxes with this IoU are one person, found twice."""
_INDEPENDENT_S = 0.5
"""Reads this far apart in time, s, or further, are independent."""
_OUTLIER = 0.1
"""Share of legible reads that say nothing of the person's number: of a neighbour, of a name, of a fold."""
_ONE_HIDDEN = 0.1
"""Share of the reads of a two-digit number that show one of its digits only: counted by eye in two NBA games."""
_VIEW_S = 3.0
"""Reads within so many s of the first one are one view."""
_MISLEADING = 0.03
"""Share of views that say nothing of the person's number, however often it is read in them."""
_HIDDEN_IN_VIEW = 0.01
"""Share of views of a two-digit number that show one of its digits only, however often they are read: likeliest on rendered
numbers."""
_MIRRORED_SHARE = 0.1
"""Share of numbers that were mirrored where the reader learned: taken out of what it says."""
_MIRROR_FLOOR = 0.05
"""Probability of neither that every read is given: no read is certain of what is a mirror's."""
_MOST_OF_VIEW = 3.0
"""Log-odds of a mirror, for or against, that one view can give."""
_MIRROR_PRIOR = -6.9
"""Log-odds that a video is mirrored before anything was read: one of a thousand is."""
_PERHAPS_MIRRORED = -5.7
"""Log-odds of a mirror above which no number of the game is certain: 1 to 300, as of a number itself."""
_ALWAYS_MISREAD = 0.02
"""Share of people whose number is misread in every view alike: a typeface, a sponsor. No more views help against it."""
_NOT_LISTED = 0.01
"""How likely a number is that the roster does not have, against one that it has."""
_BLOCK = 20_000
"""Number boxes that are assigned to people at once."""
_PAIR_BLOCK = 256
"""Tracklets that are compared with all others at once."""


@dataclass(frozen=True)
class NumberEvidence:
    """Evidence on the numbers of n tracklets, or of n people."""

    track_id: NDArray[np.int64]
    """(n,)"""
    log_likelihood: Array
    """(n, 101) of each text of `TEXTS`, relative to no information: 0 everywhere where nothing was read."""
    votes: NDArray[np.int64]
    """(n, 101) how many reads have each text as the likeliest."""
    mirrored: bool = False
    """The picture may be a mirror's: numbers that were read say nothing."""

    def __len__(self) -> int:
        """Count them."""
        return len(self.track_id)

    def posterior(self) -> Array:
        """Give the probability (n, 101) of each text, all of them equally likely before."""
        raised = np.exp(self.log_likelihood - self.log_likelihood.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def confidence(self) -> Array:
        """Give the probability (n, 101) of each text, allowing for people who are misread in every view alike."""
        return np.asarray((1 - _ALWAYS_MISREAD) * self.posterior() + _ALWAYS_MISREAD / len(TEXTS))

    def best(self, min_odds: float) -> NDArray[np.int64]:
        """Give the text (n,) as an index into `TEXTS` where its odds against all others are `min_odds` or more, else -1.

        Example:
            >>> log_likelihood = np.zeros((2, 101))
            >>> log_likelihood[1, 23] = 12.0
            >>> NumberEvidence(np.array([1, 2]), log_likelihood, np.zeros((2, 101), dtype=int)).best(min_odds=100).tolist()
            [-1, 23]
        """
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        return np.where(self.log_odds() >= np.log(min_odds), self.log_likelihood.argmax(axis=1), -1)

    def log_odds(self) -> Array:
        """Give the log-odds (n,) of the likeliest text against all others, all of them equally likely before."""
        ordered = np.sort(self.log_likelihood, axis=1)
        return np.asarray(ordered[:, -1] - np.logaddexp.reduce(ordered[:, :-1], axis=1))

    def agreement(self) -> Array:
        """Give the log-likelihood ratio (n, n) of 'both wear the same number' to 'their numbers are unrelated'.

        At most log(101) for two that are sure of the same text, far below 0 for two that are sure of different ones, and
        0 where one of them is unknown.
        """
        chance = self.posterior()
        return np.asarray(np.log(np.maximum(len(TEXTS) * chance @ chance.T, 1e-30)))

    def contradictions(self, min_odds: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the pairs (k,) and (k,) that wear different numbers, with odds of `min_odds` or more; either order."""
        chance = self.posterior()
        least = 1 / (len(TEXTS) * min_odds)
        blocks = np.array_split(np.arange(len(chance)), max(1, len(chance) // _PAIR_BLOCK))
        pairs = [np.nonzero(chance[rows] @ chance.T <= least) for rows in blocks]
        first = [rows[pair[0]] for rows, pair in zip(blocks, pairs, strict=True)]
        return np.concatenate(first), np.concatenate([pair[1] for pair in pairs])

    def expecting(self, texts: Collection[str]) -> NumberEvidence:
        """Take a roster into account: a text that is not on it is a hundred times less likely, not impossible.

        Example:
            >>> log_likelihood = np.zeros((1, 101))
            >>> log_likelihood[0, [11, 17]] = 9.0, 8.0
            >>> read = NumberEvidence(np.array([1]), log_likelihood, np.ones((1, 101), dtype=int))
            >>> read.expecting({"17", "4"}).posterior().argmax(axis=1).tolist()
            [17]
        """
        listed = np.isin(TEXTS, sorted(texts))
        return replace(self, log_likelihood=self.log_likelihood + np.where(listed, 0.0, np.log(_NOT_LISTED)))

    def of_groups(self, group: NDArray[np.int64], count: int) -> NumberEvidence:
        """Add up the evidence of tracklets that are one person.

        Args:
            group: (n,) person from 0; -1 for nobody.
            count: people.

        Returns:
            Evidence of `count` people, `track_id` being their group.
        """
        total, votes = np.zeros((count, len(TEXTS))), np.zeros((count, len(TEXTS)), dtype=np.int64)
        member = group >= 0
        np.add.at(total, group[member], self.log_likelihood[member])
        np.add.at(votes, group[member], self.votes[member])
        return NumberEvidence(np.arange(count, dtype=np.int64), total, votes)


def number_evidence(game: TrackedGame, number_reads: pd.DataFrame, track_id: NDArray[np.int64]) -> NumberEvidence:
    """Add up the reads of each tracklet.

    Args:
        game: with tracklets.
        number_reads: table `number_reads`.
        track_id: (n,) the tracklets in the order that is wanted.
    """
    owners = owners_of_numbers(game.detections, number_reads, game.tracks)
    place = pd.Series(np.arange(len(track_id)), index=track_id)
    row = place.reindex(owners["track_id"].to_numpy()).to_numpy(np.float64)
    owners = owners[np.isfinite(row)]
    row = row[np.isfinite(row)].astype(np.int64)
    reads = number_reads.set_index("detection_id").loc[owners["detection_id"].to_numpy()]
    time_s = game.box_time_s[game.rows_of(owners["detection_id"])]
    order = np.lexsort((time_s, row))
    return added_up(np.asarray(track_id, dtype=np.int64), row[order], time_s[order], reads.iloc[order])


def added_up(track_id: NDArray[np.int64], row: NDArray[np.int64], time_s: Array, reads: pd.DataFrame) -> NumberEvidence:
    """Add up reads.

    Args:
        track_id: (n,) the tracklets.
        row: (m,) which of them each read is of, not falling.
        time_s: (m,) not falling within a tracklet.
        reads: (m,) with the columns of `number_reads`.
    """
    evidence = read_log_likelihoods(reads)
    weight = independent_share(row, time_s, _clear(reads))
    starts = view_starts(row, time_s)
    total, votes = np.zeros((len(track_id), len(TEXTS))), np.zeros((len(track_id), len(TEXTS)), dtype=np.int64)
    mirrored = bool(len(starts)) and mirror_log_odds(reads, weight, starts) > _PERHAPS_MIRRORED
    if len(starts) and not mirrored:
        np.add.at(votes, (row, evidence.argmax(axis=1)), 1)
        np.add.at(total, row[starts], capped(np.add.reduceat(weight[:, None] * evidence, starts, axis=0)))
    return NumberEvidence(track_id, total, votes, mirrored)


def mirror_log_odds(reads: pd.DataFrame, weight: Array, starts: NDArray[np.int64]) -> float:
    """Give the log-odds that the picture is a mirror's, every view counting up to a fixed amount either way.

    A number that looks the same in a mirror says nothing.

    Args:
        reads: (m,) with the columns of `number_reads`.
        weight: (m,) for how much of an independent read each counts.
        starts: (views,) where each view of somebody begins.

    Example:
        >>> texts = dict.fromkeys([*TENS_COLUMNS, *ONES_COLUMNS], 0.0) | {"tens_none": 1.0, "ones_7": 1.0}
        >>> reads = pd.DataFrame([texts]).assign(legible=0.3, mirrored=0.5)
        >>> round(mirror_log_odds(reads, np.ones(1), np.array([0])) - _MIRROR_PRIOR, 2)
        2.2
        >>> eights = reads.assign(ones_7=0.0, ones_8=1.0, mirrored=0.0)
        >>> round(mirror_log_odds(eights, np.ones(1), np.array([0])) - _MIRROR_PRIOR, 2)
        0.0
    """
    legible, mirrored = (reads[name].to_numpy(np.float64) for name in ("legible", "mirrored"))
    text = text_probabilities(reads[list(TENS_COLUMNS)].to_numpy(), reads[list(ONES_COLUMNS)].to_numpy())
    telling = legible * text[:, ~SYMMETRIC].sum(axis=1)
    neither = 1 - telling - mirrored + _MIRROR_FLOOR
    of_read = np.log((mirrored / _MIRRORED_SHARE + neither) / (telling / (1 - _MIRRORED_SHARE) + neither))
    of_view = np.add.reduceat(weight * of_read, starts)
    return float(_MIRROR_PRIOR + np.clip(of_view, -_MOST_OF_VIEW, _MOST_OF_VIEW).sum())


def owners_of_numbers(detections: pd.DataFrame, number_reads: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Find the tracklet whose torso each number that was read lies on.

    A number on nobody, on two people, on a person without a tracklet, or of an impossible size belongs to nobody.

    Args:
        detections: table `detections`.
        number_reads: table `number_reads`.
        tracks: a link table.

    Returns:
        Columns detection_id (of the number box), frame, track_id.
    """
    tracked = detections["detection_id"].isin(tracks["detection_id"])
    seen = detections["class"].isin(PERSON_CLASSES) & ((detections["score"] >= SURE_SCORE) | tracked)
    people = detections[seen].sort_values("frame", kind="stable")
    numbers = detections[detections["detection_id"].isin(number_reads["detection_id"])]
    owner = np.full(len(numbers), -1, dtype=np.int64)
    track_of = tracks.set_index("detection_id")["track_id"].reindex(people["detection_id"]).fillna(-1)
    for start in range(0, len(numbers), _BLOCK):
        part = slice(start, start + _BLOCK)
        owner[part] = _owners(numbers.iloc[part], people, track_of.to_numpy(np.int64))
    table = pd.DataFrame(
        {"detection_id": numbers["detection_id"].to_numpy(), "frame": numbers["frame"].to_numpy(), "track_id": owner}
    )
    return table[table["track_id"] >= 0].reset_index(drop=True)


def read_log_likelihoods(reads: pd.DataFrame) -> Array:
    """Turn reads (columns of `number_reads`) into log-likelihoods (m, 101) of each text relative to no information.

    With p the read's probabilities, M what a text may be seen as, l the legibility and e the share of outliers, a text
    has the likelihood ratio `(1 - e) l 101 (M p) + 1 - (1 - e) l`. It is above e / 101 whatever is read.
    """
    read = text_probabilities(reads[list(TENS_COLUMNS)].to_numpy(), reads[list(ONES_COLUMNS)].to_numpy())  # (m, 101)
    trust = (1 - _OUTLIER) * reads["legible"].to_numpy(np.float64)[:, None]
    return np.asarray(np.log(trust * len(TEXTS) * (read @ seen_as().T) + 1 - trust))


def view_starts(row: NDArray[np.int64], time_s: Array) -> NDArray[np.int64]:
    """Divide the reads of each tracklet into views.

    Args:
        row: (m,) tracklet, not falling.
        time_s: (m,) not falling within a tracklet.

    Returns:
        (views,) where each view begins.

    Example:
        >>> view_starts(np.array([0, 0, 0, 0, 1]), np.array([0.0, 2.0, 4.0, 6.0, 6.5])).tolist()
        [0, 2, 4]
    """
    starts: list[int] = []
    for first, end in pairwise([*np.flatnonzero(np.diff(row, prepend=-1)).tolist(), len(row)]):
        at = first
        while at < end:
            starts.append(at)
            at = first + int(np.searchsorted(time_s[first:end], time_s[at] + _VIEW_S))
    return np.array(starts, dtype=np.int64)


def capped(view: Array) -> Array:
    """Allow for views that mislead or hide a digit: log-likelihoods (v, 101) in, the same relative to no information out.

    With m the share of misleading views, p the posterior of what is seen after the view alone, and H what a text may be
    seen as through a view, it is log(101 (H p) (1 - m) + m): between log(m) and log(101).
    """
    raised = np.exp(view - view.max(axis=1, keepdims=True))
    chance = (raised / raised.sum(axis=1, keepdims=True)) @ seen_as(_HIDDEN_IN_VIEW).T
    return np.asarray(np.log(len(TEXTS) * chance * (1 - _MISLEADING) + _MISLEADING))


def _clear(reads: pd.DataFrame) -> Array:
    """Give the probability (m,) that the best digits of each read are right."""
    best = [reads[list(columns)].to_numpy(np.float64).max(axis=1) for columns in (TENS_COLUMNS, ONES_COLUMNS)]
    return np.asarray(reads["legible"].to_numpy(np.float64) * best[0] * best[1])


def seen_as(one_hidden: float = _ONE_HIDDEN) -> Array:
    """Give the probability (101, 101) that a text (row) is seen as another (column): one of two digits may be hidden.

    Example:
        >>> seen_as(0.1)[23, [23, 2, 3, 32]].tolist()
        [0.9, 0.05, 0.05, 0.0]
    """
    result = np.eye(len(TEXTS))
    for row, text in enumerate(TEXTS):
        if len(text) == 2:
            result[row, row] -= one_hidden
            for digit in text:
                result[row, int(digit)] += one_hidden / 2
    return result


def independent_share(row: NDArray[np.int64], time_s: Array, clear: Array) -> Array:
    """Say for how much of an independent read each read counts (m,).

    Reads of one tracklet within half a second share one vote (their overlap falls linearly with the time between them),
    the clear ones having more of it.

    Args:
        row: (m,) tracklet, not falling.
        time_s: (m,) not falling within a tracklet.
        clear: (m,) how clear each read is, 0 to 1.

    Example:
        >>> independent_share(np.zeros(3, dtype=int), np.array([0.0, 0.0, 5.0]), np.ones(3)).tolist()
        [0.5, 0.5, 1.0]
    """
    share = np.maximum(clear, 1e-6)
    total = share.copy()  # (m,) with the neighbours in time
    for step in range(1, len(row)):
        overlap = np.where(row[step:] == row[:-step], 1 - (time_s[step:] - time_s[:-step]) / _INDEPENDENT_S, 0.0)
        if not (overlap > 0).any():
            break
        overlap = np.maximum(overlap, 0.0)
        total[:-step] += overlap * share[step:]
        total[step:] += overlap * share[:-step]
    return np.asarray(share / total)


def _owners(numbers: pd.DataFrame, people: pd.DataFrame, tracked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the tracklet of each number (m,), -1 for none; `people` in order of frame, `tracked` their tracklets."""
    frame = people["frame"].to_numpy(np.int64)
    low = np.searchsorted(frame, numbers["frame"].to_numpy(np.int64))
    high = np.searchsorted(frame, numbers["frame"].to_numpy(np.int64), side="right")
    count = high - low
    number = np.repeat(np.arange(len(numbers)), count)
    person = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    columns = ["x1", "y1", "x2", "y2"]
    of_number, of_person = numbers[columns].to_numpy(np.float64), people[columns].to_numpy(np.float64)
    on = _on_torso(of_number[number], of_person[person])
    number, person = number[on], person[on]
    owner = np.full(len(numbers), -1, dtype=np.int64)
    for start, end in pairwise([*np.flatnonzero(np.diff(number, prepend=-1)), len(number)]):
        owner[number[start]] = _only(of_person[person[start:end]], tracked[person[start:end]])
    return owner


def _on_torso(number: Array, person: Array) -> NDArray[np.bool_]:
    """Tell for pairs of boxes (k, 4) whether the number may be that person's (k,)."""
    size = np.maximum(person[:, 2:] - person[:, :2], 1e-6)
    middle = ((number[:, :2] + number[:, 2:]) / 2 - person[:, :2]) / size
    tall = (number[:, 3] - number[:, 1]) / size[:, 1]
    inside = (middle >= [_ACROSS[0], _DOWN[0]]).all(axis=1) & (middle <= [_ACROSS[1], _DOWN[1]]).all(axis=1)
    return np.asarray(inside & (tall >= _RELATIVE_HEIGHT[0]) & (tall <= _RELATIVE_HEIGHT[1]))


def _only(boxes: Array, tracked: NDArray[np.int64]) -> int:
    """Give the tracklet of the only person among boxes (k, 4), a duplicate box counting once; -1 if there are more."""
    best = int(tracked.argmax())
    low, high = np.maximum(boxes[:, :2], boxes[best, :2]), np.minimum(boxes[:, 2:], boxes[best, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    duplicate = shared >= _DUPLICATE_IOU * (area + area[best] - shared)
    untracked = (tracked < 0) | (np.arange(len(boxes)) == best)
    return int(tracked[best]) if (duplicate & untracked).all() else -1
