"""Fixtures that every test may use."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

for variable in (
    "COURTSIDE_CACHE",
    "COURTSIDE_STATE",
):  # one for all workers of a test run, and nothing of a user's own
    if variable not in os.environ:
        os.environ[variable] = tempfile.mkdtemp(prefix="courtside-")
        atexit.register(shutil.rmtree, os.environ[variable], ignore_errors=True)

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers have a core each: threads of their libraries would only contend
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.fsync = lambda _descriptor: None  # no test cuts the power, and hundreds of runs would wait for the disk

# No test times anything: a slow machine is no failure. The same examples are tried each time, so that a failure belongs to the
# change that it appears with; `pytest --hypothesis-profile explore` looks for new ones.
hypothesis.settings.register_profile("courtside", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("courtside")


Made = Callable[[str, Callable[[Path], object]], Path]
"""Name and maker of a folder -> the folder."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real footage and annotations beside the repository; skips where they are absent."""
    folder = Path(os.environ.get("COURTSIDE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real material at {folder}")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What makes a folder of a name once for all workers of a test run; tests read it, and change copies alone."""
    workers = "PYTEST_XDIST_WORKER" in os.environ
    base = tmp_path_factory.getbasetemp().parent if workers else tmp_path_factory.getbasetemp()

    def make(name: str, work: Callable[[Path], object]) -> Path:
        folder, done = base / "made_once" / name, base / "made_once" / f"{name}.done"
        folder.parent.mkdir(exist_ok=True)
        with FileLock(base / "made_once" / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                work(folder)
                done.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def fixed_game(made_once: Made) -> Path:
    """A rendered game of 4 s under a fixed camera with a lens, 640x360 at 15 fps: video and complete truth."""
    from pipeline.rendering import RenderSettings, render_game

    settings = RenderSettings(seed=11, seconds=4, fps=15, width_px=640, height_px=360, camera="fixed", crowd=0.2)
    return made_once("fixed_game", partial(render_game, settings))


@pytest.fixture(scope="session")
def broadcast_game(made_once: Made) -> Path:
    """A rendered game of 7 s under a camera that follows, with a close-up, 640x360 at 15 fps."""
    from pipeline.rendering import RenderSettings, render_game

    settings = RenderSettings(
        seed=2, start_s=0, seconds=7, fps=15, width_px=640, height_px=360, crowd=0.3, dead_ball_every_s=0.5
    )
    return made_once("broadcast_game", partial(render_game, settings))


@pytest.fixture(scope="session")
def game(made_once: Made) -> Path:
    """The directory of a small rendered game."""
    from tests.scenes import small_game

    return made_once("small", small_game)


@pytest.fixture(scope="session")
def analysed_game(game: Path, made_once: Made) -> Path:
    """The output directory of an analysis of the small rendered game, with the settings that courtside has."""
    import courtside

    return made_once("analysed_small", partial(courtside.analyze, game))


@pytest.fixture(scope="session")
def positions_game(made_once: Made) -> Path:
    """Eight seconds of a broadcast with a cut, as tables without pixels: two teams and three referees."""
    from pipeline.rendering import NoiseSettings, RenderSettings, render_positions

    settings = RenderSettings(seed=2, seconds=8, fps=15, start_s=0, dead_ball_every_s=0.5, referees=3)
    return made_once("positions", partial(render_positions, settings, NoiseSettings()))


@pytest.fixture(scope="session")
def analysed_positions(positions_game: Path, made_once: Made) -> Path:
    """The output directory of an analysis of the game without pixels."""
    import courtside

    return made_once("analysed_positions", partial(courtside.analyze, positions_game))
