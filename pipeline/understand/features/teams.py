"""Which side a tracklet is on, team A, team B or the referees: how likely each is, by the kit's colour and the detector's votes.

Nothing here is certain: a torso may be hidden behind an opponent's for all of a short tracklet. So one tracklet counts for
so much at most, and a person's side is told by all of his together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.jersey_colour import Kits, find_kits

Array = NDArray[np.float64]

TEAMS = ("A", "B")
REFEREES = 2
"""Column of the referees, behind those of the teams."""
_SURE_PLAYER, _SURE_REFEREE = 0.3, 0.8
"""Share of referee votes up to which, and from which on, kits of players and of referees are learned from a tracklet."""
_EVEN_VOTES, _CLEAR_VOTES = 0.55, 0.25
"""Share of referee votes that says nothing, and how far from it votes are as clear as they can be: there are three or four
players to each referee, and a player taken for one is lost to the statistics."""
_MISLEADING_VOTES = 0.02
"""Share of tracklets whose votes say the wrong role, however clear they are."""
_MISLEADING_KIT = 0.02
"""Share of tracklets whose torso shows somebody else's kit."""
_LEAST_SCATTER = 4.0
"""Kits scatter at least so much about their middle (CIE76), along each axis."""
_TAIL = 4.0
"""Degrees of freedom of the scatter, which has heavy tails: shade, and parts of other torsos."""


@dataclass(frozen=True)
class Kitting:
    """What the sides of a game wear."""

    kits: Kits | None
    """Of the two teams; None where there is but one kit, and kits tell nothing."""
    middle: Array
    """(3, 3) CIE L* a* b* of team A, team B and the referees; NaN where unknown."""
    scatter: Array
    """(3, 3) standard deviations about it."""

    def judge(self, kit: Array, referee: Array) -> Array:
        """Give the log-likelihoods (n, 3) of the sides, relative to no information.

        Args:
            kit: (n, 3) CIE L* a* b* of torsos; NaN where unknown.
            referee: (n,) share of the votes that say referee.
        """
        votes = _votes(referee)
        if self.kits is None:
            return votes
        return votes + _capped(_density(kit, self.middle, self.scatter))


@dataclass(frozen=True)
class Sides:
    """Sides of n tracklets, or of n people."""

    log_likelihood: Array
    """(n, 3) of team A, team B and the referees, relative to no information."""
    kitting: Kitting
    """What the sides of the game wear."""

    @property
    def kits(self) -> Kits | None:
        """Of the two teams; None where there is but one kit, and the teams can not be told apart."""
        return self.kitting.kits

    def of_groups(self, group: NDArray[np.int64], count: int) -> Sides:
        """Add up what is known of tracklets that are one person; `group` (n,) from 0, -1 for nobody."""
        total = np.zeros((count, len(TEAMS) + 1))
        member = group >= 0
        np.add.at(total, group[member], self.log_likelihood[member])
        return Sides(total, self.kitting)

    def referee(self) -> NDArray[np.bool_]:
        """Tell who is likelier a referee than a player of either team (n,)."""
        players = np.logaddexp(self.log_likelihood[:, 0], self.log_likelihood[:, 1]) - np.log(2)
        return np.asarray(self.log_likelihood[:, REFEREES] > players, dtype=np.bool_)

    def team(self) -> tuple[NDArray[np.int64], Array]:
        """Give the likelier team (n,), 0 or 1, and how likely it is (n,), of somebody who is a player."""
        ahead = self.log_likelihood[:, 1] - self.log_likelihood[:, 0]
        return (ahead > 0).astype(np.int64), 1 / (1 + np.exp(-np.abs(ahead)))


def find_sides(evidence: TrackletEvidence, teams: bool) -> Sides:
    """Learn the kits of a game and compare every tracklet with them.

    Args:
        evidence: of n tracklets.
        teams: tell two teams apart.
    """
    kitting = _learn_kits(evidence, teams)
    return Sides(kitting.judge(evidence.kit, evidence.referee), kitting)


def _learn_kits(evidence: TrackletEvidence, teams: bool) -> Kitting:
    """Learn what the sides of a game wear from its tracklets."""
    boxes = evidence.boxes().astype(np.float64)
    player, referee = evidence.referee <= _SURE_PLAYER, evidence.referee >= _SURE_REFEREE
    kits = find_kits(evidence.kit[player], boxes[player]) if teams else None
    middle, scatter = np.full((2, len(TEAMS) + 1, 3), np.nan)
    if kits is not None:
        near = kits.team(evidence.kit)
        members = [player & (near == 0), player & (near == 1), referee & np.isfinite(evidence.kit).all(axis=1)]
        for side, member in enumerate(members):
            if member.any():
                kit, weight = evidence.kit[member], boxes[member]
                middle[side] = np.average(kit, axis=0, weights=weight)
                scatter[side] = np.sqrt(np.average((kit - middle[side]) ** 2, axis=0, weights=weight))
    return Kitting(kits, middle, np.maximum(scatter, _LEAST_SCATTER))


def _votes(share: Array) -> Array:
    """Turn shares of referee votes (n,) into log-likelihoods (n, 3), equal for both teams."""
    clear = np.clip((share - _EVEN_VOTES) / _CLEAR_VOTES, -1.0, 1.0)
    chance = 0.5 + clear * (0.5 - _MISLEADING_VOTES)
    return np.asarray(np.log(2 * np.column_stack([1 - chance, 1 - chance, chance])))


def _density(kit: Array, middle: Array, scatter: Array) -> Array:
    """Give the log density (n, sides) of kits (n, 3), by t-distributions about the middles (sides, 3); NaN where unknown."""
    off = (((kit[:, None] - middle) / scatter) ** 2).sum(axis=2)
    return np.asarray(-0.5 * (_TAIL + kit.shape[1]) * np.log1p(off / _TAIL) - np.log(scatter).sum(axis=1))


def _capped(density: Array) -> Array:
    """Turn log densities (n, 3) into log-likelihoods relative to no information, allowing for torsos of somebody else.

    A side of which no kit is known is as likely as the others together; a tracklet without a kit says nothing.
    """
    known = np.isfinite(density)
    raised = np.exp(density - np.nanmax(np.where(known, density, -np.inf), axis=1, initial=-700.0)[:, None])
    raised = np.where(known, raised, 0.0)
    share = raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-12) * known.sum(axis=1, keepdims=True)
    return np.asarray(np.where(known, np.log(share * (1 - _MISLEADING_KIT) + _MISLEADING_KIT), 0.0))
