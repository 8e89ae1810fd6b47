"""What people look like: bodies, skin, hair, shoes, uniforms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.rendering.simulation.cast import Cast

Color = tuple[int, int, int]
"""Blue, green, red."""
Pattern = Literal["plain", "panels", "stripes"]
"""Of a shirt: one colour; sides in the trim's colour; stripes from top to bottom."""

_SKINS: tuple[Color, ...] = (
    (70, 100, 150),
    (120, 160, 215),
    (150, 185, 235),
    (45, 65, 100),
    (35, 48, 75),
    (60, 85, 130),
    (105, 140, 195),
)
_HAIRS: tuple[Color, ...] = ((20, 20, 22), (25, 30, 40), (35, 55, 85), (60, 110, 160), (90, 150, 200), (45, 45, 48))
_DARK_UNIFORMS: tuple[Color, ...] = (
    (30, 25, 25),
    (90, 35, 25),
    (150, 60, 20),
    (35, 25, 150),
    (60, 90, 20),
    (40, 75, 15),
    (35, 30, 110),
    (100, 30, 80),
    (25, 20, 185),
    (160, 110, 20),
)
_LIGHT_UNIFORMS: tuple[Color, ...] = (
    (235, 235, 235),
    (215, 220, 222),
    (20, 190, 245),
    (235, 225, 210),
    (230, 235, 238),
    (235, 200, 140),
    (240, 225, 232),
)
_ACCENTS: tuple[Color, ...] = (
    (30, 30, 200),
    (200, 90, 30),
    (30, 160, 230),
    (60, 140, 40),
    (30, 30, 30),
    (150, 40, 120),
)
_SHOES: tuple[Color, ...] = (
    (235, 235, 235),
    (215, 215, 220),
    (30, 30, 30),
    (45, 42, 40),
    (40, 40, 210),
    (210, 130, 40),
    (60, 220, 150),
    (190, 120, 240),
    (50, 160, 250),
)
_SHIRTS: tuple[Color, ...] = (
    (30, 28, 28),
    (42, 38, 38),
    (50, 48, 46),
    (75, 62, 55),
    (40, 40, 45),
    (200, 200, 205),
    (228, 226, 224),
    (150, 90, 60),
    (70, 60, 130),
    (90, 110, 70),
    (110, 110, 115),
    (60, 90, 160),
    (170, 150, 130),
    (50, 45, 90),
    (120, 70, 40),
    (40, 110, 190),
)
_NAMES = [
    "Rossi",
    "Meyer",
    "Novak",
    "Silva",
    "Diallo",
    "Brown",
    "Carter",
    "Lopez",
    "Ivanov",
    "Kim",
    "Jones",
    "Weber",
    "Santos",
    "Bianchi",
    "Okafor",
    "Young",
    "Petrov",
    "Moreau",
    "Larsen",
    "Costa",
    "Fischer",
    "Mbeki",
    "Allen",
    "Walker",
    "Russo",
]


@dataclass(frozen=True)
class Uniform:
    """A team's or an official's clothes."""

    shirt: Color
    shorts: Color
    trim: Color
    ink: Color
    """Colour of the number."""
    trousers: bool = False
    sleeves: bool = False
    pattern: Pattern = "plain"


@dataclass(frozen=True)
class PersonStyle:
    """One person's appearance."""

    height_m: float
    build: float
    """Width relative to the usual body, 0.85 to 1.2."""
    skin: Color
    hair: Color
    hair_style: int
    """0 bald, 1 short, 2 full, 3 high, 4 long."""
    beard: bool
    shoes: Color
    socks: Color
    uniform: Uniform
    number: str | None
    surname: str | None
    """On the back, above the number."""
    sleeve_left: Color | None
    sleeve_right: Color | None
    tights_left: Color | None
    tights_right: Color | None
    headband: Color | None


@dataclass(frozen=True)
class CastMember:
    """One row of the cast."""

    person_id: int
    role: str
    team: str | None
    number: str | None
    name: str
    style: PersonStyle


