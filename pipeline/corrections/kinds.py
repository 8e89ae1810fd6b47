"""What a person can correct in a finished run, in terms of the players and tracklets that it shows."""

from __future__ import annotations

from dataclasses import dataclass

Who = int | str
"""A player: by id, or by what he is called ('A12', 'A-P4', 'P4', a name)."""


@dataclass(frozen=True)
class Merge:
    """Two players are one."""

    player: Who
    second: Who


@dataclass(frozen=True)
class Move:
    """A tracklet is somebody else's."""

    track_id: int
    to: Who | None
    """Whose it is; None: somebody's who is not among the players yet."""


@dataclass(frozen=True)
class MoveAt:
    """The tracklet that a player has at a time is somebody else's."""

    player: Who
    at_s: float
    to: Who | None
    """Likewise."""


@dataclass(frozen=True)
class MoveStretch:
    """All that a player is shown as from one time to another is somebody else's; tracklets are split at both ends."""

    player: Who
    from_s: float
    to_s: float
    to: Who | None
    """Likewise."""


@dataclass(frozen=True)
class SplitAt:
    """From a time on, a player's tracklet shows somebody else."""

    player: Who
    at_s: float


@dataclass(frozen=True)
class SplitTracklet:
    """The same of a tracklet, which may be nobody's."""

    track_id: int
    at_s: float


@dataclass(frozen=True)
class Name:
    """What a player is called; '-': he has no known name."""

    player: Who
    value: str


@dataclass(frozen=True)
class Number:
    """What a player wears; '-': no known number."""

    player: Who
    value: str


@dataclass(frozen=True)
class Team:
    """Whom a player plays for: A, B, or '-' where that is not known."""

    player: Who
    value: str


@dataclass(frozen=True)
class Role:
    """What somebody is: player, referee or nobody (a coach, a spectator)."""

    player: Who
    value: str


@dataclass(frozen=True)
class SamePerson:
    """Two tracklets are one person: what two pictures of them show."""

    track_id: int
    second: int
    at_s: float | None = None
    """When the picture of the first was taken; None: half-way along."""
    second_at_s: float | None = None
    """Likewise of the second."""


@dataclass(frozen=True)
class DifferentPeople:
    """Two tracklets are two people: what two pictures of them show."""

    track_id: int
    second: int
    at_s: float | None = None
    """When the picture of the first was taken; None: half-way along."""
    second_at_s: float | None = None
    """Likewise of the second."""


@dataclass(frozen=True)
class Lock:
    """All tracklets of a player are his, whatever else changes."""

    player: Who


Asked = (
    Merge
    | Move
    | MoveAt
    | MoveStretch
    | SplitAt
    | SplitTracklet
    | Name
    | Number
    | Team
    | Role
    | SamePerson
    | DifferentPeople
    | Lock
)
"""Any of them."""
