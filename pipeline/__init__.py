"""courtside: from the video of a basketball game to per-player statistics.

from pipeline import analyze
analysis = analyze("game.mp4", calibration="court.json")
analysis.player_stats
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import CourtName, Settings
    from pipeline.run import Analysis, Observer

__all__ = ["analyze"]

_Path = str | PathLike[str]


def analyze(
    video: _Path,
    out: _Path | None = None,
    *,
    settings: Settings | None = None,
    court: CourtName | None = None,
    calibration: _Path | None = None,
    roster: _Path | None = None,
    corrections: _Path | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
    device: str = "auto",
    fresh: bool = False,
    watching: Observer | None = None,
) -> Analysis:
    """Analyse a game; the same as `courtside analyze`.

    Args:
        video: a video file, or the directory of a rendered game.
        out: output directory; None for `reports/NAME`.
        settings: all settings; None for the defaults.
        court: whose rule book the court follows.
        calibration: court calibration (JSON), needed for metres.
        roster: CSV with the columns number, name, team.
        corrections: what a person corrected; None for corrections.csv in the output directory, if it is there.
        start_s: analyse from here.
        end_s: analyse up to here.
        device: auto, cpu or cuda:N.
        fresh: compute everything again.
        watching: is told of the progress.

    Returns:
        Tables, warnings and the files written.

    Raises:
        CourtsideError: bad input, settings, weights or output, in one line.
    """
    from pipeline.run import Job, analyze_job

    job = Job.of(
        Path(video),
        out=None if out is None else Path(out),
        settings=settings,
        court=court,
        calibration=None if calibration is None else Path(calibration),
        roster=None if roster is None else Path(roster),
        corrections=None if corrections is None else Path(corrections),
        start_s=start_s,
        end_s=end_s,
        device=device,
        fresh=fresh,
    )
    return analyze_job(job, watching)
