"""The commands that make something of a finished run: the annotated video, heat maps and exports."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from pipeline.cli.terminal import print_text
from pipeline.errors import SettingsError

_Run = Annotated[Path, typer.Argument(metavar="RUN", help="Output directory of courtside analyze.")]


class ExportFormat(StrEnum):
    """Programs that read the exports."""

    SPORTVU = "sportvu"
    KLOPPY = "kloppy"
    FLOODLIGHT = "floodlight"
    SPORTSCODE = "sportscode"
    LONGOMATCH = "longomatch"
    DARTFISH = "dartfish"
    SRT = "srt"
    NBA = "nba"


class PictureFormat(StrEnum):
    """Kinds of pictures."""

    PNG = "png"
    SVG = "svg"


def export(
    run: _Run,
    format_: Annotated[
        ExportFormat, typer.Option("--format", help="Which program is to read it (docs/guide/exporting.md).")
    ],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder [default: RUN/exports].")] = None,
) -> None:
    """Write where everybody was, or what happened, in a format of another program.

    Positions, 25 times a second: sportvu, kloppy, floodlight. Line-ups, substitutions and points: sportscode, longomatch,
    dartfish, srt (subtitles), nba (play-by-play as JSON).
    """
    from pipeline.run.finished import write_export

    for path in write_export(run, format_.value, out):
        print_text(path)


def align(
    run: _Run,
    pbp: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="The play-by-play: CSV with period, clock, team, player, event; or as the NBA, FIBA LiveStats or the "
            "EuroLeague publish it (docs/guide/play-by-play.md).",
        ),
    ],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder [default: RUN/play-by-play].")] = None,
) -> None:
    """Give the events of an official play-by-play their times in the video and our players, and list what does not fit."""
    from pipeline.play_by_play import new_numbers
    from pipeline.run.finished import write_alignment

    files, found = write_alignment(run, pbp, out)
    timed, named = int(found.events["time_s"].notna().sum()), int(found.events["player_id"].notna().sum())
    print_text(
        f"{len(found.events)} events: {timed} with a time in the video, {named} with one of our players; "
        f"{len(found.disagreements)} disagreements"
    )
    for path in files:
        print_text(path)
    numbers = new_numbers(found.names)
    if numbers:
        said = " ".join(f"--number P{player_id} {number}" for player_id, number in numbers.items())
        print_text(
            f"by when they are on the floor, these players have numbers (players.csv): courtside relabel {quote(str(run))} {said}"
        )


def heatmap(
    run: _Run,
    player: Annotated[str | None, typer.Option(metavar="P", help="A player: A12, A-P4, a name or an id.")] = None,
    team: Annotated[str | None, typer.Option(metavar="A|B", help="A whole team.")] = None,
    versus: Annotated[
        str | None, typer.Option(metavar="P|A|B", help="Show what tells the map from that of this player or team.")
    ] = None,
    period: Annotated[int | None, typer.Option(metavar="N", help="One period only.")] = None,
    attacking: Annotated[
        bool, typer.Option("--attacking", help="Turn everything so that the team attacks the right basket.")
    ] = False,
    format_: Annotated[PictureFormat, typer.Option("--format", help="Kind of picture.")] = PictureFormat.PNG,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The picture [default: one in RUN/maps].")] = None,
) -> None:
    """Draw where a player or a team was: all of the game or a period, as filmed or attacking, alone or compared."""
    from pipeline.run.finished import write_map

    if (player is None) == (team is None):
        raise SettingsError("say whose heat map: --player P or --team A")
    who = player if player is not None else str(team)
    print_text(write_map(run, who, versus, period, "attacking" if attacking else "filmed", format_.value, out))


def video(
    run: _Run,
    height: Annotated[
        int | None, typer.Option(metavar="PX", min=120, help="Largest height [default: present.video_height_px].")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="An MP4 file [default: RUN/annotated.mp4].")] = None,
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the analysed video is now [default: where it was].")
    ] = None,
) -> None:
    """Draw the annotated video of a finished run: after analyze --no-video, after relabel, or in another size."""
    from rich.console import Console

    from pipeline.cli.display import progress_shown
    from pipeline.run.finished import write_annotated

    with progress_shown(Console(stderr=True)) as observer:
        path = write_annotated(run, height, out, source, observer)
    print_text(path)
