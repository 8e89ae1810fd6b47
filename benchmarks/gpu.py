"""All that a card can say in one run of under ten minutes: `python -m benchmarks.gpu VIDEO... [--device cuda]`.

Give one clip at 720p and one at 1080p; each is repeated to the lengths that are analysed. For each clip it prints

- frames per second end to end, from two lengths, so that what every run takes once is told apart; per stage; how busy the card was
  and the peak of its memory (of nvidia-smi, where that is there); what a game of two hours would take;
- milliseconds per frame of reading and of each network by itself, the card waited for;
- whether the card says what the processor says: boxes that agree, players, distances, over the first --agree seconds. The exit
  code is 1 if it does not.

What no longer fits into --limit seconds is left out and said. `--device cpu` runs the same without a card.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.resources import ANALYZE
from benchmarks.speed import loop
from models.device import choose_device
from pipeline.config import Settings
from pipeline.errors import CourtsideError
from pipeline.geometry.boxes import iou
from pipeline.perceive import crops
from pipeline.perceive.networks import choose_input_size, load_networks
from pipeline.run.loading import read_run
from pipeline.store import RunDirectory, read_json
from pipeline.video import chunks, probe, read_chunks

TWO_HOURS_S = 7200.0
SAME_BOX_IOU = 0.9
LEAST_AGREEMENT = 0.98
"""Share of boxes that both have."""
MOST_DISTANCE_OFF = 0.02
"""Relative, of the sum over all players."""
_SMI = ("nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")
_TIMED_FRAMES, _BATCH = 64, 8


@dataclass(frozen=True)
class CardSample:
    """What a card did at one moment."""

    busy_percent: float
    memory_mb: float


@dataclass(frozen=True)
class TimedRun:
    """One analysis."""

    frames: int
    wall_s: float
    stages_s: dict[str, float]
    card: tuple[CardSample, ...] = ()
    """While it ran."""


@dataclass(frozen=True)
class Agreement:
    """What a run has in common with that of the processor."""

    boxes: float
    """Share of all boxes of both that have a partner."""
    players: tuple[int, int]
    distance_m: tuple[float, float]
    """Sum over the players."""

    @property
    def holds(self) -> bool:
        """Say whether it is within the tolerance."""
        first, second = self.distance_m
        off = abs(first - second) / max(first, second) if max(first, second) > 0 else 0.0
        return self.boxes >= LEAST_AGREEMENT and self.players[0] == self.players[1] and off <= MOST_DISTANCE_OFF


class OutOfTimeError(Exception):
    """The limit is reached."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each clip; return 1 if the card says something else than the processor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--workers", default="auto")
    parser.add_argument("--lengths", type=float, nargs=2, default=(30.0, 90.0), help="seconds of video")
    parser.add_argument("--agree", type=float, default=4.0, help="seconds of video on which both are compared")
    parser.add_argument("--limit", type=float, default=540.0, help="seconds for everything")
    wanted = parser.parse_args(arguments)
    clock = _Clock(wanted.limit)
    print("\n".join(_machine(wanted.device)))
    good = True
    for video in wanted.videos:
        print(f"\n{video.name}: {probe(video).width_px} x {probe(video).height_px}")
        with tempfile.TemporaryDirectory(prefix="courtside-gpu-") as folder:
            steps: tuple[Callable[[], bool], ...] = (
                lambda video=video, folder=folder: _end_to_end(video, Path(folder), wanted, clock),
                lambda video=video: _networks(video, wanted.device),
                lambda video=video, folder=folder: _agreement(video, Path(folder), wanted, clock),
            )
            for step in steps:
                try:
                    clock.left_s()
                    good &= step()
                except OutOfTimeError:
                    print("left out: the limit of time is reached")
    return 0 if good else 1


class _Clock:
    """Counts what is left."""

    def __init__(self, limit_s: float) -> None:
        self._end_s = time.monotonic() + limit_s

    def left_s(self) -> float:
        """Return the seconds that are left.

        Raises:
            OutOfTimeError: none are.
        """
        left = self._end_s - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left


def _machine(device: str) -> list[str]:
    """Name the machine."""
    lines = [f"{os.cpu_count()} cores, torch {torch.__version__}, device {device}"]
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        lines.append(f"{card.name}, {card.total_memory / 1e9:.0f} GB")
    else:
        lines.append("no CUDA device: nothing here is measured on a card")
    return lines


