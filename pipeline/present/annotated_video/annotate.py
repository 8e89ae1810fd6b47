"""The annotated video, and the report's crops, in one pass over the source."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.present.annotated_video.minimap import MiniMap
from pipeline.present.annotated_video.overlay import LabelStyle, Legend, Overlay, fit
from pipeline.present.annotated_video.scenes import Scene, Scenes
from pipeline.present.annotated_video.sprites import Picture
from pipeline.present.crops import CropCollector
from pipeline.present.labels import people, team_title
from pipeline.present.palette import player_colors, team_colors
from pipeline.present.results import Results
from pipeline.video import ahead

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""

SAME_TIME_S = 1e-4
_MINIMAP_SHARE = 0.25
_DRAWN_AHEAD = 2
"""Pictures that are drawn while others are being encoded."""


class SourceFrame(Protocol):
    """A decoded frame."""

    @property
    def time_s(self) -> float:
        """Presentation timestamp in the source video."""

    @property
    def image(self) -> Picture:
        """(h, w, 3) BGR, as displayed."""


class PictureSink(Protocol):
    """Takes pictures with their timestamps, like `video.VideoWriter`."""

    def write(self, image: Picture, time_s: float) -> None:
        """Append a picture (h, w, 3) BGR."""


def output_size(width_px: int, height_px: int, wanted_height_px: int | None) -> tuple[int, int]:
    """Choose the size of the annotated video: never enlarged, both even.

    Args:
        width_px: of the source.
        height_px: of the source.
        wanted_height_px: largest height; None for the source's.

    Example:
        >>> output_size(1920, 1080, 720), output_size(853, 481, 720), output_size(640, 360, None)
        ((1280, 720), (854, 482), (640, 360))
    """
    height = height_px if wanted_height_px is None else min(height_px, wanted_height_px)
    width = width_px * height / height_px
    return 2 * round((width + 0.01) / 2), 2 * round((height + 0.01) / 2)


def make_overlay(results: Results, size_px: tuple[int, int]) -> Overlay:
    """Prepare the drawing of a run's frames at a size."""
    colors = player_colors(results.players)
    named = _people_are_large(results)
    styles = {
        person.player_id: LabelStyle(
            person.short if named else person.badge, colors[person.player_id], person.role == "referee"
        )
        for person in people(results.players)
    }
    trail_s = results.settings.present.trail_s
    minimap = None
    if results.registration is not None and results.has_metres and len(results.positions):
        width_px = round(size_px[0] * _MINIMAP_SHARE)
        minimap = MiniMap(results.registration.court, results.positions, colors, width_px, trail_s)
    scale = size_px[1] / results.video.height_px
    return Overlay(size_px, scale, styles, team_legend(results), trail_s, minimap)


def _people_are_large(results: Results) -> bool:
    """Say whether there is room for names: half of the people fill an eighth of the picture's height."""
    boxes = results.detections[results.detections["detection_id"].isin(results.tracks["detection_id"])]
    return len(boxes) > 0 and float((boxes["y2"] - boxes["y1"]).median()) >= results.video.height_px / 8


def team_legend(results: Results) -> list[Legend]:
    """Name the teams with their colours."""
    return [Legend(team_title(team), color) for team, color in team_colors(results.players).items()]


def annotate(
    results: Results,
    source: Iterable[SourceFrame],
    sink: PictureSink,
    size_px: tuple[int, int],
    collector: CropCollector,
    progress: Progress,
) -> int:
    """Draw every analysed frame, write it with its own timestamp, and cut the crops on the way.

    Args:
        results: the run.
        source: decoded frames in order of time; those that were not analysed are passed over.
        sink: takes the drawn frames.
        size_px: width and height of what is written.
        collector: shown every analysed frame before anything is drawn on it.
        progress: told after every frame.

    Returns:
        Number of frames written.
    """
    scenes = Scenes(results)
    written = 0
    for canvas, time_s in ahead(_drawn(results, scenes, source, size_px, collector), _DRAWN_AHEAD):
        sink.write(canvas, time_s)
        written += 1
        progress(written, len(scenes))
    return written


def _drawn(
    results: Results, scenes: Scenes, source: Iterable[SourceFrame], size_px: tuple[int, int], collector: CropCollector
) -> Generator[tuple[NDArray[np.uint8], float], None, None]:
    """Draw the analysed frames: (h, w, 3) BGR and the time in s."""
    overlay = make_overlay(results, size_px)
    for place, scene, image in matched(scenes, source):
        collector.visit(scene.frame, image)
        canvas = fit(image, size_px)
        overlay.draw(canvas, scene, (place + 1) / len(scenes))
        yield canvas, scene.time_s


def collect_crops(
    results: Results, source: Iterable[SourceFrame], collector: CropCollector, progress: Progress
) -> None:
    """Cut the crops of the report without drawing; stops reading after the last frame that is needed.

    Args:
        results: the run.
        source: decoded frames in order of time.
        collector: shown every analysed frame.
        progress: told after every frame.
    """
    scenes = Scenes(results)
    for place, scene, image in matched(scenes, source):
        collector.visit(scene.frame, image)
        progress(place + 1, len(scenes))
        if scene.frame >= collector.last_frame:
            break


def matched(scenes: Scenes, source: Iterable[SourceFrame]) -> Iterator[tuple[int, Scene, NDArray[np.uint8]]]:
    """Pair decoded frames with scenes by time: (place in `frames`, scene, image)."""
    place = 0
    for frame in source:
        while place < len(scenes) and scenes.times_s[place] < frame.time_s - SAME_TIME_S:
            place += 1
        if place == len(scenes):
            return
        if scenes.times_s[place] <= frame.time_s + SAME_TIME_S:
            yield place, scenes.at(place), frame.image
            place += 1
