"""How far off is a court that nobody clicked?

    python -m benchmarks.court_automatic ../shared/data
    python -m benchmarks.court_automatic ../shared/data --clips --games videos/demo
    python -m benchmarks.court_automatic ../shared/data --clips --scenes 60

Nothing is given: neither the kind of court nor that a camera stands still. Court points are looked for in keyframes as in
a run; camera motion is measured as in a run, people masked by the annotated boxes of the nearest annotated frame where
there are any. Moving clips: distance on the floor over the visible court at the annotated frames (median and 95th
percentile of each frame). Standing clips: distance on the floor of the hand-made points. finals2018: twelve pictures of
one game, each by itself. Games: rendered ones with their true homographies, every tenth frame; a court looks the same from
the other side, so the far side may be the near one ("turned round").
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch

from benchmarks.court import MOVING, STATIC, away_m, decoded, motions
from models.court.finder import BUILTIN_WEIGHTS, CourtFinder
from models.court.scenes import SceneMaker
from pipeline.choices import CourtName
from pipeline.config import CourtSettings
from pipeline.evaluation.registration import score_registration
from pipeline.evaluation.truth.court import CourtMap, read_court_table
from pipeline.geometry.calibration import Calibration, read_calibration
from pipeline.geometry.homography import project
from pipeline.perceive.court_points import table_of, with_keyframes
from pipeline.tables import DETECTIONS, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, conform
from pipeline.understand.court import CourtRegistration, register_court
from pipeline.video import Frame

FINALS = "finals2018"


def main() -> None:
    """Print one line per clip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with videos/, truth/ and court/")
    parser.add_argument("--weights", type=Path, default=BUILTIN_WEIGHTS)
    parser.add_argument("--cache", type=Path, help="folder that keeps measured motions between runs")
    parser.add_argument("--clips", nargs="*", default=[*MOVING, FINALS, *STATIC])
    parser.add_argument("--games", nargs="*", type=Path, default=[], help="folders of rendered games")
    parser.add_argument("--scenes", type=int, default=0, help="so many rendered pictures, for the network alone")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    finder = CourtFinder(arguments.weights, "cpu")
    for clip in arguments.clips:
        if clip in MOVING:
            measure_moving(arguments.data, clip, finder, arguments.cache)
        elif clip == FINALS:
            measure_pictures(arguments.data / "court" / FINALS, finder)
        else:
            measure_standing(arguments.data, clip, finder, arguments.cache)
    for game in arguments.games:
        measure_game(game, finder, arguments.cache)
    if arguments.scenes:
        measure_scenes(arguments.scenes, finder)


def measure_moving(data: Path, clip: str, finder: CourtFinder, cache: Path | None) -> None:
    """Measure a clip with a moving camera at its annotated frames."""
    truth = read_calibration(data / "truth" / clip / "court.json")
    video = data / "videos" / MOVING[clip]
    frames = motions(video, data / "truth" / clip / "truth.csv", 1, cache)
    found, seconds = registered(frames, sightings(decoded(video), finder, frames), truth.image_size_px)
    report(clip, found, len(frames), [away_m(found, truth, k) for k in range(len(truth.frames))], seconds)


def measure_pictures(folder: Path, finder: CourtFinder) -> None:
    """Measure single pictures, each a shot of its own."""
    truth = read_calibration(folder / "court.json")
    numbers = [view.frame for view in truth.frames if view.frame is not None]
    pictures = [cv2.imread(str(folder / f"frame{number}.jpg")) for number in numbers]
    unknown = np.full((len(numbers), 9), np.nan)
    base = {"frame": numbers, "time_s": np.array(numbers) / 30.0, "shot": np.arange(len(numbers))}
    frames = conform("frames", pd.DataFrame(base | dict(zip(MOTION_COLUMNS, unknown.T, strict=True))))
    seen = [(number, finder.sight(picture)) for number, picture in zip(numbers, pictures, strict=True)]
    found, seconds = registered(frames, table_of(seen), truth.image_size_px)
    report(FINALS, found, len(frames), [away_m(found, truth, k) for k in range(len(truth.frames))], seconds)


def measure_standing(data: Path, clip: str, finder: CourtFinder, cache: Path | None) -> None:
    """Measure a clip with a standing camera at its hand-made points, once a second from where they hold."""
    video, points, start = STATIC[clip]
    truth = read_calibration(data / "court" / points)
    frames = motions(data / "videos" / video, None, 2, cache)
    found, seconds = registered(
        frames, sightings(decoded(data / "videos" / video), finder, frames), truth.image_size_px
    )
    numbers = [int(number) for number in frames["frame"] if number >= start][::30]
    errors = [at_points_m(found, truth, number) for number in numbers]
    known_m = np.concatenate([e for e in errors if e is not None] or [np.zeros(0)])
    mean, worst = (known_m.mean(), known_m.max()) if len(known_m) else (np.nan, np.nan)
    print(
        f"{clip:15} {found.court.name}, lens {found.lens.lam:+.3f}  rows {len(found.table)}/{len(frames)}  hand-made points: "
        f"mean {mean:.2f} m, worst {worst:.2f} m, of {len(known_m)}  ({seconds:.1f} s of registration)",
        flush=True,
    )


