"""Small pieces of work that can be sent to other processes."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.run.perceiving import ChunkPerceiver, ChunkTask

Advance = Callable[[float], None]


def square(item: int, advance: Advance) -> int:
    """Square a number; say so half-way."""
    advance(0.5)
    return item * item


def cores(_item: int, _advance: Advance) -> tuple[str, int]:
    """Say how many cores a worker may use."""
    import torch

    return os.environ["OMP_NUM_THREADS"], torch.get_num_threads()


def not_three(item: int, _advance: Advance) -> int:
    """Refuse a three, die of a four, and have a fault that shows with a two."""
    if item == 2:
        raise TypeError("two is\na fault")
    if item == 3:
        raise InputError("three is not taken")
    if item == 4:
        os._exit(9)
    return item


@dataclass(frozen=True)
class FilesOfProcesses:
    """Writes the number of the process into a file, and works for long."""

    folder: Path

    def __call__(self, item: int, advance: Advance) -> None:
        (self.folder / str(item)).write_text(str(os.getpid()), encoding="utf-8")
        advance(1)
        time.sleep(600)


@dataclass(frozen=True)
class DiesOnce:
    """Ends its process the first time that it does an item."""

    folder: Path

    def __call__(self, item: int, _advance: Advance) -> int:
        been_here = self.folder / f"{item}.began"
        if not been_here.exists():
            been_here.touch()
            os._exit(9)
        return item * item


def sum_of_squares(item: int, _advance: Advance) -> int:
    """Hand the squares to the cluster that this runs on."""
    from pipeline.run.execution import RayCluster

    return sum(outcome.checked() for outcome in RayCluster().run(square, range(item), lambda *_: None))


@dataclass(frozen=True)
class PerceivesAfterDying:
    """Perceives chunks, and dies of the second the first time that it comes."""

    perceiver: ChunkPerceiver
    folder: Path

    def __call__(self, task: ChunkTask, advance: Advance) -> None:
        if task.chunk.number == 1:
            DiesOnce(self.folder)(1, advance)
        self.perceiver(task, advance)
