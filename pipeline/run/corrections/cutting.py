"""Tracklets cut in parts: whose the parts are by earlier answers, and the lines that cut a stretch out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.corrections import Correction, Spot
from pipeline.corrections.lines import AFTER
from pipeline.run.corrections.shown import ShownTracklets

LEAST_PART_S = 0.2
"""A shorter piece of a tracklet is not split off."""
_Part = tuple[int, bool]
"""A tracklet, and whether it is its part from the split on."""


def tied(shown: ShownTracklets, lines: Sequence[Correction], track_id: int, at_s: float) -> tuple[set[int], set[int]]:
    """Find the tracklets that answers make one person with the two parts of a tracklet.

    Args:
        shown: the tracklets.
        lines: what was said so far.
        track_id: the tracklet.
        at_s: when its second part begins.

    Returns:
        Those of its first part, and of its second.
    """

    def part(number: int, spot: Spot) -> _Part:
        return number, number == track_id and spot.time_s >= at_s

    answers = [(line, line.second_spot) for line in lines if line.action in ("same", "apart") and line.second_spot]
    found = shown.at([spot for line, second in answers for spot in (line.spot, second)])
    newest: dict[frozenset[_Part], str] = {}
    for (line, second), i, j in zip(answers, found[::2], found[1::2], strict=True):
        newest[frozenset((part(i, line.spot), part(j, second)))] = line.action
    ties = [tuple(pair) for pair, action in newest.items() if action == "same" and len(pair) == 2]
    sides = []
    for begin in ((track_id, False), (track_id, True)):
        reached = [begin]
        for node in reached:
            mates = [second if first == node else first for first, second in ties if node in (first, second)]
            reached += [mate for mate in dict.fromkeys(mates) if mate not in reached]
        sides.append({number for number, _ in reached} - {track_id})
    return sides[0], sides[1]


def cut_out(
    shown: ShownTracklets, track_id: int, inside: NDArray[np.bool_], player: int, words: str
) -> list[Correction]:
    """Split a tracklet so that a stretch of its boxes stands alone; what is left on both sides stays the player's.

    Args:
        shown: the tracklets.
        track_id: the tracklet.
        inside: (n,) which of its boxes are in the stretch.
        player: whose it is.
        words: of the person.
    """
    time_s, at = shown.time_s(track_id), np.flatnonzero(inside)
    first, last, end = int(at[0]), int(at[-1]), len(time_s) - 1
    spot = partial(shown.spot, track_id)
    lines = []
    if first > 0 and time_s[first - 1] - time_s[0] >= LEAST_PART_S:
        lines.append(Correction("split", spot(first), spot(first - 1), words=words))
        lines.append(Correction("keep", spot(first // 2), None, str(player), words=words))
    if last < end and time_s[end] - time_s[last + 1] >= LEAST_PART_S:
        lines.append(Correction("split", spot(last + 1), spot(last), AFTER, words=words))
        lines.append(Correction("keep", spot((last + 1 + end) // 2), None, str(player), words=words))
    return lines
