"""Identity over the whole game: is each player always under one number, and never anybody else?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from pipeline.evaluation.boxes import Bools, Floats, Ints, Matches, Pairing, assign, match

ABSENCE_BINS_S = (0.0, 2.0, 10.0, 60.0, float("inf"))
"""Edges of the lengths that absences are counted by, in seconds; the lower edge belongs to the bin."""
_AROUND_S = 3.0
"""How long before and after an absence the boxes vote on the identity."""


@dataclass(frozen=True)
class AbsenceScores:
    """How often a player has the same identity after an absence as before it, for absences of one range of lengths.

    An absence lies between two boxes of a true person on scored frames with at least one scored frame without one
    between them: out of the picture, hidden, substituted, or during a close-up. The identity before and
    after is the majority over the matched boxes of three seconds: a single box at the edge of the picture may be a
    neighbour's.
    """

    low_s: float
    high_s: float
    kept: int
    lost: int
    undecided: int
    """Nothing was matched in the seconds before or after."""

    @property
    def span(self) -> str:
        """The range of lengths in words."""
        if self.high_s == float("inf"):
            return "over a minute" if self.low_s == 60 else f"over {self.low_s:.0f} s"
        return f"{self.low_s:.0f}-{self.high_s:.0f} s"

    @property
    def kept_share(self) -> float:
        """Kept over kept and lost; NaN when there was none."""
        decided = self.kept + self.lost
        return self.kept / decided if decided else float("nan")


@dataclass(frozen=True)
class IdentityScores:
    """Game-level identity; shares from 0 to 1, NaN where there is nothing to measure.

    Boxes are matched per frame at IoU >= 0.5 (see `boxes.match`). True and found identities are then assigned one to
    one so that the most matched boxes agree.
    """

    accuracy: float
    """Share of player-time (true boxes on scored frames) under the assigned identity: missed boxes count against it."""
    accuracy_when_found: float
    """The same over matched boxes only: identity alone, without the detector's misses."""
    ari: float
    """Adjusted Rand index of matched boxes (Hubert and Arabie 1985)."""
    nmi: float
    """Normalised mutual information of matched boxes, arithmetic mean."""
    purity: float
    """Share of matched boxes that belong to the main true person of their found identity."""
    coverage: float
    """Share of matched boxes that are under the main found identity of their true person."""
    players_true: int
    players_found: int
    fragments_per_player: float
    """Mean number of found identities among the matched boxes of a true person; 1 is best, NaN without a match."""
    absences: tuple[AbsenceScores, ...]


@dataclass(frozen=True)
class IdentityMatching:
    """The best one-to-one map between true and found identities, and how well it holds.

    `true_ids` (p,) and `found_ids` (q,) ascending; `counts` (p, q) matched boxes; `found_of` true identity -> found.
    """

    true_ids: Ints
    found_ids: Ints
    counts: Ints
    found_of: dict[int, int]

    def correct(self, pairing: Pairing, matches: Matches) -> Bools:
        """Say which matches (k,) are under the assigned identity."""
        truth = pairing.truth.identity[matches.truth_row]
        found = pairing.found.identity[matches.found_row]
        return np.array([self.found_of.get(int(t)) == f for t, f in zip(truth, found, strict=True)], dtype=bool)


def assign_identities(pairing: Pairing, matches: Matches) -> IdentityMatching:
    """Assign found to true identities one to one so that the most matched boxes agree (Hungarian method)."""
    true_ids = np.unique(pairing.truth.identity[_used(pairing.truth_rows)])
    found_ids = np.unique(pairing.found.identity[_used(pairing.found_rows)])
    counts = np.zeros((len(true_ids), len(found_ids)), dtype=np.int64)  # (p, q)
    i = np.searchsorted(true_ids, pairing.truth.identity[matches.truth_row])
    j = np.searchsorted(found_ids, pairing.found.identity[matches.found_row])
    np.add.at(counts, (i, j), 1)
    rows, columns = assign(counts.astype(np.float64), 1.0)
    found_of = {int(true_ids[a]): int(found_ids[b]) for a, b in zip(rows, columns, strict=True)}
    return IdentityMatching(true_ids, found_ids, counts, found_of)


