"""Official play-by-plays: reading them, and laying them beside a run."""

from pipeline.play_by_play.alignment import Alignment, align
from pipeline.play_by_play.layouts import OfficialEvent, read_play_by_play

__all__ = ["Alignment", "OfficialEvent", "align", "read_play_by_play"]
