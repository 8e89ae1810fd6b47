"""A piece of a video as an MP4 file: its packets as they are, or its pictures encoded anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from pipeline.errors import InputError
from pipeline.store.files import output_error, replacing
from pipeline.video.planes import Planes
from pipeline.video.playback import SAME_TIME_S, play
from pipeline.video.recording import EncoderChoice, Track, record
from pipeline.video.source import VideoInfo, open_video, picture_stream

EARLIEST_S = 2.0
"""A piece may begin so much earlier than asked, at a key frame, if its packets can be taken as they are."""
_PICTURES = ("h264",)
"""Codecs that every player of MP4 files plays."""
_SOUNDS = ("aac", "mp3")
_INTERLEAVED_S = 1.0
"""Packets of picture and sound that belong together lie no further apart in a file."""


@dataclass(frozen=True)
class VideoPiece:
    """What was written."""

    path: Path
    start_s: float
    """On the source's clock; a copied piece begins at a key frame."""
    end_s: float
    copied: bool
    """Whether the packets were taken as they are."""


def write_piece(
    info: VideoInfo, start_s: float, end_s: float, path: Path, choice: EncoderChoice = "auto", anew: bool = False
) -> VideoPiece:
    """Write a piece of a video, with its sound.

    Its packets are taken as they are, from the key frame before the start, if that is near enough and players play what
    is in them; else it is encoded anew, and begins with the first picture at or after the start.

    Args:
        info: the source.
        start_s: first second.
        end_s: first second that is left out.
        path: the MP4 file.
        choice: which encoder, if one is needed.
        anew: encode the pictures anew in any case.

    Raises:
        InputError: the source has no picture there.
        OutputError: the file cannot be written.
    """
    key = _key_frame(info, start_s) if not anew and _is_playable(info) else None
    if key is not None and info.time_s(key) >= start_s - EARLIEST_S:
        _copy(info, key, end_s, path)
        return VideoPiece(path, info.time_s(key), end_s, True)
    size = 2 * ((info.width_px + 1) // 2), 2 * ((info.height_px + 1) // 2)
    last_s = end_s - 2 * SAME_TIME_S
    if next(play(info, start_s, last_s, None, size), None) is None:
        raise InputError(f"{info.path} has no picture between {start_s:.1f} s and {end_s:.1f} s")

    def pictures() -> Iterator[tuple[Planes, float]]:
        return ((planes, time_s) for time_s, planes in play(info, start_s, last_s, None, size))

    record(Track(path, size, info.fps, info, start_s), pictures, choice)
    return VideoPiece(path, start_s, end_s, False)


def _is_playable(info: VideoInfo) -> bool:
    """Say whether the packets can be laid into an MP4 file that plays everywhere, upright."""
    if info.codec not in _PICTURES or info.pixel_format not in ("yuv420p", "yuvj420p") or info.rotation_deg:
        return False
    if info.mirrored or not info.is_timed:
        return False
    with open_video(info.path) as container:
        stream = picture_stream(container, info.path)
        stored_px = stream.codec_context.width, stream.codec_context.height
        sounds = [sound.codec_context for sound in container.streams.audio[:1]]
        plays = all(sound is not None and sound.codec.canonical_name in _SOUNDS for sound in sounds)
        return stored_px == (info.width_px, info.height_px) and plays


def _key_frame(info: VideoInfo, start_s: float) -> int | None:
    """Find the last key frame at or before a time: its timestamp; None where there is none."""
    wanted, found = info.pts(start_s + SAME_TIME_S), None
    with open_video(info.path) as container:
        stream = picture_stream(container, info.path)
        for packet in _packets(container, [stream], stream, wanted):
            if packet.is_keyframe and packet.pts <= wanted:
                found = int(packet.pts)
            if packet.dts > wanted:
                break
    return found


def _copy(info: VideoInfo, key: int, end_s: float, path: Path) -> None:
    """Copy packets from a key frame on.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        with replacing(path) as partial, open_video(info.path) as source:
            picture = picture_stream(source, info.path)
            sound = next(iter(source.streams.audio), None)
            options = {"movflags": "+faststart"}
            with av.open(f"file:{partial}", "w", format="mp4", options=options) as container:
                tracks = {each.index: container.add_stream_from_template(each) for each in (picture, sound) if each}
                begin_s = float(key * picture.time_base)
                for packet in _between(source, (picture, sound), key, begin_s + end_s - info.time_s(key)):
                    index = packet.stream.index
                    begin = round(begin_s / packet.time_base)
                    packet.pts, packet.dts = packet.pts - begin, packet.dts - begin
                    packet.stream = tracks[index]
                    container.mux(packet)
    except av.error.FFmpegError as error:
        raise output_error(path, OSError(error.errno, error.strerror)) from error


def _between(source: Any, streams: tuple[Any, Any | None], key: int, end_s: float) -> Iterator[Any]:
    """Yield the packets of picture and sound from a key frame up to a time, on the file's own clock."""
    picture, sound = streams
    begin_s, lag, latest, ended = float(key * picture.time_base), None, key, False
    for packet in _packets(source, [each for each in streams if each is not None], picture, key):
        if packet.stream.index == picture.index:
            if lag is None and packet.pts == key and packet.is_keyframe:
                lag = packet.pts - packet.dts  # of showing after decoding: what is decoded early enough is needed
            if lag is None or packet.pts < key or ended:
                continue
            ended = float((packet.dts + lag) * packet.time_base) >= end_s and packet.pts > latest
            if not ended:
                latest = max(latest, packet.pts)
                yield packet
        elif begin_s <= float(packet.pts * packet.time_base) < end_s:
            yield packet
        if ended and (sound is None or float(packet.dts * packet.time_base) > end_s + _INTERLEAVED_S):
            return


def _packets(container: Any, streams: list[Any], picture: Any, wanted: int) -> Iterator[Any]:
    """Demux from a while before a timestamp of the picture on; packets without times are passed over."""
    early = wanted - int(_INTERLEAVED_S / picture.time_base)
    container.seek(max(early, 0), stream=picture)
    for packet in container.demux(streams):
        if packet.pts is not None and packet.dts is not None:
            yield packet
