"""The methods that a recipe can name, one module each, imported when it is named."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from models.reid.methods.method import Method
from pipeline.errors import DependencyError, SettingsError

__all__ = ["METHODS", "find_method"]

METHODS: Mapping[str, str] = {
    "anchors": "classification-guided cosine similarity: lambda times cosines to class anchors (Cuan)",
    "attributes": "attribute classifiers on ResNet-34, and an aggregator of features and attributes (triplet loss)",
    "dispersion": "unsupervised: repelled loss and bottom-up merging by dispersion; Cluster Contrast",
    "siamese": "twins of four blocks: contrastive loss and verification",
    "autoencoder": "clustering autoencoder: reconstruction, intra- and inter-cluster distances (Ballestrazzi)",
    "osnet": "OSNet tuned on player tracklets: identity softmax and hard triplets over certain pairs",
}
"""Name, which is also the module's, and what it is. The module offers `METHOD`."""


def find_method(name: str, where: str) -> Method:
    """Return the method of a name.

    Args:
        name: what a recipe has under `method`.
        where: the recipe, for the message.

    Raises:
        SettingsError: there is none.
        DependencyError: the packages for training are not installed.
    """
    if name not in METHODS:
        raise SettingsError(f"{where}: method: no method {name!r}; known here: {', '.join(sorted(METHODS))}")
    try:
        module = import_module(f"models.reid.methods.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("lightning", "pytorch_metric_learning", "tensorboard"):
            raise
        raise DependencyError(
            f"training needs the package {error.name!r}, which is not installed; pip install 'courtside[train]'"
        ) from error
    method: Method = module.METHOD
    return method
