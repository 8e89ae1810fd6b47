"""Where networks run, and in which arithmetic."""

from __future__ import annotations

from typing import Any

import torch

from pipeline.errors import DependencyError


def choose_device(name: str) -> torch.device:
    """Turn a device's name into a device that is there.

    Args:
        name: `auto`, `cpu`, `mps` (the graphics of Apple's processors), `cuda` or `cuda:N`.

    Returns:
        The device; `auto` takes CUDA when there is a card, else MPS when there is that, else the processor.

    Raises:
        DependencyError: CUDA or MPS asked for, but not there.
    """
    cards = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda:0" if cards else "mps" if _mps_is_there() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= cards:
        raise DependencyError(f"device {name}: {cards} CUDA devices found; use --device cpu or auto")
    if device.type == "mps" and not _mps_is_there():
        raise DependencyError(f"device {name}: Metal (macOS on Apple's processors) not found; use --device cpu or auto")
    return device


def _mps_is_there() -> bool:
    return bool(torch.backends.mps.is_available())


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Turn a precision's name into a number type that is fast on the device.

    Args:
        name: `auto`, `fp32`, `bf16` or `fp16`.
        device: where the network runs.

    Returns:
        The type; `auto` takes fp16 on CUDA, bf16 on a processor with instructions for it, else fp32. On MPS that is
        fp32, too: half precision was never measured there, and what it saves is memory more than time.

    Raises:
        DependencyError: bf16 asked for, and the processor cannot convolve in it.
    """
    if name == "bf16" and device.type == "cpu" and not computes_bf16():
        raise DependencyError("precision bf16: this processor has no instructions for it; use fp32 or auto")
    if name != "auto":
        return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[name]
    if device.type == "cuda":
        return torch.float16
    if device.type == "mps":
        return torch.float32
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return torch.bfloat16 if fast else torch.float32


def computes_bf16() -> bool:
    """Say whether the processor can convolve in bf16, at whatever speed."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
