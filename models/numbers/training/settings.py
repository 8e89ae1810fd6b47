"""Settings of the training of the number reader: strict, frozen, read from a YAML recipe."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from models.strict import Seed, Strict
from pipeline.errors import SettingsError
from pipeline.untrusted import given_text, read_yaml


class RenderedSettings(Strict):
    """Rendered numbers."""

    validation: int = Field(1000, ge=1, description="examples of other typefaces, for calibration")
    single: float = Field(0.3, gt=0, lt=1, description="share of numbers with one digit")
    negatives: float = Field(0.15, ge=0, lt=1, description="share without a number")
    mirrored: float = Field(0.08, ge=0, lt=1, description="share with a number seen in a mirror")
    typefaces: int = Field(400, ge=1)
    fonts: str | None = Field(
        None,
        description="folder of font files (.ttf, .otf, .woff), relative to the data root; None: matplotlib's alone",
    )


class FootageSettings(Strict):
    """Numbers of real footage. Paths are relative to the data root."""

    images: str = Field(description="folder of a COCO set with boxes of the class number")
    tracklets: str = Field(description="CSV of player tracklets in these images")
    people: Path = Field(description="CSV that names the person of a tracklet by number; relative to the recipe")
    held_out_games: tuple[str, ...] = Field(description="never seen in training, nor for any choice")
    validation_every: int = Field(6, ge=2, description="every so many-th clip of the other games is for calibration")
    share: float = Field(0.25, ge=0, lt=1, description="of a batch; every number as often as any other")


class RoundSettings(Strict):
    """One round: freshly rendered examples, and the learning rate up and down again."""

    rendered: int = Field(16000, ge=1, description="examples made up before it")
    steps: int = Field(1600, ge=1)
    learning_rate: float = Field(2e-3, gt=0, description="at its peak")
    halves: float = Field(
        0.0, ge=0, le=1, description="share of two-digit numbers of footage that get another one's second digit"
    )


class NumberTrainSettings(Strict):
    """The optimisation."""

    batch: int = Field(128, ge=2)
    weight_decay: float = Field(1e-3, ge=0)
    dropout: float = Field(0.2, ge=0, lt=1)
    warmup: float = Field(0.05, gt=0, lt=1, description="share of a round's steps")
    rounds: tuple[RoundSettings, ...] = Field((RoundSettings(),), min_length=1)
    average: float = Field(0.995, ge=0, lt=1, description="decay of the running average of weights that is kept")
    report_every: int = Field(100, ge=1, description="steps between log rows")


class NumberRecipe(Strict):
    """One recipe."""

    seed: Seed = 0
    rendered: RenderedSettings = RenderedSettings()
    footage: FootageSettings | None = None
    train: NumberTrainSettings = NumberTrainSettings()


def read_settings(path: Path) -> NumberRecipe:
    """Read a recipe; the table of people that lies beside it gets its folder.

    Raises:
        SettingsError: missing, not YAML, or a wrong key or value (with its dotted path).
    """
    data = read_yaml(path, "the recipe")
    try:
        recipe = NumberRecipe.model_validate(data)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "recipe"
        raise SettingsError(f"{path}: {where}: {problem['msg']}{given_text(problem['input'])}") from error
    if recipe.footage is None:
        return recipe
    footage = recipe.footage.model_copy(update={"people": path.parent / recipe.footage.people})
    return recipe.model_copy(update={"footage": footage})
