"""What each target does with an input: the reader, and the first that uses what was read. Called in a child.

Each takes the file of the input and the folder of the examples, and works in an empty folder.
"""

from __future__ import annotations

import json
import os
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import CourtsideError
from tests.children import INTERNAL
from tests.fuzz.examples import GAME, RUN, TRUTH, copied, unpacked

if TYPE_CHECKING:
    from pipeline.review import Reviewing

SIZE_PX = (640, 360)
_ANSWER_S = 10.0
"""Within which the page begins to answer."""
_MOST_FRAMES = 400
"""Of a video that declares more than its bytes can hold."""


def read(name: str, file: str, examples: str) -> None:
    """Let the reader of a target read an input; what it warns of is no failure."""
    warnings.simplefilter("ignore")
    reader: Callable[[Path, Path], None] = globals()[name]
    reader(Path(file), Path(examples))


def video(file: Path, _examples: Path) -> None:
    """Probe a video, cut it into chunks as a run does, and decode them."""
    from pipeline.config import Settings
    from pipeline.run.job import Job
    from pipeline.run.perceiving import pieces_of
    from pipeline.video import glances, probe, read_chunks

    info = probe(_written(file))
    pieces = pieces_of(Job(info.path, settings=Settings()), info)
    list(glances(info, [0.0, info.duration_s / 2]))
    for count, _ in enumerate(read_chunks(info, pieces)):
        if count > _MOST_FRAMES:
            raise AssertionError(f"more than {_MOST_FRAMES} frames of {file.stat().st_size} bytes")


def calibration(file: Path, _examples: Path) -> None:
    """Read a calibration file and bring it to the size of a video."""
    from pipeline.geometry.calibration import read_calibration

    read_calibration(file).resized(SIZE_PX)


def points(file: Path, _examples: Path) -> None:
    """Calibrate by a CSV of points."""
    from pipeline.calibrate import calibrate_by_points, point_errors

    table = Path("points.csv")
    table.write_bytes(file.read_bytes())
    point_errors(calibrate_by_points(table, SIZE_PX, None))


def roster(file: Path, _examples: Path) -> None:
    """Read a roster."""
    from pipeline.roster import read_roster

    read_roster(file)


def corrections(file: Path, _examples: Path) -> None:
    """Read corrections, write them and read them again."""
    from pipeline.corrections import Journal

    Journal.parse(Journal.read(file).text, file)


def settings(file: Path, _examples: Path) -> None:
    """Read settings over a preset, show them, and fingerprint them as a run does."""
    from pipeline.config import as_yaml
    from pipeline.presets import settings_from
    from pipeline.store import fingerprint

    read = settings_from("fast", file)
    as_yaml(read)
    fingerprint(read)


def recipe(file: Path, _examples: Path) -> None:
    """Read the recipe of a training, and its short variant."""
    from models.reid.recipe import read_recipe

    path = _written(file)
    _each(lambda: read_recipe(path), lambda: read_recipe(path, short=True))


def detector_recipe(file: Path, _examples: Path) -> None:
    """Read the recipe of the detector."""
    from models.detector.train import read_settings

    read_settings(file)


def render_values(file: Path, _examples: Path) -> None:
    """Read NAME=VALUE of the command line, as settings of the renderer and of its noise."""
    from pipeline.cli.commands import _pairs
    from pipeline.rendering import noise_settings, render_settings

    texts = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    _each(lambda: render_settings(_pairs(texts, "--set")), lambda: noise_settings(_pairs(texts, "--noise")))


def mot(file: Path, examples: Path) -> None:
    """Score MOT text against itself."""
    from pipeline.evaluation import evaluate

    _each(lambda: evaluate(file, file), lambda: evaluate(examples / TRUTH / "gt" / "gt.txt", file))


def play_by_play(file: Path, examples: Path) -> None:
    """Read a play-by-play and lay it beside a run whose clock runs down."""
    from pipeline.play_by_play import align, new_numbers, read_play_by_play
    from pipeline.store import RunDirectory

    official = read_play_by_play(file)
    run = RunDirectory(examples / RUN)
    frames, players, stints, events = (run.read_table(name) for name in ("frames", "players", "stints", "events"))
    clock = frames[["frame"]].assign(clock_s=240.0 - 60.0 * frames["time_s"], period=2)
    for number in new_numbers(align(official, clock, frames, players, stints, events).names).values():
        assert set(number) <= set("0123456789"), f"'{number}' would be part of a command"


