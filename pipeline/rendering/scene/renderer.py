"""One frame: hall, people, ball and baskets painted far to near, with the truth of what is seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import Court
from pipeline.rendering.camera.views import CameraView
from pipeline.rendering.people.appearance import CastMember
from pipeline.rendering.people.figure import FigureSprite, paint_person
from pipeline.rendering.people.pose import Joint, skeletons
from pipeline.rendering.scene.equipment import BALL_RADIUS_M, rim_points
from pipeline.rendering.scene.hall import Backdrop
from pipeline.rendering.scene.overlay import Banner
from pipeline.rendering.scene.paint import blend, blob, clip_box, fill_ids, reflect, shade_floor, smear
from pipeline.rendering.simulation.motion import Moment

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x, y, w, h in px."""

MARGIN_M = 1.0
"""People of the game further off the court than this are bench, not play."""
_BALL_ID = 250


@dataclass(frozen=True)
class VisiblePerson:
    """The truth about one person in one frame."""

    person: CastMember
    box: Box
    """Full body, cut at the border."""
    part: Box | None
    """What can be seen of it: the box around its px that nothing hides; None when there are none."""
    visible: float
    """Share of the body not hidden and in the picture."""
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Shot:
    """A painted frame and its truth."""

    image: Image
    people: list[VisiblePerson]
    objects: list[tuple[str, Box]]
    """Class (ball, rim, number) and box."""


@dataclass
class SceneRenderer:
    """What stays the same from frame to frame of one camera."""

    court: Court
    people: list[CastMember]
    backdrop: Backdrop
    gloss: float = 0.16
    """Strength of reflections in the floor."""
    blur: float = 0.5
    """Share of the frame's time that the shutter is open."""
    tall: Array = field(init=False)
    build: Array = field(init=False)
    shadow: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self.tall = np.array([p.style.height_m for p in self.people])
        self.build = np.array([p.style.build for p in self.people])
        self.shadow = blob()

    def shoot(
        self, moment: Moment, view: CameraView, before: CameraView | None, fps: float, banner: Banner | None = None
    ) -> Shot:
        """Paint one moment.

        Args:
            moment: the game.
            view: the camera now.
            before: the camera one frame earlier, for motion blur; None after a cut.
            fps: frames per second.
            banner: x1, y1, x2, y2 in px of a graphic that will be laid over the picture.
        """
        image = self.backdrop.picture(view)
        ids = np.zeros(image.shape[:2], dtype=np.uint8)
        bodies = moment.bodies
        joints = skeletons(bodies, self.tall, self.build, moment.facts.seated)
        px, depth = view.project(joints)
        unit = self._px_per_m(view, joints[:, Joint.PELVIS], px[:, Joint.PELVIS])
        motion = self._motion_px(bodies.position, bodies.velocity, view, before, fps)
        _pan_blur(image, view, before, self.blur)
        toward = _toward(bodies.facing, bodies.position, view)
        painting = _Painting(self, image, ids, view)
        shown = [i for i in range(len(self.people)) if _in_picture(px[i], depth[i], image)]
        for i in shown:
            painting.shadow(bodies.position[i], float(unit[i]), float(bodies.lift[i]))
        order = [("person", i, float(depth[i, Joint.PELVIS])) for i in shown]
        order += self._things_with_depth(moment, view)
        for kind, index, _ in sorted(order, key=lambda entry: -entry[2]):
            if kind == "person":
                style = self.people[index].style
                sprite = paint_person(px[index], depth[index], style, toward[index], float(unit[index]))
                painting.person(
                    index,
                    sprite,
                    motion[index] * self.blur,
                    bool(moment.facts.seated[index]),
                    bodies.lift[index] * unit[index],
                )
            elif kind == "ball":
                painting.ball(moment.ball)
            else:
                painting.layer(index)
        if banner is not None:
            ids[banner[1] : banner[3], banner[0] : banner[2]] = 0
        return painting.finish(moment)

    def _things_with_depth(self, moment: Moment, view: CameraView) -> list[tuple[str, int, float]]:
        """Ball, baskets and the near crowd with their depths."""
        ball_depth = float(view.camera_points(moment.ball)[2])
        entries = [("ball", 0, ball_depth - 0.25)] if ball_depth > 0.5 else []
        for k, basket in enumerate(self.backdrop.baskets):
            x, y = basket.ground_m
            entries.append(("layer", k, float(view.camera_points(np.array([x, y, 0.9]))[2])))
        if self.backdrop.near is not None:
            entries.append(("layer", len(self.backdrop.baskets), 0.0))
        return entries

    def _px_per_m(self, view: CameraView, pelvis: Array, px: Array) -> Array:
        """Scale (n,) at each person, lens included."""
        aside, _ = view.project(pelvis + 0.3 * view.rotation[0])
        scale: Array = np.linalg.norm(aside - px, axis=1) / 0.3
        return np.nan_to_num(scale, nan=1.0)

    def _motion_px(
        self, position: Array, velocity: Array, view: CameraView, before: CameraView | None, fps: float
    ) -> Array:
        """Motion in the picture (n, 2) in px from the frame before to this one."""
        now = np.column_stack([position, np.full(len(position), 1.0)])
        earlier = now - np.column_stack([velocity / fps, np.zeros(len(position))])
        moved: Array = np.nan_to_num(view.project(now)[0] - (before or view).project(earlier)[0])
        return moved


