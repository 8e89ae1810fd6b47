"""Where the court is in a picture: the network's word for places of the floor, and points on the court's lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from models.court.strokes import find_strokes
from models.court.targets import ACROSS, ALONG, INPUT_PX, LINE_STRIDE, MARGIN_ACROSS, MARGIN_ALONG, STRIDE, steps
from models.runtime import NetworkSource, Precision, Runtime, load_network
from models.weight_files import read_state, resolve
from pipeline.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

BUILTIN_WEIGHTS = Path(__file__).parent.parent / "weights" / "court.safetensors"
MOST_PLACES, MOST_STROKES = 80, 240
_LEAST_COURT = 0.5
_LEAST_LINE = 0.35
_LEAST_NEAR = 0.3
"""Lines are looked for within two cells of where the court is this likely."""
_FAINT = 5.0
"""A line that stands out by so many grey levels counts half."""


@dataclass(frozen=True)
class Sighting:
    """What one picture shows of the court. Places are in court lengths and widths, 0 to 1 from line to line."""

    place_px: Floats
    """(n, 2) source px of places of the floor, seen or hidden."""
    place: Floats
    """(n, 2) along and across the court, 0 to 1."""
    place_score: Floats
    """(n,) 0 to 1."""
    line_px: Floats
    """(m, 2) source px in the middle of painted lines."""
    line_angle: Floats
    """(m,) direction in the picture, radians, 0 to pi."""
    line_score: Floats
    """(m,) 0 to 1: it is one of the court's own lines."""
    court_share: float
    """Of the picture."""


@dataclass(frozen=True)
class Maps:
    """The network's outputs as numbers."""

    place: NDArray[np.float32]
    """(rows, columns, 2) court lengths and widths."""
    sureness: NDArray[np.float32]
    """(rows, columns): mass of both distributions about their peaks."""
    court: NDArray[np.float32]
    """(rows, columns)."""
    line: NDArray[np.float32]
    """(rows, columns) of lines."""


class CourtFinder:
    """Runs the network.

    Args:
        weights: 'builtin' or a .safetensors file.
        device: see `load_network`, like `runtime` and `precision`.
        runtime: what runs the network.
        precision: of the arithmetic.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
        DependencyError: the device is not there.
    """

    def __init__(
        self,
        weights: str | Path = "builtin",
        device: str = "auto",
        runtime: Runtime = "auto",
        precision: Precision = "auto",
    ) -> None:
        source = court_source(resolve(str(weights), BUILTIN_WEIGHTS, "court"))
        self._network = load_network(source, device, runtime, precision)

    def sight(self, image: Image) -> Sighting:
        """Look at a picture (h, w, 3) BGR."""
        maps = self.maps(image)
        scale = fit_scale(image)
        places = _chosen_places(maps)
        rows, columns = np.divmod(places, maps.court.shape[1])
        lines = self._line_cells(maps, image)
        strokes = find_strokes(image, lines, MOST_STROKES)
        width, height = image.shape[1], image.shape[0]
        cell = np.floor(strokes.px * scale / LINE_STRIDE).astype(int)
        believed = maps.line[
            np.clip(cell[:, 1], 0, maps.line.shape[0] - 1), np.clip(cell[:, 0], 0, maps.line.shape[1] - 1)
        ]
        covered = maps.court[: max(1, round(height * scale / STRIDE)), : max(1, round(width * scale / STRIDE))]
        return Sighting(
            (np.column_stack([columns, rows]) + 0.5) * STRIDE / scale,
            maps.place.reshape(-1, 2)[places].astype(np.float64),
            (maps.sureness * maps.court).ravel()[places].astype(np.float64),
            strokes.px,
            strokes.angle,
            believed * strokes.strength / (strokes.strength + _FAINT),
            float((covered > _LEAST_COURT).mean()),
        )

    def maps(self, image: Image) -> Maps:
        """Run the network on a picture (h, w, 3) BGR."""
        along, across, court, line = self._network(letterboxed(image)[None])
        return decode(along[0], across[0], court[0], line[0])

    def _line_cells(self, maps: Maps, image: Image) -> NDArray[np.bool_]:
        """Say in which cells of the picture the court's lines are."""
        scale = fit_scale(image)
        columns = round(image.shape[1] * scale / LINE_STRIDE)
        rows = round(image.shape[0] * scale / LINE_STRIDE)
        floor = cv2.dilate((maps.court > _LEAST_NEAR).astype(np.uint8), np.ones((5, 5), np.uint8))
        near = cv2.resize(floor, maps.line.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        return np.asarray((maps.line > _LEAST_LINE) & near)[:rows, :columns]


def fit_scale(image: Image) -> float:
    """Return network px per source px."""
    return float(min(INPUT_PX[0] / image.shape[1], INPUT_PX[1] / image.shape[0]))


def letterboxed(image: Image) -> Image:
    """Reduce a picture to the network's (288, 512, 3), at the top left."""
    scale = fit_scale(image)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = np.full((INPUT_PX[1], INPUT_PX[0], 3), 114, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return canvas


def court_source(weights: Path) -> NetworkSource:
    """Describe the court network."""
    return NetworkSource("court", weights, partial(_network, weights), (INPUT_PX[1], INPUT_PX[0]), batch=1)


def _network(weights: Path) -> nn.Module:
    """Build the network for inference."""
    from models.court.network import CourtNet
    from models.runtime.prepared import Prepared, take_bgr, unit_bgr

    network = CourtNet()
    try:
        network.load_state_dict(read_state(weights, "court"))
    except RuntimeError as error:
        raise WeightsError(f"{weights}: weights of another network") from error
    take_bgr(network.first)
    return Prepared(network, unit_bgr)


def decode(
    along: NDArray[np.float32], across: NDArray[np.float32], court: NDArray[np.float32], line: NDArray[np.float32]
) -> Maps:
    """Turn the logits of one picture into numbers.

    Args:
        along: (ALONG, rows, columns).
        across: (ACROSS, rows, columns).
        court: (rows, columns).
        line: (rows, columns) of lines.
    """
    mean_along, sure_along = _expected(along, MARGIN_ALONG, ALONG)
    mean_across, sure_across = _expected(across, MARGIN_ACROSS, ACROSS)
    place = np.stack([mean_along, mean_across], axis=-1).astype(np.float32)
    return Maps(place, (sure_along * sure_across).astype(np.float32), _sigmoid(court), _sigmoid(line))


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn logits into probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _expected(logits: NDArray[np.float32], margin: float, count: int) -> tuple[Floats, Floats]:
    """Return the mean (h, w) of each distribution within two steps of its peak, and the mass there."""
    share = np.exp(logits - logits.max(axis=0))
    share /= share.sum(axis=0)
    peak = share.argmax(axis=0)
    near = np.abs(np.arange(count)[:, None, None] - peak) <= 2
    share = np.where(near, share, 0)
    mass = share.sum(axis=0)
    mean = (share * steps(count, margin)[:, None, None]).sum(axis=0) / mass
    return np.asarray(mean, np.float64), np.asarray(mass, np.float64)


def _chosen_places(maps: Maps) -> NDArray[np.int64]:
    """Choose cells on the court, evenly."""
    good = np.flatnonzero((maps.court > _LEAST_COURT).ravel())
    if len(good) > MOST_PLACES:
        good = good[np.linspace(0, len(good) - 1, MOST_PLACES).round().astype(int)]
    return good.astype(np.int64)
