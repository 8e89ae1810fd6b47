"""Settings: strict, frozen, one class per stage; read safely from YAML.

An unknown key, a wrong type or an impossible value is a `SettingsError` with its path. `configs/default.yaml` lists all keys.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from pipeline.choices import CourtName, CsvDialectName
from pipeline.errors import SettingsError
from pipeline.settings_section import BallSettings, ScoreboardSettings
from pipeline.settings_section import Section as _Section
from pipeline.untrusted import given_text, read_yaml

_Text = Annotated[str, Field(max_length=4096)]


class VideoSettings(_Section):
    """Which stretch of the video is analysed, and how finely."""

    max_fps: float | None = Field(
        12.5,
        ge=0.1,
        le=1000,
        description="analyse at most this many frames per second, of a video of up to a quarter more all; null: all",
    )
    chunk_s: float = Field(20.0, ge=0.1, le=1e6, description="seconds per resumable piece of work")


class NetworkSettings(_Section):
    """How all networks run."""

    runtime: Literal["auto", "openvino", "torch"] = Field(
        "auto", description="auto: OpenVINO on processors, torch on graphics cards"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto",
        description="of the arithmetic; auto: the fastest that is as good, on processors 8 bits for the detector",
    )


class ShotSettings(_Section):
    """Shot boundaries and camera motion."""

    motion_width_px: int = Field(
        640, ge=64, le=4096, description="width of the picture that camera motion is measured on"
    )
    cut_correlation: float = Field(0.5, ge=-1, le=1, description="colour histograms that correlate less are a cut")


class DetectSettings(_Section):
    """The detector."""

    weights: _Text = Field("builtin", description="'builtin', or a .safetensors, .pt, .onnx file or OpenVINO folder")
    input_size_px: Annotated[int, Field(ge=64, le=4096)] | Literal["auto"] = Field(
        "auto", description="long side of the network input; a multiple of 32"
    )
    min_score: float = Field(0.1, gt=0, lt=1, description="person boxes below are dropped; see track.min_score")
    min_score_small: float = Field(0.25, gt=0, lt=1, description="ball, rim and number boxes below are dropped")
    nms_iou: float = Field(0.6, gt=0, lt=1, description="boxes of one class that overlap more are one")

    @model_validator(mode="after")
    def _stride(self) -> DetectSettings:
        if isinstance(self.input_size_px, int) and self.input_size_px % 32:
            raise ValueError("input_size_px must be a positive multiple of 32, or auto")
        return self


class EmbedSettings(_Section):
    """The appearance encoder."""

    encoder: _Text = Field("osnet", description="name of an encoder")
    weights: _Text = Field("builtin", description="'builtin' or a .safetensors file")
    every_s: float = Field(
        0.5,
        ge=0,
        le=3600,
        description="somebody who goes on undisturbed is embedded once in so many seconds; 0: in every analysed frame",
    )


class NumberSettings(_Section):
    """The reader of jersey numbers."""

    weights: _Text | None = Field("builtin", description="'builtin', 'rapidocr' or a .safetensors file; null: not read")


class CourtSettings(_Section):
    """Court and calibration."""

    court: CourtName | None = Field(
        None, description="rule book; null: as the calibration says, else nba or fiba, found"
    )
    automatic: bool = Field(True, description="find the court in the picture; used where no calibration is given")
    weights: _Text = Field("builtin", description="'builtin' or a .safetensors file of the court network")
    keyframe_s: float = Field(
        0.5, ge=0.01, le=3600, description="the court is looked for once in so many seconds; more in videos of hours"
    )
    max_automatic_s: float = Field(
        4.0,
        ge=0,
        le=3600,
        description="a court that was found is carried by camera motion at most this far; a second in which the camera stands counts a fifth",
    )
    max_error_px: float = Field(
        15.0, ge=0.01, le=1000, description="a calibrated frame that fits worse (at 1280 px width) is refused"
    )
    max_propagation_s: float = Field(
        20.0,
        ge=0,
        le=3600,
        description="a moving camera's calibration is carried by camera motion at most this far, counted likewise",
    )
    max_disagreement_m: float = Field(
        0.75,
        ge=0.001,
        le=100,
        description="carried from two calibrated frames, a frame is refused if more is expected to be wrong",
    )
    margin_m: float = Field(1.5, ge=0, le=100, description="people whose feet are further off the court are left out")


class TrackSettings(_Section):
    """DeepSORT."""

    min_score: float = Field(0.35, gt=0, lt=1, description="boxes below begin no tracklet, and only go on with one")
    max_age_s: float = Field(0.4, ge=0.001, le=3600, description="a tracklet without a box for longer ends")
    max_gap_s: float = Field(
        2.0,
        ge=0,
        le=3600,
        description="a tracklet that ended is joined to one that begins up to so much later; 0: never",
    )
    confirm_boxes: int = Field(3, ge=1, le=1000, description="boxes before a tracklet counts")
    max_iou_distance: float = Field(
        0.7, gt=0, le=1, description="1 - IoU above which a box is not the next of a tracklet that is not confirmed yet"
    )
    nn_budget: int = Field(
        30, ge=1, le=10_000, description="appearance samples kept per tracklet; none at all is quadratic in time"
    )
    motion_compensation: bool = Field(True, description="move predictions with the camera")
    duplicate_iou: float = Field(
        0.8, gt=0, le=1, description="a player box and a referee box that overlap more are one person"
    )


ClustererName = Literal["joint", "average", "ward", "dispersion", "k-means", "two-stage-hdbscan", "jaccard-dbscan"]


class IdentifySettings(_Section):
    """From tracklets to players."""

    clusterer: ClustererName = Field(
        "joint",
        description="how tracklets are grouped; joint weighs all evidence, the others appearance alone: average, ward, "
        "dispersion, k-means, two-stage-hdbscan, jaccard-dbscan",
    )
    min_players: int = Field(2, ge=1, le=1000, description="at least this many players in all, where constraints allow")
    max_players: int = Field(30, ge=1, le=1000, description="at most this many players in all, where constraints allow")
    max_distance: Annotated[float, Field(gt=0, le=2)] | Literal["auto"] = Field(
        "auto", description="average cosine distance above which tracklets are not merged; auto: read off the game"
    )
    min_tracklet_s: float = Field(
        3.0,
        ge=0,
        le=3600,
        description="shorter tracklets, or than a sixtieth of a shorter video, are given to the people found among the others",
    )
    min_player_s: float = Field(
        20.0,
        ge=0,
        le=1e6,
        description="people seen for less, or for less than a tenth of a shorter video, are left out",
    )
    min_roaming: float = Field(
        0.25,
        ge=0,
        le=1000,
        description="people who always stay within so many body heights for seconds are bench or crowd",
    )
    crops_per_tracklet: int = Field(50, ge=1, le=10_000, description="best crops pooled per tracklet")
    teams: bool = Field(True, description="tell two teams apart by jersey colour; team-mates only are merged")
    number_odds: float = Field(
        300.0,
        gt=1,
        le=1e12,
        description="a number counts as read if it is so many times likelier than all others together",
    )
    unknown_below: float = Field(
        0.5, ge=0, lt=1, description="a tracklet whose player is less likely than this counts as nobody's: unknown"
    )
    split_tracklets: bool = Field(True, description="cut tracklets where they go over to another person")
    max_speed_mps: float = Field(
        12.0,
        ge=0.1,
        le=1000,
        description="tracklets that only somebody faster could connect are two people (with a calibration)",
    )

    @model_validator(mode="after")
    def _range(self) -> IdentifySettings:
        if self.min_players > self.max_players:
            raise ValueError("min_players must not exceed max_players")
        return self


class StatsSettings(_Section):
    """From positions to metres and seconds."""

    smooth_s: float = Field(
        0.6,
        ge=0.001,
        le=60,
        description="movements shorter than about this are smoothed away at a usual noise of the boxes; longer ones at a larger",
    )
    dead_band_mps: float = Field(0.2, ge=0, le=100, description="smoothed speed below counts as standing")
    max_speed_mps: float = Field(10.5, ge=0.1, le=1000, description="faster than a human: not believed")
    max_gap_s: float = Field(
        1.5, ge=0, le=3600, description="gaps up to this are bridged and counted as bridged; longer ones are not"
    )
    top_speed_hold_s: float = Field(0.5, ge=0.001, le=60, description="top speed must be held this long")
    jog_mps: float = Field(1.9, ge=0.001, le=100, description="from here on jogging; slower is walking")
    run_mps: float = Field(3.9, ge=0.001, le=100, description="from here on running")
    sprint_mps: float = Field(5.9, ge=0.001, le=100, description="from here on sprinting")
    min_sprint_s: float = Field(0.6, ge=0.001, le=3600, description="a sprint lasts at least this long")
    acceleration_mps2: float = Field(
        2.5, ge=0.001, le=1000, description="speed that rises or falls this fast over half a second is a hard effort"
    )
    max_absence_s: float = Field(
        6.0, ge=0, le=3600, description="out of view for up to this, a player counts as on court all the while"
    )
    periods: tuple[Annotated[float, Field(ge=0, le=1e6)], ...] = Field(
        (),
        strict=False,
        max_length=100,
        description="starts of the periods, s in the video; none: one, or two where the teams change sides",
    )

    @model_validator(mode="after")
    def _zones(self) -> StatsSettings:
        if not self.jog_mps < self.run_mps < self.sprint_mps:
            raise ValueError("speed zones must rise: jog_mps < run_mps < sprint_mps")
        if any(later <= earlier for earlier, later in pairwise(self.periods)):
            raise ValueError("periods must begin one after another")
        return self


class PresentSettings(_Section):
    """The files written for people."""

    video: bool = Field(True, description="write annotated.mp4")
    video_height_px: int | None = Field(
        720, ge=120, le=8640, description="annotated video is scaled down to this height; null: as is"
    )
    video_fps: float | None = Field(
        30.0,
        ge=0.1,
        le=1000,
        description="annotated video has at most this many frames per second; people between analysed frames are "
        "interpolated; null: as the source",
    )
    video_encoder: Literal["auto", "software"] = Field(
        "auto", description="auto: that of a graphics card where there is one, else in software"
    )
    trail_s: float = Field(1.5, ge=0, le=3600, description="length of the trails")
    heatmap_sigma_m: float = Field(0.8, ge=0.01, le=100, description="kernel of the heat maps")
    crops_per_player: int = Field(8, ge=0, le=1000, description="pictures of each player in the report")
    csv_dialect: CsvDialectName = Field(
        "standard",
        description="of the CSV files; excel-de: semicolons and decimal commas, as a German Excel reads them",
    )


class Settings(_Section):
    """All settings of a run."""

    video: VideoSettings = VideoSettings()
    networks: NetworkSettings = NetworkSettings()
    shots: ShotSettings = ShotSettings()
    detect: DetectSettings = DetectSettings()
    embed: EmbedSettings = EmbedSettings()
    numbers: NumberSettings = NumberSettings()
    scoreboard: ScoreboardSettings = ScoreboardSettings()
    court: CourtSettings = CourtSettings()
    track: TrackSettings = TrackSettings()
    identify: IdentifySettings = IdentifySettings()
    stats: StatsSettings = StatsSettings()
    ball: BallSettings = BallSettings()
    present: PresentSettings = PresentSettings()


def load_settings(path: Path | None) -> Settings:
    """Read settings from a YAML file; what it does not name keeps its default.

    Args:
        path: the file; None for all defaults.

    Raises:
        SettingsError: the file is missing, not YAML, or a key or value is wrong (dotted path in the message).
    """
    return Settings() if path is None else parse_settings(read_yaml(path), where=str(path))


def parse_settings(data: Any, where: str = "settings") -> Settings:
    """Check a nested mapping.

    Raises:
        SettingsError: the first wrong key or value, with its dotted path.

    Example:
        >>> parse_settings({"stats": {"smooth_s": 1}}).stats.smooth_s
        1.0
        >>> parse_settings({"stats": {"smoth_s": 1}})
        Traceback (most recent call last):
        pipeline.errors.SettingsError: settings: stats.smoth_s: unknown key; known here: ...
    """
    if not isinstance(data, dict):
        raise SettingsError(f"{where}: expected a mapping of sections, got {type(data).__name__}")
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(f"{where}: {_first_problem(error)}") from error


def parse_stored_settings(data: Any, where: str) -> tuple[Settings, tuple[str, ...]]:
    """Check the settings that a run noted, in which keys of other versions are left out: nothing reads them any more.

    Args:
        data: a nested mapping.
        where: it comes from, for messages.

    Returns:
        The settings, and dotted paths of the keys that were left out.

    Raises:
        SettingsError: a wrong value, with its dotted path.

    Example:
        >>> parse_stored_settings({"detect": {"batch": 8, "nms_iou": 0.5}}, "run.json")[1]
        ('detect.batch',)
    """
    if not isinstance(data, dict):
        return parse_settings(data, where), ()
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    for name, values in data.items():
        section = Settings.model_fields.get(name)
        if section is None:
            left_out.append(str(name))
        elif isinstance(values, dict):
            keys = type(section.default).model_fields
            left_out += [f"{name}.{key}" for key in values if key not in keys]
            kept[name] = {key: value for key, value in values.items() if key in keys}
        else:
            kept[name] = values
    return parse_settings(kept, where), tuple(left_out)


def _first_problem(error: ValidationError) -> str:
    """Say the first problem with its dotted path."""
    problem = error.errors()[0]
    path = ".".join(str(key) for key in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{path}: unknown key; known here: {', '.join(_known_keys(problem['loc']))}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{path}: {message}{given_text(problem['input'])}"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Name the keys that the section of a wrong key has."""
    model: type[BaseModel] = Settings
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        model = annotation
    return sorted(model.model_fields)


def as_yaml(settings: Settings) -> str:
    """Write all settings as commented YAML, one section per stage; `load_settings` reads it back."""
    lines: list[str] = []
    for section in Settings.model_fields:
        values: BaseModel = getattr(settings, section)
        lines += [f"# {(type(values).__doc__ or '').strip()}", f"{section}:"]
        for key, info in type(values).model_fields.items():
            value = (
                yaml.safe_dump(getattr(values, key), default_flow_style=True, width=1000)
                .removesuffix("\n...\n")
                .strip()
            )
            lines.append(f"  {key}: {value}" + (f"  # {info.description}" if info.description else ""))
        lines.append("")
    return "\n".join(lines)
