"""Tracklets that are one person for certain, taken for one before the others are told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.understand.features.appearance_model import Seen
from pipeline.understand.features.embeddings import unit
from pipeline.understand.grouping.problem import Problem


def contracted(problem: Problem, group: NDArray[np.int64]) -> Problem:
    """Put groups of tracklets in the place of tracklets.

    Args:
        problem: of n tracklets.
        group: (n,) from 0 in order of first member, no number left out.
    """
    n, k = len(group), int(group.max(initial=-1)) + 1
    if n == k:
        return problem
    member = sparse.csr_array((np.ones(n), (group, np.arange(n))), shape=(k, n))
    weight = np.maximum(problem.weight, 1e-9)
    share = sparse.csr_array((weight / np.bincount(group, weights=weight)[group], (group, np.arange(n))), shape=(k, n))
    return Problem(
        vector=unit(np.asarray(share @ np.nan_to_num(problem.vector), dtype=np.float32)),
        apart=np.asarray(member @ (member @ problem.apart.astype(np.float64)).T) > 0,
        weight=np.asarray(member @ problem.weight),
        seen_s=np.asarray(member @ problem.seen_s),
        seen=None if problem.seen is None else _seen(problem.seen, member),
        continuation=sparse.csr_array(member @ problem.continuation @ member.T),
        number=np.asarray(member @ problem.number),
        side=np.asarray(member @ problem.side),
    )


def _seen(seen: Seen, member: sparse.csr_array) -> Seen:
    """Join observations (n,) to those of groups (k, n)."""
    precision = np.asarray(member @ seen.precision)
    weighted = np.asarray(member @ (seen.place * seen.precision[:, None]))
    return Seen(seen.looks, weighted / np.maximum(precision, 1e-12)[:, None], precision)
