"""Painting one person into a small picture with transparency."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.people.appearance import PersonStyle
from pipeline.rendering.people.lettering import name_glyph, number_glyph
from pipeline.rendering.people.pose import Joint
from pipeline.rendering.people.sheet import Point, Sheet, mix

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Corners = NDArray[np.float64]
"""(4, 2) top left, top right, bottom right, bottom left."""

_FINE_BELOW_PX = 330
"""Smaller people are painted at twice the size and shrunk."""
_READABLE_PX = 6.0
_NAMED_FROM_PX = 55.0
"""Px per metre from which a name can be seen at all."""
_FOLDS_PX = 1024
_WIDE_M = np.array([0.175, 0.185, 0.15, 0.165])
_DEEP_M = np.array([0.095, 0.135, 0.115, 0.13])
"""Half widths of shoulders, chest, waist and hips, seen from the front and from the side."""


@dataclass(frozen=True)
class FigureSprite:
    """A person painted: `image` (h, w, 4) uint8 BGRA, colour multiplied by alpha; its corner in frame px."""

    image: Image
    corner: tuple[int, int]
    number_box: tuple[float, float, float, float] | None
    """x1, y1, x2, y2 in frame px of a number that can be seen."""


def paint_person(px: Array, depth: Array, style: PersonStyle, toward: Array, px_per_m: float) -> FigureSprite:
    """Paint a person.

    Args:
        px: (20, 2) joints in the frame.
        depth: (20,) distance along the camera axis, metres.
        style: appearance.
        toward: (2,) how the chest faces: towards the camera (1) or away (-1), and to the right of the picture (1).
        px_per_m: scale at the person.

    Returns:
        The sprite.
    """
    margin = 0.13 * px_per_m * style.build + 3
    low = np.floor(px.min(axis=0) - margin - np.array([0, 0.08 * px_per_m]))
    size = np.maximum(np.ceil(px.max(axis=0) + margin) - low, 4).astype(int)
    scale = 2 if size[1] < _FINE_BELOW_PX else 1
    image = np.zeros((size[1] * scale, size[0] * scale, 4), dtype=np.uint8)
    body = _Body(px, depth, style, toward, px_per_m)
    below = body.build()
    body.sheet.paint(image, low, scale, slice(0, below))
    number = _print_number(image, body, low, scale)
    body.sheet.paint(image, low, scale, slice(below, None))
    _shade(image, style)
    soft = int(px_per_m * 0.013 * scale) * 2 + 1
    if soft > 1:
        cv2.blur(image, (soft, soft), dst=image)
    if scale > 1:
        image = np.asarray(cv2.resize(image, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA), np.uint8)
    return FigureSprite(image, (int(low[0]), int(low[1])), number)


@lru_cache(maxsize=1)
def _folds() -> Image:
    """Draw light and dark as cloth has it, the same at every scale (amplitude falls with frequency): (s, s, 4), 128 changes nothing."""
    rng = np.random.default_rng(5)
    across, down = np.meshgrid(np.fft.fftfreq(_FOLDS_PX), np.fft.fftfreq(_FOLDS_PX))
    frequency = np.hypot(1.3 * across, down)
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.normal(size=frequency.shape)) / frequency**1.35
    noise = np.real(np.fft.ifft2(spectrum))
    gain = np.clip(128 * (1 + 0.12 * noise / noise.std()), 0, 255)
    folds = np.repeat(gain[..., None], 4, axis=2)
    folds[..., 3] = 128
    return folds.astype(np.uint8)


def _shade(image: Image, style: PersonStyle) -> None:
    """Let light fall from above and cloth have folds, in place; the folds stay with the person."""
    height, width = image.shape[:2]
    folds = _folds()
    span = max(height, width)
    if span < _FOLDS_PX:
        start = int(style.height_m * 1e5) % (_FOLDS_PX - height + 1), int(style.build * 1e5) % (_FOLDS_PX - width + 1)
        part = folds[start[0] : start[0] + height, start[1] : start[1] + width]
    else:
        part = np.asarray(cv2.resize(folds, (width, height)), dtype=np.uint8)
    cv2.multiply(image, part, dst=image, scale=1 / 128)
    cv2.multiply(image, cv2.resize(_ramp(height), (width, height)), dst=image, scale=1 / 128)


@lru_cache(maxsize=1024)
def _ramp(height: int) -> Image:
    """Light from above: (h, 1, 4), 128 changes nothing."""
    ramp = np.full((height, 1, 4), 128, dtype=np.uint8)
    ramp[..., :3] = np.linspace(136, 108, height).astype(np.uint8)[:, None, None]
    return ramp


class _Body:
    """The parts of one person as shapes, far to near."""

    def __init__(self, px: Array, depth: Array, style: PersonStyle, toward: Array, px_per_m: float) -> None:
        self.px: list[Point] = [(u, v) for u, v in px.tolist()]
        self.depth: list[float] = depth.tolist()
        self.style = style
        self.facing, self.rightward = float(toward[0]), float(toward[1])
        self.unit = px_per_m * style.build * style.height_m / 1.95
        self.head_px = 0.057 * style.height_m * px_per_m
        self.sheet = Sheet()

    def build(self) -> int:
        """List all shapes; return how many of them lie under the number."""
        depth = self.depth
        arms = [(Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_HAND), (Joint.R_SHOULDER, Joint.R_ELBOW, Joint.R_HAND)]
        legs = [(Joint.L_HIP, Joint.L_KNEE, Joint.L_ANKLE, Joint.L_TOE, Joint.L_HEEL)]
        legs.append((Joint.R_HIP, Joint.R_KNEE, Joint.R_ANKLE, Joint.R_TOE, Joint.R_HEEL))
        if depth[Joint.L_ELBOW] < depth[Joint.R_ELBOW]:
            arms.reverse()
        if depth[Joint.L_KNEE] + depth[Joint.L_HIP] < depth[Joint.R_KNEE] + depth[Joint.R_HIP]:
            legs.reverse()
        chest = 2 * depth[Joint.CHEST] + 0.06
        behind = [arm for arm in arms if depth[arm[1]] + depth[arm[2]] > chest]
        for arm in behind:
            self._arm(*arm)
        for leg in legs:
            self._leg(*leg)
        self._torso()
        below = len(self.sheet.steps)
        self._head()
        for arm in arms:
            if arm not in behind:
                self._arm(*arm)
        return below

    def _leg(self, hip_: Joint, knee_: Joint, ankle_: Joint, toe_: Joint, heel_: Joint) -> None:
        style, u, px, sheet = self.style, self.unit, self.px, self.sheet
        hip, knee, ankle = px[hip_], px[knee_], px[ankle_]
        tights = style.tights_left if hip_ == Joint.L_HIP else style.tights_right
        if style.uniform.trousers:
            sheet.limb(ankle, knee, 0.06 * u, 0.07 * u, style.uniform.shorts, 0.95)
            sheet.limb(px[heel_], px[toe_], 0.045 * u, 0.036 * u, style.shoes, 0.92)
            sheet.limb(hip, knee, 0.098 * u, 0.074 * u, style.uniform.shorts)
            return
        bare = tights or style.skin
        sheet.limb(ankle, mix(ankle, knee, 0.55), 0.04 * u, 0.06 * u, bare, 0.95)
        sheet.limb(mix(ankle, knee, 0.55), knee, 0.06 * u, 0.052 * u, bare, 0.97)
        sheet.limb(ankle, mix(ankle, knee, 0.3), 0.042 * u, 0.05 * u, style.socks, 0.93)
        sheet.limb(px[heel_], px[toe_], 0.046 * u, 0.036 * u, style.shoes, 0.92)
        sheet.limb(hip, knee, 0.088 * u, 0.06 * u, bare)
        end = mix(hip, knee, 0.82)
        sheet.limb(hip, end, 0.11 * u, 0.108 * u, style.uniform.shorts)
        sheet.stripe(hip, end, 0.018 * u, style.uniform.trim)

    def _torso(self) -> None:
        uniform, sheet = self.style.uniform, self.sheet
        pelvis, chest, neck = (np.array(self.px[j]) for j in (Joint.PELVIS, Joint.CHEST, Joint.NECK))
        axis = neck - pelvis
        length = float(np.hypot(*axis))
        across = np.array([-axis[1], axis[0]]) / length if length > 0.2 * self.unit else np.array([1.0, 0.0])
        side = self.facing**2
        widths = np.sqrt(_WIDE_M**2 * side + _DEEP_M**2 * (1 - side)) * self.unit
        levels = np.stack([neck - axis * 0.06, chest, pelvis + (chest - pelvis) * 0.45, pelvis - axis * 0.12])
        for scale, light in ((1.0, 0.8), (0.66, 1.03)):
            shift = np.array([-0.09, -0.12]) * widths[1] * (scale < 1)
            spread = across * (widths * scale)[:, None]
            collar = across * widths[0] * 0.45 * scale
            outline = np.vstack(
                [(levels - spread)[::-1] + shift, neck - collar, neck + collar, levels + spread + shift]
            )
            sheet.polygon(outline, uniform.shirt, light)
        belt = levels[3] + (levels[2] - levels[3]) * 0.5
        w2, w3 = across * widths[2], across * widths[3]
        sheet.polygon(np.stack([belt - w2, belt + w2, levels[3] + w3, levels[3] - w3]), uniform.shorts, 0.92)
        self._trim(levels, across, widths)

    def _trim(self, levels: Array, across: Array, widths: Array) -> None:
        """Stripes or side panels of a shirt, edges of a jersey's arm holes."""
        uniform, sheet = self.style.uniform, self.sheet
        if uniform.pattern == "stripes":
            for k in range(-2, 3):
                offset = across * widths[1] * (k * 0.36)
                sheet.stripe(_point(levels[0] + offset), _point(levels[3] + offset), widths[1] * 0.08, uniform.trim)
        elif uniform.pattern == "panels":
            for edge in (-across, across):
                top, low = levels[1] + edge * widths[1] * 0.82, levels[3] + edge * widths[3] * 0.8
                sheet.stripe(_point(top), _point(low), widths[1] * 0.16, uniform.trim)
        if not uniform.sleeves:
            for edge in (-across, across):
                top, low = levels[0] + edge * widths[0] * 0.75, levels[1] + edge * widths[1] * 0.9
                sheet.stripe(_point(top), _point(low), widths[0] * 0.06, uniform.trim)

    def print_corners(self, glyph: NDArray[np.uint8], height: float, middle: float, widest: float) -> Corners:
        """Where a glyph is printed in the frame.

        Args:
            glyph: (h, w) mask.
            height: of the glyph, in lengths of the trunk.
            middle: of the glyph, the same from the neck down.
            widest: limit of its width in widths of the shoulders.
        """
        pelvis, neck, left, right = (
            np.array(self.px[j]) for j in (Joint.PELVIS, Joint.NECK, Joint.L_SHOULDER, Joint.R_SHOULDER)
        )
        down = pelvis - neck
        aside = (left - right) * (1.0 if self.facing > 0 else -1.0)
        at = neck + down * middle + np.array([self.rightward * 0.1 * self.unit * np.sign(self.facing), 0.0])
        half_down = down * height / 2
        half_aside = aside * min(widest, height * glyph.shape[1] / glyph.shape[0] * 0.68)
        corners: Corners = at + np.stack(
            [-half_aside - half_down, half_aside - half_down, half_aside + half_down, half_down - half_aside]
        )
        return corners

    def number_corners(self) -> Corners | None:
        """Where the number is printed in the frame; None when it does not face the camera."""
        number, facing = self.style.number, self.facing
        official = self.style.uniform.trousers
        if number is None or abs(facing) < 0.3 or (official and facing > 0):
            return None
        glyph = number_glyph(number)
        if facing > 0:
            return self.print_corners(glyph, 0.27, 0.48, 0.36)
        return self.print_corners(glyph, 0.24 if official else 0.38, 0.36 if official else 0.5, 0.42)

    def _head(self) -> None:
        style, r, sheet = self.style, self.head_px, self.sheet
        head, neck = self.px[Joint.HEAD], self.px[Joint.NECK]
        length = max(1e-6, float(np.hypot(head[0] - neck[0], head[1] - neck[1])))
        axis = (head[0] - neck[0]) / length, (head[1] - neck[1]) / length

        def place(up: float, right: float) -> Point:
            return head[0] + axis[0] * up * r + self.rightward * right * r, head[1] + axis[1] * up * r

        sheet.limb(mix(neck, head, -0.15), head, 0.8 * r, 0.62 * r, style.skin)
        sheet.oval(head, axis, 1.12 * r, 0.84 * r, style.skin)
        if style.hair_style > 0:
            high, wide = ((1.14, 0.86), (1.2, 0.94), (1.38, 0.92), (1.2, 0.94))[style.hair_style - 1]
            sheet.oval(place(0.1 * high, -0.16), axis, high * r, wide * r, style.hair)
            if style.hair_style == 4:
                sheet.limb(place(0.1, -0.4), mix(neck, place(-1, -0.5), 0.5), 0.8 * r, 0.4 * r, style.hair)
            if self.facing > -0.5:
                sheet.oval(place(-0.22, 0.24), axis, 0.86 * r, 0.66 * r, style.skin)
        if style.beard and self.facing > -0.2:
            sheet.oval(place(-0.72, 0.3), axis, 0.42 * r, 0.5 * r, style.hair)
        if style.headband is not None:
            band = place(0.42, 0.0)
            aside = -axis[1] * 0.75 * r, axis[0] * 0.75 * r
            ends = (band[0] - aside[0], band[1] - aside[1]), (band[0] + aside[0], band[1] + aside[1])
            sheet.stripe(*ends, 0.16 * r, style.headband)

    def _arm(self, shoulder_: Joint, elbow_: Joint, hand_: Joint) -> None:
        style, u, sheet = self.style, self.unit, self.sheet
        shoulder, elbow, hand = self.px[shoulder_], self.px[elbow_], self.px[hand_]
        sleeve = style.sleeve_left if shoulder_ == Joint.L_SHOULDER else style.sleeve_right
        bare = sleeve or style.skin
        wrist = mix(elbow, hand, 0.8)
        sheet.limb(shoulder, elbow, 0.066 * u, 0.047 * u, bare)
        sheet.limb(elbow, wrist, 0.048 * u, 0.032 * u, bare)
        sheet.limb(wrist, hand, 0.036 * u, 0.034 * u, style.skin)
        if style.uniform.sleeves:
            share = 0.6 if style.uniform.trousers else 0.3
            sheet.limb(shoulder, mix(shoulder, elbow, share), 0.07 * u, 0.065 * u, style.uniform.shirt)


