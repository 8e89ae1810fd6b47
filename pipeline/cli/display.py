"""What a run shows while it works, on a terminal and where there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipeline.cli.terminal import cells, printable
from pipeline.present.labels import Person
from pipeline.run.batch import GameSummary
from pipeline.run.execution.forecast import Forecast, keep_seconds, known_seconds
from pipeline.understand.shots import seconds_by_kind

_KMH = 3.6
"""Per m/s."""
_LINE_EVERY_S = 15.0


class _Rate(ProgressColumn):
    """Units per second and time left, once both are known."""

    def render(self, task: Task) -> Text:
        unit = task.fields.get("unit", "")
        if task.finished or not task.speed or not unit:
            return Text(str(task.fields.get("note", "")), style="dim")
        left = f", {_clock(task.time_remaining)} left" if task.time_remaining is not None else ""
        return Text(f"{task.speed:.1f} {unit}/s{left}", style="cyan")


@dataclass
class TerminalObserver:
    """A bar per stage."""

    progress: Progress
    _task: TaskID | None = None

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Show the bar of a stage."""
        self._task = self.progress.add_task(stage, total=total, unit=unit, note="")

    def advance(self, done: float) -> None:
        """Move the bar to `done` units."""
        if self._task is not None:
            self.progress.update(self._task, completed=done)

    def end(self, note: str) -> None:
        """Fill the bar and say how it went."""
        if self._task is not None:
            task = next(t for t in self.progress.tasks if t.id == self._task)
            total = task.total or max(task.completed, 1)
            self.progress.update(self._task, total=total, completed=total, note=printable(note))
        self._task = None

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self.progress.console.print(Text(printable(line)), soft_wrap=True)

    def warn(self, message: str) -> None:
        """Print a warning above the bars."""
        line = Text.assemble(("warning:", "yellow"), f" {printable(message)}")
        self.progress.console.print(line, highlight=False)


@dataclass
class LineObserver:
    """A line when a stage ends, and one now and then: for logs and pipes."""

    console: Console
    _stage: str = ""
    _unit: str = ""
    _total: float | None = None
    _started: float = 0.0
    _printed_at: float = field(default=0.0)

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """Remember what is counted."""
        self._stage, self._total, self._unit = stage, total, unit
        self._started = self._printed_at = time.monotonic()

    def advance(self, done: float) -> None:
        """Say how far it is, at most every quarter of a minute."""
        now = time.monotonic()
        if now - self._printed_at < _LINE_EVERY_S or not self._unit:
            return
        self._printed_at = now
        rate = done / max(now - self._started, 1e-9)
        of = f" of {self._total:.0f}" if self._total else ""
        left = f", {_clock((self._total - done) / rate)} left" if self._total and rate else ""
        self.say(f"{self._stage}: {done:.0f}{of} {self._unit}, {rate:.1f}/s{left}")

    def end(self, note: str) -> None:
        """Say that the stage is done."""
        self.say(f"{self._stage}: {note}")

    def warn(self, message: str) -> None:
        """Say what is not as it should be."""
        self.say(f"warning: {message}")

    def say(self, line: str) -> None:
        """Print a line."""
        self.console.print(Text(printable(line)), soft_wrap=True)


@contextmanager
def progress_shown(console: Console) -> Iterator[TerminalObserver | LineObserver]:
    """Give bars on a terminal and plain lines elsewhere."""
    if not console.is_terminal:
        yield LineObserver(console)
        return
    columns = (TextColumn("{task.description:<10}"), BarColumn(bar_width=30), TimeElapsedColumn(), _Rate())
    with Progress(*columns, console=console) as progress:
        yield TerminalObserver(progress)


@contextmanager
def analysis_shown(console: Console, video: bool) -> Iterator[Forecast]:
    """Show the progress of an analysis, how long all of it takes, and remember what its stages took.

    Args:
        console: where to.
        video: whether the annotated video is drawn.
    """
    with progress_shown(console) as observer:
        forecast = Forecast(observer, observer.say, known_seconds(video))
        yield forecast
        keep_seconds(forecast.measured)


def stats_table(stats: pd.DataFrame) -> Table:
    """Lay out the summary of all players for the terminal."""
    table = Table(title=None, header_style="bold", row_styles=["", "on grey11"])
    for name, justify in _COLUMNS:
        table.add_column(name, justify="right" if justify else "left")
    for row in stats.itertuples(index=False):
        table.add_row(*cells(*_values(row)))
    return table


def left_out(frames: pd.DataFrame, shots: pd.DataFrame) -> str | None:
    """Say how much of the video does not count; None if all does."""
    kinds = shots.loc[shots["kind"] != "game", "kind"].value_counts(sort=False)
    if kinds.empty:
        return None
    seconds = seconds_by_kind(frames, shots)
    total = sum(seconds.values())
    what = " and ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.items())
    return f"not counted: {what}, {_clock(total - seconds.get('game', 0.0))} of {_clock(total)}"


def batch_line(game: GameSummary) -> str:
    """Say in one line how a game of a batch ended."""
    if game.status == "failed":
        return f"{game.game}: failed: {game.warning}"
    return f"{game.game}: {game.players} players, {game.minutes:.1f} min in {_clock(game.seconds)}"


def batch_table(games: Sequence[GameSummary]) -> Table:
    """Lay out the summary of a batch for the terminal."""
    table = Table(title=None, header_style="bold", row_styles=["", "on grey11"])
    for name in ("game", "status", "players", "minutes", "seconds"):
        table.add_column(name, justify="left" if name in ("game", "status") else "right")
    table.add_column("warning", overflow="ellipsis", no_wrap=True)
    for game in games:
        numbers = (_or_blank(game.players), _number(game.minutes, "", 1), _number(game.seconds, "", 0))
        table.add_row(*cells(game.game, game.status, *numbers, game.warning))
    return table


_COLUMNS = (
    ("player", False),
    ("team", False),
    ("no.", True),
    ("name", False),
    ("seen", True),
    ("distance", True),
    ("mean", True),
    ("top", True),
)


def _values(row: object) -> list[str]:
    """Format one player's row."""
    role = str(getattr(row, "role", "player"))
    team, number = (_or_blank(getattr(row, name, None)) or None for name in ("team", "number"))
    return [
        Person(int(getattr(row, "player_id", 0)), role, team, number, None).code,
        "referee" if role == "referee" else _or_blank(getattr(row, "team", None)),
        _or_blank(getattr(row, "number", None)),
        _or_blank(getattr(row, "name", None)),
        _clock(getattr(row, "seen_s", None)),
        _number(getattr(row, "distance_m", None), "m", 0),
        _number(getattr(row, "mean_speed_mps", None), "km/h", 1, _KMH),
        _number(getattr(row, "top_speed_mps", None), "km/h", 1, _KMH),
    ]


def _or_blank(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _number(value: float | None, unit: str, digits: int, scale: float = 1.0) -> str:
    return "" if value is None or pd.isna(value) else f"{scale * value:.{digits}f} {unit}"


def _clock(seconds: float | None) -> str:
    """Write seconds as m:ss, or h:mm:ss."""
    if seconds is None or pd.isna(seconds):
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
