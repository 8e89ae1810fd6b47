"""Doing a stage, or taking what an earlier run stored of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.run.observer import Observer
from pipeline.store import RunDirectory


class StageRunner:
    """Runs a stage or takes its stored result, and keeps the time it took."""

    def __init__(self, run: RunDirectory, observer: Observer) -> None:
        self.run = run
        self.observer = observer
        self.seconds: dict[str, float] = {}
        self.reused: list[str] = []

    def stage(
        self,
        name: str,
        stage_fingerprint: str,
        work: Callable[[], tuple[Sequence[Path], dict[str, Any]]],
        settings: Any,
        total: float | None = None,
        unit: str = "",
    ) -> dict[str, Any]:
        """Do a stage's work unless it was done with the same fingerprint; return its facts.

        Args:
            name: of the stage.
            stage_fingerprint: of all that its result depends on.
            work: gives the files written and the facts.
            settings: for the manifest, for people to read.
            total: expected units of work; None where unknown.
            unit: what they are.
        """
        self.observer.begin(name, total, unit)
        stored = self.run.manifest(name)
        if stored is not None and self.run.is_fresh(name, stage_fingerprint):
            self.seconds[name] = stored.seconds
            self.reused.append(name)
            self.observer.end("unchanged, reused")
            return dict(self.run.read_json(f"{name}.facts"))
        self.run.forget(name)
        began = time.perf_counter()
        outputs, facts = work()
        taken = time.perf_counter() - began
        noted = self.run.write_json(f"{name}.facts", facts)
        self.run.finish(name, stage_fingerprint, [*outputs, noted], settings=settings, seconds=taken)
        self.seconds[name] = round(taken, 3)
        self.observer.end(f"{taken:.1f} s")
        return facts
