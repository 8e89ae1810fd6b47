"""Averages of the weights of two encoders that grew from one start.

M. Wortsman et al., "Robust fine-tuning of zero-shot models" (WiSE-FT), CVPR 2022: weights between those of a network and those that a further training
led to are often better on new material than either, at the cost of one network.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from models.encoders.osnet import OSNet
from models.encoders.weights import load_state, read_encoder_weights, write_encoder_weights
from models.weight_files import in_single_precision
from pipeline.errors import WeightsError


def average_encoders(first: Path, second: Path, share: float, out: Path) -> None:
    """Write the encoder whose weights, batch norm statistics included, lie between those of two others of one shape.

    Args:
        first: a weight file of OSNet.
        second: another; what is said about its training is kept.
        share: of the second, 0 to 1.
        out: the file; its folder is made if need be.

    Raises:
        WeightsError: a file cannot be used, or the two are not of one shape.
    """
    ours, theirs = (read_encoder_weights(path, "osnet") for path in (first, second))
    if (ours.crop_size_px, ours.stripes) != (theirs.crop_size_px, theirs.stripes):
        raise WeightsError(
            f"encoder weights {second}: crops of {theirs.crop_size_px} px in {theirs.stripes} stripes, those of {first} have "
            f"{ours.crop_size_px} in {ours.stripes}; average encoders of one shape"
        )
    network = OSNet(head_dim=ours.head_dim, stripes=ours.stripes)
    for weights in (ours, theirs):
        load_state(network, weights)  # both have every layer of this network, and no other
    start, end = (in_single_precision(weights.state) for weights in (ours, theirs))
    between = {
        name: value.lerp(end[name], share) if value.is_floating_point() else value for name, value in start.items()
    }
    load_state(network, replace(ours, state=between))
    said = {"share": share, "with_sha256": hashlib.sha256(first.read_bytes()).hexdigest()}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_encoder_weights(out, network, "osnet", ours.head_dim, ours.crop_size_px, {**theirs.metadata, "average": said})
