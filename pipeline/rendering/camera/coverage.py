"""How a game is filmed: which camera shows which moment, frame by frame, without a pixel painted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.court import COURTS
from pipeline.rendering.camera.views import CameraView, aimed_view, follow, rig
from pipeline.rendering.people.appearance import CastMember, cast_people, without_numbers
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.cast import Cast
from pipeline.rendering.simulation.motion import Facts, Moment, simulate
from pipeline.rendering.simulation.playback import Trajectories, play_back

Kind = Literal["play", "closeup", "replay"]

_CLOSEUP_S = (1.0, 3.4)
_REPLAY_S = (3.4, 5.8)
"""Since the whistle."""
_REPLAY_LAG_S = 2.2
"""A replay begins so long before the whistle."""


@dataclass(frozen=True)
class Take:
    """One frame of the video, before it is painted."""

    index: int
    time_s: float
    shot: int
    """Counts the cuts."""
    kind: Kind
    moment: Moment
    """What is seen; in a replay, an earlier one."""
    present: Moment
    """What is true now, whatever is shown."""
    view: CameraView
    before: CameraView | None
    """The camera one frame earlier; None after a cut."""

    @property
    def now(self) -> Facts:
        """The facts of the present."""
        return self.present.facts


class Coverage:
    """A game with its people and cameras; the same settings give the same takes."""

    def __init__(self, settings: RenderSettings, given: Trajectories | None = None) -> None:
        """Cast the people and set the cameras up; `given` is played back in place of a simulated game."""
        self.settings = settings
        self.court = COURTS[settings.court]
        seeds = np.random.SeedSequence(settings.seed).spawn(6)
        people, motion, stand, self.hall, self.picture, self.operator = (np.random.default_rng(s) for s in seeds)
        cast = Cast(settings.players_per_team, settings.referees, int(settings.coaches))
        everybody = cast_people(cast, people)
        self.people: list[CastMember] = everybody if settings.numbers else without_numbers(everybody)
        self.moments = (
            play_back(given, self.court, cast, settings, motion)
            if given is not None
            else simulate(self.court, cast, settings, motion)
        )
        seconds = settings.seconds if given is None else min(settings.seconds, float(given.time_s[-1]))
        self.total = max(1, round(seconds * settings.fps))
        """Number of frames of the video."""
        self.camera = rig(settings.camera, self.court, settings.size, settings.lens, stand)
        self.close_place = np.array([self.court.length_m / 2 + 3.0, self.court.width_m + 5.0, 1.9])
        self.replay_place = np.array([self.court.length_m / 2 - 2.5, self.court.width_m + 9.0, 4.2])

    def takes(self) -> Iterator[Take]:
        """Yield the frames of the video in order."""
        fps = self.settings.fps
        moment = next(self.moments)
        views = follow(self.camera, self.court, fps, self.operator, moment.focus)
        next(views)
        past: deque[Moment] = deque(maxlen=self._frames_ago(_REPLAY_S[1]) + 1)
        before: CameraView | None = None
        kind_before: Kind = "play"
        shot, dead_s = 0, 0.0
        for index in range(self.total):
            past.append(moment)
            dead_s = 0.0 if moment.facts.live else dead_s + 1 / fps
            main = views.send(moment.focus)
            kind = self._kind(dead_s, len(past) == past.maxlen)
            if kind != kind_before:
                shot, before, kind_before = shot + 1, None, kind
            shown = past[-1 - self._frames_ago(dead_s)] if kind == "replay" else moment
            view = self.view(kind, shown, main)
            yield Take(index, index / fps, shot, kind, shown, moment, view, before)
            before = view
            moment = next(self.moments, replace(moment, events=()))

    def _frames_ago(self, dead_s: float) -> int:
        """Say how far back a replay looks, so long after the whistle."""
        shown_s = _REPLAY_LAG_S - self.settings.replay_speed * (dead_s - _REPLAY_S[0])
        return round((dead_s + shown_s) * self.settings.fps)

    def _kind(self, dead_s: float, enough_past: bool) -> Kind:
        """Say what a producer shows so long after the whistle; fixed and hand-held cameras just run."""
        if self.settings.camera == "broadcast":
            if self.settings.cuts and _CLOSEUP_S[0] < dead_s <= _CLOSEUP_S[1]:
                return "closeup"
            if self.settings.replays and enough_past and _REPLAY_S[0] < dead_s <= _REPLAY_S[1]:
                return "replay"
        return "play"

    def view(self, kind: Kind, moment: Moment, main: CameraView) -> CameraView:
        """Return the view of the camera that is on air.

        Args:
            kind: of the shot.
            moment: what is shown.
            main: the view of the main camera.
        """
        if kind == "closeup":
            star = moment.bodies.position[moment.facts.star]
            tall = self.people[moment.facts.star].style.height_m
            return self._tele(self.close_place, np.append(star, tall * 0.66), tall * 1.05)
        if kind == "replay":
            return self._tele(self.replay_place, np.append(moment.focus, 1.2), 6.5)
        return main

    def _tele(self, place: NDArray[np.float64], target: NDArray[np.float64], tall_m: float) -> CameraView:
        """Point a second camera at a target so that `tall_m` metres fill the height of the picture."""
        focal = self.settings.height_px / tall_m * float(np.linalg.norm(target - place))
        return aimed_view(place, target, focal, self.settings.size)
