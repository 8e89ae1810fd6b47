"""courtside: from the video of a basketball game to per-player statistics."""

__version__ = "0.2.0.dev0"
