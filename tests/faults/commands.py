"""Commands that are disturbed, what they work on, and whether two of them left the same bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.children import Ended, ForkServer, Limits, Work

FILM, GAME, RUN, FILM_RUN, SEASON = "film", "game", "run", "film_run", "season"
"""Folders among the materials."""
SETTINGS = "settings.yaml"
OUT = "out"
"""What a command writes, in its folder."""
_TIMES = ("seconds", "created_at", "reused")
"""Keys of JSON files that say when and how long; all else is the same whoever was disturbed."""
_WITH_TIMES = (".html", "run.json")
"""Files that say times, whose hashes differ."""
_OURS = (".lock", ".holder")


@dataclass(frozen=True)
class Command:
    """A command line, and what is there before it."""

    name: str
    words: tuple[str, ...]
    """`{name}` stands for a folder of the materials, `out` for what is written."""
    share: int
    """Of a hundred kills; fewer where a run takes long."""
    begins_with: str | None = None
    """A folder of the materials that is copied to `out` first."""

    def prepare(self, materials: Path, folder: Path) -> None:
        """Empty a folder and lay ready what is there before."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.begins_with is not None:
            shutil.copytree(materials / self.begins_with, folder / OUT)

    def work(
        self,
        materials: Path,
        folder: Path,
        before: Sequence[tuple[str, Sequence[Any]]] = (),
        environment: Mapping[str, str | None] | None = None,
    ) -> Work:
        """Describe the command for a child.

        Args:
            materials: see `make_games` and `make_runs`.
            folder: where it works.
            before: faults, see `tests.faults.injection`.
            environment: what is changed in it; None: taken away.
        """
        named = {name: str(materials / name) for name in (FILM, GAME, RUN, FILM_RUN, SEASON, SETTINGS)}
        named["settings"] = named.pop(SETTINGS)
        words = [word.format(**named) for word in self.words]
        changed = {"COURTSIDE_CACHE": str(materials / "cache")} | dict(environment or {})
        faults = tuple((f"tests.faults.injection:{name}", arguments) for name, arguments in before)
        return Work("pipeline.cli:run", (words,), str(folder), changed, faults)


COMMANDS = (
    Command("analyze", ("analyze", "{film}", "--out", OUT, "--config", "{settings}", "--workers", "1"), 12),
    Command("analyze, 2 workers", ("analyze", "{film}", "--out", OUT, "--config", "{settings}", "--workers", "2"), 8),
    Command("analyze, no pixels", ("analyze", "{game}", "--out", OUT), 16),
    Command("relabel", ("relabel", OUT, "--name", "P1", "Ann"), 14, begins_with=RUN),
    Command("video", ("video", OUT, "--height", "120"), 10, begins_with=FILM_RUN),
    Command("batch", ("batch", "{season}", "--out", OUT, "--workers", "1"), 6),
    Command("render-game", ("render-game", "--out", OUT, "--seconds", "0.5", "--size", "160x90", "--fps", "10"), 8),
    Command(
        "render-game, no pixels", ("render-game", "--out", OUT, "--seconds", "1", "--fps", "10", "--positions-only"), 8
    ),
    Command("heatmap", ("heatmap", OUT, "--team", "A"), 6, begins_with=RUN),
    Command("export", ("export", OUT, "--format", "kloppy"), 6, begins_with=RUN),
    Command("evaluate", ("evaluate", OUT, "--truth", "{game}"), 6, begins_with=RUN),
)


def command(name: str) -> Command:
    """Return the command of a name."""
    return next(command for command in COMMANDS if command.name == name)


def make_games(folder: Path) -> None:
    """Render a game with pixels, games without, and write settings that make short work of the first."""
    from pipeline.rendering import NoiseSettings, RenderSettings, render_game, render_positions

    folder.mkdir(parents=True, exist_ok=True)
    filmed = RenderSettings(seed=3, seconds=1.0, camera="fixed", width_px=320, height_px=180, fps=10, crowd=0.1)
    render_game(filmed, folder / FILM)
    positions = RenderSettings(seed=2, seconds=2, fps=10, start_s=0, players_per_team=5)
    render_positions(positions, NoiseSettings(), folder / GAME)
    for seed in (2, 4):
        short = RenderSettings(seed=seed, seconds=1, fps=10, start_s=0, players_per_team=5)
        render_positions(short, NoiseSettings(), folder / SEASON / f"game{seed}")
    sections = (
        "detect: {input_size_px: 320}\nvideo: {chunk_s: 0.3}\ncourt: {automatic: false}\nnumbers: {weights: null}\n"
        "present: {crops_per_player: 1}\n"
    )
    (folder / SETTINGS).write_text(sections, encoding="utf-8")


