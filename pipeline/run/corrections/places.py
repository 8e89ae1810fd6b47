"""What a person corrects of the players of a run, put in terms of places in the video, which last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, singledispatchmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.corrections import (
    NOTHING,
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
    SplitAt,
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
        said = [int(line.value) for line in journal.lines if line.action == "player" and line.value != NOTHING]
        self._next_id = max([*ids["player_id"], *tables["players"]["player_id"], *said], default=0) + 1
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
        first, second = (self.person(who) for who in (said.player, said.second))
        if first == second:
            raise InputError(f"{first.label} is one player already")
        kept = max((first, second), key=lambda person: self._seen_boxes(person.player_id)).player_id
        words = f"{first.label} and {second.label} are one"
        return [line for person in (first, second) for line in self._held(person.player_id, kept, words)]

    @_lines.register
    def _(self, said: Move) -> list[Correction]:
        owner = self._player_of.get(said.track_id)
        words = f"{self._whose(said.track_id)} is {self._target(said.to)}"
        return self._moved({said.track_id: self._middle(said.track_id)}, owner, said.to, words)

    @_lines.register
    def _(self, said: MoveAt) -> list[Correction]:
        return self._lines(Move(self.tracklet_at(said.player, said.at_s), said.to))

    @_lines.register
    def _(self, said: MoveStretch) -> list[Correction]:
        label, times = self._label(said.player), f"{clock(said.from_s)} to {clock(said.to_s)}"
        words = f"{label} from {times} is {self._target(said.to)}"
        player = self.person(said.player).player_id
        moved: dict[int, Spot] = {}
        lines: list[Correction] = []
        for track_id in self._tracklets(said.player):
            time_s = self._time_s(track_id)
            inside = (time_s >= said.from_s) & (time_s <= said.to_s)
            if not inside.any() or (not inside.all() and np.ptp(time_s[inside]) < _LEAST_PART_S):
                continue
            lines += self._cut_out(track_id, inside, player, words)
            moved[track_id] = self._spot(track_id, int(np.flatnonzero(inside)[inside.sum() // 2]))
        if not moved:
            raise InputError(f"{label} is not in view from {times}")
        cut = bool(lines)
        return [*lines, *self._moved(moved, player, said.to, words, cut)]

    @_lines.register
    def _(self, said: SplitAt) -> list[Correction]:
        words = f"from {clock(said.at_s)} on {self._label(said.player)} is somebody else"
        return self._split(self.tracklet_at(said.player, said.at_s), said.at_s, words)

    @_lines.register
    def _(self, said: SplitTracklet) -> list[Correction]:
        words = f"from {clock(said.at_s)} on {self._whose(said.track_id)} is somebody else"
        return self._split(said.track_id, said.at_s, words)

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
        pair = (said.track_id, said.second)
        return [
            *self._let_go(pair, words),
            Correction("same", self._middle(said.track_id), self._middle(said.second), words=words),
        ]

    @_lines.register
    def _(self, said: DifferentPeople) -> list[Correction]:
        words = f"{self._whose(said.track_id)} and {self._whose(said.second)} are two people"
        pair = (said.track_id, said.second)
        return [
            *self._let_go(pair, words),
            Correction("apart", self._middle(said.track_id), self._middle(said.second), words=words),
        ]

    @_lines.register
    def _(self, said: Lock) -> list[Correction]:
        player = self.person(said.player).player_id
        return self._held(player, player, f"all that is {self._label(said.player)}'s stays his")

    # What the kinds are made of.

    def _labelled(self, action: Action, player: Who, value: str) -> list[Correction]:
        """Label a player: in the place of what was said of him before, else on his longest tracklet."""
        label, value = self._label(player), checked_value(action, value, "the correction")
        mine, earlier = set(self._tracklets(player)), [ln.spot for ln in self._journal.lines if ln.action == action]
        found = zip(self._tracklets_at(earlier), earlier, strict=True)
        spots = [spot for track_id, spot in found if track_id in mine] or [self._spot_on(player)]
        words = f"{label} is {value}" if action in ("name", "role") else f"{label} has {action} {value}"
        return [Correction(action, spot, None, value, words=words) for spot in dict.fromkeys(spots)]

    def _moved(
        self, moved: Mapping[int, Spot], owner: int | None, to: Who | None, words: str, cut: bool = False
    ) -> list[Correction]:
        """Give tracklets of a player, or of nobody, to another; what else is theirs stays theirs.

        Args:
            moved: tracklets, and a place on each.
            owner: whose they are; None: nobody's.
            to: whose they are to be; None: a new person's.
            words: of the person.
            cut: whether only a part of them is moved.

        Raises:
            InputError: they are his already, or all that there is of him is to be somebody new.
        """
        target = self._next_id if to is None else self.person(to).player_id
        if owner == target:
            raise InputError(f"{words}: so it is already")
        if to is None and owner is not None and not cut and set(self._tracklets(owner)) <= set(moved):
            raise InputError(f"{words}: that is all there is of him, so he is a person by himself already")
        lines = [Correction("player", spot, None, str(target), words=words) for spot in moved.values()]
        for player in [who for who in (owner, None if to is None else target) if who is not None]:
            lines += self._held(player, player, words, without=moved)
        return lines

    def _held(self, player: int, kept: int, words: str, without: Collection[int] = ()) -> list[Correction]:
        """Say whose the tracklets of a player are.

        Args:
            player: as he is shown now.
            kept: the id that he has from now on.
            words: of the person.
            without: tracklets that are spoken of elsewhere.
        """
        longest, *shorter = self._tracklets(player)
        held = [longest, *(track_id for track_id in shorter if self._length_s(track_id) >= _LEAST_LOCKED_S)]
        return [
            Correction("player", self._middle(track_id), None, str(kept), words=words)
            for track_id in held
            if track_id not in without
        ]

    def _let_go(self, pair: tuple[int, int], words: str) -> list[Correction]:
        """Take back whose the shorter of two tracklets is, where corrections say that of both."""
        shorter = min(pair, key=lambda track_id: (len(self._rows(track_id)), track_id))
        if not set(pair) <= self._said_whose.keys():
            return []
        return [Correction("player", self._said_whose[shorter], None, NOTHING, words=words)]

    def _cut_out(self, track_id: int, inside: NDArray[np.bool_], player: int, words: str) -> list[Correction]:
        """Split a tracklet so that a stretch of its boxes stands alone; what is left on both sides stays the player's.

        Args:
            track_id: the tracklet.
            inside: (n,) which of its boxes are in the stretch.
            player: whose it is.
            words: of the person.
        """
        time_s, at = self._time_s(track_id), np.flatnonzero(inside)
        first, last, end = int(at[0]), int(at[-1]), len(time_s) - 1
        lines = []
        if first > 0 and time_s[first - 1] - time_s[0] >= _LEAST_PART_S:
            lines.append(Correction("split", self._spot(track_id, first), self._spot(track_id, first - 1), words=words))
            lines.append(Correction("player", self._spot(track_id, first // 2), None, str(player), words=words))
        if last < end and time_s[end] - time_s[last + 1] >= _LEAST_PART_S:
            lines.append(Correction("split", self._spot(track_id, last + 1), self._spot(track_id, last), words=words))
            middle = (last + 1 + end) // 2
            lines.append(Correction("player", self._spot(track_id, middle), None, str(player), words=words))
        return lines

    def _split(self, track_id: int, at_s: float, words: str) -> list[Correction]:
        """Split a tracklet: what comes before stays whose it is, and nothing is said of whose the rest is.

        Args:
            track_id: the tracklet.
            at_s: from when on it shows somebody else.
            words: of the person.

        Raises:
            InputError: it begins or ends then.
        """
        later = self._time_s(track_id) >= at_s
        if later.all() or not later.any():
            raise InputError(f"{self._whose(track_id)} begins or ends at {clock(at_s)}: there is nothing to split")
        first, owner = int(later.argmax()), self._player_of.get(track_id)
        lines = [Correction("split", self._spot(track_id, first), self._spot(track_id, first - 1), words=words)]
        held = self._said_whose.get(track_id)
        if held is not None and held.time_s >= at_s:
            lines.append(Correction("player", held, None, NOTHING, words=words))
        if owner is not None:
            lines.append(Correction("player", self._spot(track_id, (first - 1) // 2), None, str(owner), words=words))
            lines += self._held(owner, owner, words, without={track_id})
        return lines

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
    def _said_whose(self) -> dict[int, Spot]:
        """Tracklets of which corrections say whose they are, and at which place."""
        lines = [line for line in self._journal.lines if line.action == "player"]
        found: dict[int, Spot] = {}
        for track_id, line in zip(self._tracklets_at([line.spot for line in lines]), lines, strict=True):
            found.pop(track_id, None)
            found |= {} if line.value == NOTHING else {track_id: line.spot}
        return found

    def _tracklets_at(self, spots: Sequence[Spot]) -> list[int]:
        """Find the tracklets at places; -1 for nobody."""
        points = np.array([(spot.x_px, spot.y_px) for spot in spots]).reshape(-1, 2)
        found = TrackletAtSpot(self._game).at(np.array([spot.time_s for spot in spots]), points)
        return [int(track_id) for track_id in found]

    def _seen_boxes(self, player: int) -> int:
        return sum(len(self._rows(track_id)) for track_id in self._tracklets(player))

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
