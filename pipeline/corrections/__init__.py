"""Corrections by a person who knows better: what can be said, and the journal that keeps it in order."""

from pipeline.corrections.journal import Journal, Step
from pipeline.corrections.kinds import (
    Asked,
    DifferentPeople,
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
    Team,
    Who,
)
from pipeline.corrections.lines import NOTHING, Action, Correction, Spot, video_tag

__all__ = [
    "NOTHING",
    "Action",
    "Asked",
    "Correction",
    "DifferentPeople",
    "Journal",
    "Lock",
    "Merge",
    "Move",
    "MoveAt",
    "MoveStretch",
    "Name",
    "Number",
    "Role",
    "SamePerson",
    "SplitAt",
    "SplitTracklet",
    "Spot",
    "Step",
    "Team",
    "Who",
    "video_tag",
]
