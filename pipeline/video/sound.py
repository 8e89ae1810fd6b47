"""The source's sound beside new pictures, from the same moment on and in step with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from typing import Any, Self

import av
from av.filter import Graph

from pipeline.video.source import VideoInfo, open_video

_RATE_HZ = 48_000
_BIT_RATE = 128_000
"""Of the sound track, bits per second."""
_LEAD_S = 1.0
_CHAIN = (
    ("atrim", "start=0"),
    ("aresample", f"{_RATE_HZ}:async=1:first_pts=0"),  # gaps become silence, so that what follows stays in step
    ("aformat", f"sample_fmts=fltp:sample_rates={_RATE_HZ}:channel_layouts=stereo"),
    ("asetnsamples", "n=1024:p=0"),
)


class Sound:
    """Reads the sound of a video from `start_s` on and encodes it as stereo AAC."""

    def __init__(self, info: VideoInfo, start_s: float, track: Any) -> None:
        self._info = info
        self._start_s = start_s
        self._track = track
        self._stack = ExitStack()
        self._container = self._stack.enter_context(open_video(info.path))
        self._frames = self._filtered()
        self._next = next(self._frames, None)

    @classmethod
    def added(cls, container: Any, info: VideoInfo | None, start_s: float) -> Self | None:
        """Add a sound track to an output container; None if there is no sound to take.

        Args:
            container: the output, open for writing.
            info: the video whose sound is taken; None for none.
            start_s: second of it at which the output begins.
        """
        if info is None or not info.has_audio:
            return None
        track = container.add_stream("aac", rate=_RATE_HZ, layout="stereo")
        track.bit_rate = _BIT_RATE
        return cls(info, start_s, track)

    def packets(self, until_s: float, last: bool = False) -> Iterator[Any]:
        """Encode what sounds before `until_s` on the output's clock; with `last`, flush the encoder too."""
        while self._next is not None and self._next.pts / _RATE_HZ < until_s:
            yield from self._track.encode(self._next)
            self._next = next(self._frames, None)
        if last:
            yield from self._track.encode(None)

    def close(self) -> None:
        """Close the source."""
        self._stack.close()

    def _filtered(self) -> Iterator[Any]:
        """Yield frames of 1024 samples, stereo, without gaps, `pts` in samples from the output's start."""
        graph: Any = None
        for frame in self._decoded():
            if graph is None:
                graph = _graph(frame)
            try:
                graph.push(frame)
            except (av.error.FFmpegError, ValueError):
                continue  # sound that changes its format midway: silence until it changes back
            yield from _pulled(graph)
        if graph is not None:
            graph.push(None)
            yield from _pulled(graph)

    def _decoded(self) -> Iterator[Any]:
        """Decode the source's sound; `pts` in samples from the output's start, negative before it."""
        stream = self._container.streams.audio[0]
        origin_s = self._info.start_s + self._start_s
        if self._start_s > _LEAD_S:
            with suppress(av.error.FFmpegError):
                self._container.seek(int((origin_s - _LEAD_S) / stream.time_base), stream=stream)
        for packet in self._container.demux(stream):
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, EOFError):
                continue
            for frame in frames:
                if frame.pts is not None:
                    seconds = float(frame.pts * frame.time_base) - origin_s
                    frame.time_base = Fraction(1, frame.sample_rate)
                    frame.pts = round(seconds * frame.sample_rate)
                    yield frame


def _graph(frame: Any) -> Any:
    """Build the filter chain for frames like this one."""
    graph = Graph()
    nodes = [
        graph.add_abuffer(
            format=frame.format.name,
            sample_rate=frame.sample_rate,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        ),
        *(graph.add(name, arguments) for name, arguments in _CHAIN),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph


def _pulled(graph: Any) -> Iterator[Any]:
    """Take out of a graph what is ready."""
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
