"""The options of `courtside analyze` and `courtside batch` as types; `pipeline.run.job.Job` says what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.choices import CourtName, CsvDialectName, PresetName
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.config import Settings

MAX_WORKERS = 1024
"""Processes that may be asked for."""

MAX_WORKERS = 1024
"""Processes that may be asked for."""

Video = Annotated[
    Path,
    typer.Argument(metavar="VIDEO", help="A video file, or the directory of a rendered game, with pixels or without."),
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Output directory [default: reports/NAME].")]
Preset = Annotated[
    PresetName | None, typer.Option(help="Settings for a situation; --config and other options go before them.")
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Settings (YAML); courtside settings lists them. It may name weights of your own; a .pt file needs "
        "--allow-pickle as well.",
    ),
]
Court = Annotated[CourtName | None, typer.Option(help="Whose rule book the court follows.")]
Teams = Annotated[
    int | None,
    typer.Option(min=1, max=2, help="Teams that play; 1: a training in one kit, sets identify.teams to false."),
]
CalibrationFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Court calibration (JSON, docs/guide/calibration.md): needed for metres."),
]
RosterFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Players (CSV with the columns number, name, team).")
]
CorrectionsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What a person corrected [default: corrections.csv in the output directory]."),
]
Start = Annotated[
    str | None, typer.Option(metavar="T", help="Analyse from here: seconds, M:SS or H:MM:SS of the video.")
]
End = Annotated[str | None, typer.Option(metavar="T", help="Analyse up to here.")]
Periods = Annotated[
    str | None, typer.Option(metavar='"T T ..."', help="When the periods begin in the video; sets stats.periods.")
]
Scoreboard = Annotated[
    str | None,
    typer.Option(
        metavar="X,Y,W,H|none",
        help="Where the scoreboard is, px of the video; none: do not read one [default: it is looked for]. Needs the extra "
        "'scoreboard'.",
    ),
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|mps|cuda:N", help="Where the networks run.")]
NoVideo = Annotated[
    bool, typer.Option("--no-video", help="Leave the annotated video out; courtside video RUN draws it later.")
]
CsvDialect = Annotated[
    CsvDialectName | None,
    typer.Option(
        help="How the CSV files are written; excel-de: semicolons and decimal commas, as a German Excel reads them."
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Compute everything again; reuse nothing.")]
Alongside = Annotated[
    bool,
    typer.Option(
        "--alongside", help="Write into a folder that holds other files; they are left as they are, and never replaced."
    ),
]
AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        help="Load a .pt file that the settings name for the detector, this time: it is a pickle, and loading it runs "
        "whatever code it holds.",
    ),
]
Workers = Annotated[
    str,
    typer.Option(
        metavar="N|auto",
        help="Processes that share the work; auto: as many as cores and memory allow. Results are the same.",
    ),
]


def settings_of(
    preset: PresetName | None,
    config: Path | None,
    court: CourtName | None,
    no_video: bool = False,
    csv_dialect: CsvDialectName | None = None,
    teams: int | None = None,
    scoreboard: str | None = None,
) -> Settings:
    """Make settings of the options that say them.

    Args:
        preset: lies under everything.
        config: a file of settings.
        court: goes before that of the file.
        no_video: leaves the annotated video out, whatever the file says.
        csv_dialect: goes before that of the file.
        teams: 1 or 2; goes before `identify.teams` of the file.
        scoreboard: its place, or none; goes before that of the file.

    Raises:
        SettingsError: there is no such file, or a key or value in it is wrong.
    """
    from pipeline.presets import settings_from, with_scoreboard

    settings = with_scoreboard(settings_from(preset, config, court), scoreboard, "--scoreboard")
    if teams is not None:
        identify = settings.identify.model_copy(update={"teams": teams == 2})
        settings = settings.model_copy(update={"identify": identify})
    asked = ({"video": False} if no_video else {}) | ({"csv_dialect": csv_dialect} if csv_dialect else {})
    return settings.model_copy(update={"present": settings.present.model_copy(update=asked)}) if asked else settings


def workers_of(text: str) -> int | Literal["auto"]:
    """Read a number of workers, or 'auto'.

    Raises:
        SettingsError: it is neither.
    """
    if text == "auto":
        return "auto"
    from pipeline.untrusted import parse_whole

    count = parse_whole(text)
    if count is None or not 1 <= count <= MAX_WORKERS:
        raise SettingsError(f"--workers {text}: expected a whole number from 1 to {MAX_WORKERS}, or auto")
    return count


def read_time(text: str, option: str) -> float:
    """Read a time in the video, as `read_seconds` does."""
    return read_seconds(text, option) or 0.0


def read_times(text: str | None, option: str) -> list[float] | None:
    """Read times of the video with spaces between them, as `read_seconds` does.

    Raises:
        SettingsError: one of them is no time.
    """
    return None if text is None else [read_time(part, option) for part in text.split()]


def read_seconds(text: str | None, option: str) -> float | None:
    """Read seconds, M:SS or H:MM:SS.

    Raises:
        SettingsError: it is none of these.

    Example:
        >>> read_seconds("1:02:03.5", "--start")
        3723.5
    """
    if text is None:
        return None
    from pipeline.user_csv import parse_time_s

    seconds = parse_time_s(text)
    if seconds is None:
        raise SettingsError(f"{option} {text}: expected seconds, M:SS or H:MM:SS")
    return seconds
