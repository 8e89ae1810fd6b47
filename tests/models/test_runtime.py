"""Networks give the same in every runtime; what cannot run is refused in one line."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.ball.finder import BUILTIN_WEIGHTS as BALL_WEIGHTS
from models.ball.finder import ball_head
from models.detector.yolo import BUILTIN_WEIGHTS as DETECTOR_WEIGHTS
from models.detector.yolo import detector_source
from models.export import shipped_sources
from models.runtime import NetworkSource, cache, choose_runtime, conversion, load_network
from models.runtime.conversion import SHIPPED, note_for, note_of, shipped_name, stored_model
from models.runtime.openvino_network import read_model
from pipeline.errors import DependencyError, SettingsError

HEAD = ball_head(BALL_WEIGHTS)
SOURCES = {source.name: source for source in shipped_sources()}
LARGEST_DIFFERENCE = {"detector": 0.03, "encoder": 0.01, "court": 0.01, "numbers": 0.01}
"""Of outputs, in shares of the largest one: the shipped files hold the folded weights in fp16."""


def pictures(source: NetworkSource, count: int) -> NDArray[np.uint8]:
    """Smooth random pictures, as no network has ever seen noise."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (count, 12, 12, 3), dtype=np.uint8)
    rows, columns = (np.arange(size) * 12 // size for size in source.size_px)
    return np.ascontiguousarray(coarse[:, rows][:, :, columns])


@pytest.mark.parametrize("name", list(SOURCES))
def test_the_shipped_file_answers_as_torch_does(name: str) -> None:
    source = SOURCES[name]
    given = pictures(source, source.batch + 1)
    reference = load_network(source, "cpu", "torch", "fp32")(given)
    outputs = load_network(source, "cpu", "openvino", "fp32")(given)
    assert [each.shape for each in outputs] == [each.shape for each in reference]
    for found, expected in zip(outputs, reference, strict=True):
        assert np.abs(found - expected).max() < LARGEST_DIFFERENCE[name] * np.abs(expected).max()


@pytest.mark.parametrize("int8", [False, True])
def test_shipped_files_are_made_of_the_shipped_weights(int8: bool) -> None:
    shipped = {**SOURCES, HEAD.name: HEAD}
    for name in ("detector",) if int8 else shipped:
        assert note_of(read_model(SHIPPED / shipped_name(name, int8))) == note_for(shipped[name])


def test_a_head_goes_on_from_the_features_in_either_runtime() -> None:
    source = detector_source(DETECTOR_WEIGHTS, HEAD)
    given = pictures(source, 2)
    reference = load_network(source, "cpu", "torch", "fp32")(given)
    assert [each.shape for each in reference] == [(2, 64, 5040), (2, 5, 5040), (2, 5, 96, 160)]
    for precision in ("fp32", "auto"):
        outputs = load_network(source, "cpu", "openvino", precision)(given)
        alone = load_network(SOURCES["detector"], "cpu", "openvino", precision)(given)
        assert [each.shape for each in outputs] == [each.shape for each in reference]
        for with_head, without in zip(outputs[:2], alone, strict=True):  # the same to the last digit on some processors
            assert np.corrcoef(with_head.ravel(), without.ravel())[0, 1] > 0.999
        assert np.corrcoef(outputs[2].ravel(), reference[2].ravel())[0, 1] > 0.98


def test_features_in_eight_bits_are_rounded_ones() -> None:
    """Else the runtime would not round within the layer, and the detector's own last digits would change with a head."""
    features = read_model(SHIPPED / shipped_name("detector", int8=True)).get_results()[2:]
    assert [each.input_value(0).get_node().get_type_name() for each in features] == ["FakeQuantize"] * 3


def test_eight_bits_find_nearly_the_same() -> None:
    source = SOURCES["detector"]
    given = pictures(source, 1)
    exact, small = (load_network(source, "cpu", "openvino", precision)(given) for precision in ("fp32", "auto"))
    correlation = np.corrcoef(exact[1].ravel(), small[1].ravel())[0, 1]
    assert correlation > 0.99


def test_several_threads_get_the_same_bytes_as_one() -> None:
    network = load_network(SOURCES["numbers"], "cpu", "openvino")
    given = [pictures(SOURCES["numbers"], count) for count in (1, 5, 8, 13)]
    alone = [network(each)[0] for each in given]
    results: list[list[bytes]] = [[], []]

    def work(found: list[bytes]) -> None:
        found.extend(network(each)[0].tobytes() for each in given)

    threads = [threading.Thread(target=work, args=(found,)) for found in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[1] == [each.tobytes() for each in alone]


def test_a_users_own_weights_are_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    own = tmp_path / "own.safetensors"
    own.write_bytes(SOURCES["numbers"].weights.read_bytes())
    monkeypatch.setattr(conversion, "SHIPPED", tmp_path / "nothing")
    source = SOURCES["numbers"]
    source = replace(source, weights=own)
    assert stored_model(source) is None
    first = load_network(source, "cpu", "openvino")(pictures(source, 2))[0]
    assert stored_model(source) is not None
    assert [file.suffix for file in sorted((tmp_path / "cache" / "networks").iterdir())] == [".bin", ".xml"]
    refused = replace(source, build=_refuse)
    again = load_network(refused, "cpu", "openvino")(pictures(source, 2))[0]
    np.testing.assert_allclose(again, first, atol=0.01)  # kept in fp16


def _refuse() -> None:
    raise AssertionError("built again")


def test_without_a_cache_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "")
    assert cache.cache_folder("networks") is None
    monkeypatch.setenv(cache.VARIABLE, "/dev/null/no")
    assert cache.cache_folder("networks") is None


def test_the_runtime_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_runtime("auto", "cpu") == "openvino"
    assert choose_runtime("auto", "cuda:0") == "torch"
    assert choose_runtime("torch", "cpu") == "torch"
    with pytest.raises(SettingsError, match="processor alone, not on cuda"):
        choose_runtime("openvino", "cuda")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert choose_runtime("auto", "cpu") == "torch"
    with pytest.raises(DependencyError, match="pip install openvino"):
        choose_runtime("openvino", "cpu")


def test_a_precision_that_does_not_run_is_refused() -> None:
    with pytest.raises(SettingsError, match="precision fp16"):
        load_network(SOURCES["numbers"], "cpu", "openvino", "fp16")
