"""The frame: recipes, the loop's files, resuming, the kept state, weights that carry their recipe."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from models.reid import loop, methods
from models.reid.data.batches.pictures import (
    Batch,
    IdentityBatches,
    PictureDataset,
    ShuffledBatches,
    loader,
    pictures_of,
)
from models.reid.data.crops import CropSet
from models.reid.data.settings import PictureSettings
from models.reid.data.splits.people import labelled
from models.reid.data.splits.split import Splits, of_games, reduced
from models.reid.loop import read_metrics, run_phase, train_recipe
from models.reid.methods.method import Method, Phase, Work
from models.reid.recipe import read_recipe, recipe_of, variants_of
from models.reid.settings import LoopSettings, Recipe
from models.reid.validation import validation_scores
from models.reid.weights import load_network
from pipeline.errors import InputError, SettingsError, WeightsError

RECIPE = {
    "method": "toy",
    "picture": {"size_px": [8, 4]},
    "data": {"reader": "tracklets", "table": "t", "images": "i", "held_out_games": ["game-1"]},
}


class ToyRecipe(Recipe):
    epochs: int = 3


class Toy(LightningModule):
    """A linear embedding with a linear classifier that is dropped."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.head = network, nn.Linear(3, 64)

    def training_step(self, batch: Batch) -> Tensor:
        loss = nn.functional.cross_entropy(self.head(self.network(batch.pictures)), batch.identity)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 1e-2)


def toy_network(_: ToyRecipe) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(8 * 4 * 3, 3))


def toy_batches(work: Work) -> PictureDataset:
    crops = work.splits.train.crops
    return PictureDataset(pictures_of(crops, work.recipe.picture, work.cache), crops.identity, work.recipe.picture)


def toy_phases(work: Work) -> Iterator[Phase]:
    pictures = toy_batches(work)
    for name in ("first", "second"):
        yield Phase(
            name,
            Toy(work.network),
            loader(pictures, ShuffledBatches(len(pictures), 16, work.recipe.seed)),
            LoopSettings(epochs=work.recipe.epochs),
            check=lambda: validation_scores(work.network, work.recipe, work.splits.validation),
            monitor="val/mAP",
        )


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, make_crops: Callable[..., CropSet]) -> Callable[..., Recipe]:
    """A method `toy` on made crops; returns a maker of its recipes."""
    crops = make_crops(games=3)
    parts = [labelled(of_games(crops, [f"game-{g}"])) for g in range(3)]
    method = Method(ToyRecipe, toy_network, toy_phases)
    monkeypatch.setitem(methods.METHODS, "toy", "for tests")  # type: ignore[arg-type]
    monkeypatch.setattr(methods, "import_module", lambda _: SimpleNamespace(METHOD=method))
    monkeypatch.setattr(loop, "read_splits", lambda *_: Splits(*parts))
    return lambda **changes: recipe_of(RECIPE | changes, "made")


def state_of(path: Path) -> Mapping[str, Tensor]:
    return load_network(path)[1].state_dict()


