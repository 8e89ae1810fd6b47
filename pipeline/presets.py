"""Presets: settings by the name of a situation, shipped in configs/presets/, and where shipped recipes lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pipeline.choices import CONFIGS, CourtName, PresetName
from pipeline.config import Settings, parse_settings
from pipeline.errors import SettingsError
from pipeline.untrusted import parse_whole, read_yaml

_BOX_NUMBERS = 4
PRESETS: tuple[PresetName, ...] = get_args(PresetName)


def settings_from(
    preset: PresetName | None = None, config: Path | None = None, court: CourtName | None = None
) -> Settings:
    """Read settings: the defaults, over them a preset, over that a file.

    Args:
        preset: its name; None for none.
        config: a YAML file; None for none.
        court: whose rule book the court follows; None: as the settings say.

    Raises:
        SettingsError: there is no such preset or file, or a key or value is wrong.

    Example:
        >>> settings_from("fast").video.max_fps, settings_from().video.max_fps
        (7.5, 12.5)
    """
    changes = {} if config is None else read_yaml(config)
    return _on_court(_combined(preset, changes, None if config is None else str(config)), court)


def overlaid(
    preset: PresetName | None, settings: Settings | dict[str, Any] | None, court: CourtName | None = None
) -> Settings:
    """Lay settings over a preset: what was set in them by name counts, what was left at its default does not.

    Args:
        preset: its name; None for none.
        settings: those of a run, or a mapping of sections as a file of settings has; None for none.
        court: whose rule book the court follows; None: as the settings say.

    Raises:
        SettingsError: there is no such preset or court, or a key or value of the mapping is wrong.

    Example:
        >>> both = overlaid("fast", parse_settings({"present": {"video": False}}))
        >>> both.video.max_fps, both.present.video_height_px, both.present.video
        (7.5, 480, False)
    """
    if settings is not None and not isinstance(settings, Settings):
        settings = parse_settings(settings)
    if preset is None:
        return _on_court(settings or Settings(), court)
    changes = {} if settings is None else settings.model_dump(exclude_unset=True)
    return _on_court(_combined(preset, changes, None), court)


def with_periods(settings: Settings, starts_s: Sequence[float] | None, where: str) -> Settings:
    """Put starts of periods in place of those of the settings.

    Args:
        settings: of a run.
        starts_s: in the video, s; None: as the settings say.
        where: they come from, for messages.

    Raises:
        SettingsError: they do not rise.
    """
    if starts_s is None:
        return settings
    stats = {**settings.stats.model_dump(), "periods": tuple(starts_s)}
    checked = parse_settings({"stats": stats}, where).stats
    return settings.model_copy(update={"stats": checked})


def with_scoreboard(settings: Settings, place: str | None, where: str) -> Settings:
    """Put the place of a scoreboard in place of that of the settings.

    Args:
        settings: of a run.
        place: 'X,Y,W,H' in px, or 'none': it is not read; None: as the settings say.
        where: it comes from, for messages.

    Raises:
        SettingsError: it is neither.

    Example:
        >>> with_scoreboard(Settings(), "40,600,300,50", "--scoreboard").scoreboard.box_px
        (40, 600, 300, 50)
    """
    if place is None:
        return settings
    if place == "none":
        return settings.model_copy(update={"scoreboard": settings.scoreboard.model_copy(update={"read": False})})
    numbers = [parse_whole(text.strip()) for text in place.split(",")]
    if len(numbers) != _BOX_NUMBERS or None in numbers:
        raise SettingsError(f"{where} {place}: expected X,Y,WIDTH,HEIGHT in px of the video, or none")
    checked = parse_settings({"scoreboard": {"read": True, "box_px": numbers}}, where).scoreboard
    return settings.model_copy(update={"scoreboard": checked})


def _on_court(settings: Settings, court: CourtName | None) -> Settings:
    """Put a rule book in place of that of the settings.

    Raises:
        SettingsError: there is no such rule book.
    """
    if court is None:
        return settings
    if court not in get_args(CourtName):
        raise SettingsError(f"there is no court {court!r}; there are {', '.join(get_args(CourtName))}")
    return settings.model_copy(update={"court": settings.court.model_copy(update={"court": court})})


def _combined(preset: PresetName | None, changes: Any, where: str | None) -> Settings:
    if preset is None:
        return parse_settings(changes, where or "settings")
    if preset not in PRESETS:
        raise SettingsError(f"there is no preset {preset!r}; there are {', '.join(PRESETS)}")
    parse_settings(changes, where or "settings")
    return parse_settings(
        _merged(read_yaml(CONFIGS / "presets" / f"{preset}.yaml"), changes), where or f"preset {preset}"
    )


def _merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Lay one nested mapping over another.

    Example:
        >>> _merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}})
        {'a': {'x': 1, 'y': 3}}
    """
    both = {key: _merged(lower[key], upper[key]) for key in lower.keys() & upper.keys() if isinstance(upper[key], dict)}
    return lower | upper | both
