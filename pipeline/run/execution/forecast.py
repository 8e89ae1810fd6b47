"""How long a whole analysis will take on this machine: measured as it begins, and by what its later stages took before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.runtime.cache import cache_folder
from pipeline.errors import CourtsideError
from pipeline.run.observer import Observer
from pipeline.store import read_json, write_json

WATCHING = "perceive"
"""The stage that decodes the video: its speed is measured, since it depends on machine, video and settings alike."""
USUAL_S = MappingProxyType(
    {"court": 0.004, "tracking": 0.006, "splitting": 0.016, "identity": 0.002, "location": 0.001, "statistics": 0.001}
    | {"lineups": 0.002, "ball": 0.0015, "ball_events": 0.0005, "tactics": 0.0003, "present": 0.025, "video": 0.07}
)
"""Seconds per analysed frame on two cores of a laptop: what is said before this machine has analysed a game."""
_MEASURED_S = 8.0
"""So long the first frames are watched before anything is said."""
_SAID_EVERY_S = 60.0
_LEAST_FRAMES = 500
"""Of an analysis from which anything is remembered: most of a shorter one is loading."""
_FILE = "seconds.json"
_REUSED = "reused"


class Forecast:
    """Follows a run, hands all on to another observer, and says how long the whole takes and how far it is."""

    def __init__(
        self,
        observer: Observer,
        say: Callable[[str], None],
        seconds: Mapping[str, float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            observer: is told all that this one is told.
            say: shows a line.
            seconds: per analysed frame, of the stages after the first.
            clock: gives the time in s.
        """
        self._observer, self._say, self._clock = observer, say, clock
        self._left = dict(seconds)
        self.measured: dict[str, float] = {}
        """Seconds per analysed frame of the stages that ran."""
        self._frames: float | None = None
        self._began = self._said = clock()
        self._stage, self._stage_began = "", self._began
        self._first_done: float | None = None
        self._is_told = False

    def begin(self, stage: str, total: float | None, unit: str) -> None:
        """A stage starts."""
        self._observer.begin(stage, total, unit)
        self._stage, self._stage_began, self._first_done = stage, self._clock(), None
        if stage == WATCHING:
            self._frames = total

    def advance(self, done: float) -> None:
        """So many units are done."""
        self._observer.advance(done)
        if self._stage != WATCHING or not self._frames:
            return
        now = self._clock()
        if self._first_done is None:
            self._first_done, self._stage_began = done, now
        passed, watched = now - self._stage_began, done - self._first_done
        if passed < _MEASURED_S or watched <= 0:
            return
        watching_s = max(0.0, (self._frames - done) * passed / watched)
        if not self._is_told:
            self._is_told, self._said = True, now
            whole = now - self._began + watching_s + self._rest_s
            self._say(
                f"about {clock_text(whole)} in all on this machine, {clock_text(self._rest_s)} of it after the last frame is watched"
            )
        elif now - self._said >= _SAID_EVERY_S:
            self._said = now
            self._say(self._progress(now, watching_s + self._rest_s))

    def end(self, note: str) -> None:
        """The stage is done."""
        self._observer.end(note)
        now = self._clock()
        self._left.pop(self._stage, None)
        if (self._frames or 0) >= _LEAST_FRAMES and self._stage != WATCHING and not note.endswith(_REUSED):
            self.measured[self._stage] = (now - self._stage_began) / (self._frames or 1)
        if self._is_told and now - self._said >= _SAID_EVERY_S and self._rest_s:
            self._said = now
            self._say(self._progress(now, self._rest_s))

    def warn(self, message: str) -> None:
        """Something is not as a user would expect."""
        self._observer.warn(message)

    @property
    def _rest_s(self) -> float:
        """What the stages that are still to come take."""
        return sum(self._left.values()) * (self._frames or 0.0)

    def _progress(self, now: float, left_s: float) -> str:
        """Say how far the whole is."""
        passed = now - self._began
        return f"the whole: {100 * passed / max(passed + left_s, 1e-9):.0f} % done, about {clock_text(left_s)} left"


def clock_text(seconds: float) -> str:
    """Write a duration as on a clock.

    Example:
        >>> clock_text(75), clock_text(4000)
        ('1:15', '1:06:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def known_seconds(video: bool) -> dict[str, float]:
    """Say what the later stages take per analysed frame: on this machine, if it has analysed a game, else usually.

    Args:
        video: whether the annotated video is drawn.
    """
    stored = _stored()
    found = {name: stored.get(name, usual) for name, usual in USUAL_S.items()}
    return found if video else {name: value for name, value in found.items() if name != "video"}


def keep_seconds(measured: Mapping[str, float]) -> None:
    """Remember what stages took on this machine; a cache that cannot be written is no error."""
    path = _path()
    if path is not None and measured:
        try:
            write_json(path, _stored() | {name: round(value, 6) for name, value in measured.items()})
        except CourtsideError:
            return


def _stored() -> dict[str, float]:
    """Read what was remembered; what is no duration is passed over."""
    path = _path()
    try:
        found: Any = {} if path is None else read_json(path)
    except CourtsideError:
        return {}
    values = found.items() if isinstance(found, dict) else ()
    return {name: float(value) for name, value in values if isinstance(value, (int, float)) and 0 <= value < 1000}


def _path() -> Path | None:
    folder = cache_folder("forecast")
    return None if folder is None else folder / _FILE
