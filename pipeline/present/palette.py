"""Colours that are easy to distinguish: jerseys made vivid, neutral referees, text that reads on its ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Lab = NDArray[np.float64]
"""(3,) CIE L*a*b*, L* from 0 to 100."""

REFEREE = "#8d949e"
"""Colour of referees."""
UNKNOWN_TEAM = "#17a2ad"
"""Colour of players without a team of whose jersey nothing is known."""
NOBODY = "#c8ccd2"
"""Colour of people without an identity."""
WHITE_JERSEY = "#f4f4f2"
"""What a light, colourless jersey is drawn as."""
DARK_JERSEY = "#2b2d33"
"""What a dark, colourless jersey is drawn as."""
FALLBACK = {"A": "#f28c28", "B": "#2f7fe0"}
"""Used when the two jersey colours are too alike on a screen."""

ONE_EACH = (
    "#f28c28", "#2f7fe0", "#3fae5a", "#e04f6b", "#9b7fe6", "#17b1bd",
    "#e3c11b", "#b5651d", "#7fbf3f", "#e57fc0", "#5566cc", "#c8553d",
)  # fmt: skip
"""Colours of players where the teams are unknown."""

_NEUTRAL_CHROMA = 16.0
"""CIE chroma below which a jersey has no colour."""
_VIVID_CHROMA = 58.0
"""CIE chroma that other jerseys are raised to."""
_DISTINCT = 28.0
"""CIE76 distance below which two colours are too alike."""
_LIGHTEST_BAR = 72.0
"""CIE lightness, 0 to 100, of the lightest bar on white."""


@dataclass(frozen=True)
class Color:
    """An opaque colour."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Color:
        """Read '#rrggbb'.

        Raises:
            ValueError: it is not six hexadecimal digits after '#'.

        Example:
            >>> Color.parse("#ff8000").bgr
            (0, 128, 255)
        """
        if len(text) != 7 or text[0] != "#":
            raise ValueError(f"a colour is written '#rrggbb', got {text!r}")
        return cls(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))

    @property
    def hex(self) -> str:
        """As '#rrggbb'."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def bgr(self) -> tuple[int, int, int]:
        """As OpenCV orders it."""
        return (self.blue, self.green, self.red)

    @property
    def luminance(self) -> float:
        """Relative luminance from 0 to 1 (WCAG 2.2)."""
        channels = np.array([self.red, self.green, self.blue]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ np.array([0.2126, 0.7152, 0.0722]))

    @property
    def ink(self) -> Color:
        """The text colour that reads best on this one: near black or white."""
        return Color(18, 20, 24) if self.luminance > 0.24 else Color(255, 255, 255)


def to_lab(color: Color) -> Lab:
    """Convert to CIE L*a*b*."""
    pixel = np.array([[[color.red, color.green, color.blue]]], dtype=np.float32) / 255
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0], dtype=np.float64)


def from_lab(lab: Lab) -> Color:
    """Convert from CIE L*a*b*, cut to what a screen shows."""
    pixel = cv2.cvtColor(lab.astype(np.float32)[None, None], cv2.COLOR_LAB2RGB)[0, 0]
    red, green, blue = (int(v) for v in np.clip(np.rint(pixel * 255), 0, 255))
    return Color(red, green, blue)


def vivid(color: Color) -> Color:
    """Turn a jersey's measured colour, dulled by light and shade, into the one that people would name.

    Example:
        >>> vivid(Color.parse("#b9b4ac")).hex == WHITE_JERSEY
        True
    """
    lab = to_lab(color)
    chroma = float(np.hypot(lab[1], lab[2]))
    warm_white = lab[0] > 68 and chroma < 2 * _NEUTRAL_CHROMA
    if warm_white or chroma < _NEUTRAL_CHROMA:
        return Color.parse(WHITE_JERSEY if lab[0] > 52 else DARK_JERSEY)
    gain = max(1.0, _VIVID_CHROMA / chroma)
    return from_lab(np.array([np.clip(lab[0], 38, 80), lab[1] * gain, lab[2] * gain]))


def on_white(color: Color) -> Color:
    """Darken a colour until a bar of it shows on white paper.

    Example:
        >>> [round(to_lab(on_white(Color.parse(jersey)))[0]) for jersey in (WHITE_JERSEY, DARK_JERSEY)]
        [72, 18]
    """
    lab = to_lab(color)
    return color if lab[0] <= _LIGHTEST_BAR else from_lab(np.array([_LIGHTEST_BAR, lab[1], lab[2]]))


def team_colors(players: pd.DataFrame) -> dict[str, Color]:
    """Choose one colour per team from the jerseys of its players.

    Args:
        players: table `players`.

    Returns:
        Team -> colour, for every team named; the colours of two teams are always distinct.
    """
    chosen = {team: _team_color(rows, team) for team, rows in players.dropna(subset=["team"]).groupby("team")}
    colors = {str(team): color for team, color in sorted(chosen.items())}
    if len(colors) == 2:
        first, second = (to_lab(c) for c in colors.values())
        if float(np.linalg.norm(first - second)) < _DISTINCT:
            return {team: _fallback(team) for team in colors}
    return colors


def player_colors(players: pd.DataFrame) -> dict[int, Color]:
    """Choose the drawing colour of every person: the team's, else the jersey's, neutral for referees.

    Where the teams are unknown, the players take a dozen colours in turn.
    """
    teams = team_colors(players)
    if not teams:
        return _colors_in_turn(players)
    columns = zip(players["player_id"], players["role"], players["team"], players["color"], strict=True)
    return {
        int(who): person_color(role, None if pd.isna(team) else team, teams, None if pd.isna(jersey) else str(jersey))
        for who, role, team, jersey in columns
    }


def person_color(role: str, team: str | None, teams: Mapping[str, Color], jersey: str | None = None) -> Color:
    """Choose the colour of one person of a game with teams.

    Args:
        role: player or referee.
        team: None where unknown.
        teams: colour of each team.
        jersey: measured colour, '#rrggbb'; None where unknown.
    """
    if role == "referee":
        return Color.parse(REFEREE)
    if team is not None and team in teams:
        return teams[team]
    return Color.parse(UNKNOWN_TEAM) if jersey is None else vivid(Color.parse(jersey))


def _colors_in_turn(players: pd.DataFrame) -> dict[int, Color]:
    """Give each player one of a dozen colours in turn."""
    columns = zip(players["player_id"], players["role"], strict=True)
    in_turn = [Color.parse(color) for color in ONE_EACH]
    return {
        int(who): Color.parse(REFEREE) if role == "referee" else in_turn[(int(who) - 1) % len(in_turn)]
        for who, role in columns
    }


def _team_color(rows: pd.DataFrame, team: object) -> Color:
    """Take the median jersey colour of a team's players in Lab."""
    jerseys = [to_lab(Color.parse(str(c))) for c in rows["color"].dropna()]
    return vivid(from_lab(np.median(jerseys, axis=0))) if jerseys else _fallback(str(team))


def _fallback(team: str) -> Color:
    return Color.parse(FALLBACK.get(team, UNKNOWN_TEAM))
