"""What was computed of a game before, by the content that it was computed from: a correction changes little of it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")


class Memory:
    """Results of pure functions, kept from one computation of a game to the next.

    It belongs to one game and one set of settings: what is the same throughout (frames, boxes, embeddings, the court) need
    not be named. Results that a computation does not ask for are forgotten after it, so that it holds those of one.
    """

    def __init__(self, keeps: bool = True) -> None:
        """Begin with nothing.

        Args:
            keeps: whether results are kept at all; without, everything is computed when it is asked for.
        """
        self.keeps = keeps
        self._former: dict[tuple[str, bytes], Any] = {}
        self._now: dict[tuple[str, bytes], Any] = {}

    def begin(self) -> None:
        """Begin another computation: forget what the one before the last left and nobody asked for since."""
        self._former, self._now = self._now, {}

    def result(self, name: str, inputs: tuple[NDArray[Any], ...], compute: Callable[[], Result]) -> Result:
        """Return what was computed from the same content, or compute it; nobody may change what is returned.

        Args:
            name: of the function.
            inputs: arrays that decide on the result, with the arrays of which nothing is named by the class.
            compute: computes it.
        """
        if not self.keeps:
            return compute()
        digest = blake2b(digest_size=16)
        for values in inputs:
            digest.update(f"{values.dtype}{values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        key = name, digest.digest()
        if key not in self._now:
            self._now[key] = self._former[key] if key in self._former else compute()
        return cast("Result", self._now[key])
