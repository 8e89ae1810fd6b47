"""The video as a browser plays it: the source itself, or a smaller copy made once where the browser cannot."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import CourtsideError
from pipeline.store import make_directory, replacing
from pipeline.video import VideoInfo, write_web_copy

COPY_KIND = "video/webm"
MOST_COPIES = 6
"""Of several games, in the folder; older ones are removed."""
_KINDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
}
_CODECS = {
    "h264": "avc1.640028",
    "hevc": "hvc1.1.6.L120.90",
    "vp8": "vp8",
    "vp9": "vp09.00.40.08",
    "av1": "av01.0.08M.08",
    "theora": "theora",
}
"""Names by which browsers are asked whether they play a codec."""

CopyState = Literal["none", "making", "ready", "failed"]


@dataclass
class Playback:
    """A source, and its copy if one is needed."""

    video: VideoInfo
    copy: Path
    """Where the copy is, or is made."""
    share: float = 0.0
    """Of the copy that is made, 0 to 1."""
    problem: str = ""
    _maker: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> CopyState:
        """Say how far the copy is."""
        if self.problem:
            return "failed"
        if self._maker is not None and self._maker.is_alive():
            return "making"
        return "ready" if self.copy.is_file() else "none"

    def about(self) -> dict[str, Any]:
        """Describe both for the page."""
        kind, codec = _KINDS.get(self.video.path.suffix.lower()), _CODECS.get(self.video.codec)
        source = None if kind is None or codec is None else f'{kind}; codecs="{codec}"'
        return {"source": source, "codec": self.video.codec, "copy": self.state, "share": self.share} | (
            {"problem": self.problem} if self.problem else {}
        )

    def source_kind(self) -> str:
        """Return the MIME type of the source."""
        return _KINDS.get(self.video.path.suffix.lower(), "application/octet-stream")

    def make_copy(self) -> None:
        """Begin to make the copy in the background, unless it is there or being made."""
        with self._lock:
            if self.state in ("none", "failed"):
                self.problem, self.share = "", 0.0
                self._maker = threading.Thread(target=self._make, daemon=True)
                self._maker.start()

    def stop(self) -> None:
        """End a copy that is being made."""
        self._stop.set()
        if self._maker is not None:
            self._maker.join()

    def _make(self) -> None:
        """Write the copy; what goes wrong is kept as a line."""
        try:
            make_directory(self.copy.parent)
            with replacing(self.copy) as partial:
                write_web_copy(self.video, partial, self._advance, self._stop.is_set)
                if self._stop.is_set():
                    raise CourtsideError("stopped")  # nothing is put in place then
            _keep_newest(self.copy.parent)
        except CourtsideError as error:
            self.problem = str(error)

    def _advance(self, share: float) -> None:
        self.share = share


def _keep_newest(folder: Path) -> None:
    """Remove all copies but the newest."""
    copies = sorted(folder.glob("*.webm"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in copies[MOST_COPIES:]:
        path.unlink(missing_ok=True)
