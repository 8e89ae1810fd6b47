"""Kills at random moments: `python -m benchmarks.faults --kills 100 [--seed N] [--command NAME]`.

Commands on small games are killed (SIGKILL), half of the times just before a change of the file system and half at any moment,
up to three times in a row; then the same command is let work to its end. Prints for each command how many kills were followed
by the bytes of an undisturbed run, in all files but for what says when and how long. The exit code is 1 if any was not.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.children import ForkServer
from tests.faults.commands import COMMANDS, Command, differences, killed_and_resumed, make_games, make_runs, undisturbed
from tests.faults.table import FAULTS, LOST_DEVICE, complaint, resumed, suffer

MOST_IN_A_ROW = 3
OTHERS_MEET = ("analyze, no pixels", "analyze")
"""Commands that meet the other faults where none is named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per command; return 1 if a kill cost bytes."""
    names = [command.name for command in COMMANDS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", action="append", choices=names, default=[])
    parser.add_argument(
        "--others", action="store_true", help="other faults than kills: disks, clocks, devices, folders"
    )
    given = parser.parse_args(arguments)
    commands = [command for command in COMMANDS if not given.command or command.name in given.command]
    base = Path(tempfile.mkdtemp(prefix="courtside-faults-"))
    lost = 0
    try:
        with ForkServer() as server:
            make_games(base / "materials")
            make_runs(server, base / "materials")
            if given.others:
                return _others(server, base, given.command)
            print(f"{'command':24}{'kills':>7}{'equal':>7}{'changes':>9}{'seconds':>9}", flush=True)
            for command, share in shares(commands, given.kills):
                lost += _killed(server, command, base, share, random.Random(f"{given.seed}-{command.name}"))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(f"\n{given.kills - lost} of {given.kills} kills were followed by the bytes of an undisturbed run")
    return 1 if lost else 0


def shares(commands: Sequence[Command], kills: int) -> Iterator[tuple[Command, int]]:
    """Share kills out among commands."""
    total, given, seen = sum(command.share for command in commands), 0, 0
    for command in commands:
        seen += command.share
        share = kills * seen // total - given
        given += share
        yield command, share


def _killed(server: ForkServer, command: Command, base: Path, kills: int, rng: random.Random) -> int:
    """Kill a command so often and print what came of it; return how many kills were followed by other bytes."""
    began = time.monotonic()
    peace = undisturbed(server, command, base / "materials", base / "work")
    made = equal = 0
    while made < kills:
        wanted = min(rng.randint(1, MOST_IN_A_ROW), kills - made)
        command.prepare(base / "materials", base / "work")
        found = killed_and_resumed(server, command, base / "materials", base / "work", peace, rng, wanted)
        changed = differences(peace.files, found.files)
        if found.ended.code != 0 or changed:
            print(
                f"{command.name}: exit code {found.ended.code}, other bytes: {changed[:5]}\n{found.ended.said[-500:]}"
            )
        else:
            equal += found.kills
        made += found.kills
    print(f"{command.name:24}{made:7}{equal:7}{peace.changes:9}{time.monotonic() - began:9.0f}", flush=True)
    return made - equal


def _others(server: ForkServer, base: Path, names: Sequence[str]) -> int:
    """Let commands meet each of the other faults, and give them again; return 1 where one is not as it should be."""
    materials, folder, bad = base / "materials", base / "work", 0
    print(f"{'fault':36}{'command':20}{'exit code':>10}  {'said':24}{'bytes after'}", flush=True)
    for command in (command for command in COMMANDS if command.name in (names or OTHERS_MEET)):
        peace = undisturbed(server, command, materials, folder)
        for fault in (*FAULTS, LOST_DEVICE) if "{film}" in command.words else FAULTS:
            command.prepare(materials, folder)
            ended = suffer(server, command, fault, materials, folder)
            wrong = complaint(fault, ended)
            changed = resumed(server, command, materials, folder, peace)
            bad += wrong is not None or bool(changed)
            said = "one line" if fault.says and wrong is None else "went on" if wrong is None else "NOT WELL"
            equal = "equal" if not changed else f"OTHER: {changed[:3]}"
            print(f"{fault.name:36}{command.name:20}{ended.code:10}  {said:24}{equal}", flush=True)
            if wrong is not None:
                print(f"    {wrong}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
