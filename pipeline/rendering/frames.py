"""Single frames with boxes, to train detectors on: every few frames another hall, camera, court and crowd.

    python -m pipeline.rendering.frames --out DIR --count 500 --seed 1

writes DIR/images/000000.jpg ... and DIR/annotations.json (COCO; categories player, referee, ball, rim, number).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.choices import CourtName
from pipeline.geometry.court import COURTS, Court
from pipeline.rendering.camera.views import CameraView, Rig, aimed_view, canvas_view, rig, turned
from pipeline.rendering.people.appearance import cast_people
from pipeline.rendering.scene.hall import build_backdrop
from pipeline.rendering.scene.overlay import draw_graphic, lay_over
from pipeline.rendering.scene.paint import Grain
from pipeline.rendering.scene.renderer import Box, SceneRenderer, Shot
from pipeline.rendering.settings import CameraName, RenderSettings
from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.motion import Moment, simulate
from pipeline.tables import CLASSES

Image = NDArray[np.uint8]

PER_SCENE = 6
"""Frames from one hall and camera position; uniforms, people, light and the aim differ."""
MIN_VISIBLE = 0.2
"""People hidden more than that have no box."""
_FPS = 15.0
_CAMERAS: tuple[CameraName, ...] = ("broadcast", "fixed", "corner", "handheld")


@dataclass(frozen=True)
class TrainingFrame:
    """One picture (h, w, 3) uint8 BGR and its boxes: class (as in `pipeline.tables.CLASSES`) and x, y, w, h in px.

    Boxes are full bodies cut at the border. Crowd, bench and officials at the table have none: they are negatives.
    """

    image: Image
    boxes: list[tuple[str, Box]]
    camera: CameraName


def training_frames(
    count: int,
    rng: np.random.Generator,
    size: tuple[int, int] = (1280, 720),
    cameras: tuple[CameraName, ...] = _CAMERAS,
    per_scene: int = PER_SCENE,
) -> Iterator[TrainingFrame]:
    """Yield independent frames with boxes of all five classes.

    Cameras (wide fixed ones with players of 45-105 px, corners with a lens, broadcast with 130-220 px, hand-held),
    courts, floors, halls, uniforms, bodies, light, noise and sharpness are drawn anew; every `per_scene` frames the
    hall changes. The same `rng` gives the same frames.

    Args:
        count: how many.
        rng: everything random.
        size: width and height, px.
        cameras: kinds to draw from, in equal shares.
        per_scene: frames from one hall; fewer is more variety and slower.
    """
    made = 0
    while made < count:
        settings = _draw_settings(rng, size, cameras)
        for frame in _scene(settings, min(per_scene, count - made), rng):
            made += 1
            yield frame


def write_coco(frames: Iterator[TrainingFrame], out_dir: Path, progress: Callable[[int], None] | None = None) -> Path:
    """Store frames as JPEG files and one COCO annotation file.

    Args:
        frames: see `training_frames`.
        out_dir: receives images/ and annotations.json.
        progress: told the number of frames written.

    Returns:
        The annotation file.
    """
    folder = out_dir / "images"
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index, frame in enumerate(frames):
        name = f"{index:06d}.jpg"
        cv2.imwrite(str(folder / name), frame.image, [cv2.IMWRITE_JPEG_QUALITY, 90])
        height, width = frame.image.shape[:2]
        images.append({"id": index, "file_name": name, "width": width, "height": height, "camera": frame.camera})
        for label, box in frame.boxes:
            bbox = [round(v, 2) for v in box]
            annotations.append(
                {"id": len(annotations) + 1, "image_id": index, "category_id": CLASSES.index(label), "bbox": bbox}
                | {"area": round(bbox[2] * bbox[3], 2), "iscrowd": 0}
            )
        if progress is not None:
            progress(index + 1)
    categories = [{"id": k, "name": name} for k, name in enumerate(CLASSES)]
    path = out_dir / "annotations.json"
    path.write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories}), encoding="utf-8"
    )
    return path


def _draw_settings(rng: np.random.Generator, size: tuple[int, int], cameras: tuple[CameraName, ...]) -> RenderSettings:
    """Draw a scene: camera, court, hall."""
    camera = cameras[int(rng.integers(len(cameras)))]
    arena = rng.random() < (0.75 if camera == "broadcast" else 0.2)
    courts: tuple[CourtName, ...] = ("nba", "wnba", "ncaa") if arena and rng.random() < 0.6 else ("fiba",)
    lens = None if camera in ("broadcast", "handheld") else float(rng.uniform(-0.22, 0.0))
    return RenderSettings(
        seed=int(rng.integers(2**31)),
        width_px=size[0],
        height_px=size[1],
        fps=_FPS,
        camera=camera,
        court=courts[int(rng.integers(len(courts)))],
        hall="arena" if arena else "gym",
        referees=3 if rng.random() < 0.4 else 2,
        other_lines=bool(not arena and rng.random() < 0.5),
        lens=lens,
        crowd=float(rng.uniform(0.1, 0.95)),
        noise=float(rng.uniform(0.5, 6.0)),
        dead_ball_every_s=float(rng.uniform(8, 40)),
        start_s=float(rng.uniform(2, 40)),
    )


def _scene(settings: RenderSettings, count: int, rng: np.random.Generator) -> Iterator[TrainingFrame]:
    """Yield frames of one hall, seconds apart, with other people each time."""
    court = COURTS[settings.court]
    camera = _vary(rig(settings.camera, court, settings.size, settings.lens, rng), rng)
    backdrop = build_backdrop(canvas_view(camera, court), court, settings, rng)
    cast = Cast(settings.players_per_team, settings.referees, int(settings.coaches))
    grain = Grain(settings.size, settings.noise, rng)
    moments = simulate(court, cast, settings, rng)
    moment = next(moments)
    for _ in range(count):
        moment = _later(moments, moment, court, settings, rng)
        stage = SceneRenderer(
            court, cast_people(cast, rng), backdrop, float(rng.uniform(0, 0.3)), float(rng.uniform(0, 0.5))
        )
        view = _aim(camera, court, moment, rng)
        graphic = draw_graphic(settings.size, rng)
        shown = rng.random() < (0.7 if settings.camera == "broadcast" else 0.25)
        shot = stage.shoot(moment, view, None, 30.0, graphic.place if shown else None)
        if shown:
            lay_over(shot.image, graphic, stage.people, moment)
        image = _develop(shot.image, rng)
        grain.add(image, rng)
        yield TrainingFrame(image, _boxes(shot), settings.camera)


def _later(
    moments: Iterator[Moment], moment: Moment, court: Court, settings: RenderSettings, rng: np.random.Generator
) -> Moment:
    """Let seconds pass; a camera in the corner waits for the play to be in its half."""
    for _ in range(int(rng.integers(20, 60))):
        moment = next(moments)
    for _ in range(400):
        if settings.camera != "corner" or moment.focus[0] > court.length_m / 2:
            break
        moment = next(moments)
    return moment


def _vary(camera: Rig, rng: np.random.Generator) -> Rig:
    """Zoom a rig a little in or out, and raise or lower it."""
    factor = float(rng.uniform(0.85, 1.3))
    position = camera.position + np.array([rng.uniform(-3, 3), rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 2.0)])
    return replace(camera, focal_px=camera.focal_px * factor, position=position)


def _aim(camera: Rig, court: Court, moment: Moment, rng: np.random.Generator) -> CameraView:
    """Point the camera at the play, with an operator's errors."""
    if not camera.moves:
        return camera.rest()
    middle = court.length_m / 2
    offset = camera.follow * (float(moment.focus[0]) - middle) + rng.normal(0, 0.8)
    reach = camera.reach(court)
    target = camera.target + np.array([middle - camera.target[0] + np.clip(offset, -reach, reach), 0, 0.0])
    focal = camera.focal_px * float(1 + rng.uniform(-1, 1) * camera.zoom)
    view = aimed_view(camera.position, target, focal, camera.size, camera.lens)
    return turned(view, float(rng.normal(0, 0.02))) if camera.shake else view


