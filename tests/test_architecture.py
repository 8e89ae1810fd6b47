"""The layers: who may import whom, which library lives in which room, and how large and how named things may be."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = (
    {
        "pipeline",
        "pipeline.tables",
        "pipeline.identity_tables",
        "pipeline.statistics_tables",
        "pipeline.game_tables",
        "pipeline.settings_section",
        "pipeline.schema",
        "pipeline.choices",
        "pipeline.config",
        "pipeline.presets",
        "pipeline.errors",
        "pipeline.untrusted",
    },
    {
        "pipeline.video",
        "pipeline.store",
        "pipeline.geometry",
        "pipeline.user_csv",
        "pipeline.written_csv",
        "pipeline.roster",
        "pipeline.play_by_play",
        "pipeline.corrections",
        "pipeline.serve",
    },
    {"models"},
    {"pipeline.perceive", "pipeline.understand", "pipeline.evaluation", "pipeline.rendering"},
    {"pipeline.present", "pipeline.calibrate", "pipeline.review"},
    {"pipeline.run"},
    {"pipeline.cli"},
    {"courtside"},
)
GROUPS_THAT_SHARE = (0, 1)
"""Layers whose rooms may use each other."""
ROOMS_OF_LIBRARIES = {
    "multiprocessing": ("pipeline/run/execution/",),
    "ultralytics": ("models/detector/foreign.py",),
    "torch": ("models/", "pipeline/perceive/"),
    "torchvision": ("models/",),
    "av": ("pipeline/video/",),
    "matplotlib": ("courtside/", "pipeline/present/", "models/reid/plots.py"),
    "lightning": ("models/reid/loop.py", "models/reid/methods/"),
    "pytorch_metric_learning": ("models/reid/",),
    "trackeval": ("pipeline/evaluation/",),
    "deep_sort_realtime": ("pipeline/understand/",),
    "xlsxwriter": ("pipeline/present/workbook.py",),
    "typer": ("pipeline/cli",),
    "rich": ("pipeline/cli",),
    "starlette": ("pipeline/serve/",),
    "uvicorn": ("pipeline/serve/",),
}
OURS = ("pipeline", "models", "courtside")
FILES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
ALL_FILES = sorted(path for folder in (*OURS, "benchmarks") for path in (ROOT / folder).rglob("*.py"))
UNDERSTAND = "pipeline.understand"
STAGES = (
    *("court", "tracking", "splitting", "identity", "shots", "scoreboard", "location", "statistics", "lineups"),
    *("ball", "ball_events", "tactics"),
)
"""Folders of `understand` that are a stage each: they know nothing of each other."""
SHARED = {"features": (), "grouping": ("features",)}
"""Folders below the stages, and which of the others each stands on."""
PAST_THE_DOOR: frozenset[tuple[str, str]] = frozenset()
"""(importer, imported module) that may reach past the `__init__` of a stage, each with a reason."""
MOST_MODULES, MOST_LINES, MOST_LINES_OF_FUNCTION = 14, 400, 60
PRIVATE_WORDS = frozenset(
    {"looks", "senses", "wish", "wishes", "wished", "study", "studied", "desk", "purify", "purified", "sweep", "sweeps"}
    | {"kits", "verdict", "verdicts", "account", "accounts", "contracted", "stitch", "stitched"}
)
"""Words of identifiers that a reader of the field's papers would have to look up."""
PRIVATE_NAMES = re.compile(r"(?:^|_)bottom_up(?:_|$)|BottomUp|^PARTS$")
"""The same of more than one word, and of tables."""
EMPTY_NAMES = frozenset({"one", "other", "own", "known", "told", "there"})
"""Names that do not say what they hold."""


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


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
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


def test_imports_go_down() -> None:
    violations = []
    for path in FILES:
        number, room = layer_of(module_of(path))
        for name in imports_of(path):
            if name.split(".")[0] in OURS:
                lower, imported_room = layer_of(name)
                beside = lower == number and number in GROUPS_THAT_SHARE
                if not (lower < number or imported_room == room or beside):
                    violations.append(f"{module_of(path)} imports {name}")
    assert not violations, show(violations)


def test_libraries_stay_in_their_rooms() -> None:
    violations = []
    for path in FILES:
        place = path.relative_to(ROOT).as_posix()
        for name in imports_of(path):
            rooms = ROOMS_OF_LIBRARIES.get(name.split(".")[0])
            if rooms is not None and not place.startswith(rooms):
                violations.append(f"{place} imports {name}")
    assert not violations, show(violations)


