"""The one training loop: phases of a method, run by lightning, with checkpoints, early stopping and logs.

Files in the output folder: `recipe.json` (what is trained, checked before a training is resumed), `<phase>/best.ckpt`,
`<phase>/last.ckpt` (lightning's, read with `weights_only=True`: tensors and plain values, nothing is unpickled into
code), `<phase>/metrics.csv`, `<phase>.safetensors` (the network after a finished phase), `logs/` (TensorBoard), and
`weights.safetensors` at the end.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.seed import isolate_rng

from models.reid.data.sources.readers import read_splits
from models.reid.methods import find_method
from models.reid.methods.method import Phase, Work
from models.reid.settings import Recipe
from models.reid.weights import write_network
from models.weight_files import read_tensors
from pipeline.errors import InputError, SettingsError

RECIPE, WEIGHTS = "recipe.json", "weights.safetensors"


def train_recipe(recipe: Recipe, data_root: Path, out: Path, resume: bool = False, progress: bool = False) -> Path:
    """Train by a recipe.

    Args:
        recipe: as `read_recipe` gives it.
        data_root: where the recipe's paths begin.
        out: for everything that is written; made if need be. Packed crops go to `cache` beside it: trainings share them.
        resume: go on where a training of the same recipe was stopped; else begin anew, over what is there.
        progress: show lightning's bar on the terminal.

    Returns:
        The weights file.

    Raises:
        InputError: data are missing; nothing to resume.
        SettingsError: the split leaks or leaves nothing to train on; another recipe was trained in `out`.
        WeightsError: weights to start from do not fit.
    """
    method = find_method(recipe.method, "recipe")
    _open(recipe, out, resume)
    cache = out.absolute().parent / "cache"
    splits = read_splits(recipe.data, data_root, cache)
    with isolate_rng():
        torch.manual_seed(recipe.seed)
        work = Work(recipe, splits, method.build(recipe), data_root, cache)
        for phase in _seeded(method.phases(work), recipe.seed):
            kept = out / f"{phase.name}.safetensors"
            if resume and kept.is_file():
                work.network.load_state_dict(read_tensors(kept, "re-ID")[0])
                continue
            run_phase(phase, out, resume, progress)
            write_network(kept, work.network, {"phase": phase.name})
    about = {"recipe": recorded(recipe), "data": splits.train.crops.fingerprint, "crops": len(splits.train)}
    write_network(out / WEIGHTS, work.network, about)
    if method.export is not None:
        method.export(work, out, about)
    return out / WEIGHTS


def _seeded(phases: Iterator[Phase], seed: int) -> Iterator[Phase]:
    """Make each phase from its own random numbers, whatever the ones before it used up."""
    for number in count(1):
        torch.manual_seed(seed + 1000 * number)
        phase = next(phases, None)
        if phase is None:
            return
        yield phase


def run_phase(phase: Phase, out: Path, resume: bool = False, progress: bool = False) -> None:
    """Run one phase; leave the best state by its stated number, or the last one, in its module.

    Args:
        phase: what is run.
        out: folder for checkpoints and logs.
        resume: go on from the last checkpoint.
        progress: show a bar.
    """
    folder = out / phase.name
    last = folder / "last.ckpt"
    going_on = resume and last.is_file()
    callbacks: list[Callback] = [_Epochs(phase, folder / "metrics.csv", going_on)]
    if phase.loop.patience is not None and phase.monitor is not None:
        callbacks.append(_Patience(phase))
    if phase.monitor is not None:
        callbacks.append(_best(phase, folder))  # before the other one, which stores what this one knows
    callbacks.append(ModelCheckpoint(folder, "last", enable_version_counter=False, save_on_train_epoch_end=True))
    phase.module.train()
    with _quiet():
        trainer = Trainer(
            max_epochs=phase.loop.epochs,
            accelerator="auto",
            devices=1,
            precision=phase.loop.precision,
            logger=TensorBoardLogger(out / "logs", name=phase.name, version=""),
            callbacks=callbacks,
            gradient_clip_val=phase.gradient_clip,
            enable_progress_bar=progress,
            enable_model_summary=False,
            log_every_n_steps=10,
            num_sanity_val_steps=0,
        )
        trainer.fit(phase.module, phase.batches, ckpt_path=last if going_on else None, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    if phase.monitor is not None:
        state = torch.load(folder / "best.ckpt", weights_only=True, map_location=phase.module.device)
        phase.module.load_state_dict(state["state_dict"])
    phase.module.cpu().eval()


def recorded(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain data that says nothing of the machine: tables beside the recipe by name alone."""
    data = recipe.model_dump(mode="json")
    if data["data"].get("people"):
        data["data"]["people"] = Path(data["data"]["people"]).name
    return data


