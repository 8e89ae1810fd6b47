"""Tiny videos made on the fly, whose pictures carry their number."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BITS = (3, 4)
"""Rows and columns of the blocks that spell a picture's number, lowest bit first: 0 to 4095."""


def steady(count: int, fps: float | Fraction) -> list[float]:
    """Times of `count` pictures at a constant rate, in seconds."""
    return [float(n / Fraction(fps)) for n in range(count)]


def unsteady(count: int, seed: int = 0) -> list[float]:
    """Times of `count` pictures of a phone: 10 to 60 fps, whole milliseconds, and one pause of 0.7 s in the middle."""
    gaps = np.random.default_rng(seed).integers(17, 100, count)
    gaps[0], gaps[count // 2] = 0, 700
    return [float(ms) / 1000 for ms in np.cumsum(gaps)]


def picture(number: int, width_px: int = 96, height_px: int = 64, grain: float = 0.0) -> NDArray[np.uint8]:
    """Draw a picture that spells `number` in black and white blocks, with noise of this size, (h, w, 3) uint8 BGR."""
    bits = np.array([(number >> bit) & 1 for bit in range(BITS[0] * BITS[1])]).reshape(BITS)
    rows = np.arange(height_px) * BITS[0] // height_px
    columns = np.arange(width_px) * BITS[1] // width_px
    noise = np.random.default_rng(number).normal(0, grain, (height_px, width_px))
    gray = (bits[rows][:, columns] * 200 + 28 + noise).clip(0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def number_in(image: NDArray[np.uint8]) -> int:
    """Read the number that a picture spells."""
    height, width = image.shape[:2]
    gray = image.mean(axis=2)
    number = 0
    for bit in range(BITS[0] * BITS[1]):
        row, column = divmod(bit, BITS[1])
        y, x = int((row + 0.5) * height / BITS[0]), int((column + 0.5) * width / BITS[1])
        number |= int(gray[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].mean() > 128) << bit
    return number


def make_video(
    path: Path,
    times_s: Sequence[float],
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (96, 64),
    grain: float = 0.0,
    pixel_format: str = "yuv420p",
    time_base: Fraction | None = None,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    rotation_deg: int = 0,
    beep_s: float | None = None,
    sound_starts_s: float = 0.0,
) -> Path:
    """Write a video of numbered pictures; the suffix chooses the container.

    Args:
        path: the file.
        times_s: when each picture is shown.
        codec: FFmpeg's name of the encoder.
        size: width and height as stored, px.
        grain: noise, so that the pictures take up space.
        time_base: tick of the timestamps; what the container likes if None.
        rotation_deg: clockwise turn that a player must apply.
        beep_s: with sound: silence but for a tone of 0.1 s from here on.
        sound_starts_s: when the sound track begins.
    """
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(codec, rate=_rate(times_s))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        base = time_base or Fraction(1, 90000)
        stream.time_base = stream.codec_context.time_base = base
        stream.codec_context.options = dict(options or {})
        if rotation_deg:
            stream.set_display_rotation(-rotation_deg)
        sound = None if beep_s is None else container.add_stream("aac", rate=48000, layout="mono")
        for number, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(picture(number, *size, grain), format="bgr24").reformat(
                format=pixel_format
            )
            frame.pts, frame.time_base = round(time_s / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and beep_s is not None:
            for block in _beep(beep_s, sound_starts_s, times_s[-1]):
                container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return path


def _rate(times_s: Sequence[float]) -> Fraction:
    if len(times_s) < 2:
        return Fraction(25)
    return Fraction((len(times_s) - 1) / (times_s[-1] - times_s[0])).limit_denominator(1001)


def _beep(beep_s: float, from_s: float, until_s: float) -> list[av.AudioFrame]:
    """Blocks of 1024 samples of silence, and 1 kHz for 0.1 s."""
    samples = np.arange(round(from_s * 48000), round(until_s * 48000))
    seconds = samples / 48000
    wave = 0.8 * np.sin(2 * np.pi * 1000 * seconds) * ((seconds >= beep_s) & (seconds < beep_s + 0.1))
    blocks = []
    for start in range(0, len(wave) - 1023, 1024):
        block = av.AudioFrame.from_ndarray(wave[None, start : start + 1024].astype(np.float32), "fltp", "mono")
        block.sample_rate, block.pts, block.time_base = 48000, int(samples[start]), Fraction(1, 48000)
        blocks.append(block)
    return blocks
