"""Learning, calibrating, storing and reading."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.numbers.calibration import NumberCalibration, probabilities
from models.numbers.network import DigitNetwork, fused, normalise
from models.numbers.reader import NumberReader
from models.numbers.texts import ONES, TENS
from models.numbers.training.augment import augmented, plain
from models.numbers.training.calibrate import calibrate
from models.numbers.training.render import MIRRORED, NO_TEXT, Examples
from models.numbers.training.settings import (
    NumberRecipe,
    NumberTrainSettings,
    RenderedSettings,
    RoundSettings,
    read_settings,
)
from models.numbers.training.train import NumberBatch, _in_a_mirror, _loss, train_numbers
from models.numbers.weights import read_number_network, write_number_network
from models.numbers.window import window
from pipeline.errors import InputError, SettingsError, WeightsError

SMALL = NumberRecipe(
    rendered=RenderedSettings(validation=20, typefaces=2),
    train=NumberTrainSettings(
        batch=8, rounds=(RoundSettings(rendered=60, steps=3), RoundSettings(rendered=40, steps=2))
    ),
)


def sharp(text: list[int], height: float, legible: float = 4.0, mirrored: float = -6.0) -> np.ndarray:
    """Outputs that say so."""
    place = np.array(text)
    logits = np.zeros((len(text), 23))
    logits[:, :2] = legible, mirrored
    logits[np.arange(len(text)), 2 + TENS[place]] = height
    logits[np.arange(len(text)), 13 + ONES[place]] = height
    return logits


def test_the_network_is_small() -> None:
    assert sum(p.numel() for p in DigitNetwork().parameters()) < 500_000


def test_folding_the_norms_changes_nothing() -> None:
    torch.manual_seed(0)
    network = DigitNetwork()
    pixels = normalise(torch.randint(0, 255, (16, 40, 40, 3), dtype=torch.uint8))
    network.train()(pixels)
    with torch.no_grad():
        assert torch.allclose(fused(network)(pixels), network.eval()(pixels), atol=1e-4)


def test_light_and_contrast_do_not_matter() -> None:
    picture = torch.randint(0, 100, (1, 40, 40, 3), dtype=torch.uint8)
    assert torch.allclose(normalise(picture), normalise(picture + 100), atol=1e-4)


def test_loss_rewards_what_is_right_and_forgives_a_weak_label() -> None:
    images = np.zeros((1, 40, 40, 3), np.uint8)
    right, wrong = (torch.tensor(sharp([text], 8.0)) for text in (23, 45))

    def loss(logits: torch.Tensor, text: int, sure: bool) -> float:
        return float(_loss(logits, NumberBatch(images, np.array([text]), np.array([sure]))))

    assert loss(right, 23, True) < loss(wrong, 23, True)
    assert loss(wrong, 23, False) < 5 < loss(wrong, 23, True)
    dark = torch.tensor(sharp([23], 8.0, legible=-6.0))
    assert loss(dark, NO_TEXT, True) < 0.01 < loss(right, NO_TEXT, True)


def test_loss_of_what_is_in_a_mirror() -> None:
    """A rendered one has to be seen as mirrored; with a weak label it may be neither, but it may not be legible."""
    images = np.zeros((1, 40, 40, 3), np.uint8)
    in_mirror, neither, legible = (
        torch.tensor(sharp([23], 8.0, *kinds)) for kinds in ((-6.0, 6.0), (-6.0, -6.0), (6.0, -6.0))
    )

    def loss(logits: torch.Tensor, sure: bool) -> float:
        return float(_loss(logits, NumberBatch(images, np.array([MIRRORED]), np.array([sure]))))

    assert loss(in_mirror, True) < 0.01
    assert loss(neither, True) > 5 > 0.1 > loss(neither, False)
    assert loss(legible, True) > 5 < loss(legible, False)


def test_what_looks_the_same_in_a_mirror_is_not_called_mirrored() -> None:
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] + np.tile(np.arange(48, dtype=np.uint8), 48).reshape(
        48, 48, 1
    )
    examples = Examples(np.repeat(images, 3, axis=3), np.array([23, 88, NO_TEXT, 11]))
    changed = _in_a_mirror(examples, 1.0, np.random.default_rng(0))
    assert changed.text.tolist() == [MIRRORED, 88, NO_TEXT, 11]
    assert np.array_equal(changed.images[0], examples.images[0, :, ::-1])
    assert np.array_equal(changed.images[1:], examples.images[1:])


def test_calibration_finds_the_temperature() -> None:
    rng = np.random.default_rng(0)
    text = rng.integers(0, 101, 4000)
    tens, ones = rng.normal(0, 2, (4000, 11)), rng.normal(0, 2, (4000, 10))

    def drawn(logits: np.ndarray) -> np.ndarray:
        return (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)

    lookup = {(int(TENS[i]), int(ONES[i])): i for i in range(101)}
    pairs = list(zip(drawn(tens), drawn(ones), strict=True))
    known = np.array([pair in lookup for pair in pairs])
    text = np.array([lookup.get(pair, 0) for pair in pairs])
    logits = np.column_stack([np.full(4000, 8.0), np.full(4000, -8.0), 3 * tens, 3 * ones])[known]
    found = calibrate([(logits, text[known])], singles=10 / 101)
    assert found.digits == pytest.approx(3.0, rel=0.15)


def test_the_prior_of_training_is_taken_out() -> None:
    flat = probabilities(np.zeros((1, 23)), NumberCalibration(singles=10 / 101))
    skewed = probabilities(np.zeros((1, 23)), NumberCalibration(singles=0.5))
    assert flat.tens[0] == pytest.approx(np.full(11, 1 / 11))
    ratio = (skewed.tens[0, 0] / skewed.tens[0, 1]) / (flat.tens[0, 0] / flat.tens[0, 1])
    assert ratio == pytest.approx((10 / 101) / (91 / 101))


def test_augmentation_keeps_the_middle() -> None:
    rng = np.random.default_rng(0)
    images = np.zeros((32, 48, 48, 3), np.uint8)
    images[:, 16:32, 16:32] = 255
    changed = augmented(images, rng).float()
    middle, edge = changed[:, 18:22, 18:22].mean((1, 2, 3)), changed[:, :3, :3].mean((1, 2, 3))
    assert ((middle - edge).abs() > 60).all()
    assert plain(images).shape == (32, 40, 40, 3)


def test_training_writes_weights_that_read(tmp_path: Path) -> None:
    file = train_numbers(SMALL, tmp_path, tmp_path / "out")
    reads = NumberReader(file).read([np.zeros((40, 40, 3), np.uint8)] * 3)
    assert len(reads) == 3
    assert reads.tens.sum(axis=1) == pytest.approx(np.ones(3))
    assert reads.ones.sum(axis=1) == pytest.approx(np.ones(3))
    assert ((reads.legible >= 0) & (reads.mirrored >= 0) & (reads.legible + reads.mirrored <= 1)).all()
    again = train_numbers(SMALL, tmp_path, tmp_path / "again")
    assert again.read_bytes() == file.read_bytes()
    assert len(NumberReader(file).read([])) == 0


def test_fonts_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    wanting = SMALL.model_copy(update={"rendered": SMALL.rendered.model_copy(update={"fonts": "fonts"})})
    with pytest.raises(InputError, match=r"fonts: no \.ttf, \.otf or \.woff file"):
        train_numbers(wanting, tmp_path, tmp_path / "out")


def test_reads_do_not_depend_on_company(tmp_path: Path) -> None:
    write_number_network(tmp_path / "n.safetensors", DigitNetwork(), {"calibration": {}})
    reader = NumberReader(tmp_path / "n.safetensors", precision="fp32")
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, (40, 40, 3), dtype=np.uint8) for _ in range(70)]
    assert reader.read(crops).ones[65] == pytest.approx(reader.read(crops[65:66]).ones[0], abs=1e-4)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / "n.safetensors").write_bytes(b"no")
    with pytest.raises(WeightsError, match="not a readable"):
        read_number_network(tmp_path / "n.safetensors")
    with pytest.raises(WeightsError, match="no such file"):
        NumberReader(tmp_path / "other.safetensors")


def test_a_window_is_cut_around_the_box() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 90:110] = 255
    crop = window(image, np.array([90.0, 40.0, 110.0, 60.0]))
    assert crop.shape == (40, 40, 3)
    assert crop[6:34, 6:34].mean() > 250
    assert crop[:3].mean() < 5


def test_wrong_recipes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("train: {stepps: 3}\n")
    with pytest.raises(SettingsError, match=r"train\.stepps"):
        read_settings(tmp_path / "r.yaml")


def test_the_shipped_recipe_is_read() -> None:
    recipe = read_settings(Path(__file__).parents[3] / "configs" / "numbers.yaml")
    assert recipe.footage is not None
    assert recipe.footage.people.is_file()
