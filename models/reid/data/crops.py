"""Packed crops of people with identities: the data that encoders learn from and are measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

Image = NDArray[np.uint8]
Ints = NDArray[np.int64]

LAYOUT = 3
"""Of packed crops on disk; part of their fingerprint."""

ARRAYS = ("start", "shape_px", "box_px", "identity", "tracklet", "scene", "frame", "camera")
"""Columns of a crop set: one value or row per crop."""

_ABOUT = ("scene_names", "scene_game", "fingerprint", "channels", "identity_names")


@dataclass(frozen=True)
class CropSet:
    """n crops, each with some surroundings, in one flat array.

    Attributes:
        pixels: (total,) uint8, the crops' pixels one after the other, BGR or grey; may be a memory map.
        start: (n,) where each crop begins in `pixels`.
        shape_px: (n, 2) height and width of each crop with its surroundings.
        box_px: (n, 4) float32 x1 y1 x2 y2, the person's box within the crop.
        identity: (n,) person (or tracklet), unique over all scenes, from 0.
        tracklet: (n,) number of the tracklet within its clip, as in its source.
        scene: (n,) index into `scene_names`: the clip.
        frame: (n,) frame number within the clip.
        camera: (n,) which camera saw it.
        scene_names: clips.
        scene_game: game of each clip.
        fingerprint: hash of what it was made from.
        channels: 3 (BGR) or 1 (grey).
        identity_names: what the source calls each identity; empty where it has no names.
    """

    pixels: Image
    start: Ints
    shape_px: Ints
    box_px: NDArray[np.float32]
    identity: Ints
    tracklet: Ints
    scene: Ints
    frame: Ints
    camera: Ints
    scene_names: tuple[str, ...]
    scene_game: tuple[str, ...]
    fingerprint: str
    channels: int = 3
    identity_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.start)

    def image(self, row: int) -> Image:
        """Return crop `row` with its surroundings, (h, w, channels)."""
        height, width = (int(size) for size in self.shape_px[row])
        begin = int(self.start[row])
        return self.pixels[begin : begin + height * width * self.channels].reshape(height, width, self.channels)

    def person(self, row: int) -> Image:
        """Return the pixels of the person's box, (h, w, channels), at least one pixel."""
        image = self.image(row)
        x1, y1, x2, y2 = np.rint(self.box_px[row]).astype(int)
        x1, y1 = min(max(x1, 0), image.shape[1] - 1), min(max(y1, 0), image.shape[0] - 1)
        return image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]

    def select(self, rows: Ints) -> CropSet:
        """Return the crops of the given rows; identities keep their numbers."""
        return replace(self, **{name: getattr(self, name)[rows] for name in ARRAYS})

    def games(self) -> set[str]:
        """Return the games that crops are from."""
        return {self.scene_game[scene] for scene in np.unique(self.scene)}


@dataclass(frozen=True)
class Entry:
    """One crop to pack: pixels with surroundings, the person's box in them, and what is known."""

    image: Image
    box_px: tuple[float, float, float, float]
    identity: int
    tracklet: int
    scene: int
    frame: int
    camera: int = 0


def whole(image: Image, identity: int, tracklet: int = 0, scene: int = 0, frame: int = 0, camera: int = 0) -> Entry:
    """Take a picture that is a crop already: its box is all of it.

    Args:
        image: (h, w, 3) BGR.
        identity: number of the person.
        tracklet: number within the scene.
        scene: number of the scene.
        frame: number of the frame.
        camera: number of the camera.
    """
    return Entry(image, (0.0, 0.0, image.shape[1], image.shape[0]), identity, tracklet, scene, frame, camera)


def pack(
    entries: Iterable[Entry],
    scene_names: Sequence[str],
    scene_game: Sequence[str],
    fingerprint: str = "",
    identity_names: Sequence[str] = (),
    channels: int = 3,
) -> CropSet:
    """Put crops into one array, in the order given.

    Args:
        entries: the crops.
        scene_names: by number.
        scene_game: game of each scene.
        fingerprint: of what they were read from.
        identity_names: by number.
        channels: 1 for grey, 3 for BGR.
    """
    pixels, shapes, boxes, labels = [], [], [], []
    for entry in entries:
        pixels.append(entry.image.reshape(-1))
        shapes.append(entry.image.shape[:2])
        boxes.append(entry.box_px)
        labels.append((entry.identity, entry.tracklet, entry.scene, entry.frame, entry.camera))
    lengths = np.array([len(crop) for crop in pixels], np.int64)
    identity, tracklet, scene, frame, camera = np.array(labels, np.int64).reshape(-1, 5).T
    return CropSet(
        pixels=np.concatenate(pixels) if pixels else np.empty(0, np.uint8),
        start=np.cumsum(lengths) - lengths,
        shape_px=np.array(shapes, np.int64).reshape(-1, 2),
        box_px=np.array(boxes, np.float32).reshape(-1, 4),
        identity=identity,
        tracklet=tracklet,
        scene=scene,
        frame=frame,
        camera=camera,
        scene_names=tuple(scene_names),
        scene_game=tuple(scene_game),
        fingerprint=fingerprint,
        channels=channels,
        identity_names=tuple(identity_names),
    )


def cut(image: Image, box_px: Sequence[float], margin: float) -> tuple[Image, tuple[float, float, float, float]]:
    """Cut a box with surroundings from a picture.

    Args:
        image: (h, w, 3).
        box_px: x1 y1 x2 y2 in the picture.
        margin: share of the box's width and height that is kept on each side, as far as the picture goes.

    Returns:
        The pixels (a copy), and the box within them.
    """
    x1, y1, x2, y2 = box_px
    dx, dy = margin * (x2 - x1), margin * (y2 - y1)
    left, top = max(0, int(x1 - dx)), max(0, int(y1 - dy))
    right, bottom = min(image.shape[1], int(np.ceil(x2 + dx))), min(image.shape[0], int(np.ceil(y2 + dy)))
    return image[top:bottom, left:right].copy(), (x1 - left, y1 - top, x2 - left, y2 - top)


def save_crops(crops: CropSet, folder: Path) -> None:
    """Write a crop set: `pixels.npy`, one .npy per column, `about.json` last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pixels", *ARRAYS):
        np.save(folder / f"{name}.npy", getattr(crops, name), allow_pickle=False)
    about = {name: getattr(crops, name) for name in _ABOUT}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def load_crops(folder: Path) -> CropSet:
    """Read a crop set, its pixels as a memory map.

    Raises:
        InputError: the folder holds none, or a damaged one.
    """
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in ARRAYS}
        pixels = np.load(folder / "pixels.npy", mmap_mode="r", allow_pickle=False)
        return CropSet(
            pixels=pixels,
            **arrays,
            scene_names=tuple(about["scene_names"]),
            scene_game=tuple(about["scene_game"]),
            fingerprint=about["fingerprint"],
            channels=about["channels"],
            identity_names=tuple(about["identity_names"]),
        )
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise InputError(
            f"packed crops {folder}: missing or damaged ({error}); delete the folder to pack anew"
        ) from error


def file_fingerprint(*paths: Path, text: str = "") -> str:
    """Hash files and settings that a crop set is made from."""
    digest = hashlib.sha256(text.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