def make_runs(server: ForkServer, folder: Path) -> None:
    """Analyse two of the games, for the commands that begin with a run."""
    for name, made_by in ((RUN, "analyze, no pixels"), (FILM_RUN, "analyze")):
        work = folder / "made"
        command(made_by).prepare(folder, work)
        ended = server.run(command(made_by).work(folder, work))
        assert ended.code == 0, ended.said
        (work / OUT).rename(folder / name)
        shutil.rmtree(work)


@dataclass(frozen=True)
class Undisturbed:
    """What a command leaves when nothing disturbs it."""

    files: Mapping[str, str]
    changes: int
    """Of the file system."""
    seconds: float


def undisturbed(server: ForkServer, command: Command, materials: Path, folder: Path) -> Undisturbed:
    """Let a command work in peace.

    Args:
        server: forks it.
        command: the command.
        materials: see `make_games` and `make_runs`.
        folder: where it works; the disturbed ones work in the same, since results name it.
    """
    note = folder.with_name(f"{folder.name}.changes")
    command.prepare(materials, folder)
    began = time.monotonic()
    ended = server.run(command.work(materials, folder, [("count_changes", (str(folder / OUT), str(note)))]))
    assert ended.code == 0, ended.said
    return Undisturbed(contents(folder / OUT), int(note.read_text(encoding="utf-8")), time.monotonic() - began)


@dataclass(frozen=True)
class Disturbed:
    """What became of a command that was killed and given again."""

    kills: int
    """That hit."""
    ended: Ended
    """How it ended when it was let work."""
    files: Mapping[str, str]


def killed_and_resumed(
    server: ForkServer,
    command: Command,
    materials: Path,
    folder: Path,
    peace: Undisturbed,
    rng: random.Random,
    kills: int,
) -> Disturbed:
    """Kill a command at random moments, then let it work to its end; what is in its folder stays there before.

    Args:
        server: forks it.
        command: the command.
        materials: see `make_games` and `make_runs`.
        folder: where it works.
        peace: the same, undisturbed: it says how long it works and how often it changes the file system.
        rng: chooses the moments: half of them just before a change of the file system, half at any time.
        kills: how often.
    """
    hit = 0
    for _ in range(kills):
        if rng.random() < 0.5:
            number = rng.randrange(max(peace.changes, 1))
            ended = server.run(command.work(materials, folder, [("kill_at", (str(folder / OUT), number))]))
        else:
            ended = _killed_in_time(server, command.work(materials, folder), rng.uniform(0, peace.seconds))
        hit += ended.code == -9
    ended = server.run(command.work(materials, folder), Limits())
    return Disturbed(hit, ended, contents(folder / OUT))


def _killed_in_time(server: ForkServer, work: Work, after_s: float) -> Ended:
    process = server.start(work)
    time.sleep(after_s)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    return server.wait()


def contents(folder: Path) -> dict[str, str]:
    """Hash all files of a folder by name, but for what says when and how long."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _OURS:
            data = _timeless(path, path.read_bytes())
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Name the files that one lacks or that differ."""
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _timeless(path: Path, data: bytes) -> bytes:
    """Take times out of a file."""
    if path.suffix == ".json":
        return json.dumps(_without_times(json.loads(data)), sort_keys=True).encode()
    if path.suffix == ".html":
        return re.sub(rb"(<th[^>]*>seconds[^<]*</th><td>)[^<]*", rb"\1", data)
    if path.name == "summary.csv":
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        return json.dumps([{key: value for key, value in row.items() if key not in _TIMES} for row in rows]).encode()
    return data


def _without_times(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: None if key.endswith(_WITH_TIMES) else _without_times(value)
            for key, value in data.items()
            if key not in _TIMES
        }
    return [_without_times(value) for value in data] if isinstance(data, list) else data
