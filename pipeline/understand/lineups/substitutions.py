"""Substitutions and stints: when exactly who came in for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from pipeline.understand.lineups.fives import Fives
from pipeline.understand.lineups.sightings import BIN_S, Floats, Ints, SightedPlayers, Sightings

NEAR_S = 12.0
"""Who comes in and who goes out within so many seconds change places."""
LONGEST_S = 60.0
"""In a time-out nobody is on the court for up to so long."""
CERTAIN_S = 30.0
"""How sure a change is shows within so many seconds."""
WALKING_MPS, MOST_WALKED_S = 1.8, 3.0
"""Who is first seen inside the court has walked there from a side line, which took no longer than the second, s."""
SHORTEST_S = 1e-3
"""Two changes of a player are at least so far apart."""


@dataclass(frozen=True)
class Substitution:
    """Somebody comes in for somebody; either may be unknown."""

    time_s: float
    earliest_s: float
    latest_s: float
    incoming: int | None
    """player_id"""
    outgoing: int | None
    confidence: float


@dataclass(frozen=True)
class Stint:
    """A player's time on the floor without a break."""

    player_id: int
    start_s: float
    end_s: float
    came_for: int | None
    left_for: int | None
    confidence: float


@dataclass(frozen=True)
class _Change:
    """A player comes in or goes out, to within a piece of time."""

    player: int
    """Row of the fives."""
    piece: int
    """First piece of the new state."""


def find_substitutions(fives: Fives, seen: Sightings, boxes: SightedPlayers) -> list[Substitution]:
    """Pair those who come in with those who go out, and date them by their boxes; in the order in which they happened.

    Args:
        fives: of a team.
        seen: of the team.
        boxes: of the team's players.
    """
    switched = np.diff(fives.on_floor.astype(np.int8), axis=1)
    entering, leaving = (
        [
            _Change(int(p), int(t) + 1)
            for p, t in sorted(np.argwhere(switched == sign).tolist(), key=lambda at: at[::-1])
        ]
        for sign in (1, -1)
    )
    found: list[Substitution] = []
    latest_s: dict[int | None, float] = {}
    for incoming, outgoing in _pairs(entering, leaving):
        change = _dated(incoming, outgoing, fives, seen, boxes)
        both = [who for who in (change.incoming, change.outgoing) if who is not None]
        after_s = max(latest_s.get(who, -np.inf) + SHORTEST_S for who in both)
        found.append(replace(change, time_s=max(change.time_s, after_s), latest_s=max(change.latest_s, after_s)))
        latest_s |= dict.fromkeys(both, found[-1].time_s)
    return found


def _pairs(entering: Sequence[_Change], leaving: Sequence[_Change]) -> Iterator[tuple[_Change | None, _Change | None]]:
    """Pair changes that lie near each other in time, the first with the first.

    By the rules nobody goes and comes back before the ball has been in play: who seems to never went, and others change places.
    """
    every = sorted([*entering, *leaving], key=lambda change: change.piece)
    group: list[_Change] = []
    ins = {(change.player, change.piece) for change in entering}
    for change in [*every, None]:
        if group and (change is None or (change.piece - group[-1].piece) * BIN_S > NEAR_S):
            settled = _settled(group)
            coming = [each for each in settled if (each.player, each.piece) in ins]
            going = [each for each in settled if (each.player, each.piece) not in ins]
            yield from zip_longest(coming, going)
            group = []
        if change is not None:
            group.append(change)


def _settled(group: Sequence[_Change]) -> list[_Change]:
    """Leave out pairs of changes of a player within `NEAR_S`, which take each other back.

    Example:
        >>> [change.player for change in _settled([_Change(1, 5), _Change(2, 5), _Change(1, 7), _Change(3, 7)])]
        [2, 3]
    """
    kept: list[_Change] = []
    for change in group:
        before = [each for each in kept if each.player == change.player]
        if before and (change.piece - before[-1].piece) * BIN_S <= NEAR_S:
            kept.remove(before[-1])
        else:
            kept.append(change)
    return kept


