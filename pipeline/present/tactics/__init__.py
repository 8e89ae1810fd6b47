"""What the teams did, as people look at it: the report's section with phases, and who guarded whom."""

from pipeline.present.tactics.section import tactics_section

__all__ = ["tactics_section"]
