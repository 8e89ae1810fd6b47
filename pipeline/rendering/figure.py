"""Painting one person into a small picture with transparency."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.people import Color, Look
from pipeline.rendering.pose import Joint

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

_ROUND = np.linspace(-np.pi / 2, np.pi / 2, 6)
_SHIFT = 3
_LIGHT = np.array([-0.35, -0.5])
"""Where the light comes from in the picture, in radii of a limb."""


@dataclass(frozen=True)
class Sprite:
    """A person painted: `image` (h, w, 4) uint8 BGRA, colour multiplied by alpha; its corner in frame px."""

    image: Image
    corner: tuple[int, int]
    number_box: tuple[float, float, float, float] | None
    """x1, y1, x2, y2 in frame px of a number that can be seen."""


@dataclass
class _Canvas:
    """A sprite in the making: px of the frame, `scale` times finer."""

    image: Image
    corner: Array
    scale: float

    def polygon(self, points: Array, color: Color) -> None:
        """Fill a polygon (k, 2) of frame px."""
        fixed = np.rint((points - self.corner) * self.scale * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(self.image, [fixed], (*color, 255), cv2.LINE_AA, _SHIFT)


def capsule(a: Array, b: Array, radius_a: float, radius_b: float) -> Array:
    """Outline a tapered limb from `a` to `b` (2,) as a polygon (12, 2)."""
    way = np.arctan2(b[1] - a[1], b[0] - a[0])
    end = np.column_stack([np.cos(way + _ROUND), np.sin(way + _ROUND)])
    return np.vstack([b + radius_b * end, a - radius_a * end])


def paint_person(px: Array, depth: Array, look: Look, toward: Array, px_per_m: float, seed_tilt: float = 0.0) -> Sprite:
    """Paint a person.

    Args:
        px: (20, 2) joints in the frame.
        depth: (20,) distance along the camera axis, metres.
        look: appearance.
        toward: (2,) how the chest faces: towards the camera (1) or away (-1), and to the right of the picture (1).
        px_per_m: scale at the person.
        seed_tilt: a little variety of light, -1 to 1.

    Returns:
        The sprite.
    """
    head_r = 0.07 * look.height_m * px_per_m
    margin = 0.13 * px_per_m * look.build + 3
    low = np.floor(px.min(axis=0) - margin - np.array([0, head_r]))
    high = np.ceil(px.max(axis=0) + margin)
    size = np.maximum(high - low, 4).astype(int)
    scale = 2 if size[1] < 330 else 1
    canvas = _Canvas(np.zeros((size[1] * scale, size[0] * scale, 4), dtype=np.uint8), low, scale)
    number = _Painter(canvas, px, depth, look, toward, px_per_m).paint()
    soft = max(1, int(px_per_m * 0.012 * scale) * 2 + 1)
    painted = cv2.GaussianBlur(canvas.image, (soft, soft), 0) if soft > 1 else canvas.image
    if scale > 1:
        painted = cv2.resize(painted, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    image = _shade(np.asarray(painted, dtype=np.uint8), seed_tilt)
    return Sprite(image, (int(low[0]), int(low[1])), number)


def _shade(image: Image, tilt: float) -> Image:
    """Darken towards the feet and one side, as under hall lights."""
    height, width = image.shape[:2]
    down = np.linspace(1.06, 0.88, height, dtype=np.float32)[:, None]
    across = np.linspace(1 + 0.05 * tilt, 1 - 0.05 * tilt, width, dtype=np.float32)[None]
    gain = cv2.merge([down * across] * 3)
    shaded = image.copy()
    colour = cv2.multiply(image[..., :3], gain, dtype=cv2.CV_8U)
    shaded[..., :3] = np.minimum(colour, image[..., 3:])
    return shaded


def _tint(color: Color, factor: float) -> Color:
    b, g, r = (int(min(255, max(0, c * factor))) for c in color)
    return b, g, r


class _Painter:
    """Paints the parts of one person, far to near."""

    def __init__(self, canvas: _Canvas, px: Array, depth: Array, look: Look, toward: Array, unit: float) -> None:
        self.canvas, self.px, self.depth, self.look, self.toward = canvas, px, depth, look, toward
        self.unit = unit * look.build
        self.tall = look.height_m / 1.95

    def paint(self) -> tuple[float, float, float, float] | None:
        depth, J = self.depth, Joint
        legs = sorted("LR", key=lambda s: -float(depth[J[f"{s}_KNEE"]] + depth[J[f"{s}_HIP"]]))
        arms = sorted("LR", key=lambda s: -float(depth[J[f"{s}_ELBOW"]]))
        behind = [s for s in arms if depth[J[f"{s}_ELBOW"]] + depth[J[f"{s}_HAND"]] > 2 * depth[J.CHEST] + 0.06]
        for side in behind:
            self._arm(side)
        for side in legs:
            self._leg(side)
        self._torso()
        number = self._number()
        self._head()
        for side in arms:
            if side not in behind:
                self._arm(side)
        return number

    def _limb(self, a: Array, b: Array, radius_a: float, radius_b: float, color: Color) -> None:
        """A tapered limb with a lighter inside."""
        self.canvas.polygon(capsule(a, b, radius_a, radius_b), _tint(color, 0.78))
        shift = _LIGHT * min(radius_a, radius_b) * 0.5
        self.canvas.polygon(capsule(a + shift, b + shift, radius_a * 0.62, radius_b * 0.62), _tint(color, 1.06))

    def _leg(self, side: str) -> None:
        look, u, t, px, J = self.look, self.unit, self.tall, self.px, Joint
        hip, knee, ankle = px[J[f"{side}_HIP"]], px[J[f"{side}_KNEE"]], px[J[f"{side}_ANKLE"]]
        tights = look.tights_left if side == "L" else look.tights_right
        bare = tights or look.skin
        trousers = look.kit.trousers
        self._limb(
            ankle + (knee - ankle) * 0.02, knee, 0.043 * u * t, 0.06 * u * t, look.kit.shorts if trousers else bare
        )
        if not trousers:
            self._limb(ankle, ankle + (knee - ankle) * 0.35, 0.046 * u * t, 0.056 * u * t, look.socks)
        shoe = look.shoes
        self._limb(px[J[f"{side}_HEEL"]], px[J[f"{side}_TOE"]], 0.05 * u * t, 0.042 * u * t, shoe)
        if trousers:
            self._limb(hip, knee, 0.095 * u * t, 0.07 * u * t, look.kit.shorts)
            return
        self._limb(hip, knee, 0.085 * u * t, 0.062 * u * t, bare)
        end = hip + (knee - hip) * 0.86
        self._limb(hip, end, 0.105 * u * t, 0.112 * u * t, look.kit.shorts)
        outer = _LIGHT * 0
        self.canvas.polygon(capsule(hip + outer, end, 0.018 * u, 0.02 * u), look.kit.trim)

    def _half_widths(self) -> Array:
        """Half widths in px of shoulders, chest, waist and hips as the camera sees them, (4,)."""
        side = abs(float(self.toward[0]))
        wide = np.array([0.175, 0.185, 0.15, 0.165])
        deep = np.array([0.095, 0.135, 0.115, 0.13])
        widths: Array = np.sqrt((wide * side) ** 2 + deep**2 * (1 - side**2)) * self.unit * self.tall
        return widths

    def _torso(self) -> None:
        px, J = self.px, Joint
        kit = self.look.kit
        pelvis, chest, neck = px[J.PELVIS], px[J.CHEST], px[J.NECK]
        axis = neck - pelvis
        length = float(np.hypot(*axis))
        across = np.array([-axis[1], axis[0]]) / max(length, 1e-6)
        if length < 0.25 * self.unit:
            across = np.array([1.0, 0.0])
        top = neck - axis * 0.06
        waist = pelvis + (chest - pelvis) * 0.45
        low = pelvis - axis * 0.12
        levels = np.stack([top, chest, waist, low])
        widths = self._half_widths()
        for scale, shade in ((1.0, 0.8), (0.66, 1.03)):
            shift = _LIGHT * widths[1] * 0.25 * (scale < 1)
            right = levels + across * (widths * scale)[:, None] + shift
            left_side = levels - across * (widths * scale)[:, None] + shift
            neck_base = np.stack([neck + across * widths[0] * 0.45 * scale, neck - across * widths[0] * 0.45 * scale])
            self.canvas.polygon(np.vstack([left_side[::-1], neck_base[::-1], right]), _tint(kit.shirt, shade))
        self._shorts_top(low, waist, across, widths)
        if kit.stripes:
            for k in range(-2, 3):
                offset = across * widths[1] * (k * 0.36)
                self.canvas.polygon(capsule(top + offset, low + offset, widths[1] * 0.07, widths[1] * 0.07), kit.trim)
        elif not kit.sleeves:
            for sign in (-1, 1):
                edge = sign * across
                self.canvas.polygon(
                    capsule(
                        top + edge * widths[0] * 0.75,
                        chest + edge * widths[1] * 0.9,
                        widths[0] * 0.07,
                        widths[0] * 0.07,
                    ),
                    kit.trim,
                )

    def _shorts_top(self, low: Array, waist: Array, across: Array, widths: Array) -> None:
        kit = self.look.kit
        belt = low + (waist - low) * 0.5
        points = np.stack(
            [belt - across * widths[2], belt + across * widths[2], low + across * widths[3], low - across * widths[3]]
        )
        self.canvas.polygon(points, _tint(kit.shorts, 0.92))

    def _number(self) -> tuple[float, float, float, float] | None:
        """Print the number on chest or back; return its box in frame px when it can be read."""
        look, px, J = self.look, self.px, Joint
        facing = float(self.toward[0])
        if look.number is None or abs(facing) < 0.3:
            return None
        pelvis, neck = px[J.PELVIS], px[J.NECK]
        down = pelvis - neck
        right = px[J.L_SHOULDER] - px[J.R_SHOULDER]
        if facing < 0:
            right = -right
        slide = -float(self.toward[1]) * np.sign(facing) * 0.0
        middle = neck + down * (0.5 if facing > 0 else 0.46) + right * slide
        bulge = np.array([self.toward[1] * 0.10 * self.unit, 0.0])
        middle = middle + bulge * np.sign(facing)
        tall = 0.44 if facing < 0 else 0.34
        wide = (0.36 if facing < 0 else 0.3) * (len(look.number) * 0.55 + 0.45)
        half_d, half_r = down * tall / 2, right * wide
        corners = np.stack(
            [middle - half_r - half_d, middle + half_r - half_d, middle + half_r + half_d, middle - half_r + half_d]
        )
        glyph = number_glyph(look.number)
        place = ((corners - self.canvas.corner) * self.canvas.scale).astype(np.float32)
        low = np.floor(place.min(axis=0)).astype(int) - 1
        high = np.ceil(place.max(axis=0)).astype(int) + 2
        low = np.maximum(low, 0)
        high = np.minimum(high, np.array(self.canvas.image.shape[1::-1]))
        if (high - low).min() < 3:
            return None
        self._stamp(glyph, place, low, high)
        box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        if abs(facing) < 0.45 or box[3] - box[1] < 6:
            return None
        return float(box[0]), float(box[1]), float(box[2]), float(box[3])

    def _stamp(self, glyph: Image, place: NDArray[np.float32], low: NDArray[np.int64], high: NDArray[np.int64]) -> None:
        h, w = glyph.shape
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float32)
        warp = cv2.getPerspectiveTransform(source, place - low.astype(np.float32))
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        mask = cv2.warpPerspective(glyph, warp, size, flags=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        roi = self.canvas.image[low[1] : high[1], low[0] : high[0]]
        ink = np.array([*self.look.kit.ink, 255], dtype=np.float32)
        roi[:] = (roi * (1 - mask) + ink * mask * (roi[..., 3:] / 255)).astype(np.uint8)

    def _head(self) -> None:
        look, px, J = self.look, self.px, Joint
        r = 0.062 * look.height_m * self.unit / look.build
        head, neck = px[J.HEAD], px[J.NECK]
        axis = (head - neck) / max(1e-6, float(np.hypot(*(head - neck))))
        across = np.array([-axis[1], axis[0]])
        self._limb(neck - axis * 0.3 * r, head, 0.6 * r, 0.5 * r, look.skin)
        self._oval(head, axis, across, 1.12 * r, 0.84 * r, look.skin)
        facing, to_right = float(self.toward[0]), float(self.toward[1])
        back = across * to_right * 0.0 - np.array([to_right, 0]) * 0.35 * r
        if look.beard and facing > -0.2:
            chin = head - axis * 0.62 * r + np.array([to_right, 0]) * 0.3 * r
            self._oval(chin, axis, across, 0.5 * r, 0.6 * r, look.hair)
        if look.hair_style == 0:
            return
        cover = 0.55 if facing > 0.3 else (0.3 if facing > -0.4 else 0.05)
        high = (1.0, 0.62, 0.75, 0.95, 0.75)[look.hair_style]
        self._oval(
            head + axis * cover * r + back,
            axis,
            across,
            high * r,
            (0.9, 0.84, 0.95, 0.92, 0.95)[look.hair_style] * r,
            look.hair,
        )
        if look.hair_style == 4 and facing < 0.4:
            self._oval(neck + back * 1.4, axis, across, 0.8 * r, 0.5 * r, look.hair)
        if look.headband is not None:
            band = head + axis * 0.42 * r
            self.canvas.polygon(
                capsule(band - across * 0.75 * r, band + across * 0.75 * r, 0.16 * r, 0.16 * r), look.headband
            )

    def _oval(self, centre: Array, axis: Array, across: Array, along_r: float, across_r: float, color: Color) -> None:
        angles = np.linspace(0, 2 * np.pi, 17)[:-1, None]
        ring = centre + axis * np.sin(angles) * along_r + across * np.cos(angles) * across_r
        self.canvas.polygon(ring, _tint(color, 0.84))
        self.canvas.polygon(centre + (ring - centre) * 0.66 + _LIGHT * across_r * 0.2, _tint(color, 1.07))

    def _arm(self, side: str) -> None:
        look, u, t, px, J = self.look, self.unit, self.tall, self.px, Joint
        shoulder, elbow, hand = px[J[f"{side}_SHOULDER"]], px[J[f"{side}_ELBOW"]], px[J[f"{side}_HAND"]]
        sleeve = look.sleeve_left if side == "L" else look.sleeve_right
        bare = sleeve or look.skin
        self._limb(shoulder, elbow, 0.056 * u * t, 0.042 * u * t, bare)
        fore = elbow + (hand - elbow) * 0.8
        self._limb(elbow, fore, 0.042 * u * t, 0.03 * u * t, bare)
        self._limb(fore, hand, 0.036 * u * t, 0.036 * u * t, look.skin)
        if look.kit.sleeves:
            share = 0.6 if look.number is None else 0.3
            self._limb(shoulder, shoulder + (elbow - shoulder) * share, 0.07 * u * t, 0.065 * u * t, look.kit.shirt)
        else:
            self._limb(shoulder, shoulder + (elbow - shoulder) * 0.05, 0.06 * u * t, 0.058 * u * t, look.kit.shirt)


def number_glyph(text: str) -> Image:
    """Draw a jersey number as a mask (64, w) uint8.

    Example:
        >>> number_glyph("7").shape[1] < number_glyph("23").shape[1]
        True
    """
    font, scale, thickness = cv2.FONT_HERSHEY_DUPLEX, 2.2, 9
    (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    mask = np.zeros((height + 12, width + 8), dtype=np.uint8)
    cv2.putText(mask, text, (2, height + 5), font, scale, 255, thickness, cv2.LINE_AA)
    columns = np.flatnonzero(mask.any(axis=0))
    rows = np.flatnonzero(mask.any(axis=1))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