def _point(place: Array) -> Point:
    return float(place[0]), float(place[1])


def _print_number(image: Image, body: _Body, corner: Array, scale: float) -> tuple[float, float, float, float] | None:
    """Print name and number on chest or back in place; return the number's box in frame px when it can be read."""
    corners, style = body.number_corners(), body.style
    if corners is None or style.number is None:
        return None
    ink = np.array([*style.uniform.ink, 255], dtype=np.float32)
    if style.surname is not None and body.facing < -0.45 and body.unit > _NAMED_FROM_PX:
        letters = name_glyph(style.surname)
        _print(image, letters, (body.print_corners(letters, 0.085, 0.235, 0.4) - corner) * scale, ink)
    if not _print(image, number_glyph(style.number), (corners - corner) * scale, ink):
        return None
    x1, y1 = corners.min(axis=0)
    x2, y2 = corners.max(axis=0)
    if abs(body.facing) < 0.45 or y2 - y1 < _READABLE_PX:
        return None
    return float(x1), float(y1), float(x2), float(y2)


def _print(image: Image, glyph: Image, place: Corners, ink: NDArray[np.float32]) -> bool:
    """Print a mask where its corners are to be, in place, on what is painted there; say whether it was large enough."""
    place = place.astype(np.float32)
    low = np.maximum(np.floor(place.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(place.max(axis=0)).astype(int) + 2, np.array(image.shape[1::-1]))
    if (high - low).min() < 3:
        return False
    h, w = glyph.shape
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(source, place - low.astype(np.float32))
    mask = cv2.warpPerspective(glyph, warp, (int(high[0] - low[0]), int(high[1] - low[1])), flags=cv2.INTER_AREA)
    roi = image[low[1] : high[1], low[0] : high[0]]
    share = np.asarray(mask, dtype=np.float32)[..., None] * (1 / 255)
    share *= roi[..., 3:] > 127
    roi[:] = (roi * (1 - share) + ink * share).astype(np.uint8)
    return True