def measure_game(game: Path, finder: CourtFinder, cache: Path | None) -> None:
    """Measure a rendered game against its true homographies."""
    truth = read_court_table(game)
    if truth is None:
        raise SystemExit(f"{game} has no court.parquet; render it with courtside render-game")
    frames = motions(game / "video.mp4", None, 1, cache and cache / game.name)
    found, seconds = registered(frames, sightings(decoded(game / "video.mp4"), finder, frames), truth.size_px)
    numbers = found.table["frame"].to_numpy(np.int64)
    matrices = found.table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
    turn = np.array([[-1, 0, found.court.length_m], [0, -1, found.court.width_m], [0, 0, 1.0]])
    as_found, turned = (
        score_registration(
            truth,
            CourtMap(found.court, truth.size_px, found.lens, numbers, each),
            frames["frame"].to_numpy(np.int64)[::10],
        )
        for each in (matrices, turn @ matrices)
    )
    is_turned = turned.error_m_mean < as_found.error_m_mean
    scores = turned if is_turned else as_found
    print(
        f"{game.name:15} {found.court.name} (true {truth.court.name})  registered {scores.registered_share:.0%}  floor: "
        f"mean {scores.error_m_mean:.2f} m, p95 {scores.error_m_p95:.2f} m{', turned round' if is_turned else ''}  "
        f"({seconds:.1f} s of registration)",
        *(() if len(numbers) else found.warnings),
        flush=True,
    )


def measure_scenes(count: int, finder: CourtFinder) -> None:
    """Measure the network alone on rendered pictures of a seed that it did not learn from."""
    maker = SceneMaker(np.random.default_rng(20261))
    places, courts, found, right = [], [], [], []
    for _ in range(count):
        scene = maker.scene()
        maps = finder.maps(scene.image)
        away = np.linalg.norm((maps.place - scene.place) * [28.3, 15.1], axis=2)[scene.on_court]
        places.append(float(np.median(away)))
        courts.append(float(((maps.court > 0.5) == scene.on_court).mean()))
        said = maps.line > 0.35
        found.append(float((said & scene.line).sum() / max(1, scene.line.sum())))
        right.append(float((said & scene.line).sum() / max(1, said.sum())))
    print(
        f"{count} scenes: places off by {np.median(places):.2f} m in the median scene, {np.mean(places):.2f} m in the mean; court "
        f"cells right {np.mean(courts):.3f}; line cells found {np.mean(found):.2f}, right {np.mean(right):.2f}"
    )


def sightings(pictures: Iterable[tuple[float, np.ndarray]], finder: CourtFinder, frames: pd.DataFrame) -> pd.DataFrame:
    """Look for the court in keyframes; returns table `court_points`."""
    wanted = set(frames["frame"])
    every = (Frame(number, t, image) for number, (t, image) in enumerate(pictures) if number in wanted)
    keys = (keyframe.frame for keyframe in with_keyframes(every, CourtSettings().keyframe_s) if keyframe.key)
    return table_of([(frame.index, finder.sight(frame.image)) for frame in keys])


def registered(
    frames: pd.DataFrame, points: pd.DataFrame, size_px: tuple[int, int], court: CourtName | None = None
) -> tuple[CourtRegistration, float]:
    """Register, and say how many seconds of processor time that took."""
    start = time.process_time()
    found = register_court(frames, points, DETECTIONS.empty(), None, size_px, CourtSettings(court=court))
    return found, time.process_time() - start


def report(
    clip: str, found: CourtRegistration, frames: int, errors: list[tuple[float, float] | None], seconds: float
) -> None:
    """Print the line of a clip with annotated frames."""
    checked = np.array([error for error in errors if error is not None]).reshape(-1, 2)
    middle = np.median(checked, axis=0) if len(checked) else np.full(2, np.nan)
    worst = checked.max(axis=0) if len(checked) else np.full(2, np.nan)
    print(
        f"{clip:15} {found.court.name}, lens {found.lens.lam:+.3f}  rows {len(found.table)}/{frames}  annotated frames "
        f"{len(checked)}/{len(errors)}  median/p95 over the court: usual frame {middle[0]:.2f}/{middle[1]:.2f} m, worst frame "
        f"{worst[0]:.2f}/{worst[1]:.2f} m  ({seconds:.1f} s of registration)",
        flush=True,
    )


def at_points_m(found: CourtRegistration, truth: Calibration, frame: int) -> np.ndarray | None:
    """Measure the distance (n,) on the floor of the hand-made points; None without a homography."""
    rows, pairs = found.table[found.table["frame"] == frame], truth.frames[0].pairs
    if rows.empty or pairs is None:
        return None
    mapped = project(rows[list(HOMOGRAPHY_COLUMNS)].to_numpy().reshape(3, 3), found.lens.undistort(pairs.px))
    return np.asarray(np.nan_to_num(np.linalg.norm(mapped - pairs.court_m, axis=1), nan=np.inf))


if __name__ == "__main__":
    main()
