"""What a broadcaster lays over the picture: a scoreboard in one of several designs, and at times a sign in a corner."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from pipeline.rendering.people.appearance import CastMember, Color
from pipeline.rendering.settings import DesignName
from pipeline.rendering.simulation.motion import Moment
from pipeline.rendering.simulation.record import BoardState

Image = NDArray[np.uint8]
Banner = tuple[int, int, int, int]
"""x1, y1, x2, y2 in px."""
FieldName = Literal["first_name", "first", "second_name", "second", "period", "clock", "shot_clock", "clock_line"]

_PLACES = ((300, 624, 980, 660), (36, 24, 470, 54), (60, 640, 560, 676), (420, 20, 860, 50))
"""Score lines in a picture of 1280 x 720: low in the middle, top left, low left, on top."""
_TOWNS = ("HOME", "AWAY", "CITY", "EAST", "NORTH", "RIVER", "LAKE", "PORT", "OAKS", "HILL")
_ORDINAL = ("1st", "2nd", "3rd", "4th")
_DARK, _PALE, _YELLOW, _RED = (30, 28, 28), (240, 240, 240), (60, 220, 250), (60, 60, 230)
_LETTERS, _FILLED = 0.68, 0.78
"""Size of the letters in heights of a field, and the most of its width that they fill."""
_BRIGHT = 380
"""Sum of a colour's channels, above which ink on it is dark."""


@dataclass(frozen=True)
class BoardField:
    """A piece of text on a scoreboard."""

    what: FieldName
    x: float
    y: float
    width: float
    height: float
    """Shares of the scoreboard."""
    ground: Color | Literal["first", "second"]
    """Colour behind it, or whose shirt's colour."""
    ink: Color | None = None
    """None: dark or pale, whichever can be read."""


@dataclass(frozen=True)
class BoardDesign:
    """How a scoreboard is laid out: px in a picture of 1280 x 720."""

    places: tuple[Banner, ...]
    fields: tuple[BoardField, ...]
    font: str | None
    """A font of matplotlib's; None: the strokes of OpenCV."""
    periods: tuple[str, str, str, str] = _ORDINAL
    shot_clock: str = "{}"


def _row(*fields: tuple[FieldName, float, Color | Literal["first", "second"], Color | None]) -> tuple[BoardField, ...]:
    """Lay fields beside each other: what, share of the width, ground, ink."""
    left, laid = 0.0, []
    for what, width, ground, ink in fields:
        laid.append(BoardField(what, left, 0.0, width, 1.0, ground, ink))
        left += width
    return tuple(laid)