def _develop(image: Image, rng: np.random.Generator) -> Image:
    """Vary gamma, colour, sharpness and compression."""
    ramp = (np.arange(256) / 255.0) ** float(rng.uniform(0.75, 1.35))
    gains = rng.uniform(0.9, 1.1, 3) * rng.uniform(0.75, 1.12)
    table = np.clip(255 * ramp[:, None] * gains, 0, 255).astype(np.uint8)
    toned = cv2.LUT(image, table[None])
    if rng.random() < 0.5:
        toned = cv2.GaussianBlur(toned, (0, 0), float(rng.uniform(0.4, 1.2)))
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", toned, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.asarray(toned, dtype=np.uint8)


def _boxes(shot: Shot) -> list[tuple[str, Box]]:
    """Collect the boxes of a frame."""
    people = [(seen.person.role, seen.box) for seen in shot.people if seen.visible >= MIN_VISIBLE]
    return people + shot.objects


def main(arguments: list[str] | None = None) -> None:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.rendering.frames", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="1280x720", help="width x height in px")
    chosen = parser.parse_args(arguments)
    width, height = (int(v) for v in chosen.size.split("x"))
    write_coco(training_frames(chosen.count, np.random.default_rng(chosen.seed), (width, height)), chosen.out)


if __name__ == "__main__":
    main()
