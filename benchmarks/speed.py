"""Speed and memory of the whole `courtside analyze`, beside what else a user could run.

    python -m benchmarks.speed VIDEO [--base COMMIT] [--yolo WEIGHTS] [--repeat 3] [--minutes 20] [--preset NAME]

Runs in turn, `--repeat` times each and interleaved, so that a busy machine slows all of them: courtside with its annotated
video, courtside without, the release at `--base` (checked out by `git worktree`, run by the same Python), and
`yolo track` with YOLO11n and BoT-SORT. Prints frames per second on the clock, processor seconds per second of video, peak
memory, and how many times as long each takes as courtside with its video, by processor seconds and by the clock
(medians). `--minutes` loops the clip to a length first.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import av

from benchmarks.resources import ANALYZE, Usage, measured

RELEASE = "1d28687"
"""Release 0.1."""
OURS = "courtside"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all of them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--base", nargs="?", const=RELEASE, help=f"a commit to compare with [{RELEASE}]")
    parser.add_argument("--yolo", type=Path, metavar="WEIGHTS", help="YOLO11n of COCO (safetensors): compare with it")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--minutes", type=float, help="measure on the clip looped to this length")
    parser.add_argument("--preset")
    parser.add_argument("--config", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="courtside-speed-") as name, _released(given.base) as release:
        folder = Path(name)
        video = given.video.absolute()
        if given.minutes:
            video = folder / f"looped{given.video.suffix}"
            loop(given.video, video, given.minutes * 60)
        options = ["--preset", given.preset] if given.preset else []
        options += ["--config", str(given.config.absolute())] if given.config else []
        commands = {OURS: [*ANALYZE, str(video), *options], f"{OURS}, no video": [*ANALYZE, str(video), *options]}
        commands[f"{OURS}, no video"].append("--no-video")
        if release is not None:
            start = f"import sys; sys.path.insert(0, {str(release)!r}); from pipeline.cli import main; main()"
            commands[f"release {given.base}"] = [sys.executable, "-P", "-c", start, "analyze", str(video)]
        if given.yolo is not None:
            track = [sys.executable, "-m", "benchmarks.yolo_track", str(video), "--weights", str(given.yolo.absolute())]
            commands |= {"yolo track": track, "yolo track, no video": [*track, "--no-video"]}
        _show(_interleaved(commands, given.repeat, folder), video)


@contextmanager
def _released(commit: str | None) -> Iterator[Path | None]:
    """Check a commit out beside this checkout while the block lasts."""
    if commit is None:
        yield None
        return
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(prefix="courtside-release-") as name:
        folder = Path(name) / "checkout"
        subprocess.run(["git", "worktree", "add", "--detach", "-f", str(folder), commit], cwd=root, check=True)
        try:
            yield folder
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=root, check=True)


def _interleaved(commands: Mapping[str, Sequence[str]], repeat: int, folder: Path) -> dict[str, list[Usage]]:
    """Run all commands in turn, each into an empty folder."""
    found: dict[str, list[Usage]] = {name: [] for name in commands}
    for number in range(repeat):
        for name, command in commands.items():
            out = folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            usage = measured([*command, "--out", str(out)])
            found[name].append(usage)
            print(f"{number + 1}. {name}: {usage.wall_s:.1f} s, {usage.processor_s:.1f} processor s", flush=True)
    return found


def _show(found: Mapping[str, Sequence[Usage]], video: Path) -> None:
    """Print the table of medians."""
    frames, duration_s = _length(video)
    ours = _medians(found[OURS])
    print(f"\n{video.name}: {frames} frames, {duration_s:.1f} s; medians of {len(found[OURS])}")
    print("| | s | frames per s | processor s | per s of video | peak GB | times the clock | times the processor |")
    print("|---|" + "---:|" * 7)
    for name, usages in found.items():
        wall_s, processor_s, memory_gb = _medians(usages)
        cells = [f"{wall_s:.1f}", f"{frames / wall_s:.1f}", f"{processor_s:.1f}", f"{processor_s / duration_s:.2f}"]
        cells += [f"{memory_gb:.2f}", f"{wall_s / ours[0]:.2f}", f"{processor_s / ours[1]:.2f}"]
        print(f"| {name} | " + " | ".join(cells) + " |")


def _medians(usages: Sequence[Usage]) -> tuple[float, float, float]:
    """Return the medians of seconds on the clock, of processor seconds, and of memory in GB."""
    columns = zip(*((each.wall_s, each.processor_s, each.memory_bytes / 1e9) for each in usages), strict=True)
    wall_s, processor_s, memory_gb = (statistics.median(column) for column in columns)
    return wall_s, processor_s, memory_gb


def _length(video: Path) -> tuple[int, float]:
    """Count the frames of a video, and return its length in s."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [packet.pts * stream.time_base for packet in container.demux(stream) if packet.pts is not None]
    return len(times), float(max(times) - min(times)) * len(times) / (len(times) - 1)


def loop(source: Path, target: Path, duration_s: float) -> None:
    """Repeat a clip's packets, without decoding, until it is `duration_s` long.

    Args:
        source: the clip.
        target: the file to write.
        duration_s: length to reach.
    """
    with av.open(str(target), "w") as written:
        stream = None
        shift = 0
        while True:
            with av.open(str(source)) as container:
                track = container.streams.video[0]
                stream = stream or written.add_stream_from_template(track)
                length = track.duration or round(container.duration / av.time_base / track.time_base)
                for packet in container.demux(track):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = stream
                        written.mux(packet)
                shift += length
                if shift * track.time_base >= duration_s:
                    return


if __name__ == "__main__":
    main()
