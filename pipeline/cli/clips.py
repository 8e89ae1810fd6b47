"""courtside clips: what is worth watching again, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.loading import loading
from pipeline.cli.options import read_seconds
from pipeline.cli.terminal import print_text
from pipeline.errors import SettingsError

_PAD_S = 2.0


def clips(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Output directory of courtside analyze.")],
    player: Annotated[
        list[str] | None,
        typer.Option(metavar="P", help="Of this player: A12, A-P4, a name or an id. May be repeated; without: of all."),
    ] = None,
    sprints: Annotated[bool, typer.Option("--sprints", help="The sprints.")] = False,
    shifts: Annotated[bool, typer.Option("--shifts", help="The stints on the floor.")] = False,
    events: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Events of a kind, as events.csv names them, or all. May be repeated."),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="Only from here on: seconds, M:SS or H:MM:SS of the video."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="T", help="Only up to here.")] = None,
    before: Annotated[
        float | None, typer.Option(metavar="S", min=0, max=600, help="Seconds shown before each [default: 2].")
    ] = None,
    after: Annotated[
        float | None, typer.Option(metavar="S", min=0, max=600, help="Seconds shown after each [default: 2].")
    ] = None,
    reel: Annotated[
        bool, typer.Option("--reel", help="One file with all of them, one after another, as well.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="From the source, without names on it.")] = False,
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the analysed video is now; the clips are cut from it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder [default: RUN/clips].")] = None,
) -> None:
    """Cut clips of a finished run: sprints, shifts, events, a stretch of time, or all that is in view of a player.

    They are cut from annotated.mp4, with sound; from the source where there is none, with --plain or with --source. What
    overlaps is one clip. A CSV file beside them says what is in which, and where.
    """
    with loading():
        from rich.console import Console

        from pipeline.cli.display import progress_shown
        from pipeline.present.clips import Wanted
        from pipeline.run.clips import ClipsAsked, write_clips

    from_s, to_s = read_seconds(begin, "--from"), read_seconds(end, "--to")
    wanted = Wanted((), sprints, shifts, tuple(events or ()), from_s, to_s)
    if not player and not wanted.is_of_moments and (from_s is None or to_s is None):
        raise SettingsError("say what to cut: --player P, --sprints, --shifts, --events KIND, or --from T with --to T")
    if from_s is not None and to_s is not None and to_s <= from_s:
        raise SettingsError(f"--to {end}: it has to be later than --from {begin}")
    pad_s = _PAD_S if wanted.is_of_moments else 0.0
    asked = ClipsAsked(
        tuple(player or ()), wanted, pad_s if before is None else before, pad_s if after is None else after, reel
    )
    with progress_shown(Console(stderr=True)) as observer:
        written = write_clips(run, asked, observer, out, source, plain)
    for note in written.notes:
        typer.echo(f"note: {note}", err=True)
    for path in written.files:
        print_text(path)
