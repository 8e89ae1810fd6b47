"""Corrections of a finished run: written to its journal, and everything behind identity computed again."""

from pipeline.run.corrections.carrying_out import GivenAgain, correct, read_journal, redo, undo
from pipeline.run.corrections.changes import Changes, PersonChange
from pipeline.run.corrections.places import ShownRun

__all__ = ["Changes", "GivenAgain", "PersonChange", "ShownRun", "correct", "read_journal", "redo", "undo"]