DESIGNS: Mapping[DesignName, BoardDesign] = MappingProxyType(
    {
        "line": BoardDesign(
            _PLACES,
            _row(
                ("first_name", 0.23, "first", None),
                ("first", 0.1, "first", None),
                ("second_name", 0.23, "second", None),
                ("second", 0.1, "second", None),
                ("clock_line", 0.34, _DARK, None),
            ),
            None,
        ),
        "wide": BoardDesign(
            ((240, 612, 1040, 660), (240, 30, 1040, 78)),
            _row(
                ("first_name", 0.26, _DARK, None),
                ("first", 0.09, _DARK, _PALE),
                ("second_name", 0.26, "second", None),
                ("second", 0.09, "second", None),
                ("period", 0.12, (52, 46, 44), _PALE),
                ("clock", 0.12, (52, 46, 44), _YELLOW),
                ("shot_clock", 0.06, (20, 20, 20), _PALE),
            ),
            "DejaVuSans.ttf",
            ("1st Qtr", "2nd Qtr", "3rd Qtr", "4th Qtr"),
        ),
        "stacked": BoardDesign(
            ((900, 600, 1180, 676), (50, 600, 330, 676)),
            (
                BoardField("first_name", 0, 0, 0.34, 0.5, "first"),
                BoardField("first", 0.34, 0, 0.22, 0.5, _PALE, _DARK),
                BoardField("second_name", 0, 0.5, 0.34, 0.5, "second"),
                BoardField("second", 0.34, 0.5, 0.22, 0.5, _PALE, _DARK),
                BoardField("clock", 0.56, 0, 0.44, 0.5, _DARK, _PALE),
                BoardField("period", 0.56, 0.5, 0.24, 0.5, _DARK, _PALE),
                BoardField("shot_clock", 0.8, 0.5, 0.2, 0.5, _DARK, _RED),
            ),
            "DejaVuSans-Bold.ttf",
            ("1ST", "2ND", "3RD", "4TH"),
        ),
        "middle": BoardDesign(
            ((390, 16, 890, 60), (390, 640, 890, 684)),
            _row(
                ("first_name", 0.2, "first", None),
                ("first", 0.12, (70, 60, 55), _PALE),
                ("period", 0.1, _DARK, _YELLOW),
                ("clock", 0.16, _DARK, _PALE),
                ("shot_clock", 0.1, _DARK, _YELLOW),
                ("second", 0.12, (70, 60, 55), _PALE),
                ("second_name", 0.2, "second", None),
            ),
            "DejaVuSansMono-Bold.ttf",
            ("Q1", "Q2", "Q3", "Q4"),
            ":{}",
        ),
        "column": BoardDesign(
            ((40, 30, 270, 130), (1010, 30, 1240, 130)),
            (
                BoardField("first_name", 0, 0, 0.6, 0.34, "first"),
                BoardField("first", 0.6, 0, 0.4, 0.34, "first"),
                BoardField("second_name", 0, 0.34, 0.6, 0.34, "second"),
                BoardField("second", 0.6, 0.34, 0.4, 0.34, "second"),
                BoardField("period", 0, 0.68, 0.26, 0.32, _PALE, _DARK),
                BoardField("clock", 0.26, 0.68, 0.46, 0.32, _PALE, _DARK),
                BoardField("shot_clock", 0.72, 0.68, 0.28, 0.32, _DARK, _YELLOW),
            ),
            "DejaVuSerif-Bold.ttf",
            ("1Q", "2Q", "3Q", "4Q"),
        ),
        "slim": BoardDesign(
            ((120, 678, 760, 708), (300, 8, 940, 38)),
            _row(
                ("period", 0.1, _PALE, _DARK),
                ("clock", 0.17, _PALE, (30, 30, 160)),
                ("first_name", 0.2, "first", None),
                ("first", 0.12, (90, 40, 20), _PALE),
                ("second", 0.12, (90, 40, 20), _PALE),
                ("second_name", 0.2, "second", None),
                ("shot_clock", 0.09, _DARK, _PALE),
            ),
            "STIXGeneralBol.ttf",
            ("1st", "2nd", "3rd", "4th"),
        ),
    }
)
"""Designs by name. Settings were chosen with `line`, `wide`, `stacked` and `middle`; `column` and `slim` were held back."""
HELD_BACK: tuple[DesignName, ...] = ("column", "slim")


@dataclass(frozen=True)
class Graphic:
    """What lies over the picture of one game."""

    place: Banner
    teams: tuple[str, str]
    sign: str
    """A word in a corner; empty for none."""
    design: BoardDesign


def draw_graphic(size: tuple[int, int], rng: np.random.Generator, design: DesignName = "line") -> Graphic:
    """Draw what is laid over a picture.

    Args:
        size: width, height of the picture.
        rng: everything random.
        design: of the scoreboard.
    """
    layout = DESIGNS[design]
    unit = size[0] / 1280
    x1, y1, x2, y2 = layout.places[int(rng.integers(len(_PLACES))) % len(layout.places)]
    low = size[1] - round(720 * unit) if y1 > 360 else 0
    place = (round(x1 * unit), round(y1 * unit) + low, round(x2 * unit), round(y2 * unit) + low)
    teams = rng.choice(_TOWNS, 2, replace=False)
    sign = "".join(rng.choice(list("aceilmnorst"), 7)) + ".tv" if rng.random() < 0.4 else ""
    return Graphic(place, (str(teams[0]), str(teams[1])), sign, layout)