def _end_to_end(video: Path, folder: Path, wanted: argparse.Namespace, clock: _Clock) -> bool:
    """Analyse two lengths and print what they say."""
    runs = []
    for length_s in wanted.lengths:
        clip = folder / f"{length_s:g}{video.suffix}"
        loop(video, clip, length_s)
        runs.append(timed_run(clip, folder / f"out-{length_s:g}", wanted.device, wanted.workers, clock.left_s()))
    print("\n".join(report(runs[0], runs[1], probe(video).fps)))
    return True


def timed_run(clip: Path, out: Path, device: str, workers: str, limit_s: float) -> TimedRun:
    """Analyse a clip by the command line, and watch the card meanwhile.

    Args:
        clip: the video.
        out: output directory.
        device, workers: as the command takes them.
        limit_s: after which it is ended.

    Raises:
        OutOfTimeError: it took longer.
        SystemExit: it failed.
    """
    command = [*ANALYZE, str(clip), "--out", str(out), "--device", device, "--workers", workers]
    began = time.perf_counter()
    with watched_card() as samples:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise OutOfTimeError from None
    if done.returncode:
        raise SystemExit(f"courtside analyze {clip} failed: {done.stderr}")
    noted = read_json(out / "run.json")
    wall_s = time.perf_counter() - began
    return TimedRun(noted["perceived"]["analysed"], wall_s, noted["seconds"], tuple(samples))


@contextmanager
def watched_card() -> Iterator[list[CardSample]]:
    """Fill a list with what nvidia-smi says five times a second; it stays empty where there is none."""
    samples: list[CardSample] = []
    if shutil.which(_SMI[0]) is None:
        yield samples
        return
    with subprocess.Popen([*_SMI, "-lms", "200"], stdout=subprocess.PIPE, text=True) as watcher:
        try:
            yield samples
        finally:
            watcher.terminate()
            samples += parse_samples(watcher.communicate()[0] or "")


def parse_samples(text: str) -> list[CardSample]:
    r"""Read lines of nvidia-smi; passes over what it cannot say.

    Example:
        >>> parse_samples("97, 10240\n[N/A], 3\n0, 512\n")
        [CardSample(busy_percent=97.0, memory_mb=10240.0), CardSample(busy_percent=0.0, memory_mb=512.0)]
    """
    found = []
    for line in text.splitlines():
        try:
            busy, memory = (float(part) for part in line.split(","))
        except ValueError:
            continue
        found.append(CardSample(busy, memory))
    return found


def projected_s(short: float, long: float, frames: tuple[int, int], wanted_frames: float) -> float:
    """Follow the line through two measurements to more frames.

    Args:
        short, long: seconds that the two took.
        frames: that they had.
        wanted_frames: of what is asked for.

    Example:
        >>> projected_s(20.0, 40.0, (1000, 3000), 216_000)
        2170.0
    """
    per_frame = max(0.0, long - short) / (frames[1] - frames[0])
    return long + per_frame * (wanted_frames - frames[1])


def report(short: TimedRun, long: TimedRun, fps: float) -> list[str]:
    """Say what two runs of one video say of a long game.

    Args:
        short, long: the runs.
        fps: of the video; at most 30 are analysed.
    """
    frames = short.frames, long.frames
    game_frames = TWO_HOURS_S * min(fps, 30.0)
    rate = (frames[1] - frames[0]) / max(1e-9, long.wall_s - short.wall_s)
    game_s = projected_s(short.wall_s, long.wall_s, frames, game_frames)
    lines = [
        f"end to end: {rate:.1f} frames/s beyond start-up; {long.frames / long.wall_s:.1f} with it, over {long.frames} frames",
        f"two hours, projected: {game_s / 60:.1f} minutes, {TWO_HOURS_S / game_s:.1f} times real time",
    ]
    for name, seconds in long.stages_s.items():
        of_game = projected_s(short.stages_s.get(name, 0.0), seconds, frames, game_frames)
        lines.append(f"  {name:<10} {seconds:8.1f} s of {long.frames} frames {of_game / 60:8.1f} min of two hours")
    if long.card:
        busy = np.mean([sample.busy_percent for sample in long.card])
        peak = max(sample.memory_mb for sample in long.card)
        lines.append(f"card: busy {busy:.0f} % of the time, peak of memory {peak / 1024:.1f} GB")
    else:
        lines.append("card: nvidia-smi is not there, so how busy it was is not known")
    return lines


