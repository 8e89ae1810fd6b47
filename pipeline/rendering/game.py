"""A rendered game: a video and everything that is true about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.rendering.camera.coverage import Coverage, Kind, Take
from pipeline.rendering.camera.views import aimed_view, canvas_view
from pipeline.rendering.scene.hall import Backdrop, build_backdrop
from pipeline.rendering.scene.overlay import draw_graphic, lay_over
from pipeline.rendering.scene.paint import Grain, Tone
from pipeline.rendering.scene.renderer import SceneRenderer, Shot
from pipeline.rendering.settings import RenderSettings
from pipeline.rendering.simulation.playback import Trajectories
from pipeline.rendering.truth.sidecar import Sidecar
from pipeline.rendering.truth.writer import TruthWriter
from pipeline.store.files import PARTIAL_SUFFIX, make_directory, output_error
from pipeline.video import VideoWriter

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""

ABOUT = "game.json"
"""What a game was rendered with; where it is, the game is whole."""
_OUT_OF_FOCUS = 0.45
"""Focal length of the canvas of a second camera in picture widths: coarse, so its background is soft."""


def render_game(
    settings: RenderSettings, out_dir: Path, progress: Progress | None = None, given: Trajectories | None = None
) -> Path:
    """Render a game into a directory, frame by frame, with constant memory.

    Args:
        settings: what it looks like; the same settings give the same files.
        out_dir: receives video.mp4, truth.parquet, truth_objects.parquet, court.parquet, frames.parquet,
            calibration.json, roster.csv and game.json.
        progress: told after every frame.
        given: trajectories to play back in place of a simulated game; ends with them at the latest.

    Returns:
        The directory.

    Raises:
        OutputError: the directory cannot be written.
    """
    game = Game(settings, given)
    sidecar = Sidecar(game.coverage)
    with whole_or_nothing(out_dir) as folder:
        video = VideoWriter(folder / "video.mp4", *settings.size, fps=settings.fps, crf=settings.crf)
        with TruthWriter(folder, game.coverage.court, game.coverage.people) as truth, video:
            for take, shot in game.frames():
                video.write(shot.image, take.time_s)
                truth.add(take, shot)
                sidecar.note(take)
                if progress is not None:
                    progress(take.index + 1, game.coverage.total)
        sidecar.write(folder)
    return out_dir


@contextmanager
def whole_or_nothing(out_dir: Path) -> Iterator[Path]:
    """Give a folder to write a game into; what lies in it is moved to `out_dir` when the block ends well.

    A game that was not finished leaves nothing, and an earlier one in `out_dir` as it was: what a kill leaves, the next
    start removes. `game.json` goes first and comes last.

    Raises:
        OutputError: the directory cannot be written, or holds files and no game.
    """
    folder = out_dir / f".rendering{PARTIAL_SUFFIX}"
    try:
        _check_free(out_dir, folder)
        shutil.rmtree(folder, ignore_errors=True)
        make_directory(folder)
        yield folder
        (out_dir / ABOUT).unlink(missing_ok=True)
        for path in sorted(folder.rglob("*"), key=lambda path: (path.name == ABOUT, path)):
            if path.is_file():
                make_directory(out_dir / path.relative_to(folder).parent)
                path.replace(out_dir / path.relative_to(folder))
    except OSError as error:
        raise output_error(out_dir, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_free(out_dir: Path, folder: Path) -> None:
    """Refuse a directory that holds files of somebody else.

    Raises:
        OutputError: there are files, and neither a game nor what a start that was killed left of one.
    """
    if not out_dir.is_dir() or (out_dir / ABOUT).is_file() or folder.is_dir():
        return
    found = sorted(entry.name for entry in out_dir.iterdir() if not entry.name.startswith("."))
    if found:
        raise OutputError(
            f"{out_dir} holds files that are no rendered game ({', '.join(found[:3])}{', ...' * (len(found) > 3)}); "
            "choose another --out"
        )


class Game:
    """A game that is filmed in a painted hall."""

    def __init__(self, settings: RenderSettings, given: Trajectories | None = None) -> None:
        """Cast the people and paint the hall for the main camera."""
        self.settings = settings
        self.coverage = Coverage(settings, given)
        self.hall_seed = int(self.coverage.hall.integers(2**32))
        court, camera = self.coverage.court, self.coverage.camera
        backdrop = build_backdrop(canvas_view(camera, court), court, settings, np.random.default_rng(self.hall_seed))
        gloss = float(self.coverage.picture.uniform(0.05, 0.22))
        main = SceneRenderer(court, self.coverage.people, backdrop, gloss, 0.5 if settings.motion_blur else 0.0)
        self.stages: dict[Kind, SceneRenderer] = {"play": main}
        self.grain = Grain(settings.size, settings.noise, self.coverage.picture)
        self.tone = Tone(self.coverage.picture)
        graphic = draw_graphic(settings.size, self.coverage.picture, settings.scoreboard_design)
        self.graphic = graphic if settings.camera == "broadcast" and settings.scoreboard else None

    def frames(self) -> Iterator[tuple[Take, Shot]]:
        """Yield the frames of the video in order, painted."""
        for take in self.coverage.takes():
            yield take, self.paint(take)

    def paint(self, take: Take) -> Shot:
        """Paint one take; any of them, in any order."""
        graphic = self.graphic if take.kind == "play" else None
        banner = graphic.place if graphic is not None else None
        shot = self._stage(take.kind).shoot(take.moment, take.view, take.before, self.settings.fps, banner)
        self.tone.apply(shot.image)
        if graphic is not None:
            lay_over(shot.image, graphic, self.coverage.people, take.moment)
        self.grain.add(shot.image, self.coverage.picture)
        return shot

    def _stage(self, kind: Kind) -> SceneRenderer:
        """Return what the camera of this kind of shot sees; painted when it is first on air."""
        if kind not in self.stages:
            coverage = self.coverage
            place = coverage.close_place if kind == "closeup" else coverage.replay_place
            backdrop = self._second_backdrop(place, _OUT_OF_FOCUS if kind == "closeup" else 2 * _OUT_OF_FOCUS)
            self.stages[kind] = replace(self.stages["play"], backdrop=backdrop)
        return self.stages[kind]

    def _second_backdrop(self, place: NDArray[np.float64], focal_widths: float) -> Backdrop:
        """The same hall from another place, on a canvas wide enough for all of it."""
        court, (width, height) = self.coverage.court, self.settings.size
        middle = np.array([court.length_m / 2, court.width_m / 2, 1.2])
        scale = focal_widths / _OUT_OF_FOCUS
        canvas = aimed_view(place, middle, focal_widths * width, (round(2.2 * width * scale), round(height * scale)))
        settings = self.settings.model_copy(update={"crowd": min(self.settings.crowd, 0.6)})
        backdrop = build_backdrop(canvas, court, settings, np.random.default_rng(self.hall_seed))
        return replace(backdrop, near=None, baskets=backdrop.baskets if scale > 1 else ())