def clock_text(seconds: float) -> str:
    """Write a game clock: seconds and tenths in the last minute, else minutes and full seconds.

    Example:
        >>> clock_text(600.0), clock_text(61.5), clock_text(9.87)
        ('10:00', '1:01', '9.8')
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds >= 60 else f"{int(seconds * 10) / 10:.1f}"


def lay_over(image: Image, graphic: Graphic, people: list[CastMember], moment: Moment) -> None:
    """Lay scoreboard and sign over a picture, in place.

    Args:
        image: (h, w, 3).
        graphic: what is laid over it.
        people: all, for the teams' colours.
        moment: for the score.
    """
    unit = image.shape[1] / 1280
    shirts = {
        name: next(p.style.uniform for p in people if p.team == team).shirt
        for name, team in (("first", "A"), ("second", "B"))
    }
    texts = _texts(graphic, moment.facts.board)
    for field in graphic.design.fields:
        left, top, right, below = _box(graphic, field)
        ground = shirts[field.ground] if isinstance(field.ground, str) else field.ground
        cv2.rectangle(image, (left, top), (right - 1, below - 1), ground, -1)
        ink = field.ink or ((20, 20, 20) if sum(ground) > _BRIGHT else (245, 245, 245))
        _write(image[top:below, left:right], texts[field.what], graphic.design.font, ink)
    if graphic.sign:
        at = (round(image.shape[1] - 230 * unit), round(image.shape[0] - 24 * unit))
        ink, thick = (225, 225, 225), max(1, round(2 * unit))
        cv2.putText(image, graphic.sign, at, cv2.FONT_HERSHEY_SIMPLEX, 1.1 * unit, ink, thick, cv2.LINE_AA)


def words_on(graphic: Graphic, board: BoardState) -> Iterator[tuple[Banner, str]]:
    """Yield the words on a scoreboard, without spaces, and where they stand.

    Args:
        graphic: what lies over the picture.
        board: what the scoreboard shows.
    """
    texts = _texts(graphic, board)
    for field in graphic.design.fields:
        left, top, right, below = _box(graphic, field)
        words = texts[field.what].split() if field.what == "clock_line" else [texts[field.what].replace(" ", "")]
        edges = np.linspace(left, right, len(words) + 1).round().astype(int).tolist()
        for (begin, end), word in zip(pairwise(edges), words, strict=True):
            yield (begin, top, end, below), word


def _box(graphic: Graphic, field: BoardField) -> Banner:
    """Say where a field is."""
    x1, y1, x2, y2 = graphic.place
    left, right = (x1 + round((x2 - x1) * share) for share in (field.x, field.x + field.width))
    top, below = (y1 + round((y2 - y1) * share) for share in (field.y, field.y + field.height))
    return left, top, right, below


def _texts(graphic: Graphic, board: BoardState) -> dict[FieldName, str]:
    """Write what stands on the board."""
    design = graphic.design
    period, clock = design.periods[min(board.period, 4) - 1], clock_text(board.clock_s)
    return {
        "first_name": graphic.teams[0],
        "second_name": graphic.teams[1],
        "first": str(board.score[0]),
        "second": str(board.score[1]),
        "period": period,
        "clock": clock,
        "shot_clock": design.shot_clock.format(int(board.shot_clock_s)),
        "clock_line": f"{period} {clock}",
    }


def _write(area: Image, text: str, font: str | None, ink: Color) -> None:
    """Write a text into the middle of an area (h, w, 3)."""
    height, width = area.shape[:2]
    if font is None:
        scale, thick = 0.02 * height, max(1, round(0.045 * height))
        wide = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thick)[0][0]
        at = (max(1, (width - wide) // 2), round(0.73 * height))
        cv2.putText(area, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, ink, thick, cv2.LINE_AA)
        return
    letters = _font(font, _LETTERS * height)
    needed_px = letters.getlength(text)
    if needed_px > _FILLED * width:
        letters = _font(font, _LETTERS * height * _FILLED * width / needed_px)
    canvas = Pictures.new("L", (width, height), 0)
    ImageDraw.Draw(canvas).text((width / 2, height / 2), text, font=letters, fill=255, anchor="mm")
    cover = np.asarray(canvas, np.float32)[..., None] / 255
    area[:] = np.round(area * (1 - cover) + np.array(ink, np.float32) * cover).astype(np.uint8)


@cache
def _font(name: str, size_px: float) -> ImageFont.FreeTypeFont:
    """Open a font of matplotlib's."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise RuntimeError("matplotlib is not installed: its fonts are needed")
    return ImageFont.truetype(str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name), size_px)
