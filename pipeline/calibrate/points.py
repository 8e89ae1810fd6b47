"""Points to a calibration: as the page sends them, or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.calibrate.sketch import from_above, in_picture, to_px
from pipeline.choices import CourtName
from pipeline.errors import CalibrationError, InputError
from pipeline.geometry.calibration import CalibratedFrame, Calibration, build, fit_frames
from pipeline.geometry.calibration_formats import CalibrationFile, parse
from pipeline.geometry.court import landmarks
from pipeline.geometry.fit import MIN_POINTS, PointPairs, reprojection_px
from pipeline.geometry.homography import project
from pipeline.geometry.lens import Lens
from pipeline.untrusted import parse_number, parse_whole, read_user_json
from pipeline.user_csv import parse_rows, read_text, separator_of

COLUMNS = ("frame", "time_s", "u_px", "v_px", "landmark", "x_m", "y_m")
"""Of a CSV file with points; those that are not needed may be left out or empty."""


@dataclass(frozen=True)
class PointError:
    """How far one point is from where the fit puts it."""

    view: str
    """Which frame."""
    point: str
    """Landmark, or metres."""
    error_px: float
    error_m: float


def calibrate_by_points(path: Path, image_size_px: tuple[int, int], court: CourtName | None) -> Calibration:
    """Fit a calibration to a file with points.

    Args:
        path: a CSV with `COLUMNS`, or a calibration file (JSON), of which the points count and homographies do not.
        image_size_px: of the video; a CSV's px are of it.
        court: rule book, unless the file says it.

    Raises:
        InputError: the file cannot be read.
        CalibrationError: a row is malformed, or the points do not determine the court.
    """
    data = _from_csv(path, image_size_px) if path.suffix.lower() == ".csv" else _from_json(path)
    return build(parse(data, str(path)), str(path), court).resized(image_size_px, str(path))


def point_errors(calibration: Calibration) -> list[PointError]:
    """List the error of every point."""
    names = {place: name for name, place in landmarks(calibration.floor).items()}
    found = []
    for view in calibration.frames:
        if view.pairs is None:
            continue
        away_px, away_m = _errors(view.pairs, view, calibration.lens)
        for place, px, metres in zip(view.pairs.court_m, away_px, away_m, strict=True):
            x, y = place.round(6).tolist()
            found.append(PointError(view.name, names.get((x, y), f"({x:g}, {y:g}) m"), px, metres))
    return found


def assessed(data: Any) -> dict[str, Any]:
    """Fit what the page sends, a calibration file that may still be incomplete, and draw the court back.

    Returns:
        For the page: the lens's `lam`, and for each frame `error_px` and `error_m` of its points, their root mean
        square `rms_px` (null where there is nothing to check with), the court's `lines` and `landmarks` in px; or a
        `message` that says what is missing.

    Raises:
        CalibrationError: the data is not a calibration file.
    """
    entry = parse(data, "page")
    fitted = fit_frames(entry, "page")
    court, size = fitted.court, (entry.image_size[0], entry.image_size[1])
    frames: list[dict[str, Any]] = []
    for asked, view in zip(entry.frames, fitted.frames, strict=True):
        if isinstance(view, CalibrationError):
            missing = MIN_POINTS - len(asked.points)
            frames.append({"message": f"{missing} more to go" if missing > 0 else str(view).split(": ", 2)[-1]})
            continue
        away_px, away_m = ([], []) if view.pairs is None else _errors(view.pairs, view, fitted.lens)
        places = landmarks(court)
        at_px = to_px(np.array(list(places.values())), view, fitted.lens)
        frames.append(
            {
                "error_px": away_px,
                "error_m": away_m,
                "rms_px": view.error_px,
                "lines": in_picture(court, view, fitted.lens, size),
                "landmarks": {
                    name: px.round(2).tolist() for name, px in zip(places, at_px, strict=True) if np.isfinite(px).all()
                },
            }
        )
    return {"lam": fitted.lens.lam, "frames": frames}


def entry_of(calibration: Calibration) -> dict[str, Any]:
    """Turn a calibration into what the page edits: points where there are any, else homographies; and its court from above."""
    names = {place: name for name, place in landmarks(calibration.floor).items()}
    lens = calibration.lens
    return {
        "court": calibration.court,
        "court_size_m": calibration.court_size_m,
        "floor": from_above(calibration.floor),
        "fixed": calibration.fixed,
        "lens": {"center_px": lens.center_px, "scale_px": lens.scale_px, "lam": lens.lam},
        "frames": [
            {
                "time_s": view.time_s,
                "frame": view.frame,
                "homography": None if view.pairs is not None else view.homography.tolist(),
                "points": [] if view.pairs is None else _points_of(view.pairs, names),
            }
            for view in calibration.frames
        ],
    }


def _points_of(pairs: PointPairs, names: dict[tuple[float, float], str]) -> list[dict[str, Any]]:
    """List points for the page."""
    return [
        {"px": px, "court_m": place, "landmark": names.get((round(place[0], 6), round(place[1], 6)))}
        for px, place in zip(pairs.px.tolist(), pairs.court_m.tolist(), strict=True)
    ]


def _errors(pairs: PointPairs, view: CalibratedFrame, lens: Lens) -> tuple[list[float], list[float]]:
    """Measure each point's error in px and on the floor in metres."""
    away_px = reprojection_px(pairs, view.homography, lens)
    away_m = np.linalg.norm(project(view.homography, lens.undistort(pairs.px)) - pairs.court_m, axis=1)
    return away_px.round(3).tolist(), away_m.round(4).tolist()