def _dated(
    incoming: _Change | None, outgoing: _Change | None, fives: Fives, seen: Sightings, boxes: SightedPlayers
) -> Substitution:
    """Find the moment: when who comes in is first on the court, else when who goes out is last there."""
    changes = [change for change in (incoming, outgoing) if change is not None]
    middle_s = float(np.mean([seen.start_s[change.piece] for change in changes]))
    last_s = _sighting(outgoing, fives, seen, boxes, last=True)
    first_s = _sighting(incoming, fives, seen, boxes, last=False)
    sighted_s = [moment for moment in (first_s, last_s) if moment is not None]
    time_s = first_s if first_s is not None else last_s if last_s is not None else middle_s
    sure = [_certainty(change, fives) for change in changes]
    return Substitution(
        time_s=time_s,
        earliest_s=min([time_s, *sighted_s]),
        latest_s=max([time_s, *sighted_s]),
        incoming=None if incoming is None else int(seen.player_id[incoming.player]),
        outgoing=None if outgoing is None else int(seen.player_id[outgoing.player]),
        confidence=min(sure),
    )


def _certainty(change: _Change, fives: Fives) -> float:
    """Say how sure it is that somebody was not in this state before, and was afterwards."""
    near = round(CERTAIN_S / BIN_S)
    probability = fives.probability[change.player]
    before, after = probability[max(change.piece - near, 0) : change.piece], probability[change.piece :][:near]
    comes = bool(fives.on_floor[change.player, change.piece])
    return float(after.max() - before.min()) if comes else float(before.max() - after.min())


def _sighting(change: _Change | None, fives: Fives, seen: Sightings, boxes: SightedPlayers, last: bool) -> float | None:
    """Find the last box on the court before somebody has gone, or the first after somebody has come."""
    if change is None:
        return None
    at_s = float(seen.start_s[change.piece])
    after_s = boxes.time_s - at_s
    near = (after_s >= -LONGEST_S) & (after_s <= NEAR_S) if last else (after_s >= -NEAR_S) & (after_s <= LONGEST_S)
    near &= _between_changes(change, fives, seen, boxes.time_s)
    rows = np.flatnonzero((boxes.player_id == seen.player_id[change.player]) & boxes.on_court & near)
    if not len(rows):
        return None
    if last:
        return float(boxes.time_s[rows[-1]])
    walked_s = np.nan_to_num(boxes.inside_m[rows[0]] / WALKING_MPS)
    came_s = float(boxes.time_s[rows[0]]) - min(float(walked_s), MOST_WALKED_S)
    return max(came_s, float(seen.start_s[0]))  # nobody comes before the video begins


def _between_changes(change: _Change, fives: Fives, seen: Sightings, time_s: Floats) -> NDArray[np.bool_]:
    """Say which times (n,) lie between the player's change before this and the next."""
    pieces = np.flatnonzero(np.diff(fives.on_floor[change.player].astype(np.int8))) + 1
    place = int(np.searchsorted(pieces, change.piece))
    low = float(seen.start_s[pieces[place - 1]]) if place > 0 else -np.inf
    high = float(seen.start_s[pieces[place + 1]]) if place + 1 < len(pieces) else np.inf
    return np.asarray((time_s >= low) & (time_s < high))


def find_stints(
    fives: Fives, player_id: Ints, span_s: tuple[float, float], changes: Sequence[Substitution]
) -> list[Stint]:
    """Cut each player's time on the floor into stints.

    Args:
        fives: of a team.
        player_id: (p,) of its rows.
        span_s: begin and end of what was analysed.
        changes: the team's substitutions, in the order in which they happened.
    """
    start_s, end_s = span_s
    stints = []
    for player, on_floor in zip(player_id.tolist(), fives.on_floor, strict=True):
        since: float | None = start_s if on_floor[0] else None
        partner: int | None = None
        for change in changes:
            if change.incoming == player and since is None:
                since, partner = change.time_s, change.outgoing
            elif change.outgoing == player and since is not None:
                stints.append(
                    Stint(player, since, max(change.time_s, since + SHORTEST_S), partner, change.incoming, 1.0)
                )
                since = None
        if since is not None and since < end_s:
            stints.append(Stint(player, since, end_s, partner, None, 1.0))
    return [replace(stint, confidence=_confidence(stint, fives, player_id, start_s)) for stint in stints]


def _confidence(stint: Stint, fives: Fives, player_id: Ints, start_s: float) -> float:
    """Average the probability of being on the floor over a stint."""
    row = int(np.searchsorted(player_id, stint.player_id))
    first, last = (int((moment - start_s) / BIN_S) for moment in (stint.start_s, stint.end_s))
    of_stint: NDArray[np.float64] = fives.probability[row, first : max(last, first + 1)]
    return float(of_stint.mean()) if len(of_stint) else 0.0
