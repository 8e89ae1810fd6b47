"""The layers: who may import whom, and which library lives in which room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {
        "pipeline.tables",
        "pipeline.statistics_tables",
        "pipeline.schema",
        "pipeline.config",
        "pipeline.presets",
        "pipeline.errors",
    },
    {"pipeline.video", "pipeline.store", "pipeline.geometry", "pipeline.roster", "pipeline.corrections"},
    {"models"},
    {"pipeline.perceive", "pipeline.understand", "pipeline.evaluation", "pipeline.rendering"},
    {"pipeline.present", "pipeline.calibrate"},
    {"pipeline.run"},
    {"pipeline", "pipeline.cli"},
)
GROUPS_THAT_SHARE = (0, 1)
"""Layers whose rooms may use each other."""
ROOMS_OF_LIBRARIES = {
    "ultralytics": ("models/detector/yolo.py",),
    "torch": ("models/", "pipeline/perceive/"),
    "torchvision": ("models/",),
    "av": ("pipeline/video/",),
    "matplotlib": ("pipeline/present/", "models/reid/plots.py"),
    "lightning": ("models/reid/loop.py", "models/reid/methods/"),
    "pytorch_metric_learning": ("models/reid/",),
    "trackeval": ("pipeline/evaluation/",),
    "supervision": ("pipeline/present/",),
    "deep_sort_realtime": ("pipeline/understand/",),
    "typer": ("pipeline/cli",),
    "rich": ("pipeline/cli",),
}
FILES = sorted(path for folder in ("pipeline", "models") for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> tuple[int, str]:
    """Return the number of the layer and the room within it, by the longest prefix."""
    rooms = [
        (len(room), number, room)
        for number, layer in enumerate(LAYERS)
        for room in layer
        if module == room or module.startswith(room + ".")
    ]
    assert rooms, f"{module} is in no layer"
    _, number, room = max(rooms)
    return number, room


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            yield from _names(node.module, [alias.name for alias in node.names])


def _names(module: str, names: list[str]) -> Iterator[str]:
    for name in names:
        whole = ROOT.joinpath(*module.split("."), name)
        yield f"{module}.{name}" if whole.is_dir() or whole.with_suffix(".py").is_file() else module


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    number, room = layer_of(module_of(path))
    for name in imports_of(path):
        if name.split(".")[0] in ("pipeline", "models"):
            other, other_room = layer_of(name)
            beside = other == number and number in GROUPS_THAT_SHARE
            assert other < number or other_room == room or beside, f"{path}: {room} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for name in imports_of(path):
        rooms = ROOMS_OF_LIBRARIES.get(name.split(".")[0])
        assert rooms is None or place.startswith(rooms), f"{place} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_stages_do_not_import_each_other(path: Path) -> None:
    module = module_of(path)
    stages = {f"pipeline.understand.{name}" for name in ("court", "track", "identify", "locate", "stats")}
    own = next((stage for stage in stages if module == stage or module.startswith(stage + ".")), None)
    for name in imports_of(path):
        if own is not None:
            assert not any(name == s or name.startswith(s + ".") for s in stages - {own}), f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_room_for_everything_and_no_pickle(path: Path) -> None:
    assert "utils" not in path.stem
    assert "pickle" not in set(imports_of(path))