def truth(file: Path, examples: Path) -> None:
    """Score a run against truth in which a file is another."""
    from pipeline.evaluation import evaluate

    name, data = unpacked(file.read_bytes())
    source = GAME if (examples / GAME / name).is_file() else TRUTH
    folder = copied(examples / source, Path("truth"))
    (folder / name).write_bytes(data)
    if name in ("gt/gt.txt", "seqinfo.ini"):
        (folder / "truth.csv").unlink()
    evaluate(examples / RUN, folder)


def trajectories(file: Path, _examples: Path) -> None:
    """Read trajectories and play the first moments back."""
    from pipeline.geometry.court import COURTS
    from pipeline.rendering.simulation.playback import read_trajectories

    read_trajectories(_written(file), COURTS["nba"])


def batch_list(file: Path, _examples: Path) -> None:
    """List the games of a batch."""
    from pipeline.run.batch.games import games_in

    games_in(_written(file))


def weights(file: Path, _examples: Path) -> None:
    """Load a network; what it says of a picture must be finite."""
    from models.encoders import load_encoder
    from models.numbers.reader import NumberReader

    path = _written(file)
    if path.name.startswith("encoder"):
        found = load_encoder("osnet", str(path), "cpu", "torch", "fp32").embed([np.full((96, 48, 3), 127, np.uint8)])
    else:
        found = NumberReader(str(path), "cpu", "torch", "fp32").read([np.full((40, 40, 3), 127, np.uint8)])
        found = (
            np.concatenate([np.ravel(part) for part in vars(found).values()]) if hasattr(found, "__dict__") else found
        )
    assert np.isfinite(np.asarray(found, np.float64)).all(), "a network that says NaN was accepted"


def given_game(file: Path, examples: Path) -> None:
    """Analyse a game without pixels in which a file is another."""
    from pipeline.run.analysis import analyze_job
    from pipeline.run.job import Job

    name, data = unpacked(file.read_bytes())
    folder = copied(examples / GAME, Path("game"))
    (folder / name).write_bytes(data)
    analyze_job(Job(folder, Path("out")))


def run_directory(file: Path, examples: Path) -> None:
    """Do all that reads a finished run with one in which a file is another."""
    import courtside
    from pipeline.cli.scoring import _rows
    from pipeline.evaluation import evaluate
    from pipeline.run.finished import write_export, write_map

    run = _changed_run(file, examples)

    def loaded() -> None:
        found = courtside.load(run)
        for name in ("players", "positions", "boxes"):
            getattr(found, name)
        list(found.tables.values())

    _each(
        loaded,
        lambda: evaluate(run, examples / GAME),
        lambda: write_map(run, "A"),
        lambda: write_export(run, "sportvu"),
        lambda: _rows(run, None, None),
    )


def relabelled_run(file: Path, examples: Path) -> None:
    """Relabel a finished run in which a file is another."""
    from pipeline.corrections import Name
    from pipeline.run.corrections import correct

    correct(_changed_run(file, examples), [Name(1, "Bo")])


def resumed_run(file: Path, examples: Path) -> None:
    """Analyse again into a run in which a file is another: it counts as what it is, or is made again."""
    from pipeline.run.analysis import analyze_job
    from pipeline.run.job import Job

    analyze_job(Job(examples / GAME, _changed_run(file, examples)))


def arguments(file: Path, examples: Path) -> None:
    """Run the command line; where it fails, it says so in one line."""
    from pipeline.cli import run

    folder = Path.cwd()
    copied(examples / RUN, folder / RUN)
    (folder / "roster.csv").write_bytes(b"number,name,team\n7,Ann,A\n")
    paths = {"GAME": str(examples / GAME), "RUN": RUN, "ROSTER": "roster.csv"}
    words = [paths.get(word, word) for word in json.loads(file.read_bytes())]
    complaint = folder / "complaint.txt"
    kept, written = os.dup(2), os.open(complaint, os.O_WRONLY | os.O_CREAT)
    os.dup2(written, 2)
    try:
        code = run(words)
    finally:
        os.dup2(kept, 2)
    lines = complaint.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    assert code != INTERNAL, lines
    assert code == 0 or len(lines) == 1 or words[:1] == ["batch"], f"{code}: {len(lines)} lines: {lines[:3]}"