def test_a_training_writes_weights_that_carry_their_recipe(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    weights = train_recipe(toy(), tmp_path, tmp_path / "run")
    recipe, network = load_network(weights)
    assert recipe == toy()
    assert not network.training
    metrics = read_metrics(tmp_path / "run" / "first" / "metrics.csv")
    assert metrics["epoch"] == [0, 1, 2]
    assert metrics["loss"][2] < metrics["loss"][0]
    assert all(0 <= value <= 1 for value in metrics["val/mAP"])
    assert list((tmp_path / "run" / "logs" / "first").glob("events*"))


def test_the_same_seed_trains_the_same_and_another_does_not(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    states = [state_of(train_recipe(toy(seed=s), tmp_path, tmp_path / str(k))) for k, s in enumerate((1, 1, 2))]
    assert all(states[0][name].equal(states[1][name]) for name in states[0])
    assert not all(states[0][name].equal(states[2][name]) for name in states[0])


@pytest.mark.parametrize("stop", [("first", 1), ("second", 0)])
def test_a_stopped_training_resumes_to_the_same_weights(
    tmp_path: Path, toy: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, stop: tuple[str, int]
) -> None:
    whole = state_of(train_recipe(toy(), tmp_path, tmp_path / "whole"))
    with monkeypatch.context() as patch:
        _interrupt(patch, stop)
        with pytest.raises(RuntimeError, match="stopped"):
            train_recipe(toy(), tmp_path, tmp_path / "run")
    again = state_of(train_recipe(toy(), tmp_path, tmp_path / "run", resume=True))
    assert all(whole[name].equal(again[name]) for name in whole)
    assert read_metrics(tmp_path / "run" / stop[0] / "metrics.csv")["epoch"] == [0, 1, 2]


def _interrupt(patch: pytest.MonkeyPatch, stop: tuple[str, int]) -> None:
    """Fail at the beginning of an epoch of a phase."""

    def run(phase: Phase, *rest: object) -> None:
        def stopping(module: LightningModule) -> None:
            if (phase.name, module.current_epoch) == stop:
                raise RuntimeError("stopped")

        phase.module.on_train_epoch_start = lambda: stopping(phase.module)  # type: ignore[method-assign]
        run_phase(phase, *rest)  # type: ignore[arg-type]

    patch.setattr(loop, "run_phase", run)


def test_resuming_nothing_or_another_recipe_is_refused(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    with pytest.raises(InputError, match="nothing to resume"):
        train_recipe(toy(), tmp_path, tmp_path / "run", resume=True)
    train_recipe(toy(), tmp_path, tmp_path / "run")
    with pytest.raises(SettingsError, match="another recipe"):
        train_recipe(toy(seed=5), tmp_path, tmp_path / "run", resume=True)


@pytest.mark.parametrize(("patience", "epochs", "kept"), [(None, 5, 1), (2, 4, 1)])
def test_the_best_state_is_kept_and_waiting_ends(
    tmp_path: Path, make_crops: Callable[..., CropSet], patience: int | None, epochs: int, kept: int
) -> None:
    """The check is best after the second epoch: with a patience of two, two more epochs are run."""
    crops = make_crops(games=1)
    picture, scores, seen = PictureSettings(size_px=(8, 4)), iter([0.1, 0.9, 0.5, 0.6, 0.2]), list[Tensor]()
    module = Toy(nn.Sequential(nn.Flatten(), nn.Linear(96, 3)))

    def check() -> dict[str, float]:
        seen.append(module.network[1].weight.detach().clone())  # type: ignore[index]
        return {"val/x": next(scores)}

    pictures = PictureDataset(pictures_of(crops, picture), crops.identity, picture)
    batches = loader(pictures, ShuffledBatches(len(crops), 16, 0))
    run_phase(Phase("p", module, batches, LoopSettings(epochs=5, patience=patience), check, "val/x"), tmp_path)
    assert len(seen) == epochs
    assert module.network[1].weight.equal(seen[kept])  # type: ignore[index]


def test_checks_are_made_where_they_are_due(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1)
    picture, calls = PictureSettings(size_px=(8, 4)), list[int]()
    pictures = PictureDataset(pictures_of(crops, picture), crops.identity, picture)
    module = Toy(nn.Sequential(nn.Flatten(), nn.Linear(96, 3)))
    check = lambda: calls.append(module.current_epoch) or {"val/x": 1.0}  # type: ignore[func-returns-value]  # noqa: E731
    settings = LoopSettings(epochs=5, check_every=2, patience=9)
    run_phase(Phase("p", module, loader(pictures, ShuffledBatches(48, 16, 0)), settings, check, "val/x"), tmp_path)
    assert calls == [1, 3]
    assert np.isnan(read_metrics(tmp_path / "p" / "metrics.csv")["val/x"]).tolist() == [True, False, True, False, True]


def test_weights_without_a_recipe_or_of_another_network_are_refused(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    train_recipe(toy(epochs=1), tmp_path, tmp_path / "run")
    with pytest.raises(WeightsError, match="written by another program"):
        load_network(tmp_path / "run" / "first.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    with pytest.raises(WeightsError, match="not a readable"):
        load_network(tmp_path / "bad.safetensors")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("method: misspelt\n", "no method 'misspelt'"),
        ("[1, 2]\n", "expected a recipe"),
        ("method: osnet\ndata: {reader: nowhere}\n", "data.reader: Input should be 'tracklets'"),
        ("method: [\n", "is not YAML"),
    ],
)
def test_a_wrong_recipe_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(SettingsError) as error:
        read_recipe(tmp_path / "r.yaml")
    assert says in str(error.value)


def test_a_recipe_without_a_short_variant_says_so(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("method: osnet\n")
    with pytest.raises(SettingsError, match="no short variant"):
        read_recipe(tmp_path / "r.yaml", short=True)


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[3].glob("configs/reid/*.yaml")), ids=lambda p: p.stem)
def test_every_recipe_can_be_read_in_both_lengths(path: Path) -> None:
    whole, short = read_recipe(path), read_recipe(path, short=True)
    assert whole.method == short.method
    for digits in variants_of(path):
        variant = read_recipe(path, short=True, digits=digits)
        assert (variant.data.reader == "mnist") == (digits or whole.data.reader == "mnist")
    json.dumps(loop.recorded(whole))


def test_packed_pictures_are_made_once(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops, picture = make_crops(), PictureSettings(size_px=(16, 8))
    first = pictures_of(crops, picture, tmp_path)
    assert first.shape == (len(crops), 16, 8, 3)
    np.testing.assert_array_equal(first, pictures_of(crops, picture))
    changed = CropSet(**{**vars(crops), "pixels": np.zeros_like(crops.pixels)})
    np.testing.assert_array_equal(first, pictures_of(changed, picture, tmp_path))
    part = crops.select(np.arange(5))
    assert len(pictures_of(part, picture, tmp_path)) == 5


def test_grey_pictures_are_grey(make_crops: Callable[..., CropSet]) -> None:
    crops, picture = make_crops(), PictureSettings(size_px=(16, 8), channels=1, scale="unit")
    batch = PictureDataset(pictures_of(crops, picture), crops.identity, picture).__getitems__([3, 1])
    assert batch.pictures.shape == (2, 1, 16, 8)
    assert float(batch.pictures.max()) <= 1
    assert batch.row.tolist() == [3, 1]


def test_batches_of_identities_hold_what_they_say() -> None:
    identity = np.array([7] * 5 + [3] * 2 + [9] * 8)
    sampler = IdentityBatches(identity, people=2, crops=4, seed=0)
    epochs = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        epochs.append(list(sampler))
    assert epochs[0] == epochs[2] != epochs[1]
    for batch in epochs[0]:
        people = identity[batch].reshape(2, 4)
        assert (people == people[:, :1]).all()
        assert people[0, 0] != people[1, 0]


def test_shuffled_batches_show_every_row_once() -> None:
    sampler = ShuffledBatches(10, 4, seed=3)
    assert sorted(row for batch in sampler for row in batch) == list(range(10))
    assert [len(batch) for batch in ShuffledBatches(9, 4, 0)] == [4, 4], "a batch of one would break batch norm"


def test_a_reduced_set_keeps_identities_whole_and_spread(make_crops: Callable[..., CropSet]) -> None:
    people = reduced(labelled(make_crops(frames=7)), 2, 3)
    assert np.unique(people.crops.identity).tolist() == [0, 1]
    assert people.crops.frame[people.crops.identity == 0].tolist() == [0, 90, 180]


def test_splits_that_share_an_identity_are_refused(make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops()
    nobody = labelled(crops.select(np.empty(0, np.int64)))
    some = labelled(crops.select(np.arange(10)))
    with pytest.raises(SettingsError, match="identity '0' is in training"):
        Splits(some, some, nobody)
    with pytest.raises(SettingsError, match="nothing is left"):
        Splits(nobody, some, nobody)
