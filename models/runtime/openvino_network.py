"""Networks run by OpenVINO: compiled for the processor at hand, one thread a call."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.runtime.cache import cache_folder
from models.runtime.library import openvino
from models.runtime.protocol import Outputs, Precision
from models.runtime.shapes import filled_up
from pipeline.errors import DependencyError

_HINTS: dict[Precision, str] = {"fp32": "f32", "bf16": "bf16"}
"""Precision to what OpenVINO calls it."""


@functools.cache
def core() -> Any:
    """Start OpenVINO once; what it compiles is kept in the cache folder, where there is one."""
    started = openvino().Core()
    folder = cache_folder("compiled")
    if folder is not None:
        started.set_property({"CACHE_DIR": str(folder)})
    return started


class _Requests(threading.local):
    """A thread's own requests."""

    def __init__(self) -> None:
        self.by_shape: dict[tuple[int, ...], Any] = {}


class OpenVinoNetwork:
    """Runs a network file of OpenVINO; each shape that comes is compiled once.

    Args:
        model: as OpenVINO reads or converts it, of any shape.
        batch: pictures that go through together; the last ones are filled up with black ones.
        calls: how many threads use it at once; each call computes with one thread, so that results do not depend on it.
        precision: fp32 or bf16; auto: bf16 where the processor has it.

    Raises:
        DependencyError: bf16, and the processor has none.
    """

    def __init__(self, model: Any, batch: int, calls: int, precision: Precision = "auto") -> None:
        if precision == "bf16" and "BF16" not in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise DependencyError("precision bf16: this processor has no instructions for it; use fp32 or auto")
        self._model = model
        self._batch = batch
        self._properties = {
            "NUM_STREAMS": calls,
            "INFERENCE_NUM_THREADS": calls,
            "ENABLE_CPU_PINNING": False,
            **({"INFERENCE_PRECISION_HINT": _HINTS[precision]} if precision in _HINTS else {}),
        }
        self._compiling = threading.Lock()
        self._compiled: dict[tuple[int, ...], Any] = {}
        self._of_thread = _Requests()

    def __call__(self, pictures: NDArray[Any]) -> Outputs:
        """Run on n pictures, in whatever form the network takes; see `PictureNetwork`."""
        request = self._request((self._batch, *pictures.shape[1:]))
        parts = []
        for start in range(0, len(pictures), self._batch):
            part = pictures[start : start + self._batch]
            found = request.infer([filled_up(part, self._batch)], share_inputs=True, share_outputs=True)
            parts.append([found[place][: len(part)].astype(np.float32, copy=True) for place in range(len(found))])
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _request(self, shape: tuple[int, ...]) -> Any:
        """Return this thread's request for a shape."""
        requests = self._of_thread.by_shape
        if shape not in requests:
            with self._compiling:
                if shape not in self._compiled:
                    model = self._model.clone()
                    model.reshape(list(shape))
                    self._compiled[shape] = core().compile_model(model, "CPU", self._properties)
            requests[shape] = self._compiled[shape].create_infer_request()
        return requests[shape]


def with_head(model: Any, outputs: int, head: Any | None) -> Any:
    """Keep the first outputs of a network, and let a head go on from the others in the same run.

    Args:
        model: the network; taken over.
        outputs: so many are kept.
        head: takes the others, in their order; its own outputs come after those that are kept. None: none goes on.
    """
    results = model.get_results()
    added = []
    if head is not None:
        for parameter, feature in zip(head.get_parameters(), results[outputs:], strict=True):
            parameter.output(0).replace(feature.input_value(0))
        added = head.get_results()
    return openvino().Model([*results[:outputs], *added], model.get_parameters(), model.get_friendly_name())


def read_model(path: Path) -> Any:
    """Read a network file (.xml with the .bin beside it)."""
    return core().read_model(path)
