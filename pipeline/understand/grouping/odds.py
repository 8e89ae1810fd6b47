"""What numbers, sides and the number of people say of who is one person: log-odds that add up with those of looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from pipeline.understand.features.teams import TEAMS

Array = NDArray[np.float64]

PERSON_PRICE = 4.0
"""Log-odds against one more person."""
SURE = 0.99
"""How sure it can be at most that two people wear the same number for the same team: some are misread however often."""


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


def worn_numbers(number: Array) -> Array:
    """Turn log-likelihoods of numbers (k, 101) into probabilities."""
    return np.asarray(softmax(number, axis=1))


def teams_of(side: Array) -> Array:
    """Turn log-likelihoods of sides (k, 3) into the probabilities of the two teams (k, 2)."""
    return np.asarray(softmax(side, axis=1)[:, : len(TEAMS)])
