"""courtside review: correct who is who in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.loading import loading
from pipeline.cli.stopping import until_done
from pipeline.cli.terminal import print_text


def review(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Output directory of courtside analyze.")],
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The video [default: where it was, if you made RUN].")
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page; 0: a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Correct a finished run in the browser: watch it, answer what is doubtful, name, merge, move and split.

    The page is served to this machine alone, until Ctrl-C is pressed. Each correction is saved at once to
    RUN/corrections.csv; report, tables and annotated video are written anew by Export on the page.
    """
    with loading():
        from rich.console import Console

        from pipeline.cli.display import progress_shown
        from pipeline.run.corrections.review_page import review_page

    console = Console(soft_wrap=False)
    with progress_shown(console) as observer, review_page(run, source, port, observer) as (address, work):
        print_text(address)
        console.print("Press Ctrl-C to end.")
        if browser:
            webbrowser.open(address)
        if not until_done(work.done):
            console.print("ended")
    print_text(run / "corrections.csv")
