"""The JSON formats of a calibration: our own, and two kinds of annotation files that are turned into it.

- own: `{"format": "courtside-calibration", "version": 1, ...}`
- one view: `points` by name with `image_px` and `court_m`, optionally `fit` (division model and homography)
- several views: `frames` with `H_image_to_court`, or `lens` and `H_lens_to_court`
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.choices import CourtName
from pipeline.errors import CalibrationError

FORMAT: Final = "courtside-calibration"
VERSION: Final = 1
"""Of the file format."""

MAX_FRAMES, MAX_FITTED_FRAMES, MAX_FRAME_POINTS = 5000, 500, 200
"""Of a file: frames in all, frames whose homography is fitted to points, points of a frame. More would take minutes and gigabytes."""
MAX_TEXT = 10_000
"""Signs of a comment."""

_Px = Annotated[float, Field(strict=True, ge=-1e6, le=1e6)]
_Element = Annotated[float, Field(strict=True, ge=-1e12, le=1e12)]
_FrameNumber = Annotated[int, Field(strict=True, ge=0, le=10**9)]
_Side = Annotated[int, Field(strict=True, ge=1, le=100_000)]
_CourtLength = Annotated[float, Field(strict=True, ge=10, le=32)]
_CourtWidth = Annotated[float, Field(strict=True, ge=9, le=18)]
_Name = Annotated[str, Field(max_length=200)]
Pair = tuple[_Px, _Px]
Row = tuple[_Element, _Element, _Element]


class _StrictEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PointEntry(_StrictEntry):
    """A point in the picture and on the court, by position or by name."""

    px: Pair
    court_m: Pair | None = None
    landmark: _Name | None = None
    name: _Name | None = None

    @model_validator(mode="after")
    def _one(self) -> PointEntry:
        if (self.court_m is None) == (self.landmark is None):
            raise ValueError("a point needs either court_m or landmark")
        return self


class LensEntry(_StrictEntry):
    """Division model: d = (p - center) / scale, u = d / (1 + lam |d|^2)."""

    center_px: Pair
    scale_px: float = Field(ge=1e-3, le=1e6)
    lam: float = Field(gt=-5, lt=5)


class FrameEntry(_StrictEntry):
    """One calibrated moment."""

    frame: _FrameNumber | None = None
    time_s: float | None = Field(None, strict=True, ge=0, le=1e6)
    last_frame: _FrameNumber | None = None
    points: list[PointEntry] = Field([], max_length=MAX_FRAME_POINTS)
    homography: tuple[Row, Row, Row] | None = None

    @property
    def name(self) -> str:
        """Say which frame, for messages."""
        if self.frame is not None:
            return f"frame {self.frame}"
        return f"time {self.time_s:g} s" if self.time_s is not None else "the only frame"

    @model_validator(mode="after")
    def _when(self) -> FrameEntry:
        if self.last_frame is not None and (self.frame is None or self.last_frame < self.frame):
            raise ValueError("last_frame must follow frame")
        return self


class CalibrationFile(_StrictEntry):
    """A whole file."""

    format: Literal["courtside-calibration"] = FORMAT
    version: Literal[1] = VERSION
    court: CourtName | None = None
    court_size_m: tuple[_CourtLength, _CourtWidth] | None = None
    image_size: tuple[_Side, _Side]
    camera: Literal["fixed", "moving"] | None = None
    lens: LensEntry | Literal["auto", "none"] = "auto"
    frames: list[FrameEntry] = Field(min_length=1, max_length=MAX_FRAMES)
    comment: str | None = Field(None, max_length=MAX_TEXT)

    @model_validator(mode="after")
    def _times(self) -> CalibrationFile:
        if len(self.frames) > 1 and any(view.frame is None and view.time_s is None for view in self.frames):
            raise ValueError("with several frames each needs its frame or time_s")
        return self


def parse(data: Any, where: str) -> CalibrationFile:
    """Turn decoded JSON of any known format into one shape.

    Args:
        data: what the JSON decoder gave.
        where: the file, for messages.

    Raises:
        CalibrationError: the format is unknown, or a key is missing or wrong (dotted path in the message).
    """
    if not isinstance(data, dict):
        raise CalibrationError(
            f"{where}: expected a JSON object, got {type(data).__name__}; see docs/guide/calibration.md"
        )
    try:
        shaped = _own_shape(data)
        _check_size(shaped, where)
        return CalibrationFile.model_validate(shaped)
    except ValidationError as error:
        problem = error.errors()[0]
        path = ".".join(str(key) for key in problem["loc"]) or "file"
        message = problem["msg"].removeprefix("Value error, ")
        raise CalibrationError(f"{where}: {path}: {message}; see docs/guide/calibration.md") from error
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise CalibrationError(
            f"{where}: malformed: {type(error).__name__} {error}; see docs/guide/calibration.md"
        ) from error


def _check_size(data: dict[str, Any], where: str) -> None:
    """Refuse a file that asks for more work than any calibration does, before any of it is done."""
    frames = data.get("frames")
    if not isinstance(frames, list):
        return
    points = [
        len(view["points"]) if isinstance(view, dict) and isinstance(view.get("points"), list) else 0 for view in frames
    ]
    fitted = sum(count > 0 and view.get("homography") is None for view, count in zip(frames, points, strict=True))
    for count, limit, what in (
        (len(frames), MAX_FRAMES, "frames"),
        (fitted, MAX_FITTED_FRAMES, "frames with points and no homography"),
        (max(points, default=0), MAX_FRAME_POINTS, "points in one frame"),
    ):
        if count > limit:
            raise CalibrationError(f"{where}: {count} {what}, at most {limit} are read; leave some out")


def _own_shape(data: dict[str, Any]) -> dict[str, Any]:
    """Recognise an annotation file by its keys and convert it; anything else is meant to be our own format."""
    if "format" in data:
        return data
    if isinstance(data.get("points"), dict):
        return _one_view(data)
    frames = data.get("frames")
    if isinstance(frames, list) and any("H_image_to_court" in view or "H_lens_to_court" in view for view in frames):
        return _several_views(data)
    return data


def _one_view(data: dict[str, Any]) -> dict[str, Any]:
    """Convert named points of one static view, with the fit that may stand beside them."""
    view: dict[str, Any] = {
        "points": [{"px": p["image_px"], "court_m": p["court_m"], "name": name} for name, p in data["points"].items()]
    }
    lens: Any = "auto"
    if "fit" in data:
        fit, scale = data["fit"], _scale_of(data["fit"])
        lens = {"center_px": fit["c"], "scale_px": scale, "lam": fit["lam"]}
        view["homography"] = _from_lens_units(fit["H"], fit["c"], scale)
    span = re.findall(r"\d+", str(data.get("valid_frames", "")).split("(")[0])
    if len(span) == 2:
        view["frame"], view["last_frame"] = int(span[0]), int(span[1])
    static = str(data.get("camera", "")).startswith("static") and not span
    return {
        "court": str(data["court"]["standard"]).lower(),
        "image_size": data["image_size"],
        "camera": "fixed" if static else None,
        "lens": lens,
        "frames": [view],
    }


def _scale_of(fit: dict[str, Any]) -> float:
    """Read the scale s from the text of the model, d=(p-c)/s."""
    found = re.search(r"d=\(p-c\)/([\d.]+)", str(fit["model"]))
    if found is None:
        raise ValueError("fit.model does not say the scale as d=(p-c)/SCALE")
    return float(found.group(1))


def _several_views(data: dict[str, Any]) -> dict[str, Any]:
    """Convert fitted frames; with a lens the matrices act on u, without on px."""
    shift = 0.5 if str(data.get("pixel_convention", "")).startswith("(0,0) = centre") else 0.0
    lens = data.get("lens") if all("H_lens_to_court" in view for view in data["frames"]) else None
    centre = [lens["c"][0] + shift, lens["c"][1] + shift] if lens else [shift, shift]
    key, scale = ("H_lens_to_court", lens["s"]) if lens else ("H_image_to_court", 1.0)
    frames = [
        {
            "frame": _number_of(view),
            "points": [
                {"px": [p["px"][0] + shift, p["px"][1] + shift], "court_m": p["court_m"], "name": p.get("name")}
                for p in view.get("points", [])
            ],
            "homography": _from_lens_units(view[key], centre, scale),
        }
        for view in data["frames"]
    ]
    return {
        "court": data["court"],
        "image_size": data["image_size"],
        "lens": {"center_px": centre, "scale_px": scale, "lam": lens["lam"]} if lens else "none",
        "frames": frames,
    }


def _number_of(view: dict[str, Any]) -> int | None:
    """Read a frame's number, from the name of its picture where there is no other."""
    if "frame" in view:
        return int(view["frame"])
    digits = re.search(r"(\d+)\.\w+$", str(view.get("image", "")))
    return int(digits.group(1)) if digits else None


def _from_lens_units(matrix: Any, centre: Any, scale: float) -> list[list[float]]:
    """Turn a homography of u = (undistorted px - c) / s into one of undistorted px."""
    units = np.array([[1 / scale, 0, -centre[0] / scale], [0, 1 / scale, -centre[1] / scale], [0, 0, 1.0]])
    converted: list[list[float]] = (np.array(matrix, float) @ units).tolist()
    return converted