def cast_people(cast: Cast, rng: np.random.Generator) -> list[CastMember]:
    """Draw everybody's appearance: two teams in uniforms that differ, and officials.

    Args:
        cast: how many.
        rng: everything random.

    Returns:
        One person per index of the cast; `person_id` counts from 1.
    """
    uniforms = team_uniforms(rng)
    numbers = [f"{n}" for n in range(100)] + ["00"]
    names = rng.permutation(_NAMES)
    printed = rng.random() < 0.5
    """Officials with a number on the back."""
    people = []
    for index in range(cast.count):
        if index < 2 * cast.per_team:
            team, place = divmod(index, cast.per_team)
            if place == 0:
                weights = np.where(np.arange(101) < 56, 1.0, 0.15)
                shirt_numbers = rng.choice(numbers, cast.per_team, replace=False, p=weights / weights.sum())
            name = str(names[index % len(names)])
            style = draw_style(uniforms[team], str(shirt_numbers[place]), rng, surname=name)
            people.append(CastMember(index + 1, "player", "AB"[team], style.number, name, style))
        elif index in cast.officials():
            style = draw_style(uniforms[2], str(rng.integers(4, 80)) if printed else None, rng, athletic=False)
            people.append(
                CastMember(index + 1, "referee", None, None, f"Referee {index - 2 * cast.per_team + 1}", style)
            )
        else:
            team = int(index == cast.coach(1))
            style = draw_style(_suit(uniforms[team], rng), None, rng, athletic=False)
            people.append(CastMember(index + 1, "coach", "AB"[team], None, f"Coach {'AB'[team]}", style))
    return people


def without_numbers(people: list[CastMember]) -> list[CastMember]:
    """Take numbers and names off everybody's shirt."""
    return [replace(who, number=None, style=replace(who.style, number=None, surname=None)) for who in people]


def team_uniforms(rng: np.random.Generator) -> tuple[Uniform, Uniform, Uniform]:
    """Draw the uniforms of team A, team B (one light, one dark, or two colours) and the officials.

    Shorts and stripes follow the shirt, as FIBA's rule 4.3 wants it: else two teams look alike from a distance.
    """
    dark = _jitter(_pick(_DARK_UNIFORMS, rng), rng, 12)
    light = _jitter(_pick(_LIGHT_UNIFORMS, rng), rng, 8)
    if rng.random() < 0.15:
        light = _jitter((60, 200, 240) if dark[2] < 120 else (150, 90, 30), rng, 12)
    accents = [_pick(_ACCENTS, rng), _pick(_ACCENTS, rng)]
    pattern = [_PATTERNS[int(k)] for k in rng.choice(3, 2, p=[0.4, 0.4, 0.2])]
    stripe = _jitter(dark if rng.random() < 0.4 else (dark[0] + 45, dark[1] + 45, dark[2] + 45), rng, 10)
    stripes = stripe, (light[0] - 20, light[1] - 20, light[2] - 20)
    trim = [stripes[k] if pattern[k] == "stripes" else accents[k] for k in range(2)]
    inks = _ink(dark, rng), _ink(light, rng)
    shorts = dark if rng.random() < 0.85 else _pick(_DARK_UNIFORMS, rng), light if rng.random() < 0.8 else _WHITE
    dark_uniform = Uniform(dark, shorts[0], trim[0], inks[0], pattern=pattern[0])
    light_uniform = Uniform(light, shorts[1], trim[1], inks[1], pattern=pattern[1])
    pair = (dark_uniform, light_uniform) if rng.random() < 0.5 else (light_uniform, dark_uniform)
    style = int(rng.integers(4))
    grey: Color = (120, 118, 115)
    shirt: Color = (grey, (165, 150, 140), (60, 58, 58), (50, 110, 225))[style]
    patterns: tuple[Pattern, ...] = ("panels", "stripes", "plain", "plain")
    official = Uniform(_jitter(shirt, rng, 10), (28, 28, 30), (25, 25, 25), (20, 20, 20), True, True, patterns[style])
    return pair[0], pair[1], official


