"""What was computed before is taken again for the same content, and for no other."""

import numpy as np

from pipeline.understand.memory import Memory


def test_the_same_content_is_computed_once() -> None:
    memory, calls = Memory(), []

    def total(values: np.ndarray) -> float:
        return memory.result("total", (values,), lambda: calls.append(1) or float(values.sum()))

    assert [total(np.arange(4)), total(np.arange(4)), total(np.arange(5))] == [6.0, 6.0, 10.0]
    assert len(calls) == 2
    assert memory.result("most", (np.arange(4),), lambda: 3) == 3


def test_shape_and_type_are_content() -> None:
    memory = Memory()
    for number, values in enumerate((np.zeros(4), np.zeros((2, 2)), np.zeros(8, np.float32))):
        assert memory.result("of", (values,), lambda number=number: number) == number


def test_what_nobody_asks_for_is_forgotten_after_a_round() -> None:
    memory, values = Memory(), (np.arange(3),)
    memory.result("of", values, lambda: 1)
    memory.begin()
    assert memory.result("of", values, lambda: 2) == 1
    memory.begin()
    memory.begin()
    assert memory.result("of", values, lambda: 3) == 3


def test_without_keeping_everything_is_computed() -> None:
    memory = Memory(keeps=False)
    assert [memory.result("of", (np.arange(3),), lambda k=k: k) for k in range(2)] == [0, 1]
