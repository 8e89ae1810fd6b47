"""Which crops a recipe learns from, checks itself on and is measured on, and what of them a network is shown.

Paths are relative to the data root.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from models.strict import Strict


class PictureSettings(Strict):
    """What a network is shown."""

    size_px: tuple[int, int] = Field((96, 48), description="height and width that crops are stretched to")
    channels: Literal[1, 3] = Field(3, description="1: grey, 3: colour")
    scale: Literal["imagenet", "unit"] = Field(
        "imagenet", description="unit: values in [0, 1]; imagenet: less the mean, by the deviation of ImageNet"
    )


class DataSettings(Strict):
    """What all readers have: the size may be cut down, for short variants."""

    max_identities: int | None = Field(None, ge=2, description="per split, the first ones; null: all")
    max_crops: int | None = Field(None, ge=2, description="per identity, evenly over what there is; null: all")


class TrackletData(DataSettings):
    """Tracklets of `player_tracklets_bpd3.csv`, split by game."""

    reader: Literal["tracklets"] = "tracklets"
    table: str = Field(description="CSV of player tracklets")
    images: str = Field(description="folder with the pictures")
    people: Path | None = Field(None, description="CSV that names the person of a tracklet; relative to the recipe")
    held_out_games: tuple[str, ...] = Field(description="never seen in training, nor for any choice")
    validation_games: tuple[str, ...] = Field((), description="not trained on; scored while training")
    min_boxes: int = Field(4, ge=2, description="tracklets with fewer boxes are left out")

    @field_validator("people")
    @classmethod
    def _beside_the_recipe(cls, people: Path | None, info: ValidationInfo) -> Path | None:
        folder: Path = (info.context or {}).get("folder", Path())
        return None if people is None else folder / people


class MnistData(DataSettings):
    """The handwritten digits, split by digit: the digits to learn, those to check on, those never seen."""

    reader: Literal["mnist"] = "mnist"
    folder: str = "mnist"
    train: tuple[int, ...] = (0, 1, 2, 3, 4)
    validation: tuple[int, ...] = Field((), description="digits held back from training, for choices")
    test: tuple[int, ...] = Field((5, 6, 7, 8, 9), description="never seen in training, nor for any choice")


class CutSettings(Strict):
    """Random changes of a crop with surroundings; probabilities `p_...` and sizes."""

    jitter: float = Field(0.06, ge=0, lt=0.2, description="standard deviation of box edges, share of the box size")
    p_cut: float = Field(0.15, ge=0, le=1, description="lower or outer part missing, as at the picture's border")
    p_low_resolution: float = Field(0.5, ge=0, le=1, description="shrunk to 30 to 100 px height and enlarged again")
    p_blur: float = Field(0.2, ge=0, le=1)
    p_jpeg: float = Field(0.3, ge=0, le=1)
    p_erase: float = Field(0.4, ge=0, le=1, description="a rectangle of noise or of another crop over it")
    p_person: float = Field(0.0, ge=0, le=1, description="another person of the clip in front, at one side")
    color: float = Field(0.15, ge=0, lt=1, description="strength of brightness, contrast, white balance changes")


class CollectionData(DataSettings):
    """A public collection in its own layout: its training identities, some held back, and its queries and gallery."""

    reader: Literal["market1501", "dukemtmc", "mars", "duke_video", "deepsportradar"]
    folder: str = Field(description="folder or .zip file")
    validation_share: float = Field(0.1, ge=0, lt=1, description="of the training identities, held back for choices")
    split_seed: int = 0
    same_camera: bool = Field(
        False, description="whether the same person under the same camera counts (Market-1501's protocol: no)"
    )


class FolderData(DataSettings):
    """Class folders: a picture's folder is its class."""

    reader: Literal["folders"] = "folders"
    folder: str = Field(description="folder or .zip file")
    train: str = Field("", description="folder within, in which the class folders lie")
    test: str | None = Field(
        None, description="another folder within, of other classes; null: test classes are held back"
    )
    validation_share: float = Field(0.1, ge=0, lt=1, description="of the classes, held back for choices")
    test_share: float = Field(0.0, ge=0, lt=1, description="of the classes, held back for measuring")
    split_seed: int = 0


class GameSource(Strict):
    """One video whose people are cut out; paths are relative to the working directory."""

    path: str = Field(description="rendered game, folder with truth.csv, or output directory of analyze")
    video: str | None = Field(None, description="the video file; a rendered game has its own")


class GameData(DataSettings):
    """Our own crops, from videos; split by game."""

    reader: Literal["games"] = "games"
    train: tuple[GameSource, ...] = Field(min_length=1)
    validation: tuple[GameSource, ...] = ()
    test: tuple[GameSource, ...] = ()
    every_s: float = Field(0.2, gt=0, description="at most one frame per so many seconds")
    min_visible: float = Field(0.3, ge=0, le=1, description="share of a body that is seen, where that is known")


AnyData = Annotated[TrackletData | MnistData | CollectionData | FolderData | GameData, Field(discriminator="reader")]