def test_no_room_for_everything_and_no_pickle() -> None:
    assert not [str(path) for path in FILES if "utils" in path.stem or "pickle" in set(imports_of(path))]


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in ALL_FILES:
        yield path.relative_to(ROOT).as_posix(), tree_of(path)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def folder_of(module: str) -> str | None:
    """Return the folder of `understand` that a module lies in."""
    names = module.removeprefix(f"{UNDERSTAND}.").split(".")
    return names[0] if module.startswith(f"{UNDERSTAND}.") and names[0] in (*STAGES, *SHARED) else None


def show(violations: list[str]) -> str:
    return "\n" + "\n".join(violations)


def test_stages_do_not_import_each_other() -> None:
    """Splitting and identity stand on `features` and `grouping`, which know neither."""
    violations = []
    for path in FILES:
        inside = folder_of(module_of(path))
        if inside is not None:
            allowed = {inside, *(SHARED if inside in STAGES else SHARED[inside])}
            imported = {name for name in imports_of(path) if folder_of(name) not in (None, *allowed)}
            violations += [f"{module_of(path)} imports {name}" for name in sorted(imported)]
    assert not violations, show(violations)


def test_nobody_reaches_past_the_door_of_a_stage() -> None:
    """What a stage gives is exported by its `__init__`."""
    violations = []
    for path in ALL_FILES:
        module = module_of(path)
        for name in sorted(set(imports_of(path))):
            folder = folder_of(name)
            past = folder in STAGES and folder != folder_of(module) and name != f"{UNDERSTAND}.{folder}"
            if past and (module, name) not in PAST_THE_DOOR:
                violations.append(f"{module} imports {name}")
    assert not violations, show(violations)


def test_rooms_files_and_functions_are_small() -> None:
    rooms = Counter(path.parent for path in ALL_FILES if path.name != "__init__.py")
    violations = [
        f"{room.relative_to(ROOT)}: {count} modules"
        for room, count in rooms.items()
        if count > MOST_MODULES and room != ROOT / "benchmarks"  # a list of programs, not a room
    ]
    for path in ALL_FILES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES:
            violations.append(f"{path.relative_to(ROOT)}: {lines} lines")
    for place, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES_OF_FUNCTION:
                    violations.append(f"{place}: {node.name} has {lines} lines")
    assert not violations, show(violations)


def test_a_class_name_stands_for_one_thing() -> None:
    """A leading underscore makes no other name."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for place, tree in trees():
        if not place.startswith("benchmarks/"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    places[node.name.lstrip("_")].append(place)
    violations = [f"{name}: {', '.join(found)}" for name, found in sorted(places.items()) if len(found) > 1]
    assert not violations, show(violations)


def identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the names that a module gives, with their lines: functions, classes, arguments, attributes, variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def words_of(name: str) -> set[str]:
    """Split a name at underscores and capitals.

    Example:
        >>> sorted(words_of("_LooksOf_desk"))
        ['desk', 'looks', 'of']
    """
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")) - {""}


def test_names_are_the_words_of_the_field() -> None:
    violations = [
        f"{place}:{line}: {name}"
        for place, tree in trees()
        for name, line in sorted(set(identifiers(tree)), key=lambda found: found[::-1])
        if words_of(name) & PRIVATE_WORDS or name in EMPTY_NAMES or PRIVATE_NAMES.search(name)
    ]
    assert not violations, show(violations)


def defined_in(path: Path) -> set[str]:
    """List the names that a module has when it is imported, and the modules of a package."""
    names = {child.stem for child in path.parent.iterdir()} if path.name == "__init__.py" else set()
    waiting: list[ast.stmt] = list(tree_of(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        names |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
        for inner in ("body", "orelse", "handlers", "finalbody"):
            waiting += [each for each in getattr(node, inner, ()) if isinstance(each, ast.stmt)]
    return names


def test_programs_import_what_there_is() -> None:
    """Nobody type-checks benchmarks and examples, and few are run by a test: what was moved or renamed is noticed here."""
    programs = [path for folder in ("benchmarks", "examples", "tests") for path in (ROOT / folder).rglob("*.py")]
    violations = []
    for path in programs:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] not in (
                *OURS,
                "benchmarks",
            ):
                continue
            place = ROOT.joinpath(*str(node.module).split("."))
            found = [file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()]
            has = defined_in(found[0]) if found else set()
            lacking = [alias.name for alias in node.names if alias.name not in has]
            lazy = bool(found) and "__getattr__" in has
            violations += [f"{path.relative_to(ROOT)}: {node.module}.{name}" for name in lacking if not lazy]
    assert not violations, show(violations)