def _from_json(path: Path) -> Any:
    """Read a calibration file; homographies of frames that have points are left out, to be fitted anew."""
    try:
        data = read_user_json(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise CalibrationError(f"{path} is not JSON: {error}; give a CSV or a calibration file") from error
    entry = parse(data, str(path))
    frames = [view.model_copy(update={"homography": None}) if view.points else view for view in entry.frames]
    return _as_data(entry.model_copy(update={"frames": frames}))


def _as_data(entry: CalibrationFile) -> Any:
    return entry.model_dump(mode="json", exclude_none=True)


def _from_csv(path: Path, image_size_px: tuple[int, int]) -> dict[str, Any]:
    """Collect the rows of a CSV by frame."""
    text = read_text(path, "the points")
    header = [name.strip().lower() for name in text.splitlines()[0].split(separator_of(text))] if text else []
    if set(header) - set(COLUMNS) or not {"u_px", "v_px"} <= set(header):
        named = ", ".join(header)[:200]
        raise CalibrationError(f"{path}: expected the columns {', '.join(COLUMNS)}, got {named}")
    views: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in parse_rows(text, path, COLUMNS, optional=COLUMNS):
        when = row.cells["frame"], row.cells["time_s"]
        views.setdefault(when, []).append(_point(row.cells, row.where))
    frames = [_frame(when, points) for when, points in views.items()]
    return {"image_size": image_size_px, "frames": frames}


def _frame(when: tuple[str, str], points: list[dict[str, Any]]) -> dict[str, Any]:
    """Make a frame's entry; what is no number is refused where the entry is parsed, by what stands in the file."""
    entry: dict[str, Any] = {"points": points}
    for key, text, parse_text in (("frame", when[0], parse_whole), ("time_s", when[1], parse_number)):
        if text:
            number = parse_text(text)
            entry[key] = text if number is None else number
    return entry


def _point(row: dict[str, str], where: str) -> dict[str, Any]:
    """Read one row."""
    try:
        px = _number(row["u_px"]), _number(row["v_px"])
        if row.get("landmark"):
            return {"px": px, "landmark": row["landmark"].strip()}
        return {"px": px, "court_m": (_number(row["x_m"]), _number(row["y_m"]))}
    except (KeyError, AttributeError, ValueError) as error:
        raise CalibrationError(f"{where}: expected numbers u_px, v_px and a landmark or x_m, y_m") from error


def _number(text: str) -> float:
    """Read a number.

    Raises:
        ValueError: it is none.
    """
    number = parse_number(text.strip())
    if number is None:
        raise ValueError(text)
    return number
