"""The page of `courtside calibrate`: a server on this machine alone, for as long as somebody clicks.

It is bound to loopback, answers only under a random token, only requests that name it as their host (a page of another
site cannot reach it by a name of its own), and changes something only when its own page asks.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2

from pipeline.calibrate.moments import Moments, look, of_run
from pipeline.calibrate.points import assessed, entry_of
from pipeline.calibrate.sketch import from_above
from pipeline.config import CourtName
from pipeline.errors import CalibrationError, CourtsideError
from pipeline.geometry.calibration import build, read_calibration, write_calibration
from pipeline.geometry.calibration_formats import parse
from pipeline.geometry.court import COURTS
from pipeline.video import VideoInfo, picture_at

HOST = "127.0.0.1"
MOST_BYTES = 4_000_000
_PAGE = Path(__file__).parent / "page"
_FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "app.js": "text/javascript",
    "picture.js": "text/javascript",
    "floor.js": "text/javascript",
}
_JPEG_QUALITY = 95
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
            look(self.info, self.court)
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
    server = ThreadingHTTPServer((HOST, port), _handler(work, token))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}/{token}/"
    finally:
        server.shutdown()
        server.server_close()


def _handler(work: Clicking, token: str) -> type[BaseHTTPRequestHandler]:
    """Make the class that answers one request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(self._get)

        def do_POST(self) -> None:
            self._answer(self._post)

        def _answer(self, method: Any) -> None:
            """Answer, or say in one line what is wrong."""
            try:
                path = self._path()
                if path is None:
                    self._send(HTTPStatus.FORBIDDEN, b"", "text/plain")
                else:
                    method(path)
            except CourtsideError as error:
                self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
            except (ValueError, OSError) as error:
                self._send_json({"error": f"{type(error).__name__}: {error}"}, HTTPStatus.BAD_REQUEST)

        def _path(self) -> str | None:
            """Return what is asked for below the token; None for a stranger."""
            host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
            port = self.connection.getsockname()[1]
            ours = {f"{HOST}:{port}", f"localhost:{port}"}
            _, given, *rest = urlsplit(self.path).path.split("/", 2)
            known = host in ours and (origin is None or origin.removeprefix("http://") in ours)
            return rest[0] if known and rest and secrets.compare_digest(given, token) else None

        def _get(self, path: str) -> None:
            name = path or "page.html"
            if path == "about":
                self._send_json(work.about())
            elif path == "moments":
                self._send_json(work.moments())
            elif path == "picture":
                asked = parse_qs(urlsplit(self.path).query).get("time_s", ["0"])[0]
                time_s, jpeg = work.picture(float(asked))
                self._send(HTTPStatus.OK, jpeg, "image/jpeg", {"X-Time-S": f"{time_s:.6f}"})
            elif name in _FILES:
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
            if path == "fit":
                self._send_json(assessed(data))
            elif path == "save":
                self._send_json(work.save(data))
            elif path == "done":
                self._send_json({})
                work.done.set()
            else:
                self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")

        def _send_json(self, data: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
            self._send(status, json.dumps(data, allow_nan=False).encode(), "application/json")

        def _send(self, status: HTTPStatus, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
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

    return Handler
