"""The commands that score runs against the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.terminal import cells, print_text, printable
from pipeline.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.present.scores import ScoreTable


_Truth = typer.Option(metavar="DIR", help="A rendered game, a folder with truth.csv, or MOT ground truth.")
_MaxFps = Annotated[
    float | None,
    typer.Option(
        "--max-fps",
        metavar="N",
        min=0.01,
        help="Compare boxes on at most so many frames per second, for long games; positions and distances on all.",
    ),
]


class _RunFirst(typer.core.TyperGroup):
    """A group whose first command is meant where none is named: `evaluate RUN` is `evaluate run RUN`, its help too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name before arguments that begin with something else."""
        if args and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


evaluations = typer.Typer(
    cls=_RunFirst,
    help="Score a run against the truth (evaluate RUN --truth DIR), or compare encoders (evaluate reid).",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Oracle(StrEnum):
    """Stages that the truth can replace."""

    DETECTIONS = "detections"
    COURT = "court"
    TRACKS = "tracks"
    IDENTITIES = "identities"
    ALL = "all"


@evaluations.command("run")
def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="An output directory of analyze, or a MOT text file.")],
    truth: Annotated[Path, _Truth],
    max_fps: _MaxFps = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    oracle: Annotated[
        list[Oracle] | None,
        typer.Option(help="Also score the run with this stage replaced by the truth: what the stage costs."),
    ] = None,
) -> None:
    """Score a run against the truth; docs/concepts/scores.md says what each score means.

    The scores are kept in the run's directory (evaluation.json), for compare, and shown in its report. Re-ID encoders are compared by
    courtside evaluate reid, which has a help of its own.
    """
    from rich.console import Console

    from pipeline import evaluation
    from pipeline.present.scores import ScoreTable, add_scores
    from pipeline.run.finished import keep_scores

    _check_finished(run)
    console = Console()
    scores = evaluation.evaluate(run, truth, max_fps)
    data = scores.as_dict()
    tables = [
        ScoreTable("player by player", evaluation.PLAYER_COLUMNS, evaluation.player_rows(scores)),
        ScoreTable(evaluation.shot_title(scores), evaluation.SHOT_COLUMNS, evaluation.shot_rows(scores)),
    ]
    if oracle:
        lines, data["oracles"] = _oracles(run, truth, oracle, max_fps)
        tables.insert(0, ScoreTable("with one stage replaced by the truth", evaluation.ORACLE_COLUMNS, lines))
    tables = [table for table in tables if table.lines]
    groups = [ScoreTable(name, ("score", "value", "unit"), lines) for name, lines in evaluation.sections(scores)]
    shown = run.is_dir() and keep_scores(
        run,
        {"truth": str(truth), "rows": evaluation.rows(scores), "scores": data},
        lambda report: add_scores(report, truth.name, groups, tables),
    )
    if as_json:
        typer.echo(json.dumps(data, indent=2))
        return
    console.print(_grouped(groups, f"{run} against {truth}"))
    for table in tables:
        console.print()
        console.print(_table(table.columns, table.lines, table.title))
    if shown:
        typer.echo()
        print_text(f"also in {run / 'report.html'}")


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", help="An output directory of analyze, or a MOT text file.")],
    second: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another one.")],
    truth: Annotated[Path | None, _Truth] = None,
    max_fps: _MaxFps = None,
) -> None:
    """Put the scores of two runs side by side: against --truth, else as evaluate left them."""
    from rich.console import Console

    from pipeline.evaluation import compare_rows

    (rows_a, truth_a), (rows_b, truth_b) = (_rows(run, truth, max_fps) for run in (first, second))
    if truth_a != truth_b:
        raise InputError(
            f"{first} was scored against {truth_a}, {second} against {truth_b}; name one truth with --truth"
        )
    names = (first.name, second.name) if first.name != second.name else (str(first), str(second))
    columns = ("score", *names, "unit")
    Console().print(_table(columns, compare_rows(rows_a, rows_b), f"against {truth_a}"))


def _oracles(
    run: Path, truth: Path, names: Sequence[Oracle], max_fps: float | None
) -> tuple[list[tuple[str, ...]], dict[str, object]]:
    """Score with stages replaced: lines of the table, and plain data."""
    from pipeline.evaluation import oracle_row
    from pipeline.run.oracles import ORACLES, evaluate_oracles

    wanted = ORACLES if Oracle.ALL in names else tuple(name for name in ORACLES if name in names)
    found = evaluate_oracles(run, truth, wanted, max_fps)
    lines = [oracle_row(name, scores) for name, scores in (("nothing", found.as_run), *found.replaced.items())]
    return lines, {name: scores.as_dict() for name, scores in found.replaced.items()}


def _rows(run: Path, truth: Path | None, max_fps: float | None) -> tuple[list[tuple[str, str, str]], str]:
    """Score a run, or take what evaluate left, and say against which truth.

    Raises:
        InputError: there is nothing to take.
    """
    if truth is not None:
        from pipeline import evaluation

        _check_finished(run)
        return evaluation.rows(evaluation.evaluate(run, truth, max_fps)), str(truth)
    from pipeline.run.finished import SCORES
    from pipeline.store import is_plain_file

    if not is_plain_file(run / SCORES):
        command = f"courtside evaluate {quote(str(run))} --truth DIR"
        raise InputError(f"{run} has not been scored; give --truth, or run {command} first")
    from pipeline.store import read_json

    kept = read_json(run / SCORES)
    try:
        return [(str(label), str(value), str(unit)) for label, value, unit in kept["rows"]], str(kept["truth"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{run / SCORES} is not what evaluate left; score the run again: {error}") from error


def _check_finished(run: Path) -> None:
    """Refuse a directory with tables of an analysis that was not finished, or that another version made.

    Raises:
        InputError: it is one.
    """
    from pipeline.store import RunDirectory

    if RunDirectory(run).table_path("frames").is_file():
        from pipeline.run.loading import read_run

        read_run(run)


def _grouped(groups: Sequence[ScoreTable], title: str) -> Table:
    """Lay scores out by subject."""
    table = _table(groups[0].columns, (), title)
    for group in groups:
        for line in group.lines:
            table.add_row(*cells(*line))
        table.add_section()
    return table


def _table(columns: Sequence[str], lines: Sequence[Sequence[str]], title: str) -> Table:
    """Lay lines out, all columns but the first to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)), title_justify="left", header_style="bold")
    for k, column in enumerate(columns):
        table.add_column(Text(printable(column)), justify="left" if k == 0 or column == "unit" else "right")
    for line in lines:
        table.add_row(*cells(*line))
    return table
