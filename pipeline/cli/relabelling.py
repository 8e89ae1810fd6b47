"""The command `relabel`: corrections of who is who in a finished run."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from pipeline.cli.loading import loading
from pipeline.cli.options import read_time
from pipeline.cli.terminal import print_text
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.corrections import Asked, Journal
    from pipeline.run.corrections import Changes, Corrector

_NEW = "new"
"""In the place of a player: somebody who is not among them yet."""
_WORDS = {
    "--merge": 2,
    "--move": 3,
    "--move-part": 4,
    "--split": 2,
    "--name": 2,
    "--number": 2,
    "--team": 2,
    "--role": 2,
}
"""Options of several words each, which may be given several times: typer has one or the other."""
_BETWEEN = "\x1f"
"""Joins the words of one such option."""
Repeated = list[str]
_Source = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The video, for the pictures of players [default: where it was, if you made RUN]."
    ),
]
_Calibration = Annotated[
    Path | None, typer.Option(metavar="FILE", help="That of a run of version 0.1, which kept none.")
]
_Roster = Annotated[Path | None, typer.Option(metavar="FILE", help="Roster to use from now on.")]


class RelabelCommand(TyperCommand):
    """The command, whose options of several words repeat."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the words of each option as one."""
        waiting, joined = iter(args), []
        for word in waiting:
            joined.append(word)
            if word in _WORDS:
                words = [text for _, text in zip(range(_WORDS[word]), waiting, strict=False)]
                if len(words) < _WORDS[word]:
                    raise typer.BadParameter(f"{word} takes {_WORDS[word]} words, got {' '.join(words) or 'none'}")
                joined.append(_BETWEEN.join(text.replace(_BETWEEN, " ") for text in words))
        return super().parse_args(ctx, joined)


def relabel(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Output directory of courtside analyze.")],
    merge: Annotated[Repeated | None, typer.Option(metavar="P Q", help="Players P and Q are one.")] = None,
    move: Annotated[
        Repeated | None,
        typer.Option(metavar="P T Q", help="Who is shown as P at time T is Q, or somebody new: 'new'."),
    ] = None,
    move_part: Annotated[
        Repeated | None,
        typer.Option("--move-part", metavar="P T1 T2 Q", help="All that is shown as P from T1 to T2 is Q, or 'new'."),
    ] = None,
    split: Annotated[
        Repeated | None, typer.Option(metavar="P T", help="From time T on P's tracklet shows somebody else.")
    ] = None,
    name: Annotated[Repeated | None, typer.Option(metavar="P NAME", help="P's name; '-' for none.")] = None,
    number: Annotated[
        Repeated | None, typer.Option(metavar="P NUMBER", help="P's jersey number; '-' for none.")
    ] = None,
    team: Annotated[Repeated | None, typer.Option(metavar="P A|B", help="P's team; '-' for none.")] = None,
    role: Annotated[Repeated | None, typer.Option(metavar="P ROLE", help="P is a player, a referee or nobody.")] = None,
    not_a_player: Annotated[
        Repeated | None, typer.Option("--not-a-player", metavar="P", help="P is no player and no referee.")
    ] = None,
    lock: Annotated[Repeated | None, typer.Option(metavar="P", help="All that is P's now stays P's.")] = None,
    show: Annotated[bool, typer.Option("--list", help="List the corrections made so far, and nothing else.")] = False,
    undo: Annotated[int | None, typer.Option(metavar="N", min=1, help="Take correction N of the list back.")] = None,
    redo: Annotated[int | None, typer.Option(metavar="N", min=1, help="Have correction N count again.")] = None,
    source: _Source = None,
    calibration: _Calibration = None,
    roster: _Roster = None,
) -> None:
    """Correct who is who in a finished run; corrections last, also when it is analysed again.

    A player P is named as the report and the annotated video do (A12, A-P4, R25, a name) or by id; every option but --undo
    and --redo may be given several times. Written to RUN/corrections.csv. What depends on it is computed again, in
    seconds; the annotated video is drawn again by courtside video RUN, or by the next courtside analyze.
    """
    asked = _asked(merge, move, move_part, split)
    asked += _labels({"name": name, "number": number, "team": team, "role": role}, not_a_player, lock)
    if sum((bool(asked), show, undo is not None, redo is not None)) > 1:
        raise SettingsError("say one of: corrections, --list, --undo N, --redo N")
    with loading():
        from rich.console import Console

        from pipeline.cli.display import progress_shown
        from pipeline.run import corrections

    if show:
        for line in _listed(corrections.read_journal(run)):
            print_text(line)
        return
    with progress_shown(Console(soft_wrap=False)) as observer:
        corrector = corrections.Corrector(run, corrections.GivenAgain(source, calibration, roster), observer)
        if undo is not None:
            changes = corrector.undo(undo, publish=True)
        elif redo is not None:
            changes = corrector.redo(redo, publish=True)
        else:
            changes = corrector.correct(asked, publish=True) if asked or roster is None else _roster_used(corrector)
    _show(changes, run, "redo" if undo is not None else "undo")


