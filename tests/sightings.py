"""What a court network would see of a court through a known camera: places with errors, line points, and clutter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.geometry.camera_fitting.evidence import CourtEvidence, CourtLines
from pipeline.geometry.court import COURTS, Court
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.geometry.pinhole import Pinhole
from pipeline.tables import conform

Floats = NDArray[np.float64]


def grid_px(size_px: tuple[int, int], step: int = 40) -> Floats:
    u, v = np.meshgrid(np.arange(step / 2, size_px[0], step), np.arange(step / 2, size_px[1], step))
    return np.column_stack([u.ravel(), v.ravel()])


def visible(camera: Pinhole, lens: Lens, court: str | Court) -> tuple[Floats, Floats]:
    """Return px (n, 2) of the picture that show the court, and where on it they are, metres."""
    px = grid_px(camera.size_px)
    floor = project(camera.to_floor(), lens.undistort(px))
    spec = court if isinstance(court, Court) else COURTS[court]  # type: ignore[index]
    with np.errstate(invalid="ignore"):
        on = (floor >= 0).all(axis=1) & (floor <= [spec.length_m, spec.width_m]).all(axis=1)
    return px[on], floor[on]


def sighting(
    camera: Pinhole, rng: np.random.Generator, court: str | Court = "fiba", lens: Lens | None = None
) -> CourtEvidence:
    """Simulate: places off by 0.6 m each and 0.4 m together, a tenth of them anywhere; line points off by 0.5 px, a
    quarter of them clutter."""
    lens = lens or Lens()
    spec = court if isinstance(court, Court) else COURTS[court]  # type: ignore[index]
    px, floor = visible(camera, lens, court)
    chosen = np.linspace(0, len(px) - 1, min(len(px), 80)).round().astype(int)
    px, floor = px[chosen], floor[chosen] + rng.normal(0, 0.6, (len(chosen), 2)) + rng.normal(0, 0.4, 2)
    wrong = rng.random(len(px)) < 0.1
    floor[wrong] = rng.uniform(0, 1, (int(wrong.sum()), 2)) * [spec.length_m, spec.width_m]
    lines = CourtLines(spec)
    on_line = lens.distort(project(camera.to_px(), lines.points_m))
    ahead = lens.distort(project(camera.to_px(), lines.points_m + 0.05 * lines.directions))
    with np.errstate(invalid="ignore"):
        seen = np.flatnonzero(((on_line > 0) & (on_line < camera.size_px)).all(axis=1) & np.isfinite(ahead[:, 0]))
    seen = rng.choice(seen, min(len(seen), 180), replace=False)
    step = ahead[seen] - on_line[seen]
    angle = np.arctan2(step[:, 1], step[:, 0])
    points = on_line[seen] + rng.normal(0, 0.5, (len(seen), 2))
    clutter = 60
    points = np.concatenate([points, rng.uniform(0, 1, (clutter, 2)) * camera.size_px])
    angle = np.concatenate([angle, rng.uniform(0, np.pi, clutter)]) % np.pi
    score = np.concatenate([np.full(len(seen), 0.8), np.full(clutter, 0.5)])
    return CourtEvidence(px, floor / [spec.length_m, spec.width_m], np.full(len(px), 0.8), points, angle, score)


def as_table(seen: dict[int, CourtEvidence]) -> pd.DataFrame:
    """Make the table `court_points` of frames."""
    tables = []
    for frame, of_frame in sorted(seen.items()):
        places, lines = len(of_frame.place), len(of_frame.line_px)
        px = np.concatenate([of_frame.place_px, of_frame.line_px])
        nothing = np.full(lines, np.nan)
        tables.append(
            pd.DataFrame(
                {
                    "frame": frame,
                    "point": np.arange(places + lines),
                    "kind": ["place"] * places + ["line"] * lines,
                    "x_px": px[:, 0],
                    "y_px": px[:, 1],
                    "along": np.concatenate([of_frame.place[:, 0], nothing]),
                    "across": np.concatenate([of_frame.place[:, 1], nothing]),
                    "angle_rad": np.concatenate([np.full(places, np.nan), of_frame.line_angle]),
                    "score": np.concatenate([of_frame.place_score, of_frame.line_score]),
                }
            )
        )
    return conform("court_points", pd.concat(tables))
