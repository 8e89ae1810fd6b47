"""Reading recipes: one YAML file names the method, the data and every choice of a training.

`method:` chooses the settings model (`models.reid.methods`), `data.reader:` the reader (`models.reid.data`). What stands
under `digits:` is laid over the rest for the variant that learns MNIST's digits 0-4, and what stands under `short:`, last, when
the short variant is asked for: same method, seconds instead of minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.reid.methods import find_method
from models.reid.settings import Recipe
from pipeline.errors import SettingsError
from pipeline.untrusted import given_text, read_yaml


def read_recipe(path: Path, short: bool = False, digits: bool = False) -> Recipe:
    """Read a recipe as the settings of the method that it names.

    Args:
        path: the YAML file; tables that it names beside itself get its folder.
        short: lay the recipe's `short:` over it.
        digits: lay the recipe's `digits:` over it.

    Raises:
        SettingsError: missing, not YAML, an unknown method, a wrong key or value (with its dotted path), no short variant.
        DependencyError: the packages for training are not installed.
    """
    data = _read(path)
    variants: dict[str, Any] = {name: data.pop(name, None) for name in ("digits", "short")}
    for name, wanted in (("digits", digits), ("short", short)):
        if not wanted:
            continue
        variant = variants[name]
        if not isinstance(variant, dict):
            raise SettingsError(f"{path}: the recipe has no {name} variant; add a section '{name}:'")
        data = overlaid(data, variant)
    return recipe_of(data, str(path), path.parent)


def variants_of(path: Path) -> tuple[bool, ...]:
    """Say with which `digits` a recipe can be read: (False,), or (False, True) where it has that variant.

    Raises:
        SettingsError: missing, or not YAML.
    """
    return (False, True) if "digits" in _read(path) else (False,)


def _read(path: Path) -> dict[str, Any]:
    """Read a YAML file that is a mapping."""
    data = read_yaml(path, "the recipe")
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: expected a recipe with the key 'method', got {type(data).__name__}")
    return data


def recipe_of(data: Mapping[str, Any], where: str, folder: Path = Path()) -> Recipe:
    """Check plain data as the settings of the method that it names.

    Args:
        data: the recipe.
        where: named in messages.
        folder: where the tables lie that the recipe names beside itself.

    Raises:
        SettingsError: see `read_recipe`.
    """
    method = find_method(str(data.get("method", "")), where)
    try:
        return method.settings.model_validate(dict(data), context={"folder": folder})
    except ValidationError as error:
        problems = error.errors()  # a key that is misspelt explains the one that is missing
        problem = next((each for each in problems if each["type"] == "extra_forbidden"), problems[0])
        at = ".".join(str(part) for part in problem["loc"]) or "recipe"
        raise SettingsError(f"{where}: {at}: {problem['msg']}{given_text(problem['input'])}") from error


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of settings over another; data of another reader replace those below as a whole.

    Example:
        >>> overlaid({"seed": 1, "loop": {"epochs": 40, "patience": 3}}, {"loop": {"epochs": 1}})
        {'seed': 1, 'loop': {'epochs': 1, 'patience': 3}}
    """
    out = dict(below)
    for key, value in above.items():
        under = out.get(key)
        deeper = isinstance(value, Mapping) and isinstance(under, Mapping) and "reader" not in value
        out[key] = overlaid(dict(under or {}), value) if deeper else value
    return out
