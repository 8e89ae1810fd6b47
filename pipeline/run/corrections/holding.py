"""What can be kept as it is when something new is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.corrections import Correction
from pipeline.run.corrections.shown import ShownTracklets
from pipeline.understand.features.corrections import check_corrections, split_where_corrected
from pipeline.understand.game import TrackedGame

_MOST_LOST = 0.5
"""Share of somebody that may cease to be his by what is said of something else."""


def lost_by(game: TrackedGame, corrections: Sequence[Correction], newest: int | None) -> dict[int, list[float]]:
    """Refuse corrections that contradict each other, and find what cannot be kept because of the newest.

    Args:
        game: with the table `split_tracks`.
        corrections: the journal.
        newest: number of the step that is new; None: none is, and nothing is looked for.

    Returns:
        Player -> when the tracklets begin, in s, that should stay his and do not.

    Raises:
        InputError: names the lines. Also where it is the most of what somebody is.
    """
    track_id, said = check_corrections(game, corrections)
    keeping = [line for line in corrections if line.step == newest and line.action == "keep"]
    if not keeping:
        return {}
    shown = ShownTracklets(game.with_tracks(split_where_corrected(game, corrections)))
    seen, lost, times = defaultdict[int, int](int), defaultdict[int, int](int), defaultdict[int, list[float]](list)
    for line, tracklet in zip(keeping, shown.at([line.spot for line in keeping]), strict=True):
        player = int(line.value)
        seen[player] += shown.length(tracklet)
        if said.players.get(int(np.searchsorted(track_id, tracklet))) != line.value:
            lost[player] += shown.length(tracklet)
            times[player].append(float(shown.time_s(tracklet)[0]))
    most = {str(player) for player in lost if lost[player] > _MOST_LOST * seen[player]}
    if most:  # then somebody means it: what speaks against it is said
        insisted = [
            replace(line, action="player") if line in keeping and line.value in most else line for line in corrections
        ]
        check_corrections(game, insisted)
    return {player: sorted(begins) for player, begins in times.items()}