class _Painting:
    """A frame in the making."""

    def __init__(self, stage: SceneRenderer, image: Image, ids: Image, view: CameraView) -> None:
        self.stage, self.image, self.ids, self.view = stage, image, ids, view
        self.bodies: dict[int, tuple[tuple[int, int, int, int], int]] = {}
        """Per person index: full box x1, y1, x2, y2 and its px."""
        self.numbers: list[tuple[int, Box]] = []
        self.ball_px = 0
        self.ball_box: Box | None = None
        self.size = (image.shape[1], image.shape[0])

    def shadow(self, place: Array, unit: float, lift: float) -> None:
        ground, _ = self.view.project(np.append(place, 0.0))
        gap = float(np.linalg.norm(self.view.position[:2] - place))
        flat = float(self.view.position[2]) / float(np.hypot(gap, self.view.position[2]))
        radii = np.array([0.62, 0.62 * flat]) * unit
        shade_floor(self.image, self.stage.shadow, ground, radii, 0.42 / (1 + 2 * lift))

    def person(self, index: int, sprite: FigureSprite, motion_px: Array, seated: bool, lift_px: float) -> None:
        x, y, w, h = cv2.boundingRect((sprite.image[..., 3] > 127).astype(np.uint8))
        corner = sprite.corner
        if w == 0:
            return
        if self.stage.gloss > 0 and not seated:
            reflect(self.image, sprite.image, corner, corner[1] + y + h + float(lift_px), self.stage.gloss)
        area = fill_ids(self.ids, sprite.image, corner, index + 1)
        moving, at = smear(sprite.image, corner, motion_px)
        blend(self.image, moving, at)
        self.bodies[index] = ((corner[0] + x, corner[1] + y, corner[0] + x + w, corner[1] + y + h), area)
        if sprite.number_box is not None and self.stage.people[index].role == "player":
            x1, y1, x2, y2 = sprite.number_box
            self.numbers.append((index, (x1, y1, x2 - x1, y2 - y1)))

    def layer(self, index: int) -> None:
        backdrop = self.stage.backdrop
        layer = backdrop.baskets[index] if index < len(backdrop.baskets) else backdrop.near
        piece = layer.seen_by(self.view, backdrop.canvas) if layer is not None else None
        if piece is not None:
            blend(self.image, *piece)
            fill_ids(self.ids, *piece, 0)

    def ball(self, place: Array) -> None:
        (u, v), depth = self.view.project(place)
        radius = BALL_RADIUS_M * self.view.focal_px / float(depth)
        if not (-50 < u < self.size[0] + 50 and -50 < v < self.size[1] + 50):
            return
        half = int(np.ceil(radius)) + 2
        scale = 4
        side = (2 * half + 1) * scale
        sprite = np.zeros((side, side, 4), dtype=np.uint8)
        centre = (int((u - np.floor(u) + half) * scale), int((v - np.floor(v) + half) * scale))
        r = max(2, round(radius * scale))
        cv2.circle(sprite, centre, r, (35, 85, 175, 255), -1, cv2.LINE_AA)
        cv2.circle(
            sprite, (centre[0] - r // 4, centre[1] - r // 3), max(1, r * 2 // 3), (55, 115, 215, 255), -1, cv2.LINE_AA
        )
        cv2.ellipse(sprite, centre, (r, max(1, r // 3)), 20, 0, 360, (25, 35, 60, 255), max(1, r // 9), cv2.LINE_AA)
        small = np.asarray(
            cv2.resize(sprite, (2 * half + 1, 2 * half + 1), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
        corner = (int(np.floor(u)) - half, int(np.floor(v)) - half)
        blend(self.image, small, corner)
        self.ball_px = fill_ids(self.ids, small, corner, _BALL_ID)
        self.ball_box = (float(u - radius), float(v - radius), 2 * radius, 2 * radius)

    def finish(self, moment: Moment) -> Shot:
        people = []
        for index, (box, area) in self.bodies.items():
            seen = self._seen(moment, index, box, area)
            if seen is not None:
                people.append(seen)
        return Shot(self.image, people, self._objects())

    def _seen(self, moment: Moment, index: int, box: tuple[int, int, int, int], area: int) -> VisiblePerson | None:
        """The truth about a person; None for the bench and for those outside the picture."""
        x_m, y_m = moment.bodies.position[index]
        court = self.stage.court
        outside = max(-x_m, x_m - court.length_m, -y_m, y_m - court.width_m)
        role = self.stage.people[index].role
        if moment.facts.seated[index] or role == "coach" or (role == "player" and outside > MARGIN_M):
            return None
        cut = clip_box((box[0], box[1]), (box[2] - box[0], box[3] - box[1]), self.size)
        if cut is None:
            return None
        full = (box[2] - box[0]) * (box[3] - box[1])
        width, height = cut[2] - cut[0], cut[3] - cut[1]
        if width * height < 0.15 * full or min(width, height) < 3:
            return None
        body_mask = (self.ids[cut[1] : cut[3], cut[0] : cut[2]] == index + 1).astype(np.uint8)
        visible = cv2.countNonZero(body_mask) / max(1, area)
        x, y, w, h = cv2.boundingRect(body_mask)
        part = (float(cut[0] + x), float(cut[1] + y), float(w), float(h)) if w else None
        place = (float(cut[0]), float(cut[1]), float(width), float(height))
        return VisiblePerson(self.stage.people[index], place, part, min(1.0, visible), float(x_m), float(y_m))

    def _objects(self) -> list[tuple[str, Box]]:
        found: list[tuple[str, Box]] = []
        if self.ball_box is not None and self.ball_px:
            visible = np.count_nonzero(self.ids == _BALL_ID) / self.ball_px
            self._keep(found, "ball", self.ball_box, visible)
        for index, box in self.numbers:
            self._keep(found, "number", box, self._share(box, index + 1) / 0.75)
        for left in (True, False):
            px, depth = self.view.project(rim_points(self.stage.court, left))
            if (depth > 1).all():
                low, high = px.min(axis=0), px.max(axis=0)
                self._keep(found, "rim", (low[0], low[1], high[0] - low[0], high[1] - low[1]), 1.0)
        return found

    def _share(self, box: Box, value: int) -> float:
        """Share of a box's px that belong to a person."""
        x, y = round(box[0]), round(box[1])
        part = self.ids[max(0, y) : max(0, round(y + box[3])), max(0, x) : max(0, round(x + box[2]))]
        return float(np.count_nonzero(part == value)) / max(1.0, box[2] * box[3])

    def _keep(self, found: list[tuple[str, Box]], name: str, box: Box, visible: float) -> None:
        x1, y1 = max(0.0, float(box[0])), max(0.0, float(box[1]))
        x2, y2 = min(float(self.size[0]), float(box[0] + box[2])), min(float(self.size[1]), float(box[1] + box[3]))
        inside = max(0.0, x2 - x1) * max(0.0, y2 - y1)
        if visible >= 0.5 and inside > 0.5 * box[2] * box[3] and min(x2 - x1, y2 - y1) > 1:
            found.append((name, (x1, y1, x2 - x1, y2 - y1)))


def _in_picture(px: Array, depth: Array, image: Image) -> bool:
    """Say whether any of a skeleton (20, 2) can be in the picture."""
    if depth.min() < 0.5 or not np.isfinite(px).all():
        return False
    low, high = px.min(axis=0), px.max(axis=0)
    tall = high[1] - low[1]
    return bool((high > -0.2 * tall).all() and (low < np.array(image.shape[1::-1]) + 0.2 * tall).all())


def _toward(facing: Array, position: Array, view: CameraView) -> Array:
    """How chests face (n, 2): towards the camera (1) or away (-1), and to the right of the picture (1)."""
    way = np.column_stack([np.cos(facing), np.sin(facing)])
    to_camera = view.position[:2] - position
    to_camera = to_camera / np.maximum(np.linalg.norm(to_camera, axis=1, keepdims=True), 1e-6)
    aside = np.column_stack([to_camera[:, 1], -to_camera[:, 0]])
    turned: Array = np.column_stack([np.sum(way * to_camera, axis=1), np.sum(way * aside, axis=1)])
    return turned


def _pan_blur(image: Image, view: CameraView, before: CameraView | None, shutter: float) -> None:
    """Blur the hall by the camera's own motion, in place."""
    if before is None or shutter <= 0:
        return
    middle = view.position + 20 * view.rotation[2]
    shift = (view.project(middle)[0] - before.project(middle)[0]) * shutter
    wide, high = (int(abs(v)) // 2 * 2 + 1 for v in shift)
    if max(wide, high) >= 3:
        cv2.blur(image, (min(wide, 31), min(high, 31)), dst=image)
