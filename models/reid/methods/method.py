"""What a method of the training wing offers: settings, a network, phases of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from torch import nn
from torch.utils.data import DataLoader

from models.reid.data.splits.split import Splits
from models.reid.settings import LoopSettings, Recipe

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule


@dataclass(frozen=True)
class Work:
    """One training: everything that its phases are made from.

    Attributes:
        recipe: of the method's own settings class.
        splits: crops; `test` is there for the record and is never looked at in training.
        network: what is trained and kept. Phases train it in place (or a copy whose average it becomes).
        data_root: where the recipe's paths begin.
        cache: folder for packed pictures.
    """

    recipe: Any
    splits: Splits
    network: nn.Module
    data_root: Path
    cache: Path


@dataclass(frozen=True)
class Phase:
    """One run of the loop; a method has one or several, one after the other.

    Attributes:
        name: of the files and logs; unique within the method, and the same every time.
        module: what lightning trains; holds the network (and what is dropped afterwards) as submodules.
        batches: read once per epoch; a batch sampler with `set_epoch` is told the epoch.
        loop: epochs, patience, precision.
        check: numbers of the network as it is, on validation data; called after an epoch, every `loop.check_every`.
        monitor: which number (of `check`, or logged by the module) chooses the kept state and ends early; None: the last
            state is kept.
        mode: whether more or less of it is better.
        gradient_clip: largest norm of the gradient; None: as it is.
    """

    name: str
    module: LightningModule
    batches: DataLoader[Any]
    loop: LoopSettings
    check: Callable[[], Mapping[str, float]] | None = None
    monitor: str | None = None
    mode: Literal["max", "min"] = "max"
    gradient_clip: float | None = None


@dataclass(frozen=True)
class Method:
    """One method: an entry of the registry.

    Attributes:
        settings: model of its recipes.
        build: makes the network of a recipe, at random. Its `forward` maps (n, c, h, w), as `recipe.picture` says, to
            vectors (n, dim): that is the embedding, and the network's state is what is stored.
        phases: yields phases one by one; each begins when the one before is finished and its best state is in the network.
        metric: how vectors are compared: by cosine or by Euclidean distance.
        export: writes further files beside the weights, given the folder and what is said about the training.
    """

    settings: type[Recipe]
    build: Callable[[Any], nn.Module]
    phases: Callable[[Work], Iterator[Phase]]
    metric: Literal["cosine", "euclidean"] = "cosine"
    export: Callable[[Work, Path, Mapping[str, Any]], None] | None = field(default=None)
