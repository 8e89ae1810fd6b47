"""Hidden Markov chains over moments: the likeliest course of states, and how likely each state is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.understand.tactics.moments import Floats, Ints


@dataclass(frozen=True)
class Transitions:
    """The ways between s states from one moment to the next; w lead to each, and w from each."""

    before: Ints
    """(s, w) the states from which each is reached."""
    log_into: Floats
    """(s, w) log-probability of going from these to it."""
    after: Ints
    """(s, w) the states that are reached from each."""
    log_out: Floats
    """(s, w) log-probability of going from it to these."""

    @classmethod
    def between_all(cls, log_ways: Floats) -> Transitions:
        """Let every state be reached from every state.

        Args:
            log_ways: (s, s) log-probability of going from each (row) to each (column).
        """
        every = np.broadcast_to(np.arange(len(log_ways)), log_ways.shape)
        return cls(every, log_ways.T, every, log_ways)


def likeliest_course(log_fit: Floats, transitions: Transitions) -> tuple[Ints, Floats]:
    """Find the likeliest course (Viterbi's algorithm), and what each moment's states are worth given all moments (forward-backward;
    both as in Rabiner, Proceedings of the IEEE 1989). All states are equally likely at the beginning.

    Args:
        log_fit: (t, s) log-likelihood of each state in each moment, t at least 1.
        transitions: between the states.

    Returns:
        The states (t,) of the course, and the probability (t, s) of each state.

    Example:
        >>> seen = np.log([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])
        >>> course, chance = likeliest_course(seen, Transitions.between_all(np.log([[0.9, 0.1], [0.1, 0.9]])))
        >>> course.tolist(), chance[1].round(2).tolist()
        ([0, 0, 0], [0.93, 0.07])
    """
    count, states = log_fit.shape
    every = np.arange(states)
    best, source = log_fit.copy(), np.zeros((count, states), np.int64)
    forward, backward = log_fit.copy(), np.zeros((count, states))
    for k in range(1, count):
        into = best[k - 1][transitions.before] + transitions.log_into  # (s, w)
        top = into.argmax(axis=1)
        source[k] = transitions.before[every, top]
        best[k] += into[every, top]
        forward[k] += np.logaddexp.reduce(forward[k - 1][transitions.before] + transitions.log_into, axis=1)
    for k in range(count - 2, -1, -1):
        backward[k] = np.logaddexp.reduce(
            (log_fit[k + 1] + backward[k + 1])[transitions.after] + transitions.log_out, axis=1
        )
    course = np.zeros(count, np.int64)
    course[-1] = best[-1].argmax()
    for k in range(count - 2, -1, -1):
        course[k] = source[k + 1, course[k + 1]]
    both = forward + backward
    return course, np.exp(both - np.logaddexp.reduce(both, axis=1)[:, None])