_WHITE: Color = (235, 235, 235)
_PATTERNS: tuple[Pattern, ...] = ("plain", "panels", "stripes")


def _suit(uniform: Uniform, rng: np.random.Generator) -> Uniform:
    """Draw a coach's clothes: a dark suit, a shirt, or a shirt in the team's colour."""
    shirt = ((38, 34, 32), (60, 48, 40), (225, 222, 220), uniform.shirt)[int(rng.integers(4))]
    trousers: Color = ((30, 28, 28), (75, 60, 50), (95, 110, 125))[int(rng.integers(3))]
    return Uniform(_jitter(shirt, rng, 8), _jitter(trousers, rng, 8), shirt, shirt, True, True)


def draw_style(
    uniform: Uniform, number: str | None, rng: np.random.Generator, athletic: bool = True, surname: str | None = None
) -> PersonStyle:
    """Draw one person's appearance.

    Args:
        uniform: the clothes.
        number: on the shirt; None for none.
        rng: everything random.
        athletic: a player's body, not an official's or a spectator's.
        surname: on the back.
    """
    height = float(np.clip(rng.normal(1.96, 0.085), 1.75, 2.18)) if athletic else float(rng.normal(1.8, 0.06))
    dark: Color = (35, 33, 32)
    white: Color = (235, 235, 235)
    extra = dark if rng.random() < 0.6 else white
    odds = rng.random(6) < np.array([0.16, 0.16, 0.16, 0.12, 0.14, 0.35])
    return PersonStyle(
        height_m=height,
        build=float(np.clip(rng.normal(1.0, 0.09), 0.84, 1.22)) * (1.0 if athletic else 1.08),
        skin=_jitter(_pick(_SKINS, rng), rng, 10),
        hair=_jitter(_pick(_HAIRS, rng), rng, 6),
        hair_style=int(rng.choice(5, p=[0.15, 0.4, 0.25, 0.12, 0.08])),
        beard=bool(odds[5]),
        shoes=_pick(_SHOES, rng) if athletic else dark,
        socks=white if rng.random() < 0.6 else dark,
        uniform=uniform,
        number=number,
        surname=surname,
        sleeve_left=extra if athletic and odds[0] else None,
        sleeve_right=extra if athletic and odds[1] else None,
        tights_left=extra if athletic and (odds[2] or odds[3]) else None,
        tights_right=extra if athletic and odds[2] else None,
        headband=(uniform.trim if rng.random() < 0.5 else white) if athletic and odds[4] else None,
    )


def spectator(rng: np.random.Generator) -> PersonStyle:
    """Draw somebody of the crowd."""
    shirt = _jitter(_pick(_SHIRTS, rng), rng, 25)
    uniform = Uniform(shirt, _jitter((70, 60, 55), rng, 25), shirt, shirt, True, True)
    return draw_style(uniform, None, rng, athletic=False)


def _pick(colors: tuple[Color, ...], rng: np.random.Generator) -> Color:
    return colors[int(rng.integers(len(colors)))]


def _jitter(color: Color, rng: np.random.Generator, amount: int) -> Color:
    b, g, r = np.clip(np.array(color) + rng.integers(-amount, amount + 1, 3), 0, 250).tolist()
    return int(b), int(g), int(r)


def _ink(shirt: Color, rng: np.random.Generator) -> Color:
    """Choose a number colour that can be read on the shirt."""
    light = 0.114 * shirt[0] + 0.587 * shirt[1] + 0.299 * shirt[2] > 120
    if light:
        return ((25, 25, 30), (140, 40, 30), (30, 30, 170))[int(rng.integers(3))]
    return ((240, 240, 240), (230, 235, 240), (80, 210, 245))[int(rng.integers(3))]
