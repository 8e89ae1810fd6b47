"""Decoding from an exact time on: damaged packets are counted, never fatal."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.video.display import first_field_only, in_standard_range, is_high_range
from pipeline.video.hardware import HardwareFailedError
from pipeline.video.memory import keep_pictures_apart
from pipeline.video.source import VideoInfo, open_video, picture_stream

_LOG = logging.getLogger(__name__)
_MAX_ERRORS_IN_A_ROW = 1000
"""Damaged packets in a row after which the file counts as ended."""
_FIRST_BACK_OFF_S = 1.0
_HVCC_BYTES, _HVCC_LAYERS = 23, 21
"""Least length of HEVC's configuration in MP4 and Matroska, and the byte that has the number of its layers in time."""
_LEAD_S = {"mpeg": 3.0}
"""Containers that do not stamp each frame: after a seek, times are wrong until the next stamp."""
_UNSPECIFIED_COLORSPACE = 2
"""FFmpeg's AVCOL_SPC_UNSPECIFIED."""
_HD_HEIGHT_PX = 720


@dataclass
class DecodeState:
    """What happened while decoding: packets read, damage so far, and whether the file's end was reached."""

    packets: int = 0
    damaged: int = 0
    end_of_file: bool = False


Wanted = Callable[[float], bool]
"""Asked of each packet's time in s, in the order of decoding: may the picture be needed?"""


def decode_from(
    info: VideoInfo, target_s: float, state: DecodeState, wanted: Wanted | None = None, hardware: str | None = None
) -> Iterator[tuple[float, Any]]:
    """Decode to the file's end, from a frame at or before `target_s` (or the first one of the file).

    A seek lands on a key frame by decoding time; with B-frames its picture can be shown after the target. So the first
    decoded frame is looked at, and the seek goes further back until it is early enough.

    Args:
        info: the video.
        target_s: seconds from the first picture.
        state: counts damage from the accepted start on; updated while iterating.
        wanted: frames that it refuses are not decoded where no other frame rests on them; None: all are wanted.
        hardware: FFmpeg's name of a card's decoder, which software replaces where it fails; None for software.

    Returns:
        An iterator of (time_s, decoded frame) in order of presentation; None in place of a frame that was passed over.
    """
    keep_pictures_apart()
    shown_s: float | None = None
    if hardware is not None:
        try:
            for time_s, frame in _decode_from(info, target_s, state, None, hardware):
                yield time_s, frame
                shown_s = time_s
            return
        except (HardwareFailedError, InputError) as error:
            _LOG.warning("decoding %s by %s failed (%s); software goes on", info.path.name, hardware, error)
    for time_s, frame in _decode_from(info, target_s if shown_s is None else shown_s, state, wanted, None):
        if shown_s is None or time_s > shown_s:
            yield time_s, frame


def _decode_from(
    info: VideoInfo, target_s: float, state: DecodeState, wanted: Wanted | None, hardware: str | None
) -> Iterator[tuple[float, Any]]:
    """Decode likewise, by one decoder."""
    back_s = 0.0
    while True:
        seek_s = target_s - back_s
        with open_video(info.path, hardware) as container:
            stream = picture_stream(container, info.path)
            sought = seek_s > 0 and _seek(container, stream, info.pts(seek_s))
            if sought or seek_s <= 0:
                state.packets, state.damaged, state.end_of_file = 0, 0, False
                frames = _decode(container, stream, info, state, wanted, hardware)
                first = next(frames, None)
                if first is None and state.packets == 0 and state.damaged == 0:
                    return  # nothing stored from there on: the file ends before the target
                if first is not None and (not sought or first[0] <= target_s):
                    yield first
                    yield from frames
                    return
                if not sought:
                    return
        back_s = target_s if not sought else max(2 * back_s, _FIRST_BACK_OFF_S)


def _seek(container: Any, stream: Any, pts: int) -> bool:
    """Seek to the key frame at or before `pts`; False where the file cannot be sought."""
    lead = int(_LEAD_S.get(container.format.name, 0.0) / stream.time_base)
    try:
        container.seek(pts - lead, stream=stream, backward=True)
    except av.error.FFmpegError:
        return False
    return True


