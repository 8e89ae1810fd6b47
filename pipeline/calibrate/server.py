"""The page of `courtside calibrate`: a server on this machine alone, for as long as somebody clicks.

It is bound to loopback, answers only under a random token, only requests that name it as their host (a page of another
site cannot reach it by a name of its own), and changes something only when its own page asks.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2

from pipeline.calibrate.moments import Moments, of_run, search_video
from pipeline.calibrate.points import assessed, entry_of
from pipeline.calibrate.sketch import from_above
from pipeline.choices import CourtName
from pipeline.errors import CalibrationError, CourtsideError
from pipeline.geometry.calibration import build, read_calibration, write_calibration
from pipeline.geometry.calibration_formats import parse
from pipeline.geometry.court import COURTS
from pipeline.video import VideoInfo, picture_at

HOST = "127.0.0.1"
"""The loopback address: no other machine reaches it."""
MOST_BYTES = 4_000_000
"""Of a request's body."""
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
_POLICY = "default-src 'none'; img-src 'self' blob:; script-src 'self'; style-src 'self'; connect-src 'self'"


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
    saved: bool = False
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
        }

    def picture(self, time_s: float) -> tuple[float, bytes]:
        """Return the frame shown at a time: its own time, and a JPEG."""
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
        return {"found": found, "stands": moments.stands, "asked_s": moments.asked_s}

    @cached_property
    def _moments(self) -> Moments:
        return (
            search_video(self.info, self.court)
            if self.run is None
            else of_run(self.run, (self.info.width_px, self.info.height_px))
        )

    def save(self, data: Any) -> dict[str, Any]:
        """Write what the page sends as the calibration."""
        size = self.info.width_px, self.info.height_px
        calibration = build(parse(data, "calibration"), "calibration", self.court).resized(size)
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
    token = secrets.token_urlsafe(18)
    work.about()  # what is wrong with the files is said before a page opens
    server = _Server(work, token, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}/{token}/"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """A server on the loopback address that knows what is calibrated, and the token that its page carries."""

    daemon_threads = True

    def __init__(self, work: Clicking, token: str, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.work = work
        self.token = token


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; each route is a method that takes what follows the token in the address."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, method: Callable[[str], None]) -> None:
        """Answer, or say in one line what is wrong."""
        try:
            path = self._path_below_token()
            if path is None:
                self._send(HTTPStatus.FORBIDDEN, b"", "text/plain")
            else:
                method(path)
        except CourtsideError as error:
            self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except (ValueError, OSError) as error:
            self._send_json({"error": f"{type(error).__name__}: {error}"}, HTTPStatus.BAD_REQUEST)

    def _path_below_token(self) -> str | None:
        """Return what is asked for below the token; None for a stranger."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        port = self.connection.getsockname()[1]
        our_hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        _, token, *below = urlsplit(self.path).path.split("/", 2)
        from_us = host in our_hosts and (origin is None or origin.removeprefix("http://") in our_hosts)
        return below[0] if from_us and below and secrets.compare_digest(token, self.server.token) else None

    def _get(self, path: str) -> None:
        routes = {"about": self._about, "moments": self._moments, "picture": self._picture}
        if path in routes:
            routes[path]()
        else:
            self._file(path or "page.html")

    def _about(self) -> None:
        self._send_json(self.server.work.about())

    def _moments(self) -> None:
        self._send_json(self.server.work.moments())

    def _picture(self) -> None:
        """Send the frame at `time_s` of the query, with its own time in a header."""
        asked_s = parse_qs(urlsplit(self.path).query).get("time_s", ["0"])[0]
        time_s, jpeg = self.server.work.picture(float(asked_s))
        self._send(HTTPStatus.OK, jpeg, "image/jpeg", {"X-Time-S": f"{time_s:.6f}"})

    def _file(self, name: str) -> None:
        """Send a file of the page; only those listed exist."""
        if name in _FILES:
            self._send(HTTPStatus.OK, (_PAGE / name).read_bytes(), _FILES[name])
        else:
            self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")

    def _post(self, path: str) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if self.headers.get("Content-Type") != "application/json" or not 0 <= length <= MOST_BYTES:
            self.close_connection = True
            self._send(HTTPStatus.BAD_REQUEST, b"", "text/plain")
            return
        data = json.loads(self.rfile.read(length) or b"null")
        routes = {"fit": self._fit, "save": self._save, "done": self._done}
        if path in routes:
            routes[path](data)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")

    def _fit(self, data: Any) -> None:
        self._send_json(assessed(data))

    def _save(self, data: Any) -> None:
        self._send_json(self.server.work.save(data))

    def _done(self, data: Any) -> None:
        """Answer first: the command closes the server once it knows."""
        del data
        self._send_json({})
        self.server.work.done.set()

    def _send_json(self, data: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(status, json.dumps(data, allow_nan=False).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        """Send an answer whole, with the headers that every answer has."""
        self.send_response(status)
        headers = {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}
        headers |= {"Content-Length": str(len(body)), "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        headers |= {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"} | (more or {})
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet: the terminal is the command's."""
