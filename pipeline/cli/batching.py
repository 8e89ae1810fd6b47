"""The command that analyses many games."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.loading import loading
from pipeline.cli.terminal import print_text, printable


def batch(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|LIST",
            help="A folder with videos; or a text file with one a line, or a CSV file with the columns video and, if "
            "wanted, out, court, calibration, roster, corrections, start, end, periods, scoreboard.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Each game has a folder in it; summary.csv lists them.")],
    preset: options.Preset = None,
    config: options.Config = None,
    court: options.Court = None,
    teams: options.Teams = None,
    scoreboard: options.Scoreboard = None,
    device: options.Device = "auto",
    workers: options.Workers = "auto",
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Spread the work over this Ray cluster: auto, HOST:PORT, ray://HOST:PORT or local."
        ),
    ] = None,
    no_video: options.NoVideo = False,
    csv_dialect: options.CsvDialect = None,
    fresh: options.Fresh = False,
    alongside: options.Alongside = False,
    allow_pickle: options.AllowPickle = False,
) -> None:
    """Analyse many games; one that fails does not keep the others from being analysed.

    The same command goes on where it was stopped, and tries again what failed. Exit code 1 if a game failed.
    """
    with loading():
        from rich.console import Console
        from rich.text import Text

        from pipeline.cli.display import batch_line, batch_table, progress_shown
        from pipeline.run.batch import SUMMARY, BatchOptions, analyze_games, games_in

    settings = options.settings_of(preset, config, court, no_video, csv_dialect, teams, scoreboard)
    processes = options.workers_of(workers)
    console = Console(soft_wrap=False)
    wanted = BatchOptions(out, settings, device, processes, fresh, ray, alongside, allow_pickle)
    games = games_in(source)
    with progress_shown(console) as observer:
        summaries = analyze_games(
            games,
            wanted,
            observer,
            ended=lambda game: console.print(Text(printable(batch_line(game))), soft_wrap=True),
        )
    console.print(batch_table(summaries))
    print_text(out / SUMMARY)
    if any(game.status == "failed" for game in summaries):
        raise typer.Exit(1)
