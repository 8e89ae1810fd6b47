"""Rendered games with known truth, small enough for tests."""

from pathlib import Path

from pipeline.rendering import RenderSettings, render_game


def small_game(folder: Path, seconds: float = 3.0) -> Path:
    """Render a few seconds of a game, 640x360 px at 10 fps, filmed as for a broadcast; return its directory."""
    settings = RenderSettings(seed=3, seconds=seconds, camera="broadcast", width_px=640, height_px=360, fps=10.0)
    render_game(settings, folder)
    return folder
