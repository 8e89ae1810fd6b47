"""Corrections by a user as must-link and cannot-link constraints on tracklets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.corrections import NOTHING, Correction
from pipeline.corrections.lines import clock
from pipeline.understand.features.corrections.collected import OF_PLAYERS, CollectedConstraints
from pipeline.understand.features.corrections.spots import TrackletAtSpot, split_where_corrected
from pipeline.understand.features.overlaps import simultaneous_tracklets
from pipeline.understand.game import TrackedGame


@dataclass(frozen=True)
class UserConstraints:
    """What corrections say of n tracklets."""

    must_link: NDArray[np.int64]
    """(n,) tracklets with the same number are one person by a correction."""
    mentioned: NDArray[np.bool_]
    """(n,) the tracklet is in a correction, or one person with a tracklet that is."""
    cannot_link: NDArray[np.bool_]
    """(n, n) two people by a correction; (0, 0) where there is no correction."""
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """`name`, `number`, `team`, `role`, and `player`, the id -> tracklet (0 to n - 1) -> value; '-': surely none."""
    kept: Mapping[int, str] = field(default_factory=dict)
    """Tracklet -> id of the player whose it stays, though nobody said so of this one."""
    unmet: tuple[str, ...] = ()
    """Corrections that point at nobody, in plain words."""

    @classmethod
    def none(cls, n: int) -> UserConstraints:
        """Constrain nothing of n tracklets."""
        return cls(np.arange(n), np.zeros(n, dtype=bool), np.zeros((0, 0), dtype=bool))

    @property
    def players(self) -> Mapping[int, str]:
        """Tracklets of which it is said whose they are, or which stay somebody's -> id of the player."""
        return {**self.kept, **self.labels.get("player", {})}

    @property
    def roles(self) -> Mapping[int, str]:
        """Tracklets whose person is a player, a referee or nobody by a correction; who has a number or team is a player."""
        implied = {
            tracklet: "player"
            for label in OF_PLAYERS
            for tracklet, value in self.labels.get(label, {}).items()
            if value != NOTHING
        }
        return implied | dict(self.labels.get("role", {}))


def check_corrections(
    game: TrackedGame, corrections: Sequence[Correction]
) -> tuple[NDArray[np.int64], UserConstraints]:
    """Refuse corrections that contradict each other, or what is seen in a game.

    Args:
        game: with the table `split_tracks`.
        corrections: in the order of the file.

    Returns:
        Track ids (n,), ascending, of the tracklets as corrections split them, and what corrections say of them.

    Raises:
        InputError: names the lines.
    """
    game = game.with_tracks(split_where_corrected(game, corrections))
    track_id, simultaneous = simultaneous_tracklets(game)
    return track_id, constraints_of(game, corrections, track_id, simultaneous)


def constraints_of(
    game: TrackedGame,
    corrections: Sequence[Correction],
    track_id: NDArray[np.int64],
    simultaneous: NDArray[np.bool_],
) -> UserConstraints:
    """Put corrections into terms of tracklets.

    Args:
        game: with tracklets, already split where corrections say so.
        corrections: in the order of the file; a later one about the same fact takes the place of an earlier one.
        track_id: (n,) the tracklets.
        simultaneous: (n, n) pairs that share a frame.

    Raises:
        InputError: a correction contradicts one before it, or makes one person of two who are in a frame together;
            names both lines.
    """
    place = {int(number): at for at, number in enumerate(track_id)}
    unmet = []
    by_step: dict[int, list[tuple[Correction, list[int]]]] = {}
    for at, (correction, numbers) in enumerate(zip(corrections, _found(game, corrections), strict=True)):
        tracklets = [place.get(number) for number in numbers]
        spots = [correction.spot, correction.second_spot]
        missing = next((spots[k] for k, tracklet in enumerate(tracklets) if tracklet is None), None)
        if missing is not None:
            unmet.append(
                f"{correction.where}: nobody was found at {missing.time_s:.2f} s at "
                f"{missing.x_px:.0f}, {missing.y_px:.0f}: the correction was left aside"
            )
        else:
            step = by_step.setdefault(correction.step or -at, [])
            step.append((correction, [tracklet for tracklet in tracklets if tracklet is not None]))
    collected = CollectedConstraints(
        len(track_id),
        simultaneous,
        lambda i, j: _together(game, track_id[i], track_id[j]),
        [tuple(found) for step in by_step.values() for line, found in step if line.action == "split"],
    )
    for lines in by_step.values():
        collected.add(lines)
    linked = collected.linked()
    labels = {label: {at: line.value for at, line in given.items()} for label, given in collected.labels.items()}
    return UserConstraints(
        linked.group, collected.mentioned_in(linked), collected.cannot_link(linked), labels, linked.kept, tuple(unmet)
    )


def _found(game: TrackedGame, corrections: Sequence[Correction]) -> list[list[int]]:
    """Find the tracklets, one or two, that corrections are about, by id; -1 for nobody."""
    spots = [
        [correction.spot] if correction.second_spot is None else [correction.spot, correction.second_spot]
        for correction in corrections
    ]
    flat = [spot for of_line in spots for spot in of_line]
    points = np.array([(spot.x_px, spot.y_px) for spot in flat]).reshape(-1, 2)
    found = iter(TrackletAtSpot(game).at(np.array([spot.time_s for spot in flat]), points).tolist())
    return [[next(found) for _ in of_line] for of_line in spots]


def _together(game: TrackedGame, first: int, second: int) -> str:
    """Say when two tracklets are in the picture together."""
    row, owner = game.tracked_rows, game.tracks["track_id"].to_numpy()
    shared = np.intersect1d(game.box_frame_row[row[owner == first]], game.box_frame_row[row[owner == second]])
    return clock(float(game.time_s[shared[0]])) if len(shared) else "the same time"
