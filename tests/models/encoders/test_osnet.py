"""OSNet x0.25: the published weights fit, vectors behave, and bad files are refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from models.device import computes_bf16
from models.encoders import Encoder, encoder_weights_file, encoders, load_encoder
from models.encoders.crops import resize
from models.encoders.osnet import MEAN, STD, OSNet, normalise
from models.encoders.weights import read_encoder_weights, write_encoder_weights
from pipeline.errors import SettingsError, WeightsError

SIZE = (64, 32)


def seeded_network(seed: int = 0) -> OSNet:
    """A network with made weights and non-trivial batch norms."""
    torch.manual_seed(seed)
    network = OSNet(head_dim=16)
    for module in network.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm1d)):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "made.safetensors"
    write_encoder_weights(path, seeded_network(), "osnet", 16, SIZE, {"seed": 0})
    return path


@pytest.fixture(scope="module")
def encoder(made_file: Path) -> Encoder:
    return load_encoder("osnet", made_file, precision="fp32")


@pytest.fixture(scope="module")
def crops() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((90, 40), (1, 1), (200, 33), (17, 60), (64, 32))
    ]


@pytest.mark.parametrize("name", ["msmt17", "market1501"])
def test_published_weights_load_strictly(real_data: Path, name: str) -> None:
    state = load_file(real_data / "weights" / f"osnet_x0_25_{name}.safetensors")
    state = {key: value for key, value in state.items() if not key.startswith("classifier.")}
    OSNet().load_state_dict(state, strict=True)
    assert load_encoder("osnet", real_data / "weights" / f"osnet_x0_25_{name}.safetensors").dim == 512


def test_vectors_have_unit_length_and_the_promised_shape(encoder: Encoder, crops: list[NDArray[np.uint8]]) -> None:
    vectors = encoder.embed(crops)
    assert vectors.shape == (5, encoder.dim) == (5, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_crops_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 16)


def test_neither_number_nor_order_of_crops_matters(encoder: Encoder, crops: list[NDArray[np.uint8]]) -> None:
    reference = encoder.embed(crops)
    np.testing.assert_allclose(encoder.embed(crops * 4), np.tile(reference, (4, 1)), atol=1e-5)
    np.testing.assert_allclose(encoder.embed(crops[::-1]), reference[::-1], atol=1e-5)


@pytest.mark.skipif(not computes_bf16(), reason="this processor has no instructions for bf16")
def test_half_precision_points_the_same_way(made_file: Path, encoder: Encoder, crops: list[NDArray[np.uint8]]) -> None:
    half = load_encoder("osnet", made_file, precision="bf16").embed(crops)
    np.testing.assert_allclose(np.linalg.norm(half, axis=1), 1, atol=1e-5)
    assert np.sum(half * encoder.embed(crops), axis=1).min() > 0.98


def test_the_same_crops_give_the_same_bytes(made_file: Path, crops: list[NDArray[np.uint8]]) -> None:
    first, second = (load_encoder("osnet", made_file).embed(crops) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_folding_batch_norms_changes_nothing() -> None:
    network, x = seeded_network(), torch.rand(3, 3, *SIZE)
    with torch.inference_mode():
        before = network(x)
        network.fuse()
        after = network(x)
        network.fuse()
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(network(x), after)


def test_normalisation_is_that_of_rgb_imagenet() -> None:
    blue = np.zeros((1, 2, 2, 3), np.uint8)
    blue[..., 0] = 255  # BGR
    out = normalise(torch.from_numpy(blue))
    expected = [(value - mean) / std for value, mean, std in zip((0, 0, 1), MEAN, STD, strict=True)]
    np.testing.assert_allclose(out[0, :, 0, 0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("crop", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))])
def test_a_crop_without_pixels_or_channels_is_refused(crop: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="expected a crop"):
        resize(crop, SIZE)


def test_the_shipped_encoder_is_small_and_gives_128_numbers() -> None:
    assert encoder_weights_file("builtin").stat().st_size < 1_000_000
    assert load_encoder().dim == 128


def test_the_shipped_encoder_never_saw_the_game_held_out() -> None:
    about = read_encoder_weights(encoder_weights_file("builtin"), "osnet").metadata
    assert about["settings"]["data"]["held_out_games"]
    assert not set(about["games"]) & set(about["settings"]["data"]["held_out_games"])


def test_an_unknown_encoder_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"osnett.*known here: .*osnet"):
        load_encoder("osnett")


def test_every_encoder_says_what_it_is() -> None:
    assert all(spec.summary for spec in encoders.values())


def write_text(path: Path) -> None:
    path.write_text("no weights")


def write_other_layers(path: Path) -> None:
    save_file({"conv9.weight": torch.zeros(1)}, path)


def write_other_shape(path: Path) -> None:
    write_encoder_weights(path, OSNet(channels=(16, 64, 96, 64)), "osnet", None, SIZE, {})


def write_other_encoder(path: Path) -> None:
    write_encoder_weights(path, OSNet(), "dbc", None, SIZE, {})


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (write_text, "not a readable safetensors"),
        (write_other_layers, "is missing"),
        (write_other_shape, "another shape"),
        (write_other_encoder, "made for encoder 'dbc'"),
        (lambda _: None, "no such file"),
    ],
)
def test_bad_weights_are_one_clear_line(tmp_path: Path, write: Callable[[Path], None], says: str) -> None:
    path = tmp_path / "bad.safetensors"
    write(path)
    with pytest.raises(WeightsError, match=says) as error:
        load_encoder("osnet", path)
    assert "\n" not in str(error.value)
    assert "bad.safetensors" in str(error.value)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="expected a"):
        encoder_weights_file(str(tmp_path / "model.pt"))


def test_weights_are_written_the_same_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_encoder_weights(
            tmp_path / f"{name}.safetensors", seeded_network(), "osnet", 16, SIZE, {"z": 1, "seed": 0}
        )
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_stripes_tell_where_in_the_body_something_is(tmp_path: Path) -> None:
    torch.manual_seed(0)
    striped = OSNet(head_dim=8, stripes=2).eval()
    plain = OSNet(head_dim=8).eval()
    plain.project_features()
    striped.project_features()
    features = torch.randn(3, 512)
    assert striped.head is not None
    assert plain.head is not None
    whole = torch.cat([features, torch.randn(3, 2 * 128)], 1)
    with torch.no_grad():  # at first stripes play no part, and cosines are nearly those of the features
        assert striped.head[0](whole).equal(striped.head[0](torch.cat([features, torch.zeros(3, 256)], 1)))
        striped.head[0].weight[:, 512:].normal_()
        above = torch.zeros(1, 3, *SIZE)
        above[..., : SIZE[0] // 2, :] = 1
        assert not torch.allclose(striped(above), striped(above.flip(2)), atol=1e-3)
    path = tmp_path / "striped.safetensors"
    write_encoder_weights(path, striped, "osnet", 8, SIZE, {"stripes": 2})
    crop = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = striped(normalise(torch.from_numpy(crop[None])))[0]
    found = load_encoder("osnet", path, precision="fp32").embed([crop])[0]
    np.testing.assert_allclose(found, torch.nn.functional.normalize(expected, dim=0).numpy(), atol=2e-3)


def test_stripes_need_a_head() -> None:
    with pytest.raises(ValueError, match="head"):
        OSNet(stripes=4)
