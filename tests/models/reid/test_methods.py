"""Methods: losses against plain second implementations, networks, short recipes on real data."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.reid.data.augmentation.made_classes import ClassBatches, MadeClassSettings, MadePictures, bent
from models.reid.data.batches.pictures import Batch
from models.reid.data.settings import PictureSettings
from models.reid.loop import train_recipe
from models.reid.methods.anchors import AnchorNetworkSettings, AnchorsRecipe, Embedding, Guided
from models.reid.methods.autoencoder import (
    Autoencoder,
    AutoencoderNetworkSettings,
    Clustering,
    ClusterSettings,
    intra_inter,
    summed_distances,
)
from models.reid.recipe import read_recipe
from models.reid.weights import load_network
from pipeline.errors import SettingsError

GREY = PictureSettings(size_px=(28, 28), channels=1, scale="unit")
CONFIGS = Path(__file__).parents[3] / "configs" / "reid"


def test_distances_within_and_between_labels_agree_with_loops() -> None:
    torch.manual_seed(0)
    latent, identity = torch.randn(9, 4), torch.tensor([0, 1, 2] * 3)
    own, other = [], []
    for i in range(9):
        for j in range(9):
            distance = float((latent[i] - latent[j]).norm())
            if i != j and identity[i] == identity[j] == 1:
                own.append(distance)
            if identity[i] == 1 and identity[j] != 1:
                other.append(distance)
    intra, inter = intra_inter(latent, identity, 1)
    assert float(intra) == pytest.approx(np.mean(own), abs=1e-5)
    assert float(inter) == pytest.approx(np.mean(other), abs=1e-5)


def test_uncertain_pairs_are_not_pushed_apart() -> None:
    latent, identity = torch.tensor([[0.0], [1.0], [7.0]]), torch.tensor([0, 1, 2])
    differ = torch.tensor([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=torch.bool)
    assert float(intra_inter(latent, identity, 0, differ)[1]) == 7
    assert float(intra_inter(latent, identity, 1, differ)[1]) == 0, "nobody certain: no push"


def test_the_balance_makes_the_value_vanish_but_not_the_gradient() -> None:
    """intra - (intra / inter) inter is 0, and still draws together and pushes apart."""
    torch.manual_seed(1)
    network = Autoencoder(GREY, AutoencoderNetworkSettings(hidden=(8,), latent=3, activation="linear"))
    module = Clustering(network, ClusterSettings(reconstruction=0.0, distances=1.0), 1e-2, [0, 1], 1.0)
    module.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    pictures, identity = torch.rand(20, 1, 28, 28), torch.arange(20) % 2
    batch = Batch(pictures, identity, identity)
    ratio = []
    optimiser = module.configure_optimizers()
    for step in range(30):
        intra, inter = intra_inter(network(pictures), identity, step % 2)
        ratio.append(float((intra / inter).detach()))
        loss = module.training_step(batch, step)
        assert abs(float(loss.detach())) < 1e-5
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ratio[-1] < 0.6 * ratio[0]


@pytest.mark.parametrize("block", [1, 3, 100])
def test_distances_in_blocks_have_the_same_sum_and_gradient(block: int) -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(rows, 4, generator=generator).requires_grad_() for rows in (7, 9))
    plain = torch.stack([torch.linalg.vector_norm(x - y) for x in a for y in b]).sum()
    expected = torch.autograd.grad(plain, (a, b))
    total = summed_distances(a, b, block)
    assert total.item() == pytest.approx(plain.item(), rel=1e-5)
    for found, wanted in zip(torch.autograd.grad(total, (a, b)), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
@pytest.mark.parametrize("activation", ["relu", "linear", "tanh", "sigmoid"])
def test_autoencoders_rebuild_pictures_of_the_size_given(kind: str, activation: str) -> None:
    picture = PictureSettings(size_px=(32, 16), channels=3, scale="unit")
    settings = AutoencoderNetworkSettings.model_validate(
        {"kind": kind, "hidden": (6, 8), "latent": 5, "activation": activation}
    )
    with torch.no_grad():
        latent, rebuilt, divergence = Autoencoder(picture, settings).pass_through(torch.rand(4, 3, 32, 16))
    assert latent.shape == (4, 5)
    assert rebuilt.shape == (4, 3, 32, 16)
    assert 0 <= float(rebuilt.min()) <= float(rebuilt.max()) <= 1
    assert float(divergence) == 0
    low, high = {"relu": (0, 99), "linear": (-99, 99), "tanh": (-1, 1), "sigmoid": (0, 1)}[activation]
    assert low <= float(latent.min()) <= float(latent.max()) <= high


@pytest.mark.parametrize("prior", ["fixed_variance", "gaussian"])
def test_a_prior_costs_what_lies_far_out(prior: str) -> None:
    torch.manual_seed(0)
    network = Autoencoder(
        GREY,
        AutoencoderNetworkSettings.model_validate(
            {"latent": 3, "activation": "linear", "prior": prior, "hidden": (8,)}
        ),
    )
    pictures = torch.rand(4, 1, 28, 28)
    near = float(network.pass_through(pictures)[2].detach())
    with torch.no_grad():
        network.latent[0].bias += 10  # type: ignore[operator]
    assert float(network.pass_through(pictures)[2].detach()) > near + 100
    assert network(pictures).equal(network(pictures)), "the embedding is without noise"


def test_embeddings_are_guided_by_lambda_times_cosines() -> None:
    """Against the plain formula: cross-entropy over lambda times cosines."""
    torch.manual_seed(0)
    recipe = AnchorsRecipe.model_validate(
        {
            "data": {"reader": "mnist"},
            "picture": GREY.model_dump(),
            "train": {"scale": 7},
            "network": {"dim": 4, "kind": "strided"},
        }
    )
    module = Guided(Embedding(GREY, recipe.network), recipe, 3, 10, None)
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    pictures, identity = torch.rand(5, 1, 28, 28), torch.tensor([0, 1, 2, 1, 0])
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(module.network(pictures))
        anchors = torch.nn.functional.normalize(next(module.loss.parameters()), dim=0)
        expected = torch.nn.functional.cross_entropy(7 * vectors @ anchors, identity)
        module.network.train()
        found = module.training_step(Batch(pictures, identity, identity), 0)
    assert float(found) == pytest.approx(float(expected), abs=1e-4)


def test_the_first_two_layers_of_alexnet() -> None:
    picture = PictureSettings(size_px=(112, 112))
    network = Embedding(picture, AnchorNetworkSettings(filters=(6, 9), dim=5)).eval()
    assert network.features(torch.zeros(1, 3, 112, 112)).shape == (1, 9, 6, 6)
    assert network(torch.zeros(2, 3, 112, 112)).shape == (2, 5)


def made(turns: bool, halves: int) -> MadePictures:
    """Digits 3 (left half white) and 8 (grey)."""
    pictures = np.zeros((4, 8, 8, 1), np.uint8)
    pictures[:2, :, :4] = 255
    pictures[2:] = 100
    picture = PictureSettings(size_px=(8, 8), channels=1, scale="unit")
    settings = MadeClassSettings(turns=turns, halves=halves, turn_deg=0, scale=0, shear=0, shift=0, bend=0)
    return MadePictures(pictures, np.array([3, 3, 8, 8]), picture, settings, seed=0)


def test_turned_pictures_are_classes_of_their_own() -> None:
    batch = made(True, 0).__getitems__([(number, 5) for number in range(16)])
    assert batch.identity.tolist() == list(range(16))
    assert batch.pictures[0, 0, 0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert batch.pictures[2, 0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1], "half a turn"
    assert batch.pictures[4, 0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1], "mirrored"
    assert torch.allclose(batch.pictures[8:], torch.full((8, 1, 8, 8), 100 / 255), atol=1e-5)


def test_halves_are_of_two_classes() -> None:
    upright, aside = made(False, 2).__getitems__([(2, 5), (3, 5)]).pictures
    kinds = [torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0]).expand(8, 8), torch.full((8, 8), 100 / 255)]
    above, below = (
        any(torch.allclose(upright[0][part], kind[part]) for kind in kinds) for part in (slice(4), slice(4, 8))
    )
    assert above
    assert below
    assert not any(torch.allclose(whole[0], kind) for whole in (upright, aside) for kind in kinds)


def test_bending_changes_and_follows_the_seed() -> None:
    pictures = torch.rand(3, 1, 28, 28)
    first, again = (bent(pictures, MadeClassSettings(), torch.Generator().manual_seed(4)) for _ in range(2))
    assert first.equal(again)
    assert not first.equal(pictures)
    still = MadeClassSettings(turn_deg=0, scale=0, shear=0, shift=0, bend=0)
    assert torch.allclose(bent(pictures, still, torch.Generator()), pictures, atol=1e-5)


def test_batches_of_classes_follow_seed_and_epoch() -> None:
    sampler = ClassBatches(10, people=4, crops=3, batches=2, seed=1)
    first = list(sampler)
    assert first == list(sampler)
    sampler.set_epoch(1)
    assert first != list(sampler)
    assert [len({number for number, _ in batch}) for batch in first] == [4, 4]


def test_pictures_that_are_not_square_cannot_be_turned() -> None:
    picture = PictureSettings(size_px=(8, 4), channels=1)
    with pytest.raises(SettingsError, match="cannot be turned"):
        MadePictures(np.zeros((1, 8, 4, 1), np.uint8), np.array([0]), picture, MadeClassSettings(), 0)


@pytest.mark.parametrize("recipe", ["autoencoder", "digits", "anchors"])
def test_short_recipes_train(recipe: str, tmp_path: Path, real_data: Path) -> None:
    settings = read_recipe(CONFIGS / f"{recipe}.yaml", short=True)
    assert isinstance(settings.data, type(read_recipe(CONFIGS / f"{recipe}.yaml").data))
    weights = train_recipe(settings, real_data, tmp_path / "run")
    assert load_network(weights)[0] == settings
