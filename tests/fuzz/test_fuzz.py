"""Hostile inputs to every reader of foreign data: no traceback, no hang, no memory; `benchmarks/fuzz.py` tries more."""

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.children import Ended, ForkServer
from tests.conftest import Made
from tests.fuzz.examples import make_examples
from tests.fuzz.targets import CORPUS, KNOWN, TARGETS, Target, is_well

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each input is read in a forked child")
TRIED = [target for target in TARGETS if target.tried]
WHOLE_RUN_S = 15.0
"""Targets that are allowed so many processor seconds analyse a game, which other tests do."""
SLOW_S = 6.0
"""Of targets that are allowed so many processor seconds the suite reads a few inputs; `benchmarks.fuzz` reads all."""
FEW = 4
ALL = pytest.mark.parametrize("target", TRIED, ids=lambda target: target.name)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer(*(module for target in TRIED for module in target.modules)) as started:
        yield started


@pytest.fixture(scope="module")
def examples(made_once: Made) -> Path:
    return made_once("fuzz_examples", make_examples)


@pytest.fixture
def strict(target: Target, request: pytest.FixtureRequest) -> None:
    if target.name in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[target.name], strict=False))


def read(target: Target, data: bytes, server: ForkServer, examples: Path) -> Ended:
    with tempfile.TemporaryDirectory() as scratch:
        return target.read(server, data, examples, Path(scratch))


@pytest.mark.parametrize(
    "target", [target for target in TRIED if target.honest_s < WHOLE_RUN_S], ids=lambda target: target.name
)
def test_valid_inputs_are_read(target: Target, server: ForkServer, examples: Path) -> None:
    """Else the changes would begin with what is refused at once."""
    for data in target.examples(examples)[: 1 if target.honest_s >= SLOW_S else FEW]:
        ended = read(target, data, server, examples)
        assert ended.code == 0, ended.said


@ALL
@pytest.mark.usefixtures("strict")
def test_inputs_that_failed_once_do_so_no_more(target: Target, server: ForkServer, examples: Path) -> None:
    corpus = target.corpus()
    for path in corpus[:: 1 + len(corpus) // FEW] if target.honest_s >= SLOW_S else corpus:
        ended = read(target, path.read_bytes(), server, examples)
        assert is_well(ended), f"{path.name}: {ended}"


@ALL
@pytest.mark.usefixtures("strict")
def test_hostile_inputs_are_read_or_refused_in_words(target: Target, server: ForkServer, examples: Path) -> None:
    valid = [*target.examples(examples), *(path.read_bytes() for path in target.corpus())]

    @hypothesis_settings(
        derandomize=True,
        database=None,
        max_examples=target.tried,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(rng=st.randoms(use_true_random=True), place=st.integers(0, len(valid) - 1))
    def tried(rng: random.Random, place: int) -> None:
        data = target.change(rng, valid[place])
        ended = read(target, data, server, examples)
        assert is_well(ended), f"{ended}\n{data[:300]!r}"

    tried()


def test_the_corpus_is_of_targets_and_small() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= {target.name for target in TARGETS}
    assert not [path for path in CORPUS.rglob("*") if path.is_file() and path.stat().st_size > 100_000]