def page_request(file: Path, examples: Path) -> None:
    """Send bytes to the calibration page; it answers in words, and answers the next request too."""
    from pipeline.calibrate import Clicking, clicking
    from pipeline.video import probe

    with clicking(Clicking(probe(examples / "a.mp4"), Path("court.json"))) as address:
        _, _, host, token, *_ = address.split("/")
        answer = _answered(host, _filled_in(file.read_bytes(), host, token))
        assert b" 500 " not in answer[:20], answer[-300:]
        asked = f"GET /{token}/about HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        assert b" 200 " in _answered(host, asked)[:20], "the page does not answer any more"


def review_request(file: Path, examples: Path) -> None:
    """Send bytes to the review page; it answers in words, carries out what it accepts, and answers the next request too."""
    from pipeline.review import reviewing

    with reviewing(_reviewed([], examples)) as address:
        _, _, host, token, *_ = address.split("/")
        answer = _answered(host, _filled_in(file.read_bytes(), host, token))
        assert b" 500 " not in answer[:20], answer[-300:]
        asked = f"GET /{token}/state HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        assert b" 200 " in _answered(host, asked)[:20], "the page does not answer any more"


def accepted_requests(file: Path, examples: Path) -> None:
    """Open the review page of a run in which a request lies that was accepted and not carried out."""
    from pipeline.review import reviewing
    from pipeline.run.corrections.accepted import AcceptedRequests
    from pipeline.store import RunDirectory

    kept = Path("run", "work", "review")
    kept.mkdir(parents=True)
    (kept / "000001.json").write_bytes(file.read_bytes())
    work = _reviewed([request for _, request in AcceptedRequests(RunDirectory(Path("run"))).waiting()], examples)
    with reviewing(work):
        work.background.settle()
        found = list(work.background.results)
    assert len(found) >= len(work.state()["resumed"]), f"not all is carried out: {found}"


def _reviewed(waiting: list[Any], examples: Path) -> Reviewing:
    """Make a page of a small game that is corrected to the letter, with requests that wait."""
    from pipeline.geometry.court import COURTS
    from pipeline.review import Reviewing, VideoPictures
    from pipeline.video import probe
    from tests.pipeline.review.correctors import JournalInMemory
    from tests.pipeline.review.games import reviewed_game

    pieces = [{"track_id": who, "player_id": who, "begin_s": 0, "end_s": 2} for who in (1, 2)]
    journal = JournalInMemory([reviewed_game(pieces)], requests={f"{k:06d}": each for k, each in enumerate(waiting)})
    video = probe(examples / "a.mp4")
    return Reviewing("a game", journal, video, COURTS["fiba"], VideoPictures(video))


def _filled_in(request: bytes, host: str, token: str) -> bytes:
    """Put address, token and length into a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    head = head.replace(b"TOKEN", token.encode()).replace(b"HOST", host.encode())
    return head.replace(b"LENGTH", str(len(body)).encode()) + b"\r\n\r\n" + body


def _answered(host: str, request: bytes) -> bytes:
    """Send a request and read what comes back until the other side closes, or nothing comes for a second."""
    name, _, port = host.partition(":")
    answer = b""
    with socket.create_connection((name, int(port)), timeout=_ANSWER_S) as connection, suppress(OSError):
        connection.sendall(request)
        while piece := connection.recv(1 << 16):
            answer += piece
            connection.settimeout(1.0)
    return answer


def _changed_run(file: Path, examples: Path) -> Path:
    """Copy the example run and put the input in the place of one of its files."""
    name, data = unpacked(file.read_bytes())
    run = copied(examples / RUN, Path(RUN))
    (run / name).write_bytes(data)
    return run


def _written(file: Path) -> Path:
    """Write the content of an input under the name that it has."""
    name, data = unpacked(file.read_bytes())
    path = Path(name)
    path.write_bytes(data)
    return path


def _each(*uses: Callable[[], object]) -> None:
    """Do all of these, also after some were refused; refused is what all refuse."""
    refusals: list[CourtsideError] = []
    for use in uses:
        try:
            use()
        except CourtsideError as error:
            refusals.append(error)
    if len(refusals) == len(uses):
        raise refusals[0]
