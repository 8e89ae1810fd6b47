"""Decoding on a graphics card or chip."""

from __future__ import annotations

from av.codec.hwaccel import hwdevices_available

DECODERS = {"cuda": "cuda", "mps": "videotoolbox"}
"""FFmpeg's name of the decoder of each kind of device that networks run on: NVDEC, and Apple's VideoToolbox."""


class HardwareFailedError(Exception):
    """A card cannot decode a video, or stopped doing so; software goes on."""


def decoder_for(device: str) -> str | None:
    """Name the decoder that belongs to the device that networks run on, if FFmpeg was built with it.

    A run's pictures are decoded on a card only where its networks were sent to one by name, and the decoder is part of
    what its perception is known by: on damaged video a card and software give other pixels.

    Args:
        device: auto, cpu, cuda, cuda:N or mps.

    Example:
        >>> decoder_for("cpu"), decoder_for("auto")
        (None, None)
    """
    name = DECODERS.get(device.partition(":")[0])
    return name if name is not None and name in hwdevices_available() else None
