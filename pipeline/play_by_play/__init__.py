"""Official play-by-plays: reading them, and laying them beside a run."""

from pipeline.play_by_play.alignment import Alignment, align
from pipeline.play_by_play.layouts import OfficialEvent, read_play_by_play
from pipeline.play_by_play.naming import new_numbers, suggest_names

__all__ = ["Alignment", "OfficialEvent", "align", "new_numbers", "read_play_by_play", "suggest_names"]
