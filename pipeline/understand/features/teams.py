"""Team of a tracklet (A, B or the referees): log-likelihoods from jersey colour and the detector's role votes.

Nothing here is certain: a torso may be hidden behind an opponent's for all of a short tracklet. So one tracklet counts for
so much at most, and a person's team follows from all of the person's tracklets together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.evidence import TrackletEvidence
from pipeline.understand.features.jersey_colour import JerseyColours, find_jersey_colours

Array = NDArray[np.float64]

TEAMS = ("A", "B")
"""A is the team in the lighter jersey."""
REFEREES = 2
"""Column of the referees, behind those of the teams."""
_SURE_PLAYER, _SURE_REFEREE = 0.3, 0.8
"""Share of referee votes up to which, and from which on, jerseys of players and of referees are learned from a tracklet."""
_EVEN_VOTES, _CLEAR_VOTES = 0.55, 0.25
"""Share of referee votes that says nothing, and how far from it votes are as clear as they can be: there are three or four
players to each referee, and a player taken for a referee is lost to the statistics."""
_MISLEADING_VOTES = 0.02
"""Share of tracklets whose votes say the wrong role, however clear they are."""
_MISLEADING_JERSEY = 0.02
"""Share of tracklets whose torso shows somebody else's jersey."""
_MIN_SCATTER = 4.0
"""Jerseys of a team scatter at least so much about their mean along each axis, CIE76."""
_DEGREES_OF_FREEDOM = 4.0
"""Of the t-distribution of that scatter, which has heavy tails: shade, and parts of other torsos."""


@dataclass(frozen=True)
class TeamJerseys:
    """What the teams and the referees of a game wear."""

    colours: JerseyColours | None
    """Of the two teams; None where all jerseys are alike, and tell nothing."""
    mean: Array
    """(3, 3) CIE L* a* b* of team A, team B and the referees; NaN where unknown."""
    scatter: Array
    """(3, 3) standard deviations about it."""

    def log_likelihoods(self, jersey: Array, referee: Array) -> Array:
        """Give the log-likelihoods (n, 3) of the teams, relative to no information.

        Args:
            jersey: (n, 3) CIE L* a* b* of torsos; NaN where unknown.
            referee: (n,) share of the votes that say referee.
        """
        votes = _votes(referee)
        if self.colours is None:
            return votes
        return votes + _capped(_log_density(jersey, self.mean, self.scatter))


@dataclass(frozen=True)
class TeamEvidence:
    """Evidence on the teams of n tracklets, or of n people."""

    log_likelihood: Array
    """(n, 3) of team A, team B and the referees, relative to no information."""
    jerseys: TeamJerseys
    """What the teams of the game wear."""

    @property
    def colours(self) -> JerseyColours | None:
        """Jersey colours of the two teams; None where they are alike, and the teams can not be told apart."""
        return self.jerseys.colours

    def of_groups(self, group: NDArray[np.int64], count: int) -> TeamEvidence:
        """Add up the evidence of tracklets that are one person; `group` (n,) from 0, -1 for nobody."""
        total = np.zeros((count, len(TEAMS) + 1))
        member = group >= 0
        np.add.at(total, group[member], self.log_likelihood[member])
        return TeamEvidence(total, self.jerseys)

    def referee(self) -> NDArray[np.bool_]:
        """Tell who is likelier a referee than a player of either team (n,)."""
        players = np.logaddexp(self.log_likelihood[:, 0], self.log_likelihood[:, 1]) - np.log(2)
        return np.asarray(self.log_likelihood[:, REFEREES] > players, dtype=np.bool_)

    def team(self) -> tuple[NDArray[np.int64], Array]:
        """Give the likelier team (n,), 0 or 1, and its probability (n,), of somebody who is a player."""
        ahead = self.log_likelihood[:, 1] - self.log_likelihood[:, 0]
        return (ahead > 0).astype(np.int64), 1 / (1 + np.exp(-np.abs(ahead)))


def find_teams(evidence: TrackletEvidence, two_teams: bool) -> TeamEvidence:
    """Learn the jerseys of a game and compare every tracklet with them.

    Args:
        evidence: of n tracklets.
        two_teams: tell two teams apart.
    """
    jerseys = _learn_jerseys(evidence, two_teams)
    return TeamEvidence(jerseys.log_likelihoods(evidence.jersey, evidence.referee), jerseys)


def _learn_jerseys(evidence: TrackletEvidence, two_teams: bool) -> TeamJerseys:
    """Learn what the teams of a game wear from its tracklets."""
    boxes = evidence.boxes().astype(np.float64)
    player, referee = evidence.referee <= _SURE_PLAYER, evidence.referee >= _SURE_REFEREE
    colours = find_jersey_colours(evidence.jersey[player], boxes[player]) if two_teams else None
    mean, scatter = np.full((2, len(TEAMS) + 1, 3), np.nan)  # (3, 3) each
    if colours is not None:
        near = colours.team(evidence.jersey)
        members = [player & (near == 0), player & (near == 1), referee & np.isfinite(evidence.jersey).all(axis=1)]
        for team, member in enumerate(members):
            if member.any():
                jersey, weight = evidence.jersey[member], boxes[member]
                mean[team] = np.average(jersey, axis=0, weights=weight)
                scatter[team] = np.sqrt(np.average((jersey - mean[team]) ** 2, axis=0, weights=weight))
    return TeamJerseys(colours, mean, np.maximum(scatter, _MIN_SCATTER))


def _votes(share: Array) -> Array:
    """Turn shares of referee votes (n,) into log-likelihoods (n, 3), equal for both teams."""
    clear = np.clip((share - _EVEN_VOTES) / _CLEAR_VOTES, -1.0, 1.0)
    chance = 0.5 + clear * (0.5 - _MISLEADING_VOTES)
    return np.asarray(np.log(2 * np.column_stack([1 - chance, 1 - chance, chance])))


def _log_density(jersey: Array, mean: Array, scatter: Array) -> Array:
    """Give the log density (n, teams) of jerseys (n, 3), by t-distributions about means (teams, 3); NaN where unknown."""
    squared = (((jersey[:, None] - mean) / scatter) ** 2).sum(axis=2)  # (n, teams)
    exponent = -0.5 * (_DEGREES_OF_FREEDOM + jersey.shape[1])
    return np.asarray(exponent * np.log1p(squared / _DEGREES_OF_FREEDOM) - np.log(scatter).sum(axis=1))


def _capped(log_density: Array) -> Array:
    """Turn log densities (n, 3) into log-likelihoods relative to no information, allowing for torsos of somebody else.

    A team of which no jersey is known is as likely as the others together; a tracklet without a colour says nothing.
    """
    finite = np.isfinite(log_density)
    most = np.nanmax(np.where(finite, log_density, -np.inf), axis=1, initial=-700.0)
    raised = np.where(finite, np.exp(log_density - most[:, None]), 0.0)
    share = raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-12) * finite.sum(axis=1, keepdims=True)
    return np.asarray(np.where(finite, np.log(share * (1 - _MISLEADING_JERSEY) + _MISLEADING_JERSEY), 0.0))
