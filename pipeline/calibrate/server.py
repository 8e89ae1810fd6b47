"""The page of `courtside calibrate`: what it asks for and what it changes, for as long as somebody clicks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2

from pipeline.calibrate.checks import CameraMotion, check_found, check_lines, check_motion, measure_motion
from pipeline.calibrate.moments import Moments, of_run, search_video
from pipeline.calibrate.points import assessed, entry_of
from pipeline.calibrate.sketch import from_above
from pipeline.choices import CourtName
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration import build, read_calibration, write_calibration
from pipeline.geometry.calibration_formats import parse
from pipeline.geometry.court import COURTS
from pipeline.serve import Content, LocalPage, RequestError, number, serving
from pipeline.video import VideoInfo, picture_at

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "app.js": "text/javascript",
    "picture.js": "text/javascript",
    "floor.js": "text/javascript",
}
_JPEG_QUALITY = 95
"""From 0 to 100, as OpenCV has it."""


@dataclass
class Clicking:
    """One calibration in the making: what the page asks for, as functions of plain data."""

    info: VideoInfo
    out: Path
    court: CourtName | None = None
    """Rule book, if it was said."""
    run: Path | None = None
    """Output directory of `courtside analyze`, if there is one."""
    done: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    """The page is served no more."""
    saved: bool = False
    _decoding: threading.Lock = field(default_factory=threading.Lock)
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def about(self) -> dict[str, Any]:
        """Describe video, courts, and the calibration that is there already."""
        info = self.info
        return {
            "video": info.path.name,
            "out": str(self.out),
            "size": [info.width_px, info.height_px],
            "fps": info.fps,
            "duration_s": info.duration_s,
            "court": self.court,
            "courts": {name: from_above(court) for name, court in COURTS.items()},
            "before": self._before(),
            "stands": self.motion.stands,
        }

    def picture(self, time_s: float) -> tuple[float, bytes]:
        """Return the frame shown at a time: its own time, and a JPEG."""
        with self._decoding:
            frame = picture_at(self.info, time_s)
        if frame is None:
            raise CalibrationError(f"{self.info.path}: no picture can be decoded at {time_s:.2f} s")
        _, encoded = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return frame.time_s, encoded.tobytes()

    def moments(self) -> dict[str, Any]:
        """Say where the court was found by itself, and which frames are asked for; the first call may take a while."""
        with self._looking:
            moments = self._moments
        found = None if moments.found is None else entry_of(moments.found)
        return {"found": found, "stands": moments.stands and self.motion.stands, "asked_s": moments.asked_s}

    @cached_property
    def motion(self) -> CameraMotion:
        """How the camera moves, by a few frames far apart."""
        with self._decoding:
            return measure_motion(self.info)

    @cached_property
    def _moments(self) -> Moments:
        return (
            search_video(self.info, self.court, self.ended.is_set)
            if self.run is None
            else of_run(self.run, (self.info.width_px, self.info.height_px))
        )

    def end(self) -> None:
        """Have a search for the court stop, and wait for it: networks that run while the program ends would abort it."""
        self.ended.set()
        with self._looking, self._decoding:
            pass

    def save(self, data: Any) -> dict[str, Any]:
        """Write what the page sends as the calibration: whether the found court may be held against it, and the file.

        Raises:
            CalibrationError: it cannot be: of a standing camera where the camera moves, or not where the court was found.
        """
        if not isinstance(data, dict) or not isinstance(data.get("use_found"), bool):
            raise RequestError("expected use_found and calibration")
        size = self.info.width_px, self.info.height_px
        calibration = build(parse(data.get("calibration"), "calibration"), "calibration", self.court).resized(size)
        check_motion(calibration, self.motion)
        with self._looking:
            moments = self._moments
        check_lines(calibration, moments)
        if data["use_found"]:
            check_found(calibration, moments.found)
        write_calibration(self.out, calibration)
        self.saved = True
        return {"path": str(self.out), "frames": len(calibration.frames)}

    def _before(self) -> dict[str, Any] | None:
        """Read the calibration that is there already; None if there is none."""
        if not self.out.is_file():
            return None
        size = self.info.width_px, self.info.height_px
        return entry_of(read_calibration(self.out, self.court).resized(size, str(self.out)))


@contextmanager
def clicking(work: Clicking, port: int = 0) -> Iterator[str]:
    """Serve the page.

    Args:
        work: what is calibrated; its `done` is set when the page says so.
        port: 0 for a free one.

    Yields:
        The page's address.
    """
    work.about()  # what is wrong with the files is said before a page opens
    with serving(_page_of(work), port) as address:
        try:
            yield address
        finally:
            work.end()


def _page_of(work: Clicking) -> LocalPage:
    """Name what the page asks for and what it changes."""

    def picture(fields: Mapping[str, str]) -> Content:
        time_s, jpeg = work.picture(number(fields, "time_s", 0, work.info.duration_s))
        return Content(jpeg, "image/jpeg", {"X-Time-S": f"{time_s:.6f}"})

    def done(data: Any) -> dict[str, Any]:
        del data
        work.done.set()
        return {}

    return LocalPage(
        _PAGE,
        _FILES,
        {"about": lambda _: work.about(), "moments": lambda _: work.moments(), "picture": picture},
        {"fit": assessed, "save": work.save, "done": done},
    )