def _open(recipe: Recipe, out: Path, resume: bool) -> None:
    """Make the output folder, or check that what lies there is of the same recipe."""
    out.mkdir(parents=True, exist_ok=True)
    said = out / RECIPE
    if resume:
        if not said.is_file():
            raise InputError(f"{out}: nothing to resume; leave --resume out")
        if json.loads(said.read_text(encoding="utf-8")) != recorded(recipe):
            raise SettingsError(f"{out}: holds a training of another recipe; choose another --out, or do not resume")
        return
    for old in (*out.glob("*.safetensors"), *out.glob("*/*.ckpt"), *out.glob("logs/*/events*")):
        old.unlink()
    said.write_text(json.dumps(recorded(recipe), indent=1), encoding="utf-8")


class _Epochs(Callback):
    """Tells batch samplers the epoch, checks the network after an epoch, and keeps a table of all numbers."""

    def __init__(self, phase: Phase, table: Path, going_on: bool) -> None:
        self._phase, self._table, self._rows = phase, table, list[dict[str, Any]]()
        self._seed = torch.initial_seed()
        if going_on and table.is_file():
            with table.open(newline="", encoding="utf-8") as file:
                self._rows = list(csv.DictReader(file))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set the epoch and its random numbers: a resumed training draws what it would have drawn."""
        torch.manual_seed(self._seed + trainer.current_epoch)
        sampler: Any = self._phase.batches.batch_sampler
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check, log, and write the table."""
        epoch, phase = trainer.current_epoch, self._phase
        due = (epoch + 1) % _check_every(phase) == 0
        if phase.check is not None and due:
            pl_module.eval()
            numbers = phase.check()
            pl_module.train()
            pl_module.log_dict({name: float(value) for name, value in numbers.items()})
        seen = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if phase.check is not None and not due:
            seen = {name: value for name, value in seen.items() if not name.startswith("val/")}
        self._rows = [row for row in self._rows if int(row["epoch"]) < epoch] + [{"epoch": epoch, **seen}]
        self._write()

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        self._table.parent.mkdir(parents=True, exist_ok=True)
        with self._table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self._rows)


class _Patience(EarlyStopping):
    """Early stopping that counts validations, not epochs."""

    def __init__(self, phase: Phase) -> None:
        assert phase.monitor is not None
        assert phase.loop.patience is not None
        self._every = _check_every(phase)
        super().__init__(phase.monitor, patience=phase.loop.patience, mode=phase.mode, check_on_train_epoch_end=True)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look where something was measured."""
        if (trainer.current_epoch + 1) % self._every == 0:
            super().on_train_epoch_end(trainer, pl_module)


def _best(phase: Phase, folder: Path) -> ModelCheckpoint:
    """Keep the best state by the phase's number, looked at where it is measured."""
    return ModelCheckpoint(
        folder,
        "best",
        monitor=phase.monitor,
        mode=phase.mode,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
        every_n_epochs=_check_every(phase),
    )


def _check_every(phase: Phase) -> int:
    """Epochs between two validations: the last epoch of a short phase is checked in any case."""
    return min(phase.loop.check_every, phase.loop.epochs)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out lightning's advice that does not apply: workers (pictures lie in memory), GPUs that the user left idle."""
    talker = logging.getLogger("lightning.pytorch")
    level = talker.level
    talker.setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for advice in (
            ".*does not have many workers.*",
            ".*GPU available but not used.*",
            ".*number of training batches.*is smaller than the logging interval.*",
            ".*Checkpoint directory .* exists and is not empty.*",
            ".*LeafSpec.*",  # lightning's own use of a name that torch is about to drop
        ):
            warnings.filterwarnings("ignore", message=advice)
        try:
            yield
        finally:
            talker.setLevel(level)


def read_metrics(path: Path) -> dict[str, list[float]]:
    """Read a phase's table of numbers: name -> one value per epoch, NaN where it was not measured."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names: Mapping[str, Any] = rows[0] if rows else {}
    return {name: [float(row[name]) if row[name] else math.nan for row in rows] for name in names}
