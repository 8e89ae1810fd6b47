"""Speed and memory of the whole `courtside analyze`: `python -m benchmarks.speed VIDEO [--minutes 20]`.

Runs the command in a process of its own, once on the clip as it is and, with --minutes, once on the clip looped to that
length, and prints frames per second of the whole command and the peak of resident memory of both.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av


def main() -> None:
    """Time a run of the video given, and of one that is longer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--minutes", type=float, help="also measure on the clip looped to this length")
    parser.add_argument("--config", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="courtside-speed-") as folder:
        _measure(wanted.video, Path(folder), wanted.config)
        if wanted.minutes:
            looped = Path(folder) / f"looped{wanted.video.suffix}"
            loop(wanted.video, looped, wanted.minutes * 60)
            _measure(looped, Path(folder), wanted.config)


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


def _measure(video: Path, folder: Path, config: Path | None) -> None:
    """Analyse one video and print its line."""
    out = folder / f"report-{video.stem}"
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(video), "--out", str(out)]
    command += ["--config", str(config)] if config else []
    began = time.perf_counter()
    subprocess.run(command, check=True, env={**os.environ, "COLUMNS": "120"})
    seconds = time.perf_counter() - began
    peak_gb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    with av.open(str(video)) as container:
        frames = sum(1 for packet in container.demux(container.streams.video[0]) if packet.pts is not None)
    print(f"{video.name}: {frames} frames in {seconds:.1f} s = {frames / seconds:.1f} frames/s, peak {peak_gb:.2f} GB")


if __name__ == "__main__":
    main()
