"""Hostile inputs to every reader of foreign data: `python -m benchmarks.fuzz --minutes 5 [--seed N] [--target NAME]`.

Each input is a valid one that was changed, and is read in a child with 10 processor seconds beyond honest work and 2 GB. Prints
for each target how many inputs were read, refused in words, or made it crash, hang or grow, and the most memory; new failing
inputs are written to `--out`, one for each place in the code. The exit code is 1 where there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.children import HUNG, OUT_OF_MEMORY, REFUSED, Ended, ForkServer
from tests.fuzz.examples import example_folder
from tests.fuzz.targets import TARGETS, Target, is_well

SLICE_S = 5.0
"""Seconds until it is another target's turn."""


@dataclass
class Tally:
    """What came of a target's inputs."""

    counts: Counter[str] = field(default_factory=Counter)
    peak_mb: float = 0.0
    places: dict[str, bytes] = field(default_factory=dict)
    """Where it failed -> the shortest input that does so."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per target; return 1 if an input crashed, hung or grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=[target.name for target in TARGETS], default=[])
    parser.add_argument("--out", type=Path, default=Path("reports/fuzz"), help="new failing inputs are written here")
    given = parser.parse_args(arguments)
    targets = [target for target in TARGETS if not given.target or target.name in given.target]
    examples = example_folder()
    try:
        tallies = fuzzed(targets, given.seed, given.minutes * 60, examples)
    finally:
        shutil.rmtree(examples, ignore_errors=True)
    show(tallies)
    for name, tally in tallies.items():
        for place, data in tally.places.items():
            keep(given.out / name, place, data)
    return 1 if any(tally.places for tally in tallies.values()) else 0


def fuzzed(targets: Sequence[Target], seed: int, seconds: float, examples: Path) -> dict[str, Tally]:
    """Give every target its turns until the time is over."""
    tallies = {target.name: Tally() for target in targets}
    streams = {target.name: target.inputs(random.Random(f"{seed}-{target.name}"), examples) for target in targets}
    modules = [module for target in targets for module in target.modules]
    with ForkServer(*modules) as server:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for target in targets:
                turn = min(until, time.monotonic() + min(SLICE_S, seconds / len(targets)))
                while time.monotonic() < turn:
                    _try(target, next(streams[target.name]), server, examples, tallies[target.name])
    return tallies


def _try(target: Target, data: bytes, server: ForkServer, examples: Path, tally: Tally) -> None:
    """Let a target read an input, and note what came of it."""
    with tempfile.TemporaryDirectory(prefix="courtside-fuzz-") as scratch:
        ended = target.read(server, data, examples, Path(scratch))
    outcome = outcome_of(ended)
    tally.counts[outcome] += 1
    tally.peak_mb = max(tally.peak_mb, ended.peak_mb)
    if not is_well(ended):
        place = f"{outcome}: {place_of(ended)}"
        if place not in tally.places:
            print(f"{target.name}: {place}", flush=True)
        if len(data) < len(tally.places.get(place, data + b"x")):
            tally.places[place] = data


def outcome_of(ended: Ended) -> str:
    """Name how a child ended."""
    return {0: "read", REFUSED: "refused", HUNG: "hung", OUT_OF_MEMORY: "memory"}.get(ended.code, "crashed")


def place_of(ended: Ended) -> str:
    """Say what was raised, and the last line of our code that it went through."""
    lines = [line for line in ended.said.strip().splitlines() if line.strip()]
    ours = re.findall(r'File "[^"]*/((?:pipeline|models|courtside)/[^"]+)", line (\d+)', ended.said)
    where = ":".join(ours[-1]) if ours else f"exit code {ended.code}"
    return f"{where}: {lines[-1][:160] if lines else 'nothing said'}"


def show(tallies: dict[str, Tally]) -> None:
    """Print the table."""
    columns = ("read", "refused", "crashed", "hung", "memory")
    print(f"\n{'target':16}" + "".join(f"{name:>9}" for name in ("inputs", *columns)) + f"{'peak, MB':>10}")
    total: Counter[str] = Counter()
    for name, tally in tallies.items():
        total += tally.counts
        numbers = (tally.counts.total(), *(tally.counts[column] for column in columns))
        print(f"{name:16}" + "".join(f"{number:9}" for number in numbers) + f"{tally.peak_mb:10.0f}")
    numbers = (total.total(), *(total[column] for column in columns))
    peak_mb = max(tally.peak_mb for tally in tallies.values())
    print(f"{'all':16}" + "".join(f"{number:9}" for number in numbers) + f"{peak_mb:10.0f}")


def keep(folder: Path, place: str, data: bytes) -> None:
    """Write a failing input, and beside it what it does."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(place.encode()).hexdigest()[:12]
    (folder / name).write_bytes(data)
    (folder / f"{name}.txt").write_text(place + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
