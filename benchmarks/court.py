"""How far off is a court that is propagated by camera motion from a few calibrated frames?

    python -m benchmarks.court ../shared/data

For each clip with court truth some of its calibrated frames are given and the registration is measured at all others:
the distance on the floor over the visible court. Camera motion is measured as in a run, people masked by the annotated
boxes of the nearest annotated frame. For the two static clips: whether the camera is found to stand still, and how far
the court wanders.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd

from pipeline.config import CourtSettings, ShotSettings
from pipeline.geometry.calibration import Calibration, read_calibration
from pipeline.geometry.fit import fit_homography
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.perceive.motion import compare, view
from pipeline.tables import COURT_POINTS, DETECTIONS, HOMOGRAPHY_COLUMNS, MOTION_COLUMNS, conform
from pipeline.understand.court import CourtRegistration, register_court

MOVING = {
    "spurs_thunder": "nba_spurs_thunder_broadcast_720p30.mp4",
    "cvd_novellara": "cvd_novellara_handheld_2400x1080p30.webm",
}
STATIC = {
    "novellara_lugo": ("novellara_lugo_fixed_720p60.mp4", "novellara_lugo_court_points.json", 0),
    "serieC": ("serieC_forlimpopoli_scandiano_fixed_1080p60.mp4", "serieC_court_points.json", 150),
}


def main() -> None:
    """Print one line per clip and choice of calibrated frames."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with videos/, truth/ and court/")
    parser.add_argument("--cache", type=Path, help="folder that keeps measured motions between runs")
    parser.add_argument("--clips", nargs="*", default=[*MOVING, *STATIC])
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for clip in arguments.clips:
        if clip in MOVING:
            measure_moving(arguments.data, clip, arguments.cache)
        else:
            measure_static(arguments.data, clip, arguments.cache)


def measure_moving(data: Path, clip: str, cache: Path | None) -> None:
    """Measure a clip with a moving camera."""
    truth = read_calibration(data / "truth" / clip / "court.json")
    frames = motions(data / "videos" / MOVING[clip], data / "truth" / clip / "truth.csv", 1, cache)
    count = len(truth.frames)
    choices = {"middle": [count // 2], "first, last": [0, count - 1], "every third": list(range(0, count, 3))}
    choices["every second"] = sorted({*range(0, count, 2), count - 1})
    for name, chosen in choices.items():
        for lens in ("lens", "plain"):
            given = replace(truth, frames=tuple(truth.frames[k] for k in chosen))
            found = registered(frames, given if lens == "lens" else plain(given))
            errors = [away_m(found, truth, k) for k in range(count) if k not in chosen]
            checked = np.array([e for e in errors if e is not None]).reshape(-1, 2)
            worst = f"{checked[:, 0].max():.2f}/{checked[:, 1].max():.2f}" if len(checked) else "none"
            middle = np.median(checked, axis=0) if len(checked) else np.full(2, np.nan)
            print(
                f"{clip:15} {name:13} {lens:5}  rows {len(found.table):4}/{len(frames)}  frames checked {len(checked)}/{len(errors)}"
                f"  median/p95 over the court: usual frame {middle[0]:.2f}/{middle[1]:.2f} m, worst frame {worst} m",
                flush=True,
            )


def measure_static(data: Path, clip: str, cache: Path | None) -> None:
    """Measure a clip with a standing camera: from one calibrated frame, nothing said about the camera."""
    video, points, start = STATIC[clip]
    calibration = read_calibration(data / "court" / points)
    frames = motions(data / "videos" / video, None, 2, cache)
    single = replace(calibration, fixed=None, frames=(replace(calibration.frames[0], frame=300, last_frame=None),))
    frames = frames[frames["frame"] >= start].reset_index(drop=True)
    found = registered(frames, single)
    wander = [away_m(found, single, 0, int(frame)) for frame in found.table["frame"]]
    furthest = max(e[1] for e in wander if e is not None)
    print(
        f"{clip:15} found fixed: {found.fixed}  rows {len(found.table)}/{len(frames)}  wanders at most {furthest:.2f} m"
    )


def registered(frames: pd.DataFrame, calibration: Calibration) -> CourtRegistration:
    """Propagate a calibration to all frames."""
    size_px, nothing = calibration.image_size_px, (COURT_POINTS.empty(), DETECTIONS.empty())
    return register_court(frames, *nothing, calibration, size_px, CourtSettings())


def motions(video: Path, boxes: Path | None, step: int, cache: Path | None) -> pd.DataFrame:
    """Measure the camera's motion; returns table `frames`."""
    kept = cache / f"{video.stem}.parquet" if cache else None
    if kept and kept.is_file():
        return pd.read_parquet(kept)
    people = pd.read_csv(boxes) if boxes else None
    rows, before = [], None
    for number, (time_s, image) in enumerate(decoded(video)):
        if number % step:
            continue
        now = view(image, ShotSettings())
        matrix = np.full((3, 3), np.nan)
        if before is not None:
            found = compare(before, now, boxes_near(people, number), ShotSettings())
            matrix = matrix if found.matrix is None else found.matrix
        rows.append((number, time_s, 0, *matrix.ravel()))
        before = now
    table = conform("frames", pd.DataFrame(rows, columns=["frame", "time_s", "shot", *MOTION_COLUMNS]))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(kept)
    return table


def decoded(video: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Yield timestamp and picture of every frame."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield float(frame.time), frame.to_ndarray(format="bgr24")


def boxes_near(people: pd.DataFrame | None, frame: int) -> np.ndarray:
    """Return x1 y1 x2 y2 (n, 4) of the annotated frame nearest to a frame."""
    if people is None:
        return np.zeros((0, 4), np.float32)
    nearest = people["frame"].iloc[(people["frame"] - frame).abs().argmin()]
    box = people.loc[people["frame"] == nearest, ["x", "y", "w", "h"]].to_numpy(np.float32)
    return np.column_stack([box[:, :2], box[:, :2] + box[:, 2:]])


def plain(calibration: Calibration) -> Calibration:
    """Forget the lens: a user who clicks a few points in a frame."""
    frames = tuple(replace(v, homography=fit_homography(v.pairs)) for v in calibration.frames if v.pairs is not None)
    return replace(calibration, lens=Lens(), frames=frames)


def away_m(
    found: CourtRegistration, truth: Calibration, view_index: int, frame: int | None = None
) -> tuple[float, float] | None:
    """Measure median and 95th percentile of the distance over the visible court; None without a homography."""
    true = truth.frames[view_index]
    rows = found.table[found.table["frame"] == (true.frame if frame is None else frame)]
    if rows.empty:
        return None
    court, (width, height) = found.court, truth.image_size_px
    grid = np.array([[x, y] for x in np.linspace(0, court.length_m, 57) for y in np.linspace(0, court.width_m, 31)])
    u, v = np.meshgrid(np.linspace(0, width, 60), np.linspace(0, height, 34))
    px = np.column_stack([u.ravel(), v.ravel()])
    floor = project(true.homography, truth.lens.undistort(px))
    seen = (floor >= 0).all(axis=1) & (floor <= grid.max(axis=0)).all(axis=1)
    mapped = project(rows[list(HOMOGRAPHY_COLUMNS)].to_numpy().reshape(3, 3), found.lens.undistort(px[seen]))
    away = np.linalg.norm(mapped - floor[seen], axis=1)
    return float(np.median(away)), float(np.percentile(away, 95))


if __name__ == "__main__":
    main()
