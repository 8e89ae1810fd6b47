"""courtside calibrate: where the court lies in the picture, by hand."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.choices import CourtName
from pipeline.cli.stopping import until_done
from pipeline.cli.terminal import cells, print_text
from pipeline.errors import InputError, OutputError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.calibrate import PointError
    from pipeline.geometry.calibration import Calibration
    from pipeline.video import VideoInfo


def calibrate(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file, or the directory of a rendered game.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The calibration [default: NAME-court.json beside the video].")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Without a page: points from a CSV or JSON file (docs/guide/calibration.md)."
        ),
    ] = None,
    court: Annotated[CourtName | None, typer.Option(help="Whose rule book the court follows.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="A run of this video: frames are asked for where it found no court."),
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page; 0: a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Say where the court is: click points in a page that opens in the browser, or give them in a file.

    The page is served to this machine alone, until Done is clicked or Ctrl-C is pressed. A calibration that is there
    already is opened again.
    """
    from pipeline.video import probe

    video = video / "video.mp4" if video.is_dir() else video
    info = probe(video)
    target = out or video.with_name(f"{video.stem}-court.json")
    if run is not None and not run.is_dir():
        raise InputError(f"{run} is not an output directory of courtside analyze")
    if points is not None:
        _from_file(points, info, target, court)
    else:
        _on_a_page(info, target, court, run, port, browser)


def _from_file(points: Path, info: VideoInfo, out: Path, court: CourtName | None) -> None:
    """Fit points from a file, print their errors, write the calibration."""
    from rich.console import Console

    from pipeline.calibrate import calibrate_by_points, point_errors
    from pipeline.geometry.calibration import write_calibration

    if out.exists():
        raise OutputError(f"{out} exists and is not overwritten; name another file with --out")
    calibration = calibrate_by_points(points, (info.width_px, info.height_px), court)
    write_calibration(out, calibration)
    Console(soft_wrap=False).print(_table(point_errors(calibration)))
    print_text(_summary(calibration))
    print_text(out)


def _table(errors: list[PointError]) -> Table:
    """Lay out the errors of the points."""
    from rich.table import Table

    table = Table(header_style="bold")
    for name in ("frame", "point"):
        table.add_column(name)
    for name in ("error, px", "on the floor, m"):
        table.add_column(name, justify="right")
    for point in errors:
        table.add_row(*cells(point.view, point.point, f"{point.error_px:.2f}", f"{point.error_m:.3f}"))
    return table


def _summary(calibration: Calibration) -> str:
    """Say how well the frames fit."""
    errors = [view.error_px for view in calibration.frames if view.error_px is not None]
    fits = f"error {max(errors):.2f} px" if errors else "four points a frame: too few to measure an error"
    lens = f", lens {calibration.lens.lam:+.3f}" if calibration.lens.lam else ", no lens"
    return f"{calibration.court}, {len(calibration.frames)} calibrated, {fits}{lens}"


def _on_a_page(info: VideoInfo, out: Path, court: CourtName | None, run: Path | None, port: int, browser: bool) -> None:
    """Serve the page until it is done with."""
    from rich.console import Console

    from pipeline.calibrate import Clicking, clicking

    console = Console(soft_wrap=False)
    work = Clicking(info, out, court, run)
    with clicking(work, port) as address:
        print_text(address)
        console.print("Click Done on the page, or press Ctrl-C, to end.")
        if browser:
            webbrowser.open(address)
        if not until_done(work.done):
            console.print("ended")
    print_text(out if work.saved else "nothing was saved")
