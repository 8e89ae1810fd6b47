"""A rendered game: a video and everything that is true about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.calibration_formats import FORMAT, VERSION
from pipeline.geometry.court import COURTS, Court
from pipeline.rendering.camera import Rig, View, canvas_view, follow, look, rig
from pipeline.rendering.cast import Cast
from pipeline.rendering.hall import Backdrop, build_backdrop
from pipeline.rendering.motion import Moment, simulate
from pipeline.rendering.paint import Grain
from pipeline.rendering.people import Person, cast_people
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.stage import Banner, Shot, Stage
from pipeline.rendering.truth import TruthWriter, write_roster
from pipeline.store.files import make_directory, write_json
from pipeline.video import VideoWriter

Image = NDArray[np.uint8]
Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""

CALIBRATION_EVERY_S = 2.0
_CLOSEUP_FROM_S, _CLOSEUP_TO_S = 1.2, 4.2


@dataclass(frozen=True)
class RenderedFrame:
    """One frame of a game and its truth."""

    time_s: float
    shot_number: int
    kind: str
    moment: Moment
    view: View
    shot: Shot


@dataclass(frozen=True)
class Calibrated:
    """A frame of the calibration file."""

    frame: int
    shot: int
    view: View


def render_game(settings: RenderSettings, out_dir: Path, progress: Progress | None = None) -> Path:
    """Render a game into a directory, frame by frame, with constant memory.

    Args:
        settings: what it looks like; the same settings give the same files.
        out_dir: receives video.mp4, truth.parquet, truth_objects.parquet, court.parquet, frames.parquet,
            calibration.json, roster.csv and game.json.
        progress: told after every frame.

    Returns:
        The directory.

    Raises:
        OutputError: the directory cannot be written.
    """
    make_directory(out_dir)
    court = COURTS[settings.court]
    game = Game(settings)
    total = max(1, round(settings.seconds * settings.fps))
    calibrated: list[Calibrated] = []
    with TruthWriter(out_dir) as truth, _video(out_dir, settings) as video:
        for index, frame in enumerate(game.frames(total)):
            video.write(frame.shot.image, frame.time_s)
            play = frame.kind == "play"
            truth.add(
                frame.time_s,
                frame.shot_number,
                frame.kind,
                frame.moment.live,
                frame.shot,
                frame.view.court_homography(court) if play else None,
            )
            if play and _due(calibrated, index, frame.shot_number, game.camera, settings.fps):
                calibrated.append(Calibrated(index, frame.shot_number, frame.view))
            if progress is not None:
                progress(index + 1, total)
    write_roster(out_dir / "roster.csv", game.people)
    write_json(out_dir / "calibration.json", _calibration(calibrated, court, settings, game.camera.moves))
    write_json(
        out_dir / "game.json",
        {"court": settings.court, "fps": settings.fps, "frames": total, "seed": settings.seed}
        | {"size": list(settings.size), "settings": settings.model_dump(mode="json")},
    )
    return out_dir


class Game:
    """A game, its people, hall and cameras."""

    def __init__(self, settings: RenderSettings) -> None:
        """Cast the people and paint the hall."""
        self.settings = settings
        self.court = COURTS[settings.court]
        seeds = np.random.SeedSequence(settings.seed).spawn(6)
        self.rngs = [np.random.default_rng(s) for s in seeds]
        cast = Cast(settings.players_per_team, settings.referees)
        self.people: list[Person] = cast_people(cast, self.rngs[0])
        self.moments = simulate(self.court, cast, settings, self.rngs[1])
        self.camera = rig(settings.camera, self.court, settings.size, settings.lens, self.rngs[2])
        hall_seed = int(self.rngs[3].integers(2**32))
        self.hall_seed = hall_seed
        backdrop = build_backdrop(
            canvas_view(self.camera, self.court), self.court, settings, np.random.default_rng(hall_seed)
        )
        blur = 0.5 if settings.motion_blur else 0.0
        gloss = float(self.rngs[4].uniform(0.05, 0.22))
        self.stage = Stage(self.court, self.people, backdrop, gloss, blur)
        self.close_stage: Stage | None = None
        self.grain = Grain(settings.size, settings.noise, self.rngs[4])

    def frames(self, total: int) -> Iterator[RenderedFrame]:
        """Yield the frames of the video in order."""
        moment = next(self.moments)
        views = follow(self.camera, self.court, self.settings.fps, self.rngs[5], moment.focus)
        next(views)
        before: View | None = None
        kind_before, shot_number, dead_s = "play", 0, 0.0
        for index in range(total):
            dead_s = 0.0 if moment.live else dead_s + 1 / self.settings.fps
            view = views.send(moment.focus)
            kind = "closeup" if self._wants_closeup(dead_s) else "play"
            if kind != kind_before:
                shot_number, before, kind_before = shot_number + 1, None, kind
            stage, seen = (self._closeup(moment)) if kind == "closeup" else (self.stage, view)
            graphic = self.settings.camera == "broadcast" and self.settings.scoreboard and kind == "play"
            place = scoreboard_place(self.settings.size) if graphic else None
            shot = stage.shoot(moment, seen, before, self.settings.fps, place)
            if graphic:
                scoreboard(shot.image, self.people, moment)
            self.grain.add(shot.image, self.rngs[4])
            before = seen
            yield RenderedFrame(index / self.settings.fps, shot_number, kind, moment, seen, shot)
            moment = next(self.moments)

    def _wants_closeup(self, dead_s: float) -> bool:
        allowed = self.settings.cuts and self.settings.camera == "broadcast"
        return allowed and _CLOSEUP_FROM_S < dead_s < _CLOSEUP_TO_S

    def _closeup(self, moment: Moment) -> tuple[Stage, View]:
        """A second camera near the side line, on one player."""
        place = np.array([self.court.length_m / 2 + 3.0, self.court.width_m + 5.0, 1.9])
        star = moment.bodies.position[moment.star]
        tall = self.people[moment.star].look.height_m
        target = np.append(star, tall * 0.66)
        focal = 0.95 * self.settings.size[1] / tall * float(np.linalg.norm(target - place))
        view = look(place, target, focal, self.settings.size)
        if self.close_stage is None:
            self.close_stage = replace(self.stage, backdrop=self._close_backdrop(place))
        return self.close_stage, view

    def _close_backdrop(self, place: NDArray[np.float64]) -> Backdrop:
        """The same hall from there, coarse: it is out of focus."""
        middle = np.array([self.court.length_m / 2, self.court.width_m / 2, 1.2])
        width = self.settings.size[0]
        focal = 0.45 * width
        canvas = look(place, middle, focal, (round(2.2 * width), self.settings.size[1]))
        rng = np.random.default_rng(self.hall_seed)
        settings = self.settings.model_copy(update={"crowd": min(self.settings.crowd, 0.6)})
        backdrop = build_backdrop(canvas, self.court, settings, rng)
        return replace(backdrop, near=None, baskets=())


def scoreboard_place(size: tuple[int, int]) -> Banner:
    """Return x1, y1, x2, y2 in px of the score line in a picture of `size` (width, height)."""
    unit = size[0] / 1280
    return round(300 * unit), round(size[1] - 96 * unit), round(980 * unit), round(size[1] - 60 * unit)


def scoreboard(image: Image, people: list[Person], moment: Moment) -> None:
    """Lay a score line over the lower part of a picture, in place."""
    height, width = image.shape[:2]
    unit = width / 1280
    x1, y1, x2, y2 = scoreboard_place((width, height))
    third = (x2 - x1) // 3
    kits = [next(p.look.kit for p in people if p.team == team) for team in "AB"]
    seconds = max(0, 600 - int(moment.time_s))
    texts = [f"HOME  {moment.score[0]}", f"AWAY  {moment.score[1]}", f"2nd  {seconds // 60}:{seconds % 60:02d}"]
    colors = [kits[0].shirt, kits[1].shirt, (30, 28, 28)]
    for k, (text, color) in enumerate(zip(texts, colors, strict=True)):
        left = x1 + k * third
        cv2.rectangle(image, (left, y1), (left + third - 1, y2), color, -1)
        ink = (20, 20, 20) if sum(color) > 380 else (245, 245, 245)
        at = (left + round(14 * unit), y2 - round(10 * unit))
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_DUPLEX, 0.75 * unit, ink, max(1, round(1.4 * unit)), cv2.LINE_AA)


def _due(done: list[Calibrated], index: int, shot: int, camera: Rig, fps: float) -> bool:
    """Say whether this frame belongs into the calibration file: one for a fixed camera, else one every 2 s of a shot."""
    if not done:
        return True
    return camera.moves and (index - done[-1].frame >= CALIBRATION_EVERY_S * fps or shot != done[-1].shot)


def _calibration(done: list[Calibrated], court: Court, settings: RenderSettings, moves: bool) -> dict[str, Any]:
    """Return the content of calibration.json, see `pipeline.geometry.calibration`."""
    lens = done[0].view.lens
    return {
        "format": FORMAT,
        "version": VERSION,
        "court": settings.court,
        "image_size": list(settings.size),
        "camera": "moving" if moves else "fixed",
        "lens": {"center_px": list(lens.center_px), "scale_px": lens.scale_px, "lam": lens.lam},
        "frames": [{"frame": d.frame, "homography": d.view.court_homography(court).tolist()} for d in done],
    }


def _video(out_dir: Path, settings: RenderSettings) -> VideoWriter:
    """Open video.mp4 for writing."""
    return VideoWriter(out_dir / "video.mp4", *settings.size, fps=settings.fps, crf=settings.crf)
