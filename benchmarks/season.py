"""What a league's season takes, on paper: `python -m benchmarks.season VIDEO [--games 1230] [--minutes 120] [--cores 16 64 256]`.

Measures on the first seconds of a clip like the league's: it is analysed twice, to --short and to --long seconds, in one
process on one core without the annotated video, and what the longer run takes more is what a frame takes (what every run
takes once, start-up for one, is told apart). Then it prints, for numbers of cores, hours, cost and the flow of bytes, and what would
be the bottleneck. Prices and speeds of disks and lines are parameters, for they are the reader's: --core-hour-price,
--storage-price (per GB and month), --line-mb-s, --disk-mb-s. Whatever is named in the first table (--processor-s-per-frame, ...)
takes the place of what is measured (with all of it given, no VIDEO is needed).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.resources import ANALYZE, measured
from pipeline.store import read_json
from pipeline.video import chunks, probe, read_chunks

_MEASURED_DECODING_S = 4.0


@dataclass(frozen=True)
class Costs:
    """What was measured of one kind of video."""

    processor_s_per_frame: float
    """Of an analysed frame, everything included that grows with the length."""
    processor_s_per_run: float
    """That every run takes once."""
    decode_s_per_frame: float
    """The part of it that reads the video, which a GPU or a faster network leaves."""
    fps: float
    """Analysed frames per second of video."""
    bytes_in_per_s: float
    """Size of the video."""
    bytes_out_per_s: float
    """Size of a finished run."""


@dataclass(frozen=True)
class League:
    """What the reader says."""

    games: int = 1230
    minutes: float = 120.0
    """Of video per game."""
    core_hour_price: float = 0.04
    storage_price: float = 0.02
    """Per GB and month."""
    line_mb_s: float = 100.0
    """Of the line by which the videos come."""
    disk_mb_s: float = 500.0
    """Of the store that all machines share."""

    @property
    def seconds(self) -> float:
        """Of video, in all."""
        return self.games * self.minutes * 60


@dataclass(frozen=True)
class Plan:
    """The season on a number of cores."""

    cores: int
    hours: float
    price: float
    in_mb_s: float
    out_mb_s: float
    bottleneck: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what a season takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?")
    parser.add_argument("--short", type=float, default=2.0, help="seconds of the clip")
    parser.add_argument("--long", type=float, default=8.0)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 16, 64, 256, 1024])
    for of in (Costs, League):
        for field in fields(of):
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=float)
    wanted = parser.parse_args(arguments)
    given = {field.name: getattr(wanted, field.name) for field in fields(Costs)}
    if None not in given.values():
        costs = Costs(**given)
    elif wanted.video is None:
        parser.error("give a VIDEO to measure, or every cost")
    else:
        found = measure(wanted.video, wanted.short, wanted.long, wanted.config)
        costs = Costs(**{name: getattr(found, name) if value is None else value for name, value in given.items()})
    said = {field.name: getattr(wanted, field.name) for field in fields(League)}
    league = League(**{name: value for name, value in said.items() if value is not None})
    print("\n".join(report(costs, league, [plan(costs, league, cores) for cores in wanted.cores])))
    return 0


def measure(video: Path, short_s: float, long_s: float, config: Path | None) -> Costs:
    """Analyse the beginning of a clip twice and take the difference.

    Args:
        video: the clip.
        short_s, long_s: how much of it.
        config: settings; None for the default ones, without the annotated video.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    info = probe(video)
    with tempfile.TemporaryDirectory(prefix="courtside-season-") as folder:
        settings = config or Path(folder) / "settings.yaml"
        if config is None:
            settings.write_text("present: {video: false}\n", encoding="utf-8")
        taken, frames, sizes = [], [], []
        for end_s in (short_s, long_s):
            out = Path(folder) / f"{end_s:g}"
            command = [*ANALYZE, str(video), "--out", str(out), "--config", str(settings), "--workers", "1"]
            taken.append(measured([*command, "--end", str(end_s)]).processor_s)
            frames.append(read_json(out / "run.json")["perceived"]["analysed"])
            sizes.append(sum(path.stat().st_size for path in out.rglob("*") if path.is_file()))
    per_frame_s = (taken[1] - taken[0]) / (frames[1] - frames[0])
    return Costs(
        per_frame_s,
        max(0.0, taken[0] - per_frame_s * frames[0]),
        _decode_s_per_frame(video),
        (frames[1] - frames[0]) / (long_s - short_s),
        info.size_bytes / info.duration_s,
        (sizes[1] - sizes[0]) / (long_s - short_s),
    )


