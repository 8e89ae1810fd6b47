"""Writing H.264 that plays in a browser, with true timestamps and the source's sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from pipeline.store.files import make_directory, output_error, replacing
from pipeline.video.encoders import SOFTWARE, EncoderFailedError, VideoEncoder
from pipeline.video.planes import Planes
from pipeline.video.sound import Sound
from pipeline.video.source import VideoInfo

_CLOCK_HZ = 90_000
_TIME_BASE = Fraction(1, _CLOCK_HZ)
"""Unit of timestamps in the file, s."""
_KEY_FRAME_EVERY_S = 2.0


class VideoWriter:
    """Writes pictures with their own timestamps to an MP4 file: H.264, yuv420p, BT.709, index at the front.

    The file takes its name when the block ends well, and is not there at all otherwise. Its clock starts at `start_s`.
    An odd size is padded by one line or column, since 4:2:0 colour has even sizes. Without B-frames, so that decoding
    time is showing time and a variable rate is kept to the tick.

    Args:
        path: the file; its directory is made if missing.
        width_px, height_px: size of the pictures given.
        fps: average rate of the pictures given; a constant rate is not needed.
        sound_from: a video whose sound from `start_s` on is kept in step; None, or one without sound: silent.
        start_s: time of the output's start on the source's clock.
        crf: quality; lower is better and larger, 18 is visually the same as the source.
        encoder: who compresses.

    Raises:
        OutputError: no permission, no space, not a directory; on entering, writing or leaving.
        EncoderFailedError: an encoder of a card failed.
        ValueError: a picture of another size, or a time not after the one before.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "grey.mp4"
        >>> with VideoWriter(path, 64, 48, fps=30.0) as writer:
        ...     for n in range(3):
        ...         writer.write(np.full((48, 64, 3), 128, np.uint8), n * 1001 / 30000)
        >>> path.stat().st_size > 0
        True
    """

    def __init__(
        self,
        path: Path,
        width_px: int,
        height_px: int,
        fps: float,
        sound_from: VideoInfo | None = None,
        start_s: float = 0.0,
        crf: int = 23,
        encoder: VideoEncoder = SOFTWARE,
    ) -> None:
        self._path = path
        self._shape = (height_px, width_px, 3)
        self._fps = fps
        self._sound_from = sound_from
        self._start_s = start_s
        self._crf = crf
        self._encoder = encoder
        self._last_pts = -1
        self._reformatter = VideoReformatter()

    def __enter__(self) -> Self:
        make_directory(self._path.parent)
        with ExitStack() as stack:
            partial = stack.enter_context(replacing(self._path))
            stack.enter_context(_output_errors(self._path))
            stack.enter_context(self._open(partial))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Add a picture.

        Args:
            image: (height_px, width_px, 3) uint8, BGR.
            time_s: its time on the source's clock; not before `start_s`, and after the one before.
        """
        if image.shape != self._shape:
            raise ValueError(f"expected a picture of shape {self._shape}, got {image.shape}")
        self._add(self._frame(image), time_s)

    def write_planes(self, planes: Planes, time_s: float) -> None:
        """Add a picture that is already as encoders take it; all pictures of a video are of one kind.

        Args:
            planes: of the size given, which must be even.
            time_s: as for `write`.
        """
        width, height = planes.size_px
        if (height, width, 3) != self._shape:
            raise ValueError(f"expected a picture of shape {self._shape}, got {(height, width, 3)}")
        self._add(VideoFrame.from_numpy_buffer(planes.buffer, format="nv12"), time_s)

    def _add(self, frame: Any, time_s: float) -> None:
        """Encode a frame and what sounds up to it."""
        pts = round((time_s - self._start_s) * _CLOCK_HZ)
        if pts <= self._last_pts:
            raise ValueError(f"the picture at {time_s} s does not come after the one before it, or before the start")
        if self._last_pts < 0:
            self._picture.pix_fmt = frame.format.name
        self._last_pts = pts
        frame.pts, frame.time_base = pts, _TIME_BASE
        self._encode(frame)
        if self._sound is not None:
            self._mux(self._sound.packets(until_s=pts / _CLOCK_HZ))

    @contextmanager
    def _open(self, partial: Path) -> Iterator[None]:
        """Hold the container open; complete it when the block ends well."""
        self._container = av.open(f"file:{partial}", "w", format="mp4", options={"movflags": "+faststart"})
        self._picture = self._add_picture()
        self._sound = Sound.added(self._container, self._sound_from, self._start_s)
        try:
            yield
            self._encode(None)
            if self._sound is not None:
                self._mux(self._sound.packets(until_s=self._last_pts / _CLOCK_HZ + 1 / self._fps, last=True))
            self._container.close()
        finally:
            if self._sound is not None:
                self._sound.close()
            with suppress(av.error.FFmpegError):
                self._container.close()

    def _add_picture(self) -> Any:
        """Add the picture track to the container."""
        stream = self._container.add_stream(self._encoder.codec, rate=Fraction(self._fps).limit_denominator(1001))
        stream.width = self._shape[1] + self._shape[1] % 2
        stream.height = self._shape[0] + self._shape[0] % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * self._fps))
        self._encoder.set_up(stream.codec_context, self._crf, self._fps)
        return stream

    def _encode(self, frame: Any) -> None:
        """Encode a frame, or what is left where it is None.

        Raises:
            EncoderFailedError: an encoder of a card cannot; that of FFmpeg fails with FFmpeg's error.
        """
        try:
            packets = self._picture.encode(frame)
        except (av.error.FFmpegError, OSError) as error:
            if not self._encoder.on_card:
                raise
            raise EncoderFailedError(f"{self._encoder.codec}: {error}") from error
        self._mux(packets)

    def _frame(self, image: NDArray[np.uint8]) -> Any:
        """Turn a BGR picture into a yuv420p frame of even size."""
        height, width, _ = image.shape
        if height % 2 or width % 2:
            image = np.asarray(cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
        return self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="bgr24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _mux(self, packets: Iterable[Any]) -> None:
        """Hand packets to the container; a picture that nothing follows is shown for one frame's time."""
        for packet in packets:
            if not packet.duration:
                packet.duration = round(_CLOCK_HZ / self._fps)
            self._container.mux(packet)


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    """Turn FFmpeg's errors while writing into ours."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise output_error(path, OSError(error.errno, error.strerror)) from error
