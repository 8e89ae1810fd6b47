"""From a video, or the directory of an analysis, to a `Run`."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from courtside.finished_run import Run
    from pipeline.choices import CourtName, PresetName
    from pipeline.config import Settings
    from pipeline.run.observer import Observer

PathText = str | PathLike[str]


def analyze(
    video: PathText,
    out: PathText | None = None,
    *,
    preset: PresetName | None = None,
    settings: Settings | dict[str, Any] | None = None,
    court: CourtName | None = None,
    calibration: PathText | None = None,
    roster: PathText | None = None,
    corrections: PathText | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
    device: str = "auto",
    workers: int | Literal["auto"] = "auto",
    fresh: bool = False,
    alongside: bool = False,
    allow_pickle: bool = False,
    progress: Observer | None = None,
) -> Run:
    """Analyse a game; the same as `courtside analyze`.

    What an earlier analysis left in the output directory, and what still holds, is used again.

    Args:
        video: a video file, or the directory of a rendered game.
        out: output directory; None for `reports/NAME`.
        preset: 'fast', 'balanced' (the default) or 'thorough', or settings for a situation: 'broadcast',
            'fixed-camera'.
        settings: laid over the preset: what is set here by name goes before it, what is left at its default does not.
            `courtside.Settings`, or a mapping of sections such as `{"present": {"video": False}}`.
        court: whose rule book the court follows: 'nba', 'wnba', 'ncaa', 'ncaaw', 'fiba' or '3x3'.
        calibration: court calibration (JSON); None: the court is looked for in the picture.
        roster: CSV with the columns number, name, team.
        corrections: what a person corrected; None for corrections.csv in the output directory, if it is there.
        start_s: first second to be analysed.
        end_s: first second no longer analysed; None: to the end.
        device: where the networks run: 'auto', 'cpu', 'mps', 'cuda' or 'cuda:N'.
        workers: processes that share the work; 'auto': as many as cores and memory allow. Results are the same.
        fresh: compute everything again.
        alongside: write into a directory that holds other files; they are left as they are.
        allow_pickle: load a `.pt` file that the settings name: it is a pickle, and loading it runs whatever code it holds.
        progress: follows the progress: an object with the methods `begin`, `advance`, `end` and `warn`.

    Returns:
        The finished run.

    Raises:
        CourtsideError: bad input, settings, weights or output, in one line.
    """
    from courtside.finished_run import Run
    from pipeline.presets import overlaid
    from pipeline.run.analysis import analyze_job
    from pipeline.run.job import Job

    files = (_path(calibration), _path(roster), _path(corrections))
    chosen = overlaid(preset, settings, court)
    interval = start_s or 0.0, end_s
    job = Job(Path(video), _path(out), chosen, *files, *interval, device, fresh, workers, alongside, allow_pickle)
    job = job.completed()
    return Run(analyze_job(job, progress).out, job.video if job.has_pixels else None)


def load(run_dir: PathText, *, video: PathText | None = None) -> Run:
    """Open a finished analysis.

    Args:
        run_dir: output directory of `courtside analyze`.
        video: where its video is now, for pictures and clips; None: where it was, if the file there is the same.

    Returns:
        The run; its tables are read when they are asked for.

    Raises:
        CourtsideError: the run is not finished, or was made by another version.

    Example:
        >>> import courtside
        >>> courtside.load("reports/no_such_game")
        Traceback (most recent call last):
        pipeline.errors.InputError: reports/no_such_game is not a finished output directory of courtside analyze: ...
    """
    from courtside.finished_run import Run

    return Run(Path(run_dir), _path(video))


def _path(text: PathText | None) -> Path | None:
    return None if text is None else Path(text)
