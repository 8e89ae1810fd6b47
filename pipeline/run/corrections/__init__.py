"""Corrections of a finished run: written to its journal, and everything behind identity computed again."""

from pipeline.run.corrections.changes import Changes, PersonChange
from pipeline.run.corrections.corrector import Corrector, GivenAgain, correct
from pipeline.run.corrections.places import ShownRun
from pipeline.run.corrections.steps import read_journal

__all__ = ["Changes", "Corrector", "GivenAgain", "PersonChange", "ShownRun", "correct", "read_journal"]
