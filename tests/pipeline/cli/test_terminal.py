"""Names are shown as they are."""

import io

import pandas as pd
import pytest
from rich.console import Console

from pipeline.cli.display import LineObserver, TerminalObserver, batch_table, progress_shown, stats_table
from pipeline.cli.terminal import printable
from pipeline.run.batch import GameSummary


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Ståhl 李 👍🏽", "Zoë Ståhl 李 👍🏽"),
        ("می‌خواهم", "می‌خواهم"),  # a joiner that Persian needs
        ("a\x1b]0;title\x07b", "a\\x1b]0;title\\x07b"),
        ("a\nb\r\tc", "a\\x0ab\\x0d\\x09c"),
        ("\u2028\u202e\udc80", "\\u2028\\u202e\\udc80"),
        ("[red]x[/]", "[red]x[/]"),
    ],
)
def test_what_steers_a_terminal_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def screen(**options: bool) -> Console:
    return Console(file=io.StringIO(), width=120, **options)  # type: ignore[arg-type]


def text_on(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_name_in_a_table_is_no_markup() -> None:
    stats = pd.DataFrame({"player_id": [1], "name": ["[bold]Bo\x1b[31m"], "team": ["[/]"], "seen_s": [3.0]})
    console = screen()
    console.print(stats_table(stats))
    console.print(batch_table([GameSummary("[red]game", "failed", warning="[/]\x07")]))
    for name in ("[bold]Bo\\x1b[31m", "[/]", "[red]game", "[/]\\x07"):
        assert name in text_on(console)
    assert "\x1b[31m" not in text_on(console)


def test_a_warning_is_no_markup_on_bars_and_in_lines() -> None:
    for console in (screen(force_terminal=True), screen(force_terminal=False)):
        with progress_shown(console) as observer:
            assert isinstance(observer, TerminalObserver if console.is_terminal else LineObserver)
            observer.begin("[red]", 3, "frames")
            observer.warn("[red]\x1b]0;x\x07 [/nothing]")
            observer.end("done [/]")
        assert "[red]\\x1b]0;x\\x07 [/nothing]" in text_on(console)
