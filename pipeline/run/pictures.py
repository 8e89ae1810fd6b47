"""Pictures of a finished run: frames, crops of a player, and clips."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.present.annotated_video.annotate import draw_frame
from pipeline.present.crops import CROP_MARGIN, choose_crops
from pipeline.present.labels import people
from pipeline.present.palette import Color, player_colors
from pipeline.present.results import Results
from pipeline.run.context import RESULT_TABLES
from pipeline.run.loading import FinishedRun, context_of
from pipeline.store import RunDirectory
from pipeline.video import Frame, VideoInfo, VideoWriter, chunks, picture_at, read_chunks

Image = NDArray[np.uint8]

CLIP_FOLDER = "clips"
"""In the output directory."""
_SAME_TIME_S = 1e-4
_CHUNK_S = 20.0
_WINDOW_HEIGHTS = 2.4
"""Height of the window of a cropped clip, in heights of the player."""
_ASPECT = 4 / 3
_OUTLINE_SHARE = 1 / 240
"""Width of the outline of a player, in heights of the picture."""


class RunPictures:
    """The pictures of a run whose video is at hand."""

    def __init__(self, run: FinishedRun, video: VideoInfo) -> None:
        """Keep the run and its video; nothing is decoded yet."""
        self._run = run
        self._video = video

    @cached_property
    def _results(self) -> Results:
        context = context_of(self._run.out, names=(*RESULT_TABLES, "court"))
        context.video = self._video
        return context.results(self._run.warnings)

    def frame(self, number: int, annotated: bool = False) -> Image:
        """Decode an analysed frame (h, w, 3) RGB, with names drawn on it or without.

        Raises:
            InputError: the frame was not analysed, or cannot be decoded.
        """
        frames = self._results.frames
        places = np.flatnonzero(frames["frame"].to_numpy() == number)
        if not len(places):
            first, last = frames["frame"].iloc[0], frames["frame"].iloc[-1]
            raise InputError(f"frame {number} was not analysed; the run has frames from {first} to {last}")
        place = int(places[0])
        image = self._decode(float(frames["time_s"].iloc[place]))
        if annotated:
            image = draw_frame(self._results, place, image)
        return _rgb(image)

    def crops(self, player: int, count: int) -> list[Image]:
        """Cut out the clearest pictures of a player, RGB, in order of time.

        Raises:
            InputError: the video cannot be decoded any more.
        """
        tables = self._results
        chosen = choose_crops(tables, count)
        chosen = chosen[chosen["player_id"] == player].merge(tables.frames[["frame", "time_s"]], on="frame")
        found = []
        for time_s, *box in chosen[["time_s", "x1", "y1", "x2", "y2"]].to_numpy(np.float64):
            x1, y1, x2, y2 = _inside(np.array(box), self._video, margin=CROP_MARGIN)
            found.append(_rgb(self._decode(time_s)[y1:y2, x1:x2]))
        return found

    def clip(self, player: int, interval_s: tuple[float, float], out: Path | None, cropped: bool = False) -> Path:
        """Write a stretch of the video with a player outlined, or cut to where the player is.

        Args:
            player: by id.
            interval_s: begin and end.
            out: the MP4 file; None for one in `clips` in the output directory.
            cropped: a window around the player, not the whole picture.

        Raises:
            InputError: the player is not in view then, or the video cannot be decoded.
            OutputError: the file cannot be written.
        """
        start_s, end_s = interval_s
        boxes = self._boxes_of(player, start_s, end_s)
        if boxes.empty:
            raise InputError(f"player {player} is not in view between {start_s:g} s and {end_s:g} s")
        color = player_colors(self._results.players)[player]
        label = next(person.short for person in people(self._results.players) if person.player_id == player)
        times = boxes["time_s"].to_numpy(np.float64)
        xyxy = boxes[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)  # (n, 4)
        if out is None:
            name = f"{CLIP_FOLDER}/player-{player:02d}-{start_s:g}-{end_s:g}.mp4"
            with RunDirectory.opened(self._run.out) as run, run.published.publishing(CLIP_FOLDER) as folder:
                self.clip(player, interval_s, folder / name, cropped)
            return self._run.out / name
        size = _window_px(xyxy, self._video) if cropped else (self._video.width_px, self._video.height_px)
        with VideoWriter(out, *size, fps=self._video.fps, sound_from=self._video, start_s=start_s) as writer:
            for frame in self._frames(start_s, end_s):
                picture = frame.image.copy()
                box = _box_at(frame.time_s, times, xyxy)
                if cropped:
                    nearest = xyxy[int(np.abs(times - frame.time_s).argmin())]
                    picture = _window(picture, nearest if box is None else box, size)
                elif box is not None:
                    _outline(picture, box, color, label)
                writer.write(picture, frame.time_s)
        return out

    def _boxes_of(self, player: int, start_s: float, end_s: float) -> pd.DataFrame:
        """Return the boxes of a player in an interval, with times, in order."""
        tables = self._results
        own_tracks = tables.identities.loc[tables.identities["player_id"] == player, "track_id"]
        rows = tables.tracks[tables.tracks["track_id"].isin(own_tracks)].merge(tables.detections, on="detection_id")
        rows = rows.merge(tables.frames[["frame", "time_s"]], on="frame").sort_values("time_s")
        return rows[rows["time_s"].between(start_s, end_s, inclusive="left")]

    def _frames(self, start_s: float, end_s: float) -> Iterator[Frame]:
        return read_chunks(self._video, chunks(self._video, start_s, end_s, _CHUNK_S, None))

    def _decode(self, time_s: float) -> Image:
        """Decode the picture (h, w, 3) BGR at a time.

        Raises:
            InputError: it cannot be decoded.
        """
        found = picture_at(self._video, time_s)
        if found is None or abs(found.time_s - time_s) > _SAME_TIME_S:
            raise InputError(f"{self._video.path} has no picture at {time_s:.3f} s: it is not what was analysed")
        return found.image.copy()


def _rgb(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])


def _inside(box: NDArray[np.float64], video: VideoInfo, margin: float = 0.0) -> tuple[int, int, int, int]:
    """Return whole px of a box (4,) with a margin in heights of it, cut at the border, at least one px each way."""
    grow = margin * (box[3] - box[1])
    x1, x2 = np.clip([box[0] - grow, box[2] + grow], 0, video.width_px).astype(int)
    y1, y2 = np.clip([box[1] - grow, box[3] + grow], 0, video.height_px).astype(int)
    x1, y1 = min(x1, video.width_px - 1), min(y1, video.height_px - 1)
    return int(x1), int(y1), max(int(x2), int(x1) + 1), max(int(y2), int(y1) + 1)


def _box_at(time_s: float, times_s: NDArray[np.float64], xyxy: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the box (4,) at a time, between two boxes half a second apart or less by interpolation; None without one."""
    after = int(np.searchsorted(times_s, time_s - _SAME_TIME_S))
    if after < len(times_s) and abs(times_s[after] - time_s) <= _SAME_TIME_S:
        return np.asarray(xyxy[after])
    if after in (0, len(times_s)) or times_s[after] - times_s[after - 1] > 0.5:
        return None
    share = (time_s - times_s[after - 1]) / (times_s[after] - times_s[after - 1])
    return np.asarray((1 - share) * xyxy[after - 1] + share * xyxy[after])


