"""A court calibration: what ties a camera's picture to the floor, and the JSON file that holds it.

The file is described in `docs/guide/calibration.md`; `calibration_formats` reads it and its relatives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.choices import CourtName
from pipeline.errors import CalibrationError
from pipeline.geometry.calibration_formats import FORMAT, VERSION, CalibrationFile, FrameEntry, parse
from pipeline.geometry.court import Court, court_of, landmarks
from pipeline.geometry.fit import PointPairs, fit_homography, fit_lens, reprojection_px
from pipeline.geometry.homography import Matrix, oriented
from pipeline.geometry.lens import Lens
from pipeline.store.files import write_bytes
from pipeline.untrusted import read_user_json

MAX_ASPECT_DIFFERENCE = 0.01
"""Relative difference of the aspect ratios of calibration and video."""


@dataclass(frozen=True, eq=False)
class CalibratedFrame:
    """One moment of the video for which the court is known."""

    homography: Matrix
    """(3, 3), undistorted px to metres, positive weight on the court's side of the horizon."""
    frame: int | None = None
    """Number of the source frame from 0."""
    time_s: float | None = None
    """Its timestamp, which counts where both are given; with neither, any frame of a fixed camera."""
    last_frame: int | None = None
    """The camera stands still from `frame` to this one."""
    error_px: float | None = None
    """Root mean square reprojection error of the points; None where there is nothing to check with."""
    pairs: PointPairs | None = None
    """The points it was fitted to."""

    @property
    def name(self) -> str:
        """Say which frame, for messages."""
        if self.frame is not None:
            return f"frame {self.frame}"
        return f"time {self.time_s:g} s" if self.time_s is not None else "the fixed camera"


@dataclass(frozen=True, eq=False)
class Calibration:
    """All that is known of one video's camera."""

    court: CourtName
    image_size_px: tuple[int, int]
    """Width, height of the picture that all px are of."""
    lens: Lens
    frames: tuple[CalibratedFrame, ...]
    fixed: bool | None = None
    """Whether the camera never moves; None: found from the camera motion."""
    court_size_m: tuple[float, float] | None = None
    """Length and width of a court that has not the size of the rule book."""

    @property
    def floor(self) -> Court:
        """The court in its size."""
        return court_of(self.court, self.court_size_m)

    def resized(self, image_size_px: tuple[int, int], where: str = "calibration") -> Calibration:
        """Return the calibration for the same picture at another size.

        Raises:
            CalibrationError: the aspect ratio differs, so the picture was cropped or stretched.

        Example:
            >>> view = CalibratedFrame(np.diag([0.02, 0.02, 1.0]), frame=0)
            >>> half = Calibration("fiba", (1280, 720), Lens(), (view,)).resized((640, 360))
            >>> half.frames[0].homography.round(3).tolist()
            [[0.04, 0.0, 0.0], [0.0, 0.04, 0.0], [0.0, 0.0, 1.0]]
        """
        width, height = self.image_size_px
        sx, sy = image_size_px[0] / width, image_size_px[1] / height
        if abs(sx / sy - 1) > MAX_ASPECT_DIFFERENCE:
            raise CalibrationError(
                f"{where}: made on a picture of {width}x{height}, but the video is {image_size_px[0]}x{image_size_px[1]}, "
                "which is not the same picture scaled; calibrate on a frame of this video"
            )
        lens = Lens((self.lens.center_px[0] * sx, self.lens.center_px[1] * sy), self.lens.scale_px * sx, self.lens.lam)
        shrink = np.diag([1 / sx, 1 / sy, 1.0])
        frames = tuple(
            replace(
                view,
                homography=view.homography @ shrink,
                error_px=None if view.error_px is None else view.error_px * sx,
                pairs=view.pairs and PointPairs(view.pairs.px * [sx, sy], view.pairs.court_m),
            )
            for view in self.frames
        )
        return replace(self, image_size_px=image_size_px, lens=lens, frames=frames)


