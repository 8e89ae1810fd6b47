"""What a rendered game should look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.choices import CourtName
from pipeline.errors import SettingsError
from pipeline.untrusted import given_text

_Kind = TypeVar("_Kind", bound=BaseModel)

CameraName = Literal[
    "fixed", "corner", "broadcast", "handheld", "diagonal", "endline", "opposite", "low", "roof", "panorama", "upright"
]  # fmt: skip
STANDING: frozenset[CameraName] = frozenset(get_args(CameraName)) - {"broadcast", "handheld", "upright"}
"""Cameras that do not move."""
_LEAST_PANORAMA = 3.0
"""Width over height."""
HallName = Literal["auto", "arena", "gym"]
DesignName = Literal["line", "wide", "stacked", "middle", "column", "slim"]


class RenderSettings(BaseModel):
    """A rendered game; the same settings give the same game, frame for frame."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, strict=True, allow_inf_nan=False)

    seed: int = Field(0, ge=0, le=2**32 - 1, description="everything random is drawn from it")
    seconds: float = Field(45.0, ge=0.01, le=86_400, description="length of the video")
    start_s: float = Field(2.0, ge=0, le=3600, description="play that goes on before the first frame")
    fps: float = Field(30.0, ge=1, le=120, description="frames per second")
    width_px: int = Field(1280, ge=64, le=7680, description="even")
    height_px: int = Field(720, ge=64, le=4320, description="even")
    court: CourtName = "fiba"
    camera: CameraName = "broadcast"
    hall: HallName = Field("auto", description="arena: dark stands full of people; gym: walls and a small stand")
    players_per_team: int = Field(8, ge=5, le=12, description="five of them on court")
    referees: int = Field(2, ge=2, le=3)
    substitutions: bool = Field(True, description="at dead balls, through the bench")
    cuts: bool = Field(True, description="close-ups at dead balls (broadcast camera)")
    replays: bool = Field(False, description="replays from another angle at dead balls (broadcast camera)")
    replay_speed: float = Field(
        0.5, ge=0.01, le=1, description="of a replay; in slow motion pictures are shown repeatedly"
    )
    stint_s: float = Field(30.0, ge=0.1, le=86_400, description="time on court of a usual player before he rests")
    coaches: bool = Field(True, description="a coach of each team before the bench")
    numbers: bool = Field(
        True, description="numbers and names on the shirts; without them the same game, and no roster.csv"
    )
    free_throws: bool = Field(True, description="after some fouls")
    pull_ups: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of possessions that go for a shot from behind the three-point line; else a drive",
    )
    interceptions: float = Field(0.0, ge=0, le=1, description="share of passes that the other team takes")
    switches: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of screens at which two defenders change men, and of possessions that begin so",
    )
    timeout_every_s: float | None = Field(
        None, ge=0.1, le=86_400, description="a time-out at the next dead ball; null: none"
    )
    timeout_s: float = Field(25.0, ge=0.1, le=3600, description="length of a time-out")
    periods: int = Field(1, ge=1, le=8, description="the teams change sides after half of them")
    period_s: float | None = Field(
        None, ge=0.1, le=86_400, description="length of a period; the clock runs through; null: no end"
    )
    break_s: float = Field(20.0, gt=4, le=3600, description="between periods")
    dead_ball_every_s: float = Field(
        18.0, ge=0.1, le=86_400, description="then the ball is dead at the next change of possession, or by a foul"
    )
    other_lines: bool = Field(False, description="lines of other sports on the floor")
    many_lines: bool = Field(
        False, description="lines of five sports and of courts across, white and yellow ones among them"
    )
    lens: float | None = Field(
        None, ge=-0.4, le=0.2, description="lambda of the division model; null: the camera's own"
    )
    crowd: float = Field(0.75, ge=0, le=1, description="share of seats that are taken")
    scoreboard: bool = Field(True, description="a scoreboard over the picture (broadcast camera)")
    scoreboard_design: DesignName = Field("line", description="how it is laid out")
    noise: float = Field(2.0, ge=0, le=20, description="sensor noise, standard deviation in grey levels")
    motion_blur: bool = True
    crf: int = Field(22, ge=0, le=51, description="H.264 quality; higher is worse")

    @model_validator(mode="after")
    def _consistent(self) -> RenderSettings:
        if self.width_px % 2 or self.height_px % 2:
            raise ValueError("width_px and height_px must be even")
        if self.periods > 1 and self.period_s is None:
            raise ValueError("several periods need their length: period_s")
        if self.lens and self.camera not in STANDING:
            raise ValueError(f"a lens is for the cameras that do not move: {', '.join(sorted(STANDING))}")
        if self.camera == "panorama" and self.width_px < _LEAST_PANORAMA * self.height_px:
            raise ValueError("a panorama is at least three times as wide as high: width_px=3300, height_px=450, say")
        if self.camera == "upright" and self.height_px <= self.width_px:
            raise ValueError("a phone held upright has height_px above width_px: width_px=720, height_px=1280, say")
        if self.court == "3x3":
            raise ValueError("the game is five against five, on a court with two baskets")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.width_px, self.height_px


def render_settings(values: Mapping[str, Any]) -> RenderSettings:
    """Make settings of what a user said.

    Args:
        values: by name, see `RenderSettings`.

    Raises:
        SettingsError: a name is unknown or a value wrong; says which, in one line.

    Example:
        >>> render_settings({"camera": "drone"})
        Traceback (most recent call last):
        ...
        pipeline.errors.SettingsError: camera: Input should be 'fixed', 'corner', 'broadcast', ... or 'upright' (got 'drone')
    """
    return checked(RenderSettings, values)


def checked(kind: type[_Kind], values: Mapping[str, Any]) -> _Kind:
    """Make settings of some kind of what a user said.

    Raises:
        SettingsError: a name is unknown or a value wrong; says which, in one line.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            raise SettingsError(f"{name}: unknown; known here: {', '.join(sorted(kind.model_fields))}") from error
        message = problem["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}{given_text(problem['input'])}" if name else message) from error


WHOLE_GAME: Mapping[str, Any] = {
    "seconds": 2880.0,
    "start_s": 0.0,
    "periods": 4,
    "period_s": 700.0,
    "break_s": 27.0,
    "dead_ball_every_s": 40.0,
    "timeout_every_s": 240.0,
    "stint_s": 330.0,
    "players_per_team": 10,
    "referees": 3,
}
"""Settings of a game of 48 minutes of video: four periods with breaks, time-outs, ten players a team, three referees."""


def whole_game(**changes: Any) -> RenderSettings:
    """Return a game of 48 minutes; `changes` are settings that differ from `WHOLE_GAME`."""
    return render_settings({**WHOLE_GAME, **changes})


def demo_settings() -> RenderSettings:
    """Return the short game of `make demo`: a broadcast with a substitution, a close-up and back."""
    return RenderSettings(seed=7, seconds=45, fps=15, camera="broadcast", court="fiba", dead_ball_every_s=12)
