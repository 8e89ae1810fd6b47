"""Log-odds of being one person by numbers, teams and the number of people; they add up with those of appearance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from pipeline.understand.features.teams import TEAMS

Array = NDArray[np.float64]

PERSON_PRICE = 4.0
"""Log-odds against one more person: a prior on the number of clusters."""
MAX_SAME_SHIRT = 0.99
"""Probability at most that two people wear the same number for the same team: some are misread however often."""


def agreement(log_likelihood: Array) -> Array:
    """Give the log-likelihood (...) that all is of one number, or team (..., values), any being equally likely before."""
    most = log_likelihood.max(axis=-1)
    return np.asarray(most + np.log(np.exp(log_likelihood - most[..., None]).sum(axis=-1) / log_likelihood.shape[-1]))


def same_shirt(same_number: Array, same_team: Array) -> Array:
    """Give the log-likelihood ratio (...) of two people being one to their being two: no two of a team wear one number.

    Args:
        same_number: (...) how likely both wear the same number.
        same_team: (...) how likely both play for the same team.

    Example:
        >>> same_shirt(np.array([0.01, 1.0, 1.0]), np.array([1.0, 0.0, 1.0])).round(2).tolist()
        [0.01, 0.0, 4.61]
    """
    return np.asarray(-np.log1p(-np.minimum(same_number * same_team, MAX_SAME_SHIRT)))


def number_probabilities(number: Array) -> Array:
    """Turn log-likelihoods of numbers (k, 101) into probabilities."""
    return np.asarray(softmax(number, axis=1))


def team_probabilities(team: Array) -> Array:
    """Turn log-likelihoods of teams and referees (k, 3) into the probabilities of the two teams (k, 2)."""
    return np.asarray(softmax(team, axis=1)[:, : len(TEAMS)])
