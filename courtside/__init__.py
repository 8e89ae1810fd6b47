"""courtside: from the video of a basketball game to per-player statistics.

Example:
    Analyse a game, look at its numbers, and open it again another day::

        import courtside

        run = courtside.analyze("game.mp4")
        run.player_stats
        run.heatmap("A")

        run = courtside.load("reports/game")

Everything that a user needs is here; what is heavy is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from courtside.finished_run import Run as Run
    from courtside.game import analyze as analyze
    from courtside.game import load as load
    from pipeline.config import Settings as Settings
    from pipeline.errors import CourtsideError as CourtsideError

__version__ = "0.2.0.dev0"
__all__ = ["CourtsideError", "Run", "Settings", "__version__", "analyze", "load"]

_HOMES = {
    "analyze": "courtside.game",
    "load": "courtside.game",
    "Run": "courtside.finished_run",
    "Settings": "pipeline.config",
    "CourtsideError": "pipeline.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Name what is public."""
    return __all__
