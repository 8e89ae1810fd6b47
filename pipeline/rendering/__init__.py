"""A basketball game drawn by the computer: pixels with complete truth.

`frames.training_frames` yields single frames with boxes, to train detectors on.
"""

from pipeline.rendering.game import render_game
from pipeline.rendering.settings import RenderSettings, demo_settings

__all__ = ["RenderSettings", "demo_settings", "render_game"]