def _decode(
    container: Any, stream: Any, info: VideoInfo, state: DecodeState, wanted: Wanted | None, hardware: str | None
) -> Iterator[tuple[float, Any]]:
    """Decode from the container's position; errors are counted and passed over, those of a card end it."""
    previous_s = -1 / info.fps
    passed_over = _PassedOver(stream.codec_context, info, wanted)
    for packet in _packets(container, stream, state):
        passed_over.judge(packet)
        try:
            frames = packet.decode()
        except EOFError:
            frames = []
        except av.error.FFmpegError as error:
            if hardware is not None:
                raise HardwareFailedError(str(error)) from error
            state.damaged += 1
            continue
        for frame in frames:
            stamp = frame.pts if frame.pts is not None else frame.dts
            previous_s = info.time_s(stamp) if stamp is not None else previous_s + 1 / info.fps
            for time_s in passed_over.before(previous_s):
                yield time_s, None
            yield previous_s, frame
    for time_s in passed_over.before(float("inf")):
        yield time_s, None
    state.end_of_file = True


class _PassedOver:
    """Lets the decoder pass over frames that are not wanted, and remembers their times: they are source frames as others."""

    def __init__(self, context: Any, info: VideoInfo, wanted: Wanted | None) -> None:
        self._context = context
        self._info = info
        self._wanted = wanted if _can_pass_over(context) else None
        self._times_s: list[float] = []
        self._shown = False

    def judge(self, packet: Any) -> None:
        """Say to the decoder, before it gets the packet, whether its frame is wanted."""
        if self._wanted is None:
            return
        refused = bool(packet.size) and packet.pts is not None and not self._wanted(self._info.time_s(packet.pts))
        refused = (
            refused and self._shown
        )  # a decoder that still waits for a picture to begin with waits longer otherwise
        self._context.skip_frame = "NONREF" if refused else "DEFAULT"
        if refused:
            heapq.heappush(self._times_s, self._info.time_s(packet.pts))

    def before(self, time_s: float) -> Iterator[float]:
        """Take out the times of frames that were passed over before the next decoded frame."""
        self._shown = True
        while self._times_s and self._times_s[0] <= time_s:
            earlier_s = heapq.heappop(self._times_s)
            if earlier_s < time_s:
                yield earlier_s


def _can_pass_over(context: Any) -> bool:
    """Say whether a decoder passes over a frame on which no other rests without a trace in the others.

    In HEVC that is said of the frames of the same layer in time alone, so there must be one layer, as the header of the file
    says (not in a transport stream, which has none).
    """
    if context.name == "h264":
        return True
    header = context.extradata or b""
    has_layers = len(header) < _HVCC_BYTES or header[0] != 1 or (header[_HVCC_LAYERS] >> 3) & 7 != 1
    return bool(context.name == "hevc" and not has_layers)


def _packets(container: Any, stream: Any, state: DecodeState) -> Iterator[Any]:
    """Read packets to the file's end, past damage in the container; the last one is empty and flushes the decoder."""
    errors_in_a_row = 0
    while errors_in_a_row < _MAX_ERRORS_IN_A_ROW:
        try:
            for packet in container.demux(stream):
                errors_in_a_row = 0
                state.packets += packet.size > 0
                if packet.is_corrupt and packet.size:
                    state.damaged += 1
                else:
                    yield packet
            return
        except av.error.FFmpegError:
            errors_in_a_row += 1
            state.damaged += 1


class PictureConverter:
    """Turns decoded frames into BGR pictures of one size, as they are to be shown."""

    def __init__(self, info: VideoInfo) -> None:
        self._orientation = info.orientation
        self._size_px = (info.width_px, info.height_px)
        if self._orientation.swaps_sides:
            self._size_px = self._size_px[::-1]
        self._reformatter = VideoReformatter()

    def __call__(self, frame: Any) -> NDArray[np.uint8]:
        """Return the picture, (h, w, 3) uint8 BGR, its own memory."""
        frame = first_field_only(frame)
        if is_high_range(frame):
            picture: NDArray[Any] = in_standard_range(frame, self._size_px, self._reformatter)
        else:
            picture = self._reformatter.reformat(
                frame,
                width=self._size_px[0],
                height=self._size_px[1],
                format="bgr24",
                src_colorspace=colorspace_of(frame),
                threads=1,
            ).to_ndarray()
        return np.ascontiguousarray(self._orientation.applied(picture), dtype=np.uint8)


def colorspace_of(frame: Any) -> Colorspace | None:
    """Name the colour space of a frame where it does not: untagged video of 720 lines or more is BT.709, as for players."""
    untagged_hd = frame.colorspace == _UNSPECIFIED_COLORSPACE and frame.height >= _HD_HEIGHT_PX
    return Colorspace.ITU709 if untagged_hd else None
