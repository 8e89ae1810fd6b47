"""Files of one kind joined to one, packet by packet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from pipeline.errors import InputError
from pipeline.store.files import output_error, replacing
from pipeline.video.source import open_video, picture_stream


def join(files: Sequence[Path], path: Path) -> None:
    """Lay MP4 files one behind the other, without encoding anew.

    Args:
        files: of the same size and encoding, as `write_piece` makes them of one video; at least one.
        path: the MP4 file.

    Raises:
        InputError: they are of different kinds.
        OutputError: the file cannot be written.
    """
    try:
        with replacing(path) as partial, ExitStack() as stack:
            first = stack.enter_context(open_video(files[0]))
            options = {"movflags": "+faststart"}
            out: Any = stack.enter_context(av.open(f"file:{partial}", "w", format="mp4", options=options))
            kind, tracks = (
                _kind(first, files[0]),
                [out.add_stream_from_template(each) for each in _streams(first, files[0])],
            )
            last = [-(2**62)] * len(tracks)
            offset_s = Fraction(0)
            for file in files:
                with open_video(file) as container:
                    if _kind(container, file) != kind:
                        raise InputError(f"{file} is not encoded like {files[0]}: they cannot be joined")
                    offset_s += _append(out, tracks, container, file, offset_s, last)
    except av.error.FFmpegError as error:
        raise output_error(path, OSError(error.errno, error.strerror)) from error


def _append(out: Any, tracks: list[Any], container: Any, file: Path, offset_s: Fraction, last: list[int]) -> Fraction:
    """Add the packets of one file.

    Args:
        out: the file that is written.
        tracks: of it, picture and sound.
        container: the file that is added.
        file: its name.
        offset_s: where it begins.
        last: timestamp of decoding of the last packet in each track, in its own unit; brought up to date.

    Returns:
        How long its picture is.
    """
    streams = _streams(container, file)
    long_s = Fraction(0)
    for packet in container.demux(streams):
        if packet.dts is None or packet.pts is None:
            continue
        place = next(k for k, stream in enumerate(streams) if stream.index == packet.stream.index)
        shift = round(offset_s / packet.time_base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        if place == 0:
            long_s = max(long_s, (packet.pts + packet.duration) * packet.time_base - offset_s)
        if packet.dts <= last[place]:
            continue  # sound that reaches a little over the end of the piece before
        last[place] = packet.dts
        packet.stream = tracks[place]
        out.mux(packet)
    return long_s


def _streams(container: Any, file: Path) -> list[Any]:
    """Return the picture's stream and that of the sound, if there is one."""
    return [picture_stream(container, file), *container.streams.audio[:1]]


def _kind(container: Any, file: Path) -> list[tuple[Any, ...]]:
    """Say what has to be the same in files that are joined."""
    return [
        (each.codec_context.name, each.codec_context.extradata, each.time_base) for each in _streams(container, file)
    ]
