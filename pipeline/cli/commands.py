"""The commands. What is heavy is imported when a command runs, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.choices import CourtName
from pipeline.cli import batching, calibrating, clips, finished, learning, options, relabelling, review, scoring
from pipeline.cli.loading import loading
from pipeline.cli.terminal import print_text
from pipeline.errors import SettingsError

_CAMERAS = (
    "Who films it: fixed, corner, broadcast, handheld, diagonal, endline, opposite, low, roof, panorama or upright."
)

if TYPE_CHECKING:
    from pipeline.rendering import NoiseSettings, RenderSettings

app = typer.Typer(
    name="courtside",
    help="From the video of a basketball game to per-player statistics.",
    epilog="--debug, anywhere in a command, shows where an error was raised (docs/guide/limits.md: exit codes and limits).",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(learning.train, name="train")


@app.command()
def analyze(
    video: options.Video,
    out: options.Out = None,
    preset: options.Preset = None,
    config: options.Config = None,
    court: options.Court = None,
    teams: options.Teams = None,
    calibration: options.CalibrationFile = None,
    roster: options.RosterFile = None,
    corrections: options.CorrectionsFile = None,
    start: options.Start = None,
    end: options.End = None,
    periods: options.Periods = None,
    scoreboard: options.Scoreboard = None,
    device: options.Device = "auto",
    workers: options.Workers = "auto",
    no_video: options.NoVideo = False,
    csv_dialect: options.CsvDialect = None,
    fresh: options.Fresh = False,
    alongside: options.Alongside = False,
    allow_pickle: options.AllowPickle = False,
) -> None:
    """Analyse a game: players, statistics in metres, heat maps, a report and an annotated video.

    A run that was stopped goes on where it was when the same command is given again.
    """
    with loading():
        from rich.console import Console

        from pipeline.cli.display import analysis_shown, left_out, stats_table
        from pipeline.presets import with_periods
        from pipeline.run.analysis import analyze_job
        from pipeline.run.job import Job

    console = Console(soft_wrap=False)
    said = options.settings_of(preset, config, court, no_video, csv_dialect, teams, scoreboard)
    settings = with_periods(said, options.read_times(periods, "--periods"), "--periods")
    job = Job(
        video,
        out,
        settings,
        calibration,
        roster,
        corrections,
        start_s=options.read_seconds(start, "--start") or 0.0,
        end_s=options.read_seconds(end, "--end"),
        device=device,
        fresh=fresh,
        workers=options.workers_of(workers),
        alongside=alongside,
        allow_pickle=allow_pickle,
    )
    with analysis_shown(console, not no_video) as observer:
        analysis = analyze_job(job, observer)
    console.print(stats_table(analysis.player_stats))
    if (note := left_out(analysis.tables["frames"], analysis.tables["shots"])) is not None:
        print_text(note)
    wanted = [analysis.out / name for name in ("report.html", "annotated.mp4", "player_stats.csv")]
    for path in (path for path in wanted if path in analysis.files):
        print_text(path)


@app.command("render-game")
def render_game_command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the game is written.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="The short game of make demo; other options are ignored.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole-game", help="48 minutes: four periods, time-outs, ten players a team.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another game.")] = 1,
    seconds: Annotated[float | None, typer.Option(help="Length of the game; 60 unless a whole one.")] = None,
    camera: Annotated[str, typer.Option(metavar="NAME", help=_CAMERAS)] = "broadcast",
    court: Annotated[CourtName, typer.Option(help="Whose rule book the court follows.")] = "fiba",
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the picture in px.")] = "1280x720",
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 30.0,
    play_back: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Play these trajectories: a SportVU event (.json), a run of analyze, a table of positions.",
        ),
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other setting (docs/guide/rendered-games.md): players_per_team=12, referees=3, ... May be repeated.",
        ),
    ] = None,
    positions_only: Annotated[
        bool,
        typer.Option(
            "--positions-only",
            help="No pixels: the truth, and what a detector and an encoder would have stored. Minutes for a whole game.",
        ),
    ] = False,
    noise: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="With --positions-only, how good detector and encoder are: miss=0.05, likeness=0.8, spread, jitter, "
            "false_boxes, ... May be repeated.",
        ),
    ] = None,
) -> None:
    """Render a game whose truth is known: the video, and boxes, identities and positions of everybody."""
    from pipeline.rendering import WHOLE_GAME, demo_settings, noise_settings, render_settings

    width, height = _size(size)
    values = (dict(WHOLE_GAME) if whole else {"seconds": 60.0}) | ({} if seconds is None else {"seconds": seconds})
    values |= {"seed": seed, "camera": camera, "court": court, "fps": fps, "width_px": width, "height_px": height}
    settings = demo_settings() if demo else render_settings(values | _pairs(others, "--set"))
    detector_noise = noise_settings(_pairs(noise, "--noise"))
    if noise and not positions_only:
        raise SettingsError("--noise is for games without pixels; add --positions-only")
    if play_back is not None and positions_only:
        raise SettingsError("--play-back is for games with pixels; leave --positions-only out")
    _make_game(settings, detector_noise if positions_only else None, out, play_back)


def _make_game(settings: RenderSettings, noise: NoiseSettings | None, out: Path, play_back: Path | None) -> None:
    """Render a game with pixels, or one without that is seen with noise."""
    from rich.console import Console

    from pipeline.cli.display import progress_shown
    from pipeline.geometry.court import COURTS
    from pipeline.rendering import render_game, render_positions
    from pipeline.rendering.simulation.playback import read_trajectories

    played = None if play_back is None else read_trajectories(play_back, COURTS[settings.court])
    with progress_shown(Console()) as observer:
        observer.begin("render", settings.seconds * settings.fps, "frames")
        if noise is not None:
            render_positions(settings, noise, out, lambda done, _total: observer.advance(done))
        else:
            render_game(settings, out, lambda done, _total: observer.advance(done), played)
        observer.end(f"written to {out}")


def _pairs(texts: list[str] | None, option: str) -> dict[str, object]:
    """Read NAME=VALUE; a value is read as YAML, so that 3, 0.5, true and null are what they look like.

    Raises:
        SettingsError: one is not of that form, or a name is given twice.
    """
    from pipeline.untrusted import parse_yaml

    values: dict[str, object] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise SettingsError(f"{option} {text}: expected NAME=VALUE")
        if name in values:
            raise SettingsError(f"{option} {name} is given twice")
        try:
            values[name] = parse_yaml(value)
        except ValueError as error:
            raise SettingsError(f"{option} {text}: the value cannot be read: {error}") from error
    return values


def _size(text: str) -> tuple[int, int]:
    """Read WxH.

    Raises:
        SettingsError: it is not.
    """
    from pipeline.untrusted import parse_whole

    width, height = (parse_whole(part) for part in text.partition("x")[::2])
    if width is None or height is None:
        raise SettingsError(f"--size {text}: expected WIDTHxHEIGHT in px, such as 1280x720")
    return width, height


@app.command("settings")
def settings_command(
    preset: options.Preset = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show these settings, checked and completed.")
    ] = None,
) -> None:
    """Print all settings with their meaning, as a YAML file for --config."""
    from pipeline.config import as_yaml
    from pipeline.presets import settings_from

    typer.echo(as_yaml(settings_from(preset, config)), nl=False)


app.command("batch")(batching.batch)
app.add_typer(scoring.evaluations, name="evaluate")
scoring.evaluations.command("reid")(learning.evaluate_reid)
app.command()(scoring.compare)
app.command()(calibrating.calibrate)
app.command()(review.review)
app.command(cls=relabelling.RelabelCommand)(relabelling.relabel)
app.command()(finished.heatmap)
app.command()(finished.export)
app.command()(finished.align)
app.command()(finished.video)
app.command()(clips.clips)
