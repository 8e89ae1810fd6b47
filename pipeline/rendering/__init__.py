"""A basketball game drawn by the computer: pixels with complete truth.

`frames.training_frames` yields single frames with boxes, to train detectors on.
"""

from pipeline.rendering.game import render_game
from pipeline.rendering.positions import render_positions
from pipeline.rendering.settings import WHOLE_GAME, RenderSettings, demo_settings, render_settings, whole_game
from pipeline.rendering.truth.noise import NoiseSettings, noise_settings

__all__ = [
    "WHOLE_GAME",
    "NoiseSettings",
    "RenderSettings",
    "demo_settings",
    "noise_settings",
    "render_game",
    "render_positions",
    "render_settings",
    "whole_game",
]