def score_identity(pairing: Pairing, time_s: Floats) -> IdentityScores:
    """Score the identities of a pairing over all its frames.

    Args:
        pairing: boxes of true and found people.
        time_s: (t,) time of each frame of the pairing, in seconds; NaN where unknown (then absences are not counted).
    """
    matches = match(pairing)
    matching = assign_identities(pairing, matches)
    counts = matching.counts
    matched = int(counts.sum())
    correct = int(matching.correct(pairing, matches).sum())
    true_labels = pairing.truth.identity[matches.truth_row]
    found_labels = pairing.found.identity[matches.found_row]
    fragments = (counts > 0).sum(axis=1)
    return IdentityScores(
        accuracy=_share(correct, len(_used(pairing.truth_rows))),
        accuracy_when_found=_share(correct, matched),
        ari=float(adjusted_rand_score(true_labels, found_labels)) if matched else float("nan"),
        nmi=float(normalized_mutual_info_score(true_labels, found_labels)) if matched else float("nan"),
        purity=_share(int(counts.max(axis=0, initial=0).sum()), matched),
        coverage=_share(int(counts.max(axis=1, initial=0).sum()), matched),
        players_true=len(matching.true_ids),
        players_found=len(matching.found_ids),
        fragments_per_player=float(fragments[fragments > 0].mean()) if matched else float("nan"),
        absences=score_absences(pairing, matches, time_s),
    )


def score_absences(pairing: Pairing, matches: Matches, time_s: Floats) -> tuple[AbsenceScores, ...]:
    """Count absences after which a player still has the same identity, by their length (see `AbsenceScores`).

    Args:
        pairing: boxes of true and found people.
        matches: its matched boxes.
        time_s: (t,) time of each frame of the pairing, in seconds; NaN where unknown.
    """
    found_of_row = np.full(len(pairing.truth), -1, dtype=np.int64)
    found_of_row[matches.truth_row] = matches.found_row
    outcomes: list[tuple[float, bool | None]] = []
    position = np.searchsorted(pairing.frames, pairing.truth.frame)
    used = _used(pairing.truth_rows)
    for person in np.unique(pairing.truth.identity[used]):
        rows = used[pairing.truth.identity[used] == person]
        outcomes += _absences_of(rows, position[rows], found_of_row, pairing.found.identity, time_s)
    return tuple(_count(outcomes, low, high) for low, high in pairwise(ABSENCE_BINS_S))


def _absences_of(
    rows: Ints, position: Ints, found_of_row: Ints, found_identity: Ints, time_s: Floats
) -> list[tuple[float, bool | None]]:
    """List one person's absences: length in seconds, and whether the identity was kept (None: undecided)."""
    box_s, found_row = time_s[position], found_of_row[rows]
    outcomes: list[tuple[float, bool | None]] = []
    for after in np.flatnonzero(np.diff(position) > 1) + 1:
        length_s = float(box_s[after] - box_s[after - 1])
        if np.isnan(length_s):
            continue
        first, last = np.searchsorted(box_s, [box_s[after - 1] - _AROUND_S, box_s[after] + _AROUND_S], side="left")
        who = [
            _most_common(found_identity[seen[seen >= 0]]) for seen in (found_row[first:after], found_row[after:last])
        ]
        outcomes.append((length_s, None if None in who else who[0] == who[1]))
    return outcomes


def _most_common(identity: Ints) -> int | None:
    """Return the most frequent label (n,), of equally frequent ones the first; None without labels."""
    labels, first, count = np.unique(identity, return_index=True, return_counts=True)
    return int(labels[np.lexsort((first, -count))[0]]) if len(labels) else None


def _count(outcomes: list[tuple[float, bool | None]], low_s: float, high_s: float) -> AbsenceScores:
    """Count the outcomes whose length lies in [low_s, high_s)."""
    inside = [kept for length_s, kept in outcomes if low_s <= length_s < high_s]
    return AbsenceScores(
        low_s,
        high_s,
        sum(k is True for k in inside),
        sum(k is False for k in inside),
        sum(k is None for k in inside),
    )


def _used(rows: tuple[Ints, ...]) -> Ints:
    """Join the rows of all frames."""
    return np.concatenate([*rows, np.zeros(0, np.int64)])


def _share(count: int, total: int) -> float:
    """Divide counts; NaN when there is nothing."""
    return count / total if total else float("nan")
