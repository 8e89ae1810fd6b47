"""Changes of person along a tracklet: the evidence for one, and how much of a tracklet may show somebody else unnoticed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.features.appearance_model import SEGMENT_NOISE, AppearanceModel
from pipeline.understand.grouping.odds import agreement
from pipeline.understand.grouping.sequences import SegmentSequence

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CHANGE_NOISE = 1.0
"""Variance of a part of a tracklet about its person, in the appearance model's space: less than between tracklets minutes
apart."""
_APPEARANCE_WEIGHT = 0.5
"""Share of the log-likelihood ratio of appearance that counts where a tracklet is compared with itself: its parts differ in more
than the person."""
_UNNOTICED = 10.0
"""What shows somebody else is so many times what the evidence expects: segments of one tracklet err together. Counted on
rendered games whose people look alike to different degrees, see docs/lab-notes/identity.md."""
_MOST_GAIN = 30.0


def change_log_odds(model: AppearanceModel, sequence: SegmentSequence, before: Ints) -> Array:
    """Give the log-odds (k,) of two people to one in a sequence, by what happens there, appearance and team.

    Args:
        model: of the game.
        sequence: of one tracklet, t segments.
        before: (k,) how many segments are before the change.
    """
    gain = sequence.change_log_odds[before]
    gain = gain + _APPEARANCE_WEIGHT * _appearance_gain(model, sequence.position, sequence.weight, before)
    return np.asarray(gain + _team_gain(sequence.weight[:, None] * sequence.team, before))


def impure_share(model: AppearanceModel, sequences: SegmentSequence) -> Array:
    """Give the share (n,) of each tracklet that is expected to show another person than most of it, 0 to 1.

    A tracklet that was split has no change left that is likelier than not, but a long one with many meetings of people who
    look alike has many that are nearly so. With the odds o of a change at each place, their sum being O, and s the share of
    the smaller part there, sum(o * s) / (1 + O) is expected of one change at most.
    """
    found = np.zeros(len(sequences.start) - 1)
    for tracklet, sequence in enumerate(sequences.tracklets()):
        if len(sequence) < 2:
            continue
        before = np.arange(1, len(sequence))
        odds = np.exp(np.minimum(change_log_odds(model, sequence, before), _MOST_GAIN))
        smaller = np.minimum(before, len(sequence) - before) / len(sequence)
        found[tracklet] = (odds * smaller).sum() / (1.0 + odds.sum())
    return _UNNOTICED * found / (1.0 + _UNNOTICED * found)


def _appearance_gain(model: AppearanceModel, position: Array, weight: Array, before: Ints) -> Array:
    """Give the log-likelihood ratio (k,) of two people to one by appearance.

    Args:
        model: of the game.
        position: (t, d) of the segments.
        weight: (t,) of the segments.
        before: (k,) how many segments are before the cut.
    """
    total, count = np.cumsum(weight[:, None] * position, axis=0), np.cumsum(weight)  # (t, d), (t,)
    sums = total[before - 1], total[-1] - total[before - 1]
    counts = count[before - 1], count[-1] - count[before - 1]
    precisions = [1.0 / (CHANGE_NOISE + SEGMENT_NOISE / n) for n in counts]
    weighted = [values * (w / n)[:, None] for values, n, w in zip(sums, counts, precisions, strict=True)]
    return -model.log_ratio(weighted[0], precisions[0], weighted[1], precisions[1])


def _team_gain(team: Array, before: Ints) -> Array:
    """Give the log-likelihood ratio (k,) of two teams to one; `team` (t, 3) of the segments, `before` as above."""
    total = np.cumsum(team, axis=0)
    return agreement(total[before - 1]) + agreement(total[-1] - total[before - 1]) - agreement(total[-1])
