"""The annotated video: the source's frames, with what is known of everybody drawn on them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.present.annotated_video.canvas import bgr_of, planes_of
from pipeline.present.annotated_video.layout import Rectangle
from pipeline.present.annotated_video.minimap import MiniMap
from pipeline.present.annotated_video.overlay import UNKNOWN, LabelStyle, Legend, Overlay
from pipeline.present.annotated_video.scenes import Scene, Scenes
from pipeline.present.labels import people, team_title
from pipeline.present.palette import REFEREE, Color, player_colors, team_colors
from pipeline.present.results import Results
from pipeline.tables import PERSON_CLASSES
from pipeline.video import Planes, Track, ahead, play, record, sampling_grid

Progress = Callable[[int], None]
"""Called with the frames done."""

_MINIMAP_SHARE = 0.25
_MOST_BOXES = 20_000
"""That say where people are most of the time."""
_DRAWN_AHEAD = 3
"""Pictures that are drawn while others are being encoded."""


def write_video(results: Results, path: Path, height_px: int | None, progress: Progress) -> dict[str, Any]:
    """Draw a run's video: decoding, drawing and encoding go on at the same time.

    Args:
        results: a run whose video is at hand.
        path: the MP4 file.
        height_px: largest height; None for the source's.
        progress: told the frames done.

    Returns:
        Facts: width, height, rate, number of frames, and which encoder wrote them.

    Raises:
        OutputError: the file cannot be written.
        InputError: the video cannot be read any more.
    """
    video, settings = results.video, results.settings.present
    size_px = output_size(video.width_px, video.height_px, height_px)
    fps = output_fps(video.fps, settings.video_fps)
    first_s, last_s = (float(results.frames["time_s"].iloc[k]) for k in (0, -1))
    written = 0

    def pictures() -> Iterator[tuple[Planes, float]]:
        nonlocal written
        source = play(video, first_s, last_s, settings.video_fps, size_px)
        for written, picture in enumerate(ahead(drawn(results, source, size_px), _DRAWN_AHEAD), start=1):
            yield picture
            progress(written)

    track = Track(path, size_px, fps, video, results.start_s)
    encoder = record(track, pictures, settings.video_encoder)
    return {
        "width_px": size_px[0],
        "height_px": size_px[1],
        "fps": fps,
        "frames": written,
        "encoder": encoder,
    }


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


def output_fps(source_fps: float, wanted_fps: float | None) -> float:
    """Return the rate of the annotated video: every frame of the source, or every n-th.

    Example:
        >>> output_fps(60.0, 30.0), output_fps(25.0, 30.0), output_fps(50.0, None)
        (30.0, 25.0, 50.0)
    """
    return sampling_grid(source_fps, wanted_fps).rate_hz


def drawn(
    results: Results, source: Iterable[tuple[float, Planes]], size_px: tuple[int, int]
) -> Generator[tuple[Planes, float], None, None]:
    """Draw on frames in order of time, in place.

    Args:
        results: the run.
        source: times in s, none before the first analysed frame, and pictures.
        size_px: width and height of the pictures.

    Returns:
        The pictures with their times.
    """
    scenes, overlay = Scenes(results), make_overlay(results, size_px)
    begin_s, end_s = scenes.times_s[0], scenes.times_s[-1]
    drawn_s: float | None = None
    for time_s, planes in source:
        over = 1.0 if end_s == begin_s else (time_s - begin_s) / (end_s - begin_s)
        overlay.draw(planes, scenes.between(time_s, drawn_s), over)
        drawn_s = time_s
        yield planes, time_s


def draw_frame(results: Results, place: int, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw one analysed frame alone.

    Args:
        results: the run.
        place: of the frame in table `frames`.
        image: (h, w, 3) BGR, the source's size.

    Returns:
        (h, w, 3) BGR.
    """
    height, width = image.shape[:2]
    planes, scenes = planes_of(image), Scenes(results)
    scene: Scene = scenes.at(place)
    make_overlay(results, planes.size_px).draw(planes, scene, (place + 1) / len(scenes))
    return bgr_of(planes)[:height, :width]


def make_overlay(results: Results, size_px: tuple[int, int]) -> Overlay:
    """Prepare the drawing of a run's frames at a size."""
    colors = player_colors(results.players)
    named = _people_are_large(results)
    styles = {
        person.player_id: LabelStyle(
            person.short if named else person.code, colors[person.player_id], person.role == "referee"
        )
        for person in people(results.players)
    }
    trail_s = results.settings.present.trail_s
    minimap = None
    if results.registration is not None and results.has_metres and len(results.positions):
        width_px = round(size_px[0] * _MINIMAP_SHARE)
        texts = {person.player_id: person.number or "" for person in people(results.players)}
        minimap = MiniMap(results.registration.court, results.positions, colors, width_px, trail_s, texts)
    scale = size_px[1] / results.video.height_px
    on_floor = results.detections[results.detections["detection_id"].isin(results.tracks["detection_id"])]
    boxes_px = on_floor[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    boxes_px = boxes_px[:: max(1, len(boxes_px) // _MOST_BOXES)]
    return Overlay(
        size_px, scale, styles, video_legend(results), trail_s, minimap, boxes_px, _graphics_px(results, scale)
    )


def _graphics_px(results: Results, scale: float) -> list[Rectangle]:
    """Return where scoreboards and the like are, px of the drawn picture."""
    graphics_px = () if results.registration is None else results.registration.graphics_px
    return [
        (round(scale * x), round(scale * y), round(scale * (x + width)), round(scale * (y + height)))
        for x, y, width, height in graphics_px
    ]


def _people_are_large(results: Results) -> bool:
    """Say whether there is room for names: half of the people fill an eighth of the picture's height."""
    boxes = results.detections[results.detections["detection_id"].isin(results.tracks["detection_id"])]
    return len(boxes) > 0 and float((boxes["y2"] - boxes["y1"]).median()) >= results.video.height_px / 8


def video_legend(results: Results) -> list[Legend]:
    """Say what the colours mean: the teams, the referees, and those of whom it is not known who they are."""
    found = [Legend(team_title(team, results.players), color) for team, color in team_colors(results.players).items()]
    if (results.players["role"] == "referee").any():
        found.append(Legend("referees", Color.parse(REFEREE)))
    people_of_game = results.tracklets[results.tracklets["role"].isin(PERSON_CLASSES)]
    if not people_of_game["track_id"].isin(results.identities["track_id"]).all():
        found.append(Legend("?  not identified", UNKNOWN.color))
    return found
