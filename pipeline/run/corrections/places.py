"""What a person corrects of the players of a run, put in terms of places in the video, which last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, singledispatchmethod
from typing import Any

import numpy as np
import pandas as pd

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
from pipeline.corrections.lines import AFTER, LABELS, Action, checked_value, clock
from pipeline.errors import InputError
from pipeline.present.labels import Person, find_person, people
from pipeline.run.corrections.cutting import LEAST_PART_S, cut_out, tied
from pipeline.run.corrections.holding import lost_by
from pipeline.run.corrections.shown import MovedPart, ShownTracklets
from pipeline.tables import TableName
from pipeline.understand.features.corrections import UserConstraints, check_corrections, split_where_corrected
from pipeline.understand.game import TrackedGame

_LEAST_LOCKED_S = 0.5
"""Shorter tracklets of a player are not locked to him."""


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
        self._shown = ShownTracklets(self._before_splits.with_tracks(tracks))
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

    def check(self, corrections: Sequence[Correction], newest: int | None = None) -> list[str]:
        """Refuse corrections that contradict each other.

        Args:
            corrections: the journal as it is to be.
            newest: number of the step that is new; None: none is.

        Returns:
            What is no longer somebody's because of the new step, in plain words.

        Raises:
            InputError: names the lines.
        """
        lost = lost_by(self._before_splits, corrections, newest)
        return [
            f"{self._label(player)} can no longer be who is seen from {', '.join(map(clock, times))} on"
            for player, times in lost.items()
            if any(person.player_id == player for person in self.persons)
        ]

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
        words = f"{first.label} and {second.label} are one"
        more, less = sorted((first.player_id, second.player_id), key=self._length_of, reverse=True)
        self._refuse_together(more, less, words)
        longest = [self._tracklets_of(player)[0] for player in (more, less)]
        lines = [Correction("player", self._shown.middle(each), None, str(more), words=words) for each in longest]
        return lines + [ln for player in (more, less) for ln in self._held(player, more, words)]

    @_lines.register
    def _(self, said: Move) -> list[Correction]:
        owner = self._player_of.get(said.track_id)
        part = MovedPart({said.track_id: self._shown.middle(said.track_id)}, owner, {said.track_id})
        return self._moved(part, said.to, f"{self._whose(said.track_id)} is {self._target(said.to)}")

    @_lines.register
    def _(self, said: MoveAt) -> list[Correction]:
        return self._lines(Move(self.tracklet_at(said.player, said.at_s), said.to))

    @_lines.register
    def _(self, said: MoveStretch) -> list[Correction]:
        label, times = self._label(said.player), f"{clock(said.from_s)} to {clock(said.to_s)}"
        words = f"{label} from {times} is {self._target(said.to)}"
        player = self.person(said.player).player_id
        moved: dict[int, Spot] = {}
        whole: set[int] = set()
        lines: list[Correction] = []
        for track_id in self._tracklets(said.player):
            time_s = self._shown.time_s(track_id)
            inside = (time_s >= said.from_s) & (time_s <= said.to_s)
            if not inside.any() or (not inside.all() and np.ptp(time_s[inside]) < LEAST_PART_S):
                continue
            cut = cut_out(self._shown, track_id, inside, player, words)
            whole |= set() if cut else {track_id}
            lines += cut
            moved[track_id] = self._shown.spot(track_id, int(np.flatnonzero(inside)[inside.sum() // 2]))
        if not moved:
            raise InputError(f"{label} is not in view from {times}")
        heir = next((line.spot for line in lines if line.action == "keep"), None)
        part = MovedPart(moved, player, whole, heir, said.from_s, said.to_s)
        return [*lines, *self._moved(part, said.to, words)]

    @_lines.register
    def _(self, said: SplitAt) -> list[Correction]:
        return self._split(self.tracklet_at(said.player, said.at_s), said.at_s, self._label(said.player))

    @_lines.register
    def _(self, said: SplitTracklet) -> list[Correction]:
        return self._split(said.track_id, said.at_s, self._whose(said.track_id))

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
        return self._compared("same", said, "one")

    @_lines.register
    def _(self, said: DifferentPeople) -> list[Correction]:
        return self._compared("apart", said, "two people")

    @_lines.register
    def _(self, said: Lock) -> list[Correction]:
        player = self.person(said.player).player_id
        words = f"all that is {self._label(said.player)}'s stays his"
        return [replace(line, action="player") for line in self._held(player, player, words)]

    # What the kinds are made of.

    def _labelled(self, action: Action, player: Who, value: str) -> list[Correction]:
        """Label a player: in the place of what was said of him before, else on his longest tracklet.

        That somebody is nobody is said of all his tracklets: of the others when one of them is found to be a player's.
        """
        label, value = self._label(player), checked_value(action, value, "the correction")
        mine = self._tracklets(player)
        everywhere = [self._shown.middle(track_id) for track_id in mine] if value == "nobody" else []
        said = [self._shown.middle(track_id) for track_id in mine if action in self._labels_of(track_id)]
        spots = [*said, *everywhere] or [self._shown.middle(mine[0])]
        words = f"{label} is {value}" if action in ("name", "role") else f"{label} has {action} {value}"
        return [Correction(action, spot, None, value, words=words) for spot in dict.fromkeys(spots)]

    def _compared(self, action: Action, said: SamePerson | DifferentPeople, result: str) -> list[Correction]:
        """Say what two pictures show; whose the shorter tracklet is counts no more where that of both was said."""
        first, second = said.track_id, said.second
        words = f"{self._whose(first)} and {self._whose(second)} are {result}"
        spots = self._shown.spot_at(first, said.at_s), self._shown.spot_at(second, said.second_at_s)
        let_go = min((first, second), key=lambda track_id: (self._shown.length(track_id), track_id))
        lines = [Correction(action, *spots, words=words)]
        if self._is_held(first) and self._is_held(second):
            lines.insert(0, Correction("player", self._shown.middle(let_go), None, NOTHING, words=words))
        return lines

    def _moved(self, part: MovedPart, to: Who | None, words: str) -> list[Correction]:
        """Give tracklets of a player, or of nobody, to another; what else is theirs stays theirs.

        What a tracklet of his shows at the same time is no longer his, unless somebody said that it is.

        Args:
            part: what is moved.
            to: whose it is to be; None: a new person's.
            words: of the person.

        Raises:
            InputError: it is his already, all that there is of its owner is to be somebody new, or the move would leave
                nothing of the player.
        """
        target = self._next_id if to is None else self.person(to).player_id
        if part.owner == target:
            raise InputError(f"{words}: so it is already")
        left = [track_id for track_id in self._tracklets_of(part.owner) if track_id not in part.spots]
        if to is None and part.owner is not None and not left and part.heir is None:
            raise InputError(f"{words}: that is all there is of him, so he is a person by himself already")
        spot, heir = next(iter(part.spots.values())), part.heir or (self._shown.middle(left[0]) if left else None)
        lines = [] if heir is None else self._handed_over(part.whole, heir, words)
        if to is not None:
            lines += self._handed_over(self._not_his_then(part, target), spot, words)
        lines += [Correction("player", spot, None, str(target), words=words) for spot in part.spots.values()]
        for player in [who for who in (part.owner, None if to is None else target) if who is not None]:
            lines += self._held(player, player, words, without=part.spots)
        return lines

    def _handed_over(self, track_ids: Collection[int], heir: Spot, words: str) -> list[Correction]:
        """Say that what was said of tracklets (name, number, team, role) was meant of another."""
        return [
            Correction("meant", heir, self._shown.middle(track_id), label, words=words)
            for track_id in track_ids
            for label in self._labels_of(track_id)
        ]

    def _not_his_then(self, part: MovedPart, target: int) -> list[int]:
        """Find tracklets that a player can no longer have where somebody says that he is seen elsewhere at that time."""
        return [
            track_id
            for track_id in self._tracklets_of(target)
            if not self._is_said_whose(track_id)
            and any(self._shown.together(moved, track_id, part.from_s, part.to_s) for moved in part.spots)
        ]

    def _held(self, player: int, kept: int, words: str, without: Collection[int] = ()) -> list[Correction]:
        """Keep the tracklets of a player, as far as nothing that was said speaks against it.

        Args:
            player: as he is shown now.
            kept: the id that he has from now on.
            words: of the person.
            without: tracklets that are spoken of elsewhere.
        """
        longest, *shorter = self._tracklets_of(player)
        said = [track_id for track_id in shorter if self._is_held(track_id)]
        long = [track_id for track_id in shorter if self._shown.length_s(track_id) >= _LEAST_LOCKED_S]
        return [
            Correction(
                self._holding(track_id, player, kept), self._shown.middle(track_id), None, str(kept), words=words
            )
            for track_id in dict.fromkeys([longest, *long, *said])
            if track_id not in without
        ]

    def _holding(self, track_id: int, player: int, kept: int) -> Action:
        """Choose how a tracklet is kept: what somebody said is replaced by what somebody says."""
        return "player" if player != kept and self._is_said_whose(track_id) else "keep"

    def _split(self, track_id: int, at_s: float, label: str) -> list[Correction]:
        """Split a tracklet: of one part it is kept whose it is, and nothing is said of whose the rest is.

        What comes before stays the player's, unless an earlier answer ties a picture of what follows, and none of what comes
        before, to others of his tracklets. What was said of the whole tracklet is of the part that stays.

        Args:
            track_id: the tracklet.
            at_s: from when on it shows somebody else.
            label: of the person.

        Raises:
            InputError: it begins or ends then.
        """
        later = self._shown.time_s(track_id) >= at_s
        if later.all() or not later.any():
            raise InputError(f"{self._whose(track_id)} begins or ends at {clock(at_s)}: there is nothing to split")
        first, owner = int(later.argmax()), self._player_of.get(track_id)
        rest = set(self._tracklets_of(owner)) - {track_id}
        before, after = tied(self._shown, self._journal.lines, track_id, at_s)
        ends_here = bool(after & rest) and not before & rest
        words = f"{'until' if ends_here else 'from'} {clock(at_s)}{'' if ends_here else ' on'} {label} is somebody else"
        spots = self._shown.spot(track_id, first), self._shown.spot(track_id, first - 1)
        stays = self._shown.spot(track_id, (first + len(later)) // 2 if ends_here else (first - 1) // 2)
        lines = [Correction("split", *spots, AFTER if ends_here else "", words=words)]
        if owner is not None:
            lines.append(Correction("keep", stays, None, str(owner), words=words))
            lines += self._held(owner, owner, words, without={track_id, *(before if ends_here else after)})
        return lines

    def _refuse_together(self, more: int, less: int, words: str) -> None:
        """Refuse to make one player of two who are in the picture together, but for a lesser part of what one is guessed to be.

        Raises:
            InputError: they are.
        """
        theirs = {
            j: [i for i in self._tracklets_of(more) if self._shown.together(i, j)] for j in self._tracklets_of(less)
        }
        beside = [j for j, found in theirs.items() if found]
        if 2 * sum(map(self._shown.length, beside)) > self._length_of(less):
            at_s = min(self._shown.first_together_s(i, j) for j in beside for i in theirs[j])
            raise InputError(
                f"{words}: they are in the picture together at {clock(at_s)}, so they are not one person; "
                "split or move what is wrong there first"
            )

    # Players and tracklets.

    def _label(self, player: Who) -> str:
        return self.person(player).label

    def _target(self, to: Who | None) -> str:
        return "somebody new" if to is None else self._label(to)

    def _whose(self, track_id: int) -> str:
        """Name a tracklet by whom it shows, and when."""
        begin = clock(float(self._shown.time_s(track_id)[0]))
        player = self._player_of.get(track_id)
        return f"{'somebody unknown' if player is None else self._label(player)} at {begin}"

    @cached_property
    def _said(self) -> tuple[Mapping[int, int], UserConstraints]:
        """Place of each tracklet among the constraints, and what the journal says."""
        track_id, said = check_corrections(self._before_splits, self._journal.lines)
        return {int(number): at for at, number in enumerate(track_id)}, said

    def _labels_of(self, track_id: int) -> list[str]:
        """List what was said of a tracklet: name, number, team, role."""
        place, said = self._said
        return [label for label in LABELS if place[track_id] in said.labels.get(label, {})]

    def _is_said_whose(self, track_id: int) -> bool:
        """Say whether somebody said whose a tracklet is."""
        place, said = self._said
        return place[track_id] in said.labels.get("player", {})

    def _is_held(self, track_id: int) -> bool:
        """Say whether corrections hold a tracklet with a player."""
        place, said = self._said
        return self._is_said_whose(track_id) or place[track_id] in said.kept

    @cached_property
    def _player_of(self) -> dict[int, int]:
        return dict(zip(self._identities["track_id"], self._identities["player_id"], strict=True))

    def _tracklets(self, player: Who) -> list[int]:
        """Return the tracklets of a player, the one of most boxes first.

        Raises:
            InputError: no such player.
        """
        return self._tracklets_of(self.person(player).player_id)

    def _length_of(self, player: int) -> int:
        return sum(map(self._shown.length, self._tracklets_of(player)))

    def _tracklets_of(self, player: int | None) -> list[int]:
        mine = self._identities.loc[self._identities["player_id"] == player, "track_id"].tolist()
        return sorted(mine, key=lambda track_id: (-self._shown.length(track_id), track_id))

    def tracklet_at(self, player: Who, time_s: float) -> int:
        """Return the tracklet that a player has at a time.

        Raises:
            InputError: no such player, or he is not seen then.
        """
        for track_id in self._tracklets(player):
            seen_s = self._shown.time_s(track_id)
            if seen_s[0] <= time_s <= seen_s[-1]:
                return track_id
        raise InputError(f"{self._label(player)} is not in view at {clock(time_s)}")
