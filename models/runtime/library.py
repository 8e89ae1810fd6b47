"""OpenVINO itself: imported here first, such that nothing is reported to anybody."""

from __future__ import annotations

import functools
import sys
from typing import Any


@functools.cache
def openvino() -> Any:
    """Import OpenVINO without the package by which it reports its use over the network."""
    name = "openvino_telemetry"
    kept = {key: sys.modules.pop(key) for key in list(sys.modules) if key == name or key.startswith(f"{name}.")}
    sys.modules[name] = None  # type: ignore[assignment]  # importing it fails, and OpenVINO does without
    try:
        import openvino as library
        import openvino.tools.ovc  # which would report
    finally:
        del sys.modules[name]
        sys.modules.update(kept)
    return library