def _networks(video: Path, device: str) -> bool:
    """Print milliseconds per frame of each part of perception by itself."""
    for name, milliseconds in part_times(video, device).items():
        print(f"  {name:<10} {milliseconds:8.2f} ms per frame by itself")
    return True


def part_times(video: Path, device: str, count: int = _TIMED_FRAMES) -> dict[str, float]:
    """Time reading and each network on a few frames, one thread, the card waited for.

    Args:
        video: the clip.
        device: where the networks run.
        count: frames.

    Returns:
        Milliseconds per frame; of the court network, per frame that is looked at.
    """
    settings, info = Settings(), probe(video)
    began = time.perf_counter()
    read = read_chunks(info, chunks(info, max_fps=30.0))
    frames = [frame.image for frame in itertools.islice(read, count)]
    times = {"reading": time.perf_counter() - began}
    networks = load_networks(settings, device, choose_input_size(settings, device, frames[:6]))
    batches = [frames[start : start + _BATCH] for start in range(0, len(frames), _BATCH)]
    found = [boxes for batch in batches for boxes in networks.detector.detect(batch)]  # and warm
    times["detector"] = _seconds(lambda: [networks.detector.detect(batch) for batch in batches], device)
    pictures = [
        picture
        for image, boxes in zip(frames, found, strict=True)
        for box, kind in zip(boxes.xyxy_px, boxes.class_index, strict=True)
        if networks.detector.class_names[kind] in ("player", "referee")
        and (picture := crops.crop(image, box)) is not None
    ]
    networks.encoder.embed(pictures[:64])
    times["encoder"] = _seconds(lambda: networks.encoder.embed(pictures), device)
    court = networks.court
    if court is not None:
        court.sight(frames[0])
        times["court"] = _seconds(lambda: [court.sight(image) for image in frames], device)
    return {name: 1000 * seconds / len(frames) for name, seconds in times.items()}


def _seconds(work: Callable[[], object], device: str) -> float:
    """Time some work, and wait for the card."""
    began = time.perf_counter()
    work()
    if choose_device(device).type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _agreement(video: Path, folder: Path, wanted: argparse.Namespace, clock: _Clock) -> bool:
    """Compare the card with the processor and print it."""
    clip = folder / f"agree{video.suffix}"
    loop(video, clip, wanted.agree)
    outs = [folder / f"agree-{device}-{number}" for number, device in enumerate(("cpu", wanted.device))]
    for out, device in zip(outs, ("cpu", wanted.device), strict=True):
        timed_run(clip, out, device, wanted.workers, clock.left_s())
    found = agreement(*outs)
    print(
        f"  as the processor: {found.boxes:.2%} of boxes, {found.players[1]} and {found.players[0]} players, "
        f"{found.distance_m[1]:.1f} and {found.distance_m[0]:.1f} m: {'yes' if found.holds else 'NO'}"
    )
    return found.holds


def agreement(first: Path, second: Path) -> Agreement:
    """Compare two runs of one video.

    Args:
        first, second: their output directories.

    Raises:
        CourtsideError: one is not finished.
    """
    tables = []
    for out in (first, second):
        read_run(out)
        run = RunDirectory(out)
        tables.append((run.read_table("detections"), run.read_table("player_stats"), run.read_table("players")))
    boxes = [dict(iter(detections.groupby("frame"))) for detections, *_ in tables]
    paired, total = 0, 0
    for frame in boxes[0].keys() | boxes[1].keys():
        sides = [
            side[frame][["x1", "y1", "x2", "y2"]].to_numpy() if frame in side else np.zeros((0, 4)) for side in boxes
        ]
        near = iou(*sides) >= SAME_BOX_IOU
        paired += int(near.any(axis=1).sum() + near.any(axis=0).sum())
        total += near.shape[0] + near.shape[1]
    players = [int((players["role"] == "player").sum()) for *_, players in tables]
    metres = [float(stats["distance_m"].sum()) for _, stats, _ in tables]
    return Agreement(paired / total if total else 1.0, (players[0], players[1]), (metres[0], metres[1]))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourtsideError as problem:
        sys.exit(str(problem))
