"""Weight files of the training wing: safetensors that carry their recipe, so that a file alone can be evaluated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from models.reid.methods import find_method
from models.reid.recipe import recipe_of
from models.reid.settings import Recipe
from models.weight_files import parse_about, read_tensors, write_tensors
from pipeline.errors import WeightsError

METADATA_KEY = "courtside-reid"


def write_network(path: Path, network: nn.Module, about: Mapping[str, Any]) -> None:
    """Write a network's state and, as JSON, what is said about it; whole or not at all.

    Args:
        path: the file.
        network: its state is written.
        about: plain data.
    """
    write_tensors(path, network.state_dict(), {METADATA_KEY: json.dumps(about, sort_keys=True)})


def has_recipe(path: Path) -> bool:
    """Say whether a weight file carries a recipe: then it is of this wing, else of an encoder for `courtside analyze`.

    Raises:
        WeightsError: missing, or not safetensors.
    """
    return "recipe" in _read(path)[1]


def load_network(path: Path) -> tuple[Recipe, nn.Module]:
    """Build the network that a weight file is of, with its weights, in eval mode.

    Raises:
        WeightsError: missing, not safetensors, without a recipe, or of another network.
    """
    state, about = _read(path)
    if "recipe" not in about:
        raise WeightsError(f"weights {path}: written by another program; give a weights.safetensors of train reid")
    recipe = recipe_of(about["recipe"], str(path))
    network = find_method(recipe.method, str(path)).build(recipe)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"weights {path}: do not fit method {recipe.method!r}: {error}") from error
    return recipe, network.eval()


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the tensors of a weight file and what is said about them."""
    state, header = read_tensors(path, "re-ID")
    return state, parse_about(header.get(METADATA_KEY), path, "re-ID")