def _outline(picture: Image, box: NDArray[np.float64], color: Color, label: str) -> None:
    """Draw a box (4,) in place, with a plate above it."""
    width = max(2, round(picture.shape[0] * _OUTLINE_SHARE))
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    cv2.rectangle(picture, (x1, y1), (x2, y2), color.bgr, width, cv2.LINE_AA)
    text = label.encode("ascii", "replace").decode()  # OpenCV's letters are ASCII
    (wide, tall), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.25 * width, 1)
    top = max(0, y1 - tall - below - width)
    cv2.rectangle(picture, (x1, top), (x1 + wide + width, top + tall + below), color.bgr, cv2.FILLED)
    corner = (x1 + width // 2, top + tall + below // 2)
    cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.25 * width, color.ink.bgr, 1, cv2.LINE_AA)


def _window_px(xyxy: NDArray[np.float64], video: VideoInfo) -> tuple[int, int]:
    """Choose the size of the window that follows a player with boxes (n, 4): even, and inside the picture."""
    height = min(_WINDOW_HEIGHTS * float(np.quantile(xyxy[:, 3] - xyxy[:, 1], 0.9)), video.height_px)
    width = min(height * _ASPECT, video.width_px)
    return 2 * max(8, int(width) // 2), 2 * max(8, int(height) // 2)


def _window(picture: Image, box: NDArray[np.float64], size_px: tuple[int, int]) -> Image:
    """Cut a window (width, height) around the middle of a box (4,), moved to lie inside the picture."""
    width, height = size_px
    left = int(np.clip((box[0] + box[2] - width) / 2, 0, picture.shape[1] - width))
    top = int(np.clip((box[1] + box[3] - height) / 2, 0, picture.shape[0] - height))
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
