"""Running networks: one protocol, and what fulfils it on processors (OpenVINO) and everywhere (torch).

network = load_network(source, device="cpu")
outputs = network(pictures)          # tuple of float32 arrays of len(pictures) rows
"""

from models.runtime.load import choose_runtime, load_network, run_module
from models.runtime.protocol import HeadSource, NetworkSource, PictureNetwork, Precision, Runtime

__all__ = [
    "HeadSource",
    "NetworkSource",
    "PictureNetwork",
    "Precision",
    "Runtime",
    "choose_runtime",
    "load_network",
    "run_module",
]
