"""What a person corrects of the players of a run, put in terms of places in the video, which last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, singledispatchmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.corrections import (
    Asked,
    Correction,
    DifferentPeople,
    Journal,
    Lock,
    Merge,
    Move,
    MoveAt,
    MoveStretch,
    Name,
    Number,
    Role,
    SamePerson,
    Split,
    SplitTracklet,
    Spot,
    Team,
    Who,
)
from pipeline.corrections.lines import Action, checked_value, clock
from pipeline.errors import InputError
from pipeline.present.labels import Person, find_person, people
from pipeline.tables import TableName
from pipeline.understand.features.corrections import TrackletAtSpot, check_corrections, split_where_corrected
from pipeline.understand.game import TrackedGame

_LEAST_LOCKED_S = 0.5
"""Shorter tracklets of a player are not locked to him."""
_LEAST_PART_S = 0.2
"""A shorter piece of a tracklet is not split off."""


class ShownRun:
    """A run as a person sees it: players with labels, tracklets of players, and places on them."""

    def __init__(self, tables: Mapping[TableName, pd.DataFrame], journal: Journal) -> None:
        """Lay the tables ready.

        Args:
            tables: of the run.
            journal: with which they were made.
        """
        self._before_splits = TrackedGame.of(tables["frames"], tables["detections"], tracks=tables["split_tracks"])
        tracks = split_where_corrected(self._before_splits, journal.lines)
        self._game = self._before_splits.with_tracks(tracks)
        self._identities, self._journal = tables["identities"], journal
        self.persons = people(tables["players"])
        ids = tables["player_ids"]
        self.retired = frozenset(ids.loc[~ids["current"], "player_id"].tolist())

    def lines(self, asked: Sequence[Asked]) -> list[Correction]:
        """Put what is asked for in terms of places.

        Raises:
            InputError: there is no such player or tracklet, or nothing to correct there.
        """
        return [line for said in asked for line in self._lines(said)]

    def check(self, corrections: Sequence[Correction]) -> None:
        """Refuse corrections that contradict each other.

        Raises:
            InputError: names the lines.
        """
        check_corrections(self._before_splits, corrections)

    def person(self, who: Who) -> Person:
        """Return a player by id or by what he is called.

        Raises:
            InputError: there is no such player, or there are several.
        """
        return find_person(self.persons, f"P{who}" if isinstance(who, int) else who, self.retired)

    @singledispatchmethod
    def _lines(self, said: Any) -> list[Correction]:
        raise TypeError(f"{said!r} is no correction")

    @_lines.register
    def _(self, said: Merge) -> list[Correction]:
        if self.person(said.player) == self.person(said.second):
            raise InputError(f"{self._label(said.player)} is one player already")
        words = f"{self._label(said.player)} and {self._label(said.second)} are one"
        return [Correction("same", self._spot_on(said.player), self._spot_on(said.second), words=words)]

    @_lines.register
    def _(self, said: Move) -> list[Correction]:
        owner = self._player_of.get(said.track_id)
        words = f"{self._whose(said.track_id)} is {self._target(said.to)}"
        return self._moved([said.track_id], owner, said.to, words)

    @_lines.register
    def _(self, said: MoveAt) -> list[Correction]:
        return self._lines(Move(self.tracklet_at(said.player, said.at_s), said.to))

    @_lines.register
    def _(self, said: MoveStretch) -> list[Correction]:
        label, times = self._label(said.player), f"{clock(said.from_s)} to {clock(said.to_s)}"
        words = f"{label} from {times} is {self._target(said.to)}"
        moved, lines = [], []
        for track_id in self._tracklets(said.player):
            time_s = self._time_s(track_id)
            inside = (time_s >= said.from_s) & (time_s <= said.to_s)
            if not inside.any() or (not inside.all() and np.ptp(time_s[inside]) < _LEAST_PART_S):
                continue
            lines += self._cut_out(track_id, inside, words)
            moved.append((track_id, int(np.flatnonzero(inside)[inside.sum() // 2])))
        if not moved:
            raise InputError(f"{label} is not in view from {times}")
        rest = [track_id for track_id in self._tracklets(said.player) if track_id not in dict(moved)]
        lines += self._linked([self._spot(track_id, at) for track_id, at in moved], said.to, rest, words)
        return _something(lines, words)

    @_lines.register
    def _(self, said: Split) -> list[Correction]:
        words = f"from {clock(said.at_s)} on {self._label(said.player)} is somebody else"
        return [self._split(self.tracklet_at(said.player, said.at_s), said.at_s, words)]

    @_lines.register
    def _(self, said: SplitTracklet) -> list[Correction]:
        words = f"from {clock(said.at_s)} on {self._whose(said.track_id)} is somebody else"
        return [self._split(said.track_id, said.at_s, words)]

    @_lines.register
    def _(self, said: Name) -> list[Correction]:
        return self._labelled("name", said.player, said.value)

    @_lines.register
    def _(self, said: Number) -> list[Correction]:
        return self._labelled("number", said.player, said.value)

    @_lines.register
    def _(self, said: Team) -> list[Correction]:
        return self._labelled("team", said.player, said.value)

    @_lines.register
    def _(self, said: Role) -> list[Correction]:
        return self._labelled("role", said.player, said.value)

    @_lines.register
    def _(self, said: SamePerson) -> list[Correction]:
        words = f"{self._whose(said.track_id)} and {self._whose(said.second)} are one"
        return [Correction("same", self._middle(said.track_id), self._middle(said.second), words=words)]

    @_lines.register
    def _(self, said: DifferentPeople) -> list[Correction]:
        words = f"{self._whose(said.track_id)} and {self._whose(said.second)} are two people"
        return [Correction("apart", self._middle(said.track_id), self._middle(said.second), words=words)]

    @_lines.register
    def _(self, said: Lock) -> list[Correction]:
        longest, *shorter = self._tracklets(said.player)
        spots = [self._middle(track_id) for track_id in shorter if self._length_s(track_id) >= _LEAST_LOCKED_S]
        if not spots:
            raise InputError(f"{self._label(said.player)} has one tracklet only: there is nothing to lock")
        words = f"all that is {self._label(said.player)}'s stays his"
        return [Correction("same", self._middle(longest), spot, words=words) for spot in spots]

    # What the kinds are made of.

    def _labelled(self, action: Action, player: Who, value: str) -> list[Correction]:
        """Label a player: in the place of what was said of him before, else on his longest tracklet."""
        label, value = self._label(player), checked_value(action, value, "the correction")
        tracklet_at, mine = TrackletAtSpot(self._game), set(self._tracklets(player))
        earlier = [line.spot for line in self._journal.lines if line.action == action]
        spots = [spot for spot in earlier if tracklet_at(spot) in mine] or [self._spot_on(player)]
        words = f"{label} is {value}" if action in ("name", "role") else f"{label} has {action} {value}"
        return [Correction(action, spot, None, value, words=words) for spot in dict.fromkeys(spots)]

    def _moved(self, track_ids: list[int], owner: int | None, to: Who | None, words: str) -> list[Correction]:
        """Give whole tracklets of a player, or of nobody, to another."""
        if owner is not None and to is not None and owner == self.person(to).player_id:
            raise InputError(f"it is {self._label(owner)}'s already")
        mine = [] if owner is None else self._tracklets(owner)
        rest = [track_id for track_id in mine if track_id not in track_ids]
        return _something(self._linked([self._middle(track_id) for track_id in track_ids], to, rest, words), words)

    def _linked(self, moved: list[Spot], to: Who | None, rest: list[int], words: str) -> list[Correction]:
        """Say that all who are at some spots are one person, who that is, and that it is not the rest of who it was.

        Args:
            moved: places of what is moved.
            to: whose it is; None: a new person's.
            rest: tracklets that stay, the longest first.
            words: of the person.
        """
        anchor = moved[0] if to is None else self._spot_on(to)
        links = [Correction("same", spot, anchor, words=words) for spot in moved if spot != anchor]
        apart = [Correction("apart", moved[0], self._middle(rest[0]), words=words)] if rest else []
        return [*links, *apart]

    def _cut_out(self, track_id: int, inside: NDArray[np.bool_], words: str) -> list[Correction]:
        """Split a tracklet so that a stretch of its boxes stands alone; what is left on both sides stays one person."""
        time_s, at = self._time_s(track_id), np.flatnonzero(inside)
        first, last, end = int(at[0]), int(at[-1]), len(time_s) - 1
        begins = first > 0 and time_s[first - 1] - time_s[0] >= _LEAST_PART_S
        ends = last < end and time_s[end] - time_s[last + 1] >= _LEAST_PART_S
        lines = []
        if begins:
            lines.append(Correction("split", self._spot(track_id, first), self._spot(track_id, first - 1), words=words))
        if ends:
            lines.append(Correction("split", self._spot(track_id, last + 1), self._spot(track_id, last), words=words))
        if begins and ends:
            lines.append(Correction("same", self._spot(track_id, 0), self._spot(track_id, end), words=words))
        return lines

    def _split(self, track_id: int, at_s: float, words: str) -> Correction:
        later = self._time_s(track_id) >= at_s
        if later.all() or not later.any():
            raise InputError(f"{self._whose(track_id)} begins or ends at {clock(at_s)}: there is nothing to split")
        first = int(later.argmax())
        return Correction("split", self._spot(track_id, first), self._spot(track_id, first - 1), words=words)

    # Players, tracklets and places.

    def _label(self, player: Who) -> str:
        return self.person(player).label

    def _target(self, to: Who | None) -> str:
        return "somebody new" if to is None else self._label(to)

    def _whose(self, track_id: int) -> str:
        """Name a tracklet by whom it shows, and when."""
        begin = clock(float(self._time_s(track_id)[0]))
        player = self._player_of.get(track_id)
        return f"{'somebody unknown' if player is None else self._label(player)} at {begin}"

    @cached_property
    def _player_of(self) -> dict[int, int]:
        return dict(zip(self._identities["track_id"], self._identities["player_id"], strict=True))

    @cached_property
    def _boxes(self) -> dict[int, NDArray[np.int64]]:
        """Rows of the boxes of each tracklet, in order of time."""
        row, owner = self._game.tracked_rows, self._game.tracks["track_id"].to_numpy(np.int64)
        order = np.lexsort((self._game.box_frame[row], owner))
        track_id, start = np.unique(owner[order], return_index=True)
        return dict(zip(track_id.tolist(), np.split(row[order], start[1:]), strict=True))

    def _rows(self, track_id: int) -> NDArray[np.int64]:
        if track_id not in self._boxes:
            raise InputError(f"there is no tracklet {track_id}; it may have been split since")
        return self._boxes[track_id]

    def _time_s(self, track_id: int) -> NDArray[np.float64]:
        return self._game.box_time_s[self._rows(track_id)]

    def _length_s(self, track_id: int) -> float:
        time_s = self._time_s(track_id)
        return float(time_s[-1] - time_s[0])

    def _tracklets(self, player: Who) -> list[int]:
        """Return the tracklets of a player, the one of most boxes first.

        Raises:
            InputError: no such player.
        """
        player_id = self.person(player).player_id
        mine = self._identities.loc[self._identities["player_id"] == player_id, "track_id"].tolist()
        return sorted(mine, key=lambda track_id: (-len(self._rows(track_id)), track_id))

    def tracklet_at(self, player: Who, time_s: float) -> int:
        """Return the tracklet that a player has at a time.

        Raises:
            InputError: no such player, or he is not seen then.
        """
        for track_id in self._tracklets(player):
            seen_s = self._time_s(track_id)
            if seen_s[0] <= time_s <= seen_s[-1]:
                return track_id
        raise InputError(f"{self._label(player)} is not in view at {clock(time_s)}")

    def _spot_on(self, player: Who) -> Spot:
        return self._middle(self._tracklets(player)[0])

    def _middle(self, track_id: int) -> Spot:
        """Return a spot half-way along a tracklet."""
        return self._spot(track_id, len(self._rows(track_id)) // 2)

    def _spot(self, track_id: int, at: int) -> Spot:
        """Return the middle of the box of a tracklet's, by its place in the tracklet."""
        row = int(self._rows(track_id)[at])
        x1, y1, x2, y2 = self._game.xyxy_px[row].tolist()
        return Spot(float(self._game.box_time_s[row]), (x1 + x2) / 2, (y1 + y2) / 2)


def _something(lines: list[Correction], words: str) -> list[Correction]:
    """Refuse to make a new person of all that there is of somebody.

    Raises:
        InputError: there is nothing to say.
    """
    if not lines:
        raise InputError(f"{words}: that is all there is of him, so he is a person by himself already")
    return lines
