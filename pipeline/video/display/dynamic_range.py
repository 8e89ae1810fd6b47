"""Pictures of high dynamic range (HLG, PQ) as a standard screen shows them.

ITU-R BT.2100 defines both curves, BT.2408 what is white: 75 % of an HLG signal, 203 cd/m2 in PQ. Colours go from the
primaries of BT.2020 to those of BT.709 (BT.2087), and what is brighter than white is rolled off.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_PQ, _HLG = 16, 18
"""FFmpeg's AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67."""
_WHITE_CD_M2, _PQ_PEAK_CD_M2 = 203.0, 10_000.0
_HLG_WHITE_SIGNAL = 0.75
_KNEE = 0.8
"""Light, as a share of white, from which on it is rolled off."""
_BT709_OF_BT2020 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
"""(3, 3) linear red, green, blue to the same."""
_LEVELS = 1 << 16
_SHADES = 1 << 12
"""Steps of linear light that the output is looked up by."""


def is_high_range(frame: Any) -> bool:
    """Say whether a decoded frame is tagged as HLG or PQ."""
    return frame.color_trc in (_PQ, _HLG)


def in_standard_range(frame: Any, size_px: tuple[int, int], reformatter: VideoReformatter) -> NDArray[np.uint8]:
    """Tone-map a frame of high dynamic range.

    Args:
        frame: as decoded.
        size_px: width and height wanted.
        reformatter: kept by the caller, who converts many frames.

    Returns:
        (h, w, 3) uint8 BGR, BT.709.
    """
    signal = reformatter.reformat(
        frame, width=size_px[0], height=size_px[1], format="rgb48le", dst_color_range=ColorRange.JPEG, threads=1
    ).to_ndarray()
    light = cv2.transform(_light_of(int(frame.color_trc))[signal], _BT709_OF_BT2020)
    root = np.sqrt(np.clip(light, 0.0, 1.0))  # even steps in brightness, so that dark shades keep theirs
    shown: NDArray[np.uint8] = _shade_of()[(root * (_SHADES - 1)).astype(np.uint16)]
    return np.ascontiguousarray(shown[:, :, ::-1])


@cache
def _light_of(curve: int) -> Floats:
    """Tabulate (65536,) the light of each signal, as a share of white, rolled off to 1."""
    signal = np.linspace(0.0, 1.0, _LEVELS)
    light = _pq(signal) if curve == _PQ else _hlg(signal) / _hlg(np.array([_HLG_WHITE_SIGNAL]))
    above = np.maximum(light - _KNEE, 0.0)
    return np.asarray(np.minimum(light, _KNEE) + (1 - _KNEE) * (1 - np.exp(-above / (1 - _KNEE))), dtype=np.float32)


def _hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scene's light of HLG signals, 0 to 1 (BT.2100, table 5: inverse OETF)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light of PQ signals as a share of white (BT.2100, table 4: EOTF)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    light = np.maximum(power - c1, 0.0) / (c2 - c3 * power)
    return np.asarray(light ** (1 / m1) * _PQ_PEAK_CD_M2 / _WHITE_CD_M2)


@cache
def _shade_of() -> NDArray[np.uint8]:
    """Tabulate (4096,) the 8-bit signal of the root of each light (gamma 2.2)."""
    light = np.linspace(0.0, 1.0, _SHADES) ** 2
    return np.round(255 * light ** (1 / 2.2)).astype(np.uint8)
