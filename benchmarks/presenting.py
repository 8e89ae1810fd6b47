"""What reading and presenting cost: processor time per frame of decoding, drawing and encoding, and of the report.

Run `python -m benchmarks.presenting RUN --source VIDEO`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import av

from pipeline.present.annotated_video.annotate import drawn, output_size
from pipeline.present.outputs import present
from pipeline.present.results import Results
from pipeline.run.context import RESULT_TABLES
from pipeline.run.loading import context_of, read_run, video_of
from pipeline.video import Planes, VideoInfo, chunks, play, read_chunk
from pipeline.video.encoders import SOFTWARE
from pipeline.video.write import VideoWriter

T = TypeVar("T")
FRAMES = 240
PRESETS = ("ultrafast", "superfast", "veryfast")
CRFS = (23, 26)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN", help="output directory of courtside analyze")
    parser.add_argument("--source", type=Path, help="its video, where it is not where it was")
    arguments = parser.parse_args()
    noted = read_run(arguments.run)
    context = context_of(arguments.run, names=(*RESULT_TABLES, "court"))
    context.video = video_of(noted, arguments.source)
    results = replace(context.results(noted.warnings), has_pixels=True)
    decoding(context.video)
    presenting(results)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what a function gives, and the processor seconds that it took."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def _counted(items: Iterable[object]) -> int:
    """Count items, at most so many as are measured."""
    return sum(1 for _ in islice(items, FRAMES))


def _options(preset: str, crf: int) -> dict[str, str]:
    """Put a preset into the options of the encoder in software."""
    return {**SOFTWARE.options(crf), "preset": preset}


def _write(writer: VideoWriter, pictures: Iterable[tuple[Planes, float]]) -> None:
    """Write all pictures."""
    for planes, time_s in pictures:
        writer.write_planes(planes, time_s)


def decoding(video: VideoInfo) -> None:
    """Print milliseconds of processor time per frame of the source."""
    print(f"decoding {video.width_px} x {video.height_px}, ms of processor time per frame of the source")
    for threads, kind in ((1, "SLICE"), (2, "SLICE"), (2, "FRAME"), (2, "AUTO")):
        with av.open(str(video.path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count, stream.codec_context.thread_type = threads, kind
            began = time.perf_counter()
            count, taken = timed(partial(_counted, container.decode(stream)))
            wall = 1e3 * (time.perf_counter() - began) / count
            print(f"  {threads} thread, {kind}, no conversion: {1e3 * taken / count:.2f} (wall {wall:.2f})")
    end_s = min(FRAMES / video.fps, video.duration_s)
    for max_fps in (None, 30.0, 15.0, 7.5):
        (chunk,) = chunks(video, 0.0, end_s, 1e6, max_fps)
        count, taken = timed(partial(_counted, read_chunk(video, chunk)))
        print(
            f"  read, at most {max_fps} analysed per second: {1e3 * taken / (end_s * video.fps):.2f} ({count} analysed)"
        )


def presenting(results: Results) -> None:
    """Print what is spent on each part of presenting."""
    video = results.video
    size_px = output_size(video.width_px, video.height_px, 720)
    first_s, last_s = (float(results.frames["time_s"].iloc[k]) for k in (0, -1))
    with tempfile.TemporaryDirectory() as folder:
        for turn in ("first", "second"):
            _, taken = timed(lambda: present(results, Path(folder)))
            print(f"report, tables, heat maps, pictures of players, {turn} time in a process: {taken:.2f} s")
        source, taken = timed(lambda: list(islice(play(video, first_s, last_s, 30.0, size_px), FRAMES)))
        count = len(source)
        print(f"decoded and scaled for the video: {1e3 * taken / count:.2f} ms per frame")
        pictures, taken = timed(lambda: list(drawn(results, source, size_px)))
        print(f"drawn: {1e3 * taken / count:.2f} ms per frame")
        for preset in PRESETS:
            for crf in CRFS:
                path = Path(folder) / "video.mp4"
                encoder = replace(SOFTWARE, options=partial(_options, preset))
                with VideoWriter(path, *size_px, 30.0, start_s=results.start_s, crf=crf, encoder=encoder) as writer:
                    _, taken = timed(partial(_write, writer, pictures))
                size = path.stat().st_size / 1e6
                print(f"encoded, {preset}, crf {crf}: {1e3 * taken / count:.2f} ms per frame, {size:.1f} MB")


if __name__ == "__main__":
    main()
