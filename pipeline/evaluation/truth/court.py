"""Maps from picture to court, frame by frame, and the true ones where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.evaluation.boxes import Bools, Floats, Ints
from pipeline.geometry.court import COURTS, Court
from pipeline.geometry.homography import oriented, project
from pipeline.geometry.lens import Lens
from pipeline.tables import HOMOGRAPHY_COLUMNS
from pipeline.untrusted import read_user_json

MARGIN_M = 1.5
"""People further off the court, on the bench say, need not be found; hand-made truth leaves them out as well."""


@dataclass(frozen=True)
class CourtMap:
    """Homographies, true or found: `frames` (k,) ascending, `matrices` (k, 3, 3) from undistorted px to metres, and the lens.

    `fixed`: the camera does not move, the one homography holds for every frame.
    """

    court: Court
    size_px: tuple[int, int]
    lens: Lens
    frames: Ints
    matrices: NDArray[np.float64]
    fixed: bool = False

    def matrix(self, frame: int) -> NDArray[np.float64] | None:
        """Return the homography (3, 3) of a frame; None where it is not known."""
        if self.fixed:
            fixed: NDArray[np.float64] = self.matrices[0]
            return fixed
        k = int(np.searchsorted(self.frames, frame))
        present = k < len(self.frames) and self.frames[k] == frame
        return self.matrices[k] if present else None

    def locate(self, frame: int, points_px: Floats) -> Floats:
        """Map source px (n, 2) of a frame to metres (n, 2); NaN where unknown or beyond the horizon."""
        matrix = self.matrix(frame)
        if matrix is None:
            return np.full((len(points_px), 2), np.nan)
        return project(matrix, self.lens.undistort(points_px))

    def locate_all(self, frame: Ints, points_px: Floats) -> Floats:
        """Map source px (n, 2), each on its own `frame` (n,), to metres (n, 2); NaN where unknown."""
        located = np.full((len(points_px), 2), np.nan)
        order = np.argsort(frame, kind="stable")
        numbers, starts = np.unique(frame[order], return_index=True)
        for number, rows in zip(numbers, np.split(order, starts[1:]), strict=False):  # no points: one empty part
            located[rows] = self.locate(int(number), points_px[rows])
        return located

    def picture(self, frame: int, points_m: Floats) -> Floats:
        """Map metres (n, 2) to source px (n, 2); NaN where unknown or outside the picture."""
        points_px = self.anywhere(frame, points_m)
        with np.errstate(invalid="ignore"):
            inside = np.all((points_px >= 0) & (points_px <= np.array(self.size_px)), axis=1)
        return np.where(inside[:, None], points_px, np.nan)

    def anywhere(self, frame: int, points_m: Floats) -> Floats:
        """Map metres (n, 2) to source px (n, 2), also outside the picture; NaN where unknown or behind the camera."""
        matrix = self.matrix(frame)
        if matrix is None:
            return np.full((len(points_m), 2), np.nan)
        return self.lens.distort(project(np.linalg.inv(matrix).astype(np.float64), points_m))


def beyond_margin(xy_m: Floats, court: Court, margin_m: float) -> Bools:
    """Say which positions (n, 2) are further off the court than the margin; an unknown one (NaN) is not.

    Args:
        xy_m: (n, 2) positions.
        court: the court.
        margin_m: floor around the lines.
    """
    size_m = np.array([court.length_m, court.width_m])
    with np.errstate(invalid="ignore"):
        beyond: Bools = np.any((xy_m < -margin_m) | (xy_m > size_m + margin_m), axis=1)
    return beyond


def read_court_points(folder: Path) -> CourtMap | None:
    """Read the hand-made `court.json` (several frames) or `court_points.json` (a fixed camera); None where neither is.

    Raises:
        InputError: the file is not of that format.
    """
    for name, read in (("court.json", _moving), ("court_points.json", _fixed)):
        path = folder / name
        if path.is_file():
            try:
                return read(_json(path))
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise InputError(f"{path} is not court truth: {type(error).__name__} {error}") from error
    return None


def read_court_table(folder: Path) -> CourtMap | None:
    """Read the court truth of a rendered game; None where there is no `court.parquet`.

    The lens is the one of `calibration.json`, size and court are those of `game.json`.

    Raises:
        InputError: a file cannot be read or lacks something.
    """
    path = folder / "court.parquet"
    if not path.is_file():
        return None
    game, given = _json(folder / "game.json"), _json(folder / "calibration.json")
    try:
        table = pd.read_parquet(path).sort_values("frame")
        size = (int(game["size"][0]), int(game["size"][1]))
        spec = given.get("lens")
        lens = Lens(tuple(spec["center_px"]), float(spec["scale_px"]), float(spec["lam"])) if spec else Lens()
        matrices = table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)
        return CourtMap(COURTS[game["court"]], size, lens, table["frame"].to_numpy(np.int64), matrices)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder} has no usable court truth: {type(error).__name__} {error}") from error


def _moving(data: dict[str, Any]) -> CourtMap:
    """Parse `court.json`: homographies of normalised undistorted points on some frames."""
    size = (int(data["image_size"][0]), int(data["image_size"][1]))
    spec = data["lens"]
    lens = Lens((float(spec["c"][0]), float(spec["c"][1])), float(spec["s"]), float(spec["lam"]))
    frames = sorted(data["frames"], key=lambda f: int(f["frame"]))
    matrices = np.array([_from_px(np.array(f["H_lens_to_court"], float), lens, size) for f in frames])
    numbers = np.array([f["frame"] for f in frames], dtype=np.int64)
    return CourtMap(COURTS[data["court"]], size, lens, numbers, matrices)


def _fixed(data: dict[str, Any]) -> CourtMap:
    """Parse `court_points.json`: one homography for all frames; its scale is 1000 px."""
    size = (int(data["image_size"][0]), int(data["image_size"][1]))
    fit = data["fit"]
    lens = Lens((float(fit["c"][0]), float(fit["c"][1])), 1000.0, float(fit["lam"]))
    matrix = _from_px(np.array(fit["H"], float), lens, size)
    court = COURTS[str(data["court"]["standard"]).lower()]  # type: ignore[index]  # a wrong name is a KeyError
    return CourtMap(court, size, lens, np.zeros(1, np.int64), matrix[None], fixed=True)


def _from_px(matrix: NDArray[np.float64], lens: Lens, size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Turn a homography of normalised undistorted points into one of undistorted px, oriented by the lower edge."""
    (cx, cy), s = lens.center_px, lens.scale_px
    normalise = np.array([[1 / s, 0, -cx / s], [0, 1 / s, -cy / s], [0, 0, 1]])
    below = lens.undistort(np.array([[size_px[0] / 2, size_px[1] - 1.0]]))[0]
    return oriented(matrix @ normalise, below)


def _json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        data = read_user_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a JSON object")
    return data