def read_calibration(path: Path, court: CourtName | None = None) -> Calibration:
    """Read a calibration file and fit what it gives as points.

    Args:
        path: JSON, see `docs/guide/calibration.md`.
        court: the rule book that the user asked for; None to take the file's.

    Raises:
        CalibrationError: the file cannot be read, a key is wrong, a landmark unknown, or points do not determine the
            court; says which file, frame and what to do.
    """
    try:
        data = read_user_json(path)
    except OSError as error:
        raise CalibrationError(f"cannot read the calibration {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise CalibrationError(f"the calibration {path} is not JSON that is read here: {error}") from error
    return build(parse(data, str(path)), str(path), court)


def build(entry: CalibrationFile, where: str, court: CourtName | None = None) -> Calibration:
    """Fit lens and homographies of a parsed file.

    Args:
        entry: the parsed file.
        where: the file, for messages.
        court: rule book; None for the file's, or fiba.

    Raises:
        CalibrationError: see `read_calibration`.
    """
    fitted = fit_frames(entry, where, court)
    for view in fitted.frames:
        if isinstance(view, CalibrationError):
            raise view
    frames = tuple(view for view in fitted.frames if isinstance(view, CalibratedFrame))
    fixed = None if entry.camera is None else entry.camera == "fixed"
    if fixed and len(frames) > 1:
        raise CalibrationError(
            f"{where}: camera: a fixed camera has one frame, not {len(frames)}; put all points into one"
        )
    size = (entry.image_size[0], entry.image_size[1])
    return Calibration(fitted.court.name, size, fitted.lens, frames, fixed, entry.court_size_m)


@dataclass(frozen=True, eq=False)
class FittedFrames:
    """What each frame of a file comes to by itself."""

    court: Court
    lens: Lens
    frames: tuple[CalibratedFrame | CalibrationError, ...]
    """In the file's order; an error says why a frame has no homography."""


def fit_frames(entry: CalibrationFile, where: str, court: CourtName | None = None) -> FittedFrames:
    """Fit the lens to all frames of a parsed file, and each frame that can be fitted.

    Args:
        entry: the parsed file.
        where: the file, for messages.
        court: rule book; None for the file's, or fiba.

    Raises:
        CalibrationError: the file is of another court, names an unknown landmark, or the lens cannot be fitted.
    """
    name = entry.court or court or "fiba"
    if court is not None and court != name:
        raise CalibrationError(f"{where}: is of a court '{name}', but '{court}' was asked for; leave one of them out")
    floor = court_of(name, entry.court_size_m)
    pairs = [_pairs(view, floor, where) for view in entry.frames]
    size = (entry.image_size[0], entry.image_size[1])
    lens = _lens(entry, [p for p in pairs if p is not None], size, where)
    views = zip(entry.frames, pairs, strict=True)
    return FittedFrames(floor, lens, tuple(_view_or_error(view, p, lens, size, where) for view, p in views))


def _view_or_error(
    view: FrameEntry, pairs: PointPairs | None, lens: Lens, size: tuple[int, int], where: str
) -> CalibratedFrame | CalibrationError:
    """Fit a frame, or say why that is not possible."""
    try:
        return _view(view, pairs, lens, size)
    except (CalibrationError, np.linalg.LinAlgError) as error:
        return CalibrationError(f"{where}: {view.name}: {error}")


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write the file that `read_calibration` reads back to the same homographies, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_bytes(path, (json.dumps(_as_json(calibration), indent=1) + "\n").encode())


def _pairs(view: FrameEntry, court: Court, where: str) -> PointPairs | None:
    """Collect a frame's points, landmarks looked up; None where it has none."""
    if not view.points:
        return None
    places = landmarks(court)
    wrong = [p.landmark for p in view.points if p.landmark is not None and p.landmark not in places]
    if wrong:
        raise CalibrationError(
            f"{where}: {view.name}: unknown landmark '{wrong[0]}'; known: {', '.join(sorted(places))}"
        )
    court_m = [places[p.landmark] if p.landmark is not None else p.court_m for p in view.points]
    return PointPairs(np.array([p.px for p in view.points], float), np.array(court_m, float))


def _lens(entry: CalibrationFile, pairs: list[PointPairs], size: tuple[int, int], where: str) -> Lens:
    """Take the file's lens, or fit one where that is left open."""
    if entry.lens == "none" or (entry.lens == "auto" and any(view.homography is not None for view in entry.frames)):
        return Lens((size[0] / 2, size[1] / 2), size[0] / 2, 0.0)
    if entry.lens == "auto":
        try:
            return fit_lens(pairs, size)
        except np.linalg.LinAlgError as error:
            raise CalibrationError(f"{where}: the lens cannot be fitted to these points; check them") from error
    return Lens(entry.lens.center_px, entry.lens.scale_px, entry.lens.lam)


def _view(view: FrameEntry, pairs: PointPairs | None, lens: Lens, size: tuple[int, int]) -> CalibratedFrame:
    """Fit or take one frame's homography and measure its error."""
    if view.homography is not None:
        matrix = _given(np.array(view.homography, float), pairs, lens, size)
    elif pairs is not None:
        matrix = fit_homography(pairs, lens)
    else:
        raise CalibrationError("has neither points nor a homography; give one")
    checked = pairs is not None and (len(pairs.px) > 4 or view.homography is not None)
    error_px = float(np.sqrt(np.mean(reprojection_px(pairs, matrix, lens) ** 2))) if checked and pairs else None
    return CalibratedFrame(matrix, view.frame, view.time_s, view.last_frame, error_px, pairs)


def _given(matrix: Matrix, pairs: PointPairs | None, lens: Lens, size: tuple[int, int]) -> Matrix:
    """Orient a homography that the file gives: positive at its points, else at the lower edge of the picture."""
    size_of_it = float(np.abs(matrix).max())
    if size_of_it == 0 or abs(np.linalg.det(matrix / size_of_it)) < 1e-15:
        raise CalibrationError("the homography is singular; check its nine numbers")
    inside = pairs.px if pairs is not None else np.array([[size[0] / 2, size[1]]])
    try:
        return oriented(matrix, lens.undistort(inside).mean(axis=0))
    except ValueError as error:
        raise CalibrationError(f"{error}; check its nine numbers") from error


def _as_json(calibration: Calibration) -> dict[str, Any]:
    lens = calibration.lens
    camera = {None: None, True: "fixed", False: "moving"}[calibration.fixed]
    return {
        "format": FORMAT,
        "version": VERSION,
        "court": calibration.court,
        **({"court_size_m": list(calibration.court_size_m)} if calibration.court_size_m else {}),
        "image_size": list(calibration.image_size_px),
        **({"camera": camera} if camera else {}),
        "lens": {"center_px": list(lens.center_px), "scale_px": lens.scale_px, "lam": lens.lam},
        "frames": [_frame_as_json(view) for view in calibration.frames],
    }


def _frame_as_json(view: CalibratedFrame) -> dict[str, Any]:
    entry: dict[str, Any] = {
        key: value
        for key, value in (("frame", view.frame), ("time_s", view.time_s), ("last_frame", view.last_frame))
        if value is not None
    }
    if view.pairs is not None:
        entry["points"] = [
            {"px": px, "court_m": court_m}
            for px, court_m in zip(view.pairs.px.tolist(), view.pairs.court_m.tolist(), strict=True)
        ]
    entry["homography"] = view.homography.tolist()
    return entry
