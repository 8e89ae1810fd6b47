"""The commands that train networks and compare them."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.choices import CONFIGS
from pipeline.cli.terminal import print_text
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from models.reid.comparison import Contender, Row

RECIPES, RUNS = CONFIGS / "reid", Path("runs/reid")
SHIPPED = "players"
"""The recipe of the shipped encoder, whose weights are here: not trained again to be compared."""
PUBLISHED = {"OSNet MSMT17": "osnet_x0_25_msmt17", "OSNet Market-1501": "osnet_x0_25_market1501"}
_RENDERED_SEEDS = (90_001, 90_002)
"""Of the rendered games that are measured on where none is named; no training may use them."""

train = typer.Typer(help="Train a network from its recipe.", rich_markup_mode=None)

_Data = Annotated[Path, typer.Option(metavar="DIR", help="Folder of the training material.")]


@train.command("detector")
def train_detector_command(
    data: _Data,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The recipe [default: the shipped one].")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Checkpoints and weights.")] = Path("runs/detector"),
    rendered: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Frames of python -m pipeline.rendering.frames, learned from as well."),
    ] = None,
) -> None:
    """Train the detector (YOLO11n, five classes)."""
    from models.detector.train import read_settings, train_detector

    _show_log()
    settings = read_settings(config or CONFIGS / "detector.yaml")
    print_text(f"weights: {train_detector(settings, data, out, rendered)}")


@train.command("reid")
def train_reid_command(
    data: _Data,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The recipe [default: the shipped osnet.yaml].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Checkpoints, logs and weights [default: runs/reid/RECIPE].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this training was stopped.")] = False,
    short: Annotated[bool, typer.Option("--short", help="The recipe's short variant: seconds, for a test.")] = False,
    digits: Annotated[bool, typer.Option("--digits", help="The recipe's variant for MNIST's digits.")] = False,
) -> None:
    """Train a re-ID encoder by a recipe (docs/guide/training-encoders.md)."""
    recipe = recipe or RECIPES / "osnet.yaml"
    where = out or RUNS / _run_name(recipe, short, digits)
    print_text(f"weights: {_train(recipe, data, where, resume, short, digits)}")


@train.command("court")
def train_court_command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Log and weights.")] = Path("runs/court"),
    steps: Annotated[int | None, typer.Option(min=1, help="Steps; the recipe's where not given.")] = None,
    start: Annotated[Path | None, typer.Option(metavar="FILE", help="Court weights to go on from.")] = None,
) -> None:
    """Train the court network on courts that it renders for itself; it needs no data."""
    from models.court.train import CourtTrainSettings, train_court

    _show_log()
    settings = CourtTrainSettings() if steps is None else CourtTrainSettings(steps=steps)
    print_text(f"weights: {train_court(settings, out, start)}")


@train.command("numbers")
def train_numbers_command(
    data: _Data,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The recipe [default: the shipped one].")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Log and weights.")] = Path("runs/numbers"),
) -> None:
    """Train the reader of jersey numbers."""
    from models.numbers.training.settings import read_settings
    from models.numbers.training.train import train_numbers

    _show_log()
    settings = read_settings(config or CONFIGS / "numbers.yaml")
    print_text(f"weights: {train_numbers(settings, data, out)}")


def evaluate_reid(
    data: _Data,
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="weights.safetensors of train reid, or weights for analyze; may be repeated."
        ),
    ] = None,
    recipe: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A recipe: trained first where need be; may be repeated.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="Every recipe of configs/reid but the shipped one; the shipped and the published weights."
        ),
    ] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Trainings, packed crops, the table.")] = RUNS,
    rendered: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A rendered game to measure on; may be repeated [--all: two are rendered]."),
    ] = None,
    same_camera: Annotated[
        bool, typer.Option("--same-camera", help="Matches under the same camera (or in the same clip) count as well.")
    ] = False,
    pictures: Annotated[bool, typer.Option(help="Draw ROC curves, the latent space, galleries.")] = True,
    short: Annotated[bool, typer.Option("--short", help="Short variants and few crops: for a test.")] = False,
) -> None:
    """Compare re-ID encoders on identities that they never saw (docs/guide/training-encoders.md)."""
    from models.reid.comparison import compare, markdown
    from models.reid.tasks import tasks

    recipes = [path for path in sorted(RECIPES.glob("*.yaml")) if path.stem != SHIPPED] if every else recipe or []
    games = list(rendered or []) or (_games(out, short) if every else [])
    contenders = _contenders(list(weights or []), recipes, every, data, out, short)
    kinds = {contender.kind for contender in contenders}
    all_tasks = tasks(data, out / "cache", RECIPES / "bpd3_people.csv", kinds, games, 6 if short else None)

    def print_row(row: Row) -> None:
        scores = row.measured.images
        print_text(f"{row.task}: {row.contender}: rank-1 {scores.rank1:.3f}, mAP {scores.mean_ap:.3f}")

    table = markdown(compare(contenders, all_tasks, pictures, same_camera, print_row))
    out.mkdir(parents=True, exist_ok=True)
    (out / "table.md").write_text(table, encoding="utf-8")
    typer.echo(f"\n{table}")
    print_text(out / "table.md")


def _contenders(
    weights: list[Path], recipes: list[Path], every: bool, data: Path, out: Path, short: bool
) -> list[Contender]:
    """Gather what is measured; train what has no weights yet.

    Raises:
        SettingsError: nothing was named.
    """
    from models.reid.comparison import draw_training, of_encoder, of_pixels, of_weights
    from models.reid.recipe import variants_of

    if not weights and not recipes:
        raise SettingsError("evaluate reid: name --weights or --recipe, or say --all")
    found = [of_weights(path, out) for path in weights]
    for recipe in recipes:
        for digits in variants_of(recipe):
            run = out / _run_name(recipe, short, digits)
            kept = run / "weights.safetensors"
            if not kept.is_file():
                _train(recipe, data, run, (run / "recipe.json").is_file(), short, digits)
            draw_training(run)
            found.append(of_weights(kept, out))
    if every:
        published = {name: str(data / "weights" / f"{file}.safetensors") for name, file in PUBLISHED.items()}
        found += [of_encoder(name, file, out) for name, file in {"shipped": "builtin", **published}.items()]
        found.append(of_pixels(out))
    return found


def _train(recipe: Path, data: Path, out: Path, resume: bool, short: bool, digits: bool) -> Path:
    """Train by a recipe."""
    from models.reid.recipe import read_recipe

    settings = read_recipe(recipe, short, digits)
    from models.reid.loop import train_recipe  # after the recipe: where lightning is missing, that says so

    return train_recipe(settings, data, out, resume, progress=sys.stderr.isatty())


def _run_name(recipe: Path, short: bool, digits: bool) -> str:
    return recipe.stem + ("-digits" if digits else "") + ("-short" if short else "")


def _games(out: Path, short: bool) -> list[Path]:
    """Render the games to measure on, unless they are there."""
    from pipeline.rendering import render_game, render_settings

    found = []
    for seed in _RENDERED_SEEDS:
        seconds, width, height = (2.0, 640, 360) if short else (20.0, 960, 540)
        folder = out / f"rendered-{seed}-{seconds:.0f}s"
        if not (folder / "game.json").is_file():
            render_game(
                render_settings({"seed": seed, "seconds": seconds, "fps": 5, "width_px": width, "height_px": height}),
                folder,
            )
        found.append(folder)
    return found


def _show_log() -> None:
    """Let a training tell its losses on the terminal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
