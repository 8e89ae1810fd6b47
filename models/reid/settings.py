"""Settings of a re-identification training: strict, frozen, read from a YAML recipe."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class DataSettings(_Strict):
    """Which crops, and which of them are kept away. Paths are relative to the data root."""

    table: str = Field(description="CSV of player tracklets")
    images: str = Field(description="folder with the pictures")
    people: Path | None = Field(None, description="CSV that names the person of a tracklet; relative to the recipe")
    held_out_games: tuple[str, ...] = Field(description="never seen in training, nor for any choice")
    validation_games: tuple[str, ...] = Field((), description="not trained on; scored while training")
    min_boxes: int = Field(4, ge=2, description="tracklets with fewer boxes are left out")


class AugmentSettings(_Strict):
    """Random changes of a crop; probabilities `p_...` and sizes."""

    jitter: float = Field(0.06, ge=0, lt=0.2, description="standard deviation of box edges, share of the box size")
    p_cut: float = Field(0.15, ge=0, le=1, description="lower or outer part missing, as at the picture's border")
    p_low_resolution: float = Field(0.5, ge=0, le=1, description="shrunk to 30 to 100 px height and enlarged again")
    p_blur: float = Field(0.2, ge=0, le=1)
    p_jpeg: float = Field(0.3, ge=0, le=1)
    p_erase: float = Field(0.4, ge=0, le=1, description="a rectangle of noise or of another crop over it")
    color: float = Field(0.15, ge=0, lt=1, description="strength of brightness, contrast, white balance changes")


class TrainSettings(_Strict):
    """The optimisation."""

    steps: int = Field(1200, ge=1)
    scenes: int = Field(2, ge=1, description="clips per batch")
    people: int = Field(10, ge=2, description="identities per clip in a batch")
    crops: int = Field(4, ge=2, description="crops per identity in a batch")
    home: float = Field(0.5, ge=0, le=1, description="share of an identity's crops that are from the clip itself")
    learning_rate: float = Field(3.5e-4, gt=0, description="of the backbone")
    head_factor: float = Field(5.0, gt=0, description="times as much for the head and the class anchors")
    weight_decay: float = Field(5e-4, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    softmax_scale: float = Field(16.0, gt=0)
    softmax_margin: float = Field(0.1, ge=0)
    triplet_margin: float = Field(0.2, ge=0, description="on cosine distances")
    triplet_weight: float = Field(1.0, ge=0)
    frozen: tuple[str, ...] = Field(
        (), description="parts of the network that stay as they start, with their statistics"
    )
    average: float = Field(0.99, ge=0, lt=1, description="decay of the running average of weights that is kept")
    report_every: int = Field(100, ge=1, description="steps between log rows and saved weights")


class ReidSettings(_Strict):
    """One recipe."""

    encoder: str = "osnet"
    seed: int = 0
    start: str | None = Field(None, description="weights to start from, relative to the data root; null: random")
    head_dim: int = Field(128, ge=2)
    crop_size_px: tuple[int, int] = Field((192, 96), description="height and width")
    data: DataSettings
    augment: AugmentSettings = AugmentSettings()
    train: TrainSettings = TrainSettings()


def read_settings(path: Path) -> ReidSettings:
    """Read a recipe; tables that lie beside it get its folder.

    Raises:
        SettingsError: missing, not YAML, or a wrong key or value (with its dotted path).
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        recipe = ReidSettings.model_validate(data)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the recipe {path}: {error}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "recipe"
        raise SettingsError(f"{path}: {where}: {problem['msg']} (got {problem['input']!r})") from error
    if recipe.data.people is None:
        return recipe
    return recipe.model_copy(
        update={"data": recipe.data.model_copy(update={"people": path.parent / recipe.data.people})}
    )
