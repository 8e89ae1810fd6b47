"""The game that is corrected, and the page that it is corrected on."""

from __future__ import annotations

from pathlib import Path

from benchmarks.review_page import loop
from benchmarks.review_session.session import Session, open_page
from pipeline.config import Settings
from pipeline.rendering import RenderSettings, render_game
from pipeline.rendering.positions import render_positions
from pipeline.rendering.truth.noise import NoiseSettings
from pipeline.review import Playback, Reviewing, VideoPictures, reviewing
from pipeline.run.analysis import analyze_job
from pipeline.run.corrections.corrector import GivenAgain
from pipeline.run.corrections.review_page import JournalOfRun
from pipeline.run.job import Job
from pipeline.run.loading import read_run
from pipeline.video import probe
from tests.chromium import Chromium

SIZE_PX = (640, 360)
FPS = 15
FILM_S = 4.0
HEIGHT_PX = 3000
"""Of the window: the rows of all people are in view."""


def corrected_session(run: Path, game: Path, film: Path, answers: int, mixtures: int, folder: Path) -> Session:
    """Correct a run on the page.

    Args:
        run: a finished run, which is corrected.
        game: with its truth.
        film: a video as long as the game.
        answers: how many questions are answered.
        mixtures: how many tracklets of two people are mended.
        folder: for the browser's files.

    Raises:
        AssertionError: something is not as it should be.
    """
    video = probe(film)
    correcting = JournalOfRun(read_run(run), GivenAgain())
    work = Reviewing("a session", correcting, video, correcting.court, VideoPictures(video))
    work.playback = Playback(video, folder / "copy.webm")
    with reviewing(work) as address, Chromium(folder / "profile", height=HEIGHT_PX) as browser:
        open_page(browser, address)
        session = Session(browser, run, game)
        for switch in session.switches()[:mixtures]:
            session.mend(switch)
        session.answer(answers)
        session.part_and_merge()
        players = [person["id"] for person in session.people() if person["role"] == "player"]
        session.name(players[0], "Ada Low")
        session.undo_and_redo()
        with Chromium(folder / "profile2", height=HEIGHT_PX) as second:
            session.beside(second, address, players[1:3])
            assert second.errors() == []
        session.export()
        session.reload()
        browser.screenshot(folder / "page.png")
        assert browser.errors() == []
    return session


def prepared(out: Path, seconds: float, seed: int, film: Path | None = None) -> tuple[Path, Path, Path]:
    """Render and analyse a game, and loop a film to its length; return game, run and film.

    Args:
        out: for all of them.
        seconds: of the game.
        seed: of the game.
        film: of the same size and rate; None: a few seconds are rendered.
    """
    game, run = out / "game", out / "run"
    size = {"width_px": SIZE_PX[0], "height_px": SIZE_PX[1]}
    settings = RenderSettings(seed=seed, seconds=seconds, fps=FPS, camera="fixed", **size)
    render_positions(settings, NoiseSettings(false_boxes=0.1, likeness=0.8), game)
    mixed = Settings.model_validate({"identify": {"split_tracklets": False}, "present": {"video": False}})
    analyze_job(Job(game, run, settings=mixed))
    if film is None:
        film = out / "film" / "video.mp4"
        render_game(settings.model_copy(update={"seconds": FILM_S, "crowd": 0.1}), film.parent)
    loop(film, out / "looped.mp4", seconds)
    return game, run, out / "looped.mp4"
