"""Fixtures that every test may use."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

if "COURTSIDE_CACHE" not in os.environ:  # one for all workers of a test run, and nothing of a user's own
    os.environ["COURTSIDE_CACHE"] = tempfile.mkdtemp(prefix="courtside-cache-")
    atexit.register(shutil.rmtree, os.environ["COURTSIDE_CACHE"], ignore_errors=True)

# No test times anything: a slow machine is no failure.
hypothesis.settings.register_profile("courtside", deadline=None)
hypothesis.settings.load_profile("courtside")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real footage and annotations beside the repository; skips where they are absent."""
    folder = Path(os.environ.get("COURTSIDE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real material at {folder}")
    return folder


@pytest.fixture(scope="session")
def fixed_game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered game of 4 s under a fixed camera with a lens, 640x360 at 15 fps: video and complete truth."""
    from pipeline.rendering import RenderSettings, render_game

    settings = RenderSettings(seed=11, seconds=4, fps=15, width_px=640, height_px=360, camera="fixed", crowd=0.2)
    return render_game(settings, tmp_path_factory.mktemp("fixed_game"))


@pytest.fixture(scope="session")
def broadcast_game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered game of 7 s under a camera that follows, with a close-up, 640x360 at 15 fps."""
    from pipeline.rendering import RenderSettings, render_game

    settings = RenderSettings(
        seed=2, start_s=0, seconds=7, fps=15, width_px=640, height_px=360, crowd=0.3, dead_ball_every_s=0.5
    )
    return render_game(settings, tmp_path_factory.mktemp("broadcast_game"))


@pytest.fixture(scope="session")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a small rendered game."""
    from tests.scenes import small_game

    return small_game(tmp_path_factory.mktemp("game") / "small")


@pytest.fixture(scope="session")
def analysed_game(game: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output directory of an analysis of the small rendered game, with a small detector input."""
    import courtside
    from pipeline.config import parse_settings

    out = tmp_path_factory.mktemp("analysed") / "small"
    courtside.analyze(game, out, settings=parse_settings({"detect": {"input_size_px": 640}}))
    return out