def _decode_s_per_frame(video: Path) -> float:
    """Measure the processor seconds that reading one frame takes."""
    info = probe(video)
    pieces = chunks(info, 0.0, min(_MEASURED_DECODING_S, info.duration_s), max_fps=30.0)
    began = time.process_time()
    count = sum(1 for _ in read_chunks(info, pieces))
    return (time.process_time() - began) / count


def plan(costs: Costs, league: League, cores: int) -> Plan:
    """Work out the season on a number of cores that are kept busy.

    Args:
        costs: of the video.
        league: games, prices, lines.
        cores: that work at once.

    Example:
        >>> costs = Costs(0.1, 0.0, 0.01, 30.0, 1e6, 2e5)
        >>> plan(costs, League(games=10, minutes=120, core_hour_price=0.05), 30)
        Plan(cores=30, hours=2.0, price=3.0, in_mb_s=10.0, out_mb_s=2.0, bottleneck='processors')
        >>> plan(costs, League(games=10, minutes=120, line_mb_s=5), 30).hours
        4.0
    """
    processor_s = league.seconds * costs.fps * costs.processor_s_per_frame + league.games * costs.processor_s_per_run
    bytes_in, bytes_out = league.seconds * costs.bytes_in_per_s, league.seconds * costs.bytes_out_per_s
    limits = {
        "processors": processor_s / cores,
        "the line that videos come by": bytes_in / 1e6 / league.line_mb_s,
        "the shared store": (bytes_in + bytes_out) / 1e6 / league.disk_mb_s,
    }
    bottleneck = max(limits, key=lambda name: limits[name])
    wall_s = limits[bottleneck]
    return Plan(
        cores,
        round(wall_s / 3600, 2),
        round(processor_s / 3600 * league.core_hour_price, 2),
        round(bytes_in / 1e6 / wall_s, 2),
        round(bytes_out / 1e6 / wall_s, 2),
        bottleneck,
    )


def report(costs: Costs, league: League, plans: Sequence[Plan]) -> list[str]:
    """Lay out what was measured, and the plans."""
    game_s = league.minutes * 60
    in_gb, out_gb = (game_s * rate / 1e9 for rate in (costs.bytes_in_per_s, costs.bytes_out_per_s))
    decode_share = costs.decode_s_per_frame / costs.processor_s_per_frame
    lines = [f"{field.name}: {getattr(costs, field.name):.4g}" for field in fields(Costs)]
    lines += [
        "",
        f"a frame: {1 / costs.processor_s_per_frame:.1f} a second and core; reading it {decode_share:.0%} of that, so cards "
        f"that did all the rest at once would leave {1 / costs.decode_s_per_frame:.0f} a second and core",
        f"a game of {league.minutes:g} minutes: "
        f"{(game_s * costs.fps * costs.processor_s_per_frame + costs.processor_s_per_run) / 3600:.1f} core hours, "
        f"{in_gb:.2f} GB in, {out_gb:.2f} GB out",
        f"a season of {league.games:g} games: {league.games * in_gb:,.0f} GB in, {league.games * out_gb:,.0f} GB out, kept for "
        f"{league.games * (in_gb + out_gb) * league.storage_price:,.0f} a month",
        "",
        "   cores     hours      price   in MB/s  out MB/s  bottleneck",
    ]
    lines += [
        f"{each.cores:8d} {each.hours:9,.1f} {each.price:10,.0f} {each.in_mb_s:9,.1f} {each.out_mb_s:9,.1f}  {each.bottleneck}"
        for each in plans
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
