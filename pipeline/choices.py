"""Names that a user chooses among; and where recipes and presets lie; the command line's help needs no more."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

CourtName = Literal["nba", "wnba", "ncaa", "ncaaw", "fiba", "3x3"]
"""Whose rule book a court follows."""
PresetName = Literal["fast", "balanced", "thorough", "broadcast", "fixed-camera"]
"""Settings for how long one is willing to wait, or for a situation, shipped in configs/presets/."""
CsvDialectName = Literal["standard", "excel-de"]
"""How CSV files for people are written: commas and full stops, or semicolons and decimal commas."""
CONFIGS = Path(__file__).resolve().parents[1] / "configs"
"""Shipped presets and recipes, in a checkout and in an installed package alike."""