def _roster_used(corrector: Corrector) -> Changes:
    """Use the roster that a corrector was opened with, and nothing else."""
    from pipeline.run.corrections import Changes

    names = corrector.tables["players"]["name"].notna().sum()
    corrector.publish()
    return Changes("the roster is used", None, (), (f"people with a name: {names}",))


def _show(changes: Changes, run: Path, back: str) -> None:
    """Print what a correction changed, and how to take it back."""
    for line in changes.lines:
        print_text(line)
    if changes.step is not None:
        number = changes.step.number
        command = f"courtside relabel {quote(str(run))} --{back} {number}"
        print_text(f"{run / 'corrections.csv'}: step {number}; {command} takes it back")


def _asked(
    merge: Repeated | None, move: Repeated | None, move_part: Repeated | None, split: Repeated | None
) -> list[Asked]:
    """Read the options about whose tracklets are whose."""
    from pipeline.corrections import Merge, MoveAt, MoveStretch, SplitAt

    return [
        *(Merge(player, second) for player, second in _words(merge)),
        *(MoveAt(player, read_time(at, "--move"), _to(to)) for player, at, to in _words(move)),
        *(
            MoveStretch(player, read_time(begin, "--move-part"), read_time(end, "--move-part"), _to(to))
            for player, begin, end, to in _words(move_part)
        ),
        *(SplitAt(player, read_time(at, "--split")) for player, at in _words(split)),
    ]


def _labels(labels: dict[str, Repeated | None], not_a_player: Repeated | None, lock: Repeated | None) -> list[Asked]:
    """Read the options about what players are called and are."""
    from pipeline.corrections import Lock, Name, Number, Role, Team

    kinds: dict[str, Callable[[str, str], Asked]] = {"name": Name, "number": Number, "team": Team, "role": Role}
    found: list[Asked] = []
    for label, given in labels.items():
        found += [kinds[label](player, value) for player, value in _words(given)]
    return [
        *found,
        *(Role(player, "nobody") for player in not_a_player or ()),
        *(Lock(player) for player in lock or ()),
    ]


def _words(given: Repeated | None) -> Iterator[list[str]]:
    """Yield the words of each time that an option is given."""
    yield from (text.split(_BETWEEN) for text in given or ())


def _to(who: str) -> str | None:
    return None if who == _NEW else who


def _listed(journal: Journal) -> list[str]:
    """Write the steps of a journal, a line each."""
    from pipeline.corrections.lines import clock

    if not journal.steps:
        return ["no corrections"]
    width = len(str(journal.steps[-1].number))
    return [
        f"{step.number:>{width}}  {clock(step.lines[0].spot.time_s):>9}  {step.words}"
        f"{'' if step.undone is None else '  (undone)'}"
        for step in journal.steps
    ]
