"""The network files of OpenVINO that are shipped: `python -m models.export [--pictures FOLDER ...]`.

Converts the shipped weights of all networks and of the ball head into models/weights/openvino/. With folders of pictures (JPEG or PNG) the
detector is also quantised to 8 bits by NNCF (`pip install nncf`), calibrated on them: use material that it may learn from.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.ball.finder import BUILTIN_WEIGHTS as BALL_WEIGHTS
from models.ball.finder import ball_head
from models.court.finder import BUILTIN_WEIGHTS as COURT_WEIGHTS
from models.court.finder import court_source
from models.detector.detection import letterbox, to_input
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.detector.yolo import detector_source
from models.encoders import encoder_source
from models.numbers.reader import number_source
from models.numbers.weights import number_weights_file
from models.runtime import HeadSource, NetworkSource
from models.runtime.conversion import SHIPPED, convert, save, shipped_name

_INPUTS_PX = (640, 960, 1280)
"""Sizes that the detector is calibrated at, in turn."""
_MOST_PICTURES = 240


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    sources: list[NetworkSource | HeadSource] = [*shipped_sources(), ball_head(BALL_WEIGHTS)]
    for each in sources:
        save(convert(each), each, given.out / shipped_name(each.name, int8=False))
    if given.pictures:
        source = detector_source(DETECTOR_WEIGHTS)
        save(quantised(source, given.pictures), source, given.out / shipped_name(source.name, int8=True))


def shipped_sources() -> list[NetworkSource]:
    """List the networks whose weights are shipped; the ball head goes on from the first of them."""
    return [
        detector_source(DETECTOR_WEIGHTS),
        encoder_source("osnet", "builtin"),
        court_source(COURT_WEIGHTS),
        number_source(number_weights_file("builtin")),
    ]


def quantised(source: NetworkSource, folders: Sequence[Path]) -> Any:
    """Quantise the detector after training (Nagel et al., "A White Paper on Neural Network Quantization", 2021).

    Args:
        source: the detector.
        folders: of pictures that the ranges of all activations are measured on.
    """
    import nncf

    pictures = list(itertools.islice(_pictures(folders), _MOST_PICTURES))
    model = nncf.quantize(
        convert(source),
        nncf.Dataset(pictures),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        fast_bias_correction=True,
    )
    give_rounded_features(model, source.outputs)
    return model


def give_rounded_features(model: Any, outputs: int | None) -> None:
    """Take features where they have been rounded to 8 bits, in place, as the layers behind them do.

    Taken before, they would keep the runtime from rounding within the layer, and the detector's own last digits would
    depend on whether a head goes on from it.

    Args:
        model: quantised.
        outputs: so many of its outputs are no features.
    """
    for result in model.get_results()[outputs:]:
        consumers = result.input_value(0).get_target_inputs()
        rounded = [each.get_node() for each in consumers if each.get_node().get_type_name() == "FakeQuantize"]
        result.input(0).replace_source_output(rounded[0].output(0))


def _pictures(folders: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
    """Read pictures, those of all folders in turn, as the detector takes them (1, h, w, 3)."""
    of_folders = [sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")) for folder in folders]
    for number, path in enumerate(path for row in itertools.zip_longest(*of_folders) for path in row if path):
        picture = np.asarray(cv2.imread(str(path)), np.uint8)
        fit = letterbox(picture.shape[1], picture.shape[0], _INPUTS_PX[number % len(_INPUTS_PX)])
        yield to_input([picture], fit)


if __name__ == "__main__":
    main()
