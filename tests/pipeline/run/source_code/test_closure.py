"""The code that a fingerprint covers: all that a module imports, no more, and the versions of the libraries there."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.present.outputs import present
from pipeline.run import perceiving
from pipeline.run.order import UNDERSTAND
from pipeline.run.source_code import closure, sources
from pipeline.run.source_code.closure import ROOT, code_fingerprint, import_closure, library_versions
from pipeline.run.source_code.sources import SourceNotes
from pipeline.store import hash_file

FILES = {
    "app/__init__.py": "",
    "app/entry.py": """
from typing import TYPE_CHECKING
import numpy as np
from app.direct import thing
from app import beside
if TYPE_CHECKING:
    from app.types_only import T
else:
    import app.at_runtime
def work():
    from app.inside_function import late
    try:
        import yaml.nodes
    except ImportError:
        import json
""",
    "app/direct.py": "from app.folder.deep import thing\n",
    "app/beside.py": "",
    "app/at_runtime.py": "",
    "app/inside_function.py": "class A:\n    import app.in_class\n",
    "app/in_class.py": "import app.entry\n",
    "app/types_only.py": "",
    "app/unused.py": "import scipy\n",
    "app/folder/__init__.py": "from app.of_package import x\n",
    "app/folder/deep.py": "thing = 1\n",
    "app/folder/unused.py": "",
    "app/folder/templates/page.html": "<p>",
    "app/folder/templates/notes.md": "",
    "app/of_package.py": "x = 1\n",
}
UNUSED = {"app/types_only.py", "app/unused.py", "app/folder/unused.py", "app/folder/templates/notes.md"}


@pytest.fixture(params=["", "host."])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A small project, as it stands and as it is installed under another package: root and prefix."""
    prefix: str = request.param
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("app.", f"{prefix}app.").replace("from app ", f"from {prefix}app "))
    return tmp_path, prefix


def test_imports_are_followed_in_both_layouts(project: tuple[Path, str]) -> None:
    root, prefix = project
    found = import_closure([f"{prefix}app.entry"], root, prefix)
    assert {path.relative_to(root).as_posix() for path in found.files} == set(FILES) - UNUSED
    assert found.libraries == ("numpy", "yaml")


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"no module app\.lost"):
        import_closure(["app.lost"], tmp_path, "")


def names_in(*modules: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in import_closure(modules).files}


def test_closures_of_real_stages() -> None:
    of_stage = {stage.name: names_in(stage.function.__module__) for stage in UNDERSTAND}
    identity = of_stage["identity"]
    assert {"models/numbers/texts.py", "pipeline/corrections/journal.py", "pipeline/run/stages/identity.py"} <= identity
    assert {name for name in identity if name.startswith("models/clustering/")}
    perception = names_in(perceiving.__name__)
    assert {"models/weight_files.py", "models/device.py", "models/runtime/load.py"} <= perception
    assert "pipeline/video/decode.py" in perception
    assert not any(name.startswith(("pipeline/understand/", "pipeline/present/")) for name in perception)
    assert not any(name.startswith("pipeline/understand/identity/") for name in of_stage["statistics"])
    assert not any(name.startswith("pipeline/understand/statistics/") for name in of_stage["tracking"])
    assert any(name.endswith(".html.j2") for name in names_in(present.__module__))


@pytest.mark.parametrize("stage", UNDERSTAND, ids=lambda stage: stage.name)
def test_no_stage_rests_on_a_later_one(stage: object) -> None:
    later = [f"pipeline/run/stages/{other.name}.py" for other in UNDERSTAND[UNDERSTAND.index(stage) + 1 :]]  # type: ignore[arg-type]
    assert not names_in(stage.function.__module__) & set(later)  # type: ignore[attr-defined]


PRINTED = """
import importlib.metadata, sys
from pipeline.run.source_code.closure import code_fingerprint
if len(sys.argv) > 1:
    version = importlib.metadata.version
    importlib.metadata.version = lambda name: "0.0" if name == sys.argv[1] else version(name)
print(code_fingerprint("pipeline.run.stages.tracking"))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, to be touched."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("pipeline", "models"):
        for path in (ROOT / package).rglob("*.py"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return folder


def printed(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", PRINTED, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout


ENVIRONMENT = {"PYTHONPATH": ".", "COURTSIDE_CACHE": os.environ["COURTSIDE_CACHE"]}
"""What one process noted of the files, the next takes."""


def test_what_is_touched_in_the_closure_counts_and_what_is_touched_outside_does_not(copy: Path) -> None:
    before = printed(copy)
    for outside in ("pipeline/understand/statistics/play.py", "pipeline/present/palette.py", "models/device.py"):
        with (copy / outside).open("a") as file:
            file.write("# touched\n")
    assert printed(copy) == before
    with (copy / "pipeline/geometry/lens.py").open("a") as file:
        file.write("# touched\n")
    assert printed(copy) != before


def test_another_version_of_a_library_counts(copy: Path) -> None:
    before = printed(copy)
    assert printed(copy, "deep_sort_realtime") != before
    assert printed(copy, "ultralytics") == before  # not in the closure of tracking


def test_versions_are_found_by_the_names_of_modules() -> None:
    found = library_versions(["cv2", "numpy", "sklearn", "yaml", "no_such_library"])
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert found["sklearn"] == f"scikit-learn {importlib.metadata.version('scikit-learn')}"
    assert found["cv2"] is not None
    assert found["cv2"].startswith("opencv-python")
    assert found["no_such_library"] is None


def test_notes_of_files_are_taken_while_they_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURTSIDE_CACHE", str(tmp_path / "cache"))
    code, data = tmp_path / "code.py", tmp_path / "page.html"
    code.write_text("import numpy\n")
    data.write_text("<p>")
    first = SourceNotes(tmp_path)
    assert (first.imports(code), first.imports(data)) == (("numpy",), ())
    first.keep()
    monkeypatch.setattr(sources, "imports_of", lambda _: ("read anew",))
    assert SourceNotes(tmp_path).imports(code) == ("numpy",)
    assert SourceNotes(tmp_path).sha256(data) == first.sha256(data) == hash_file(data)
    before = code.stat()
    code.write_text("import pandas"[:12] + "\n")  # as long as before, and of the same time
    os.utime(code, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert SourceNotes(tmp_path).imports(code) == ("read anew",)
    (noted,) = (tmp_path / "cache").rglob("*.json")
    noted.write_text('{"damaged": 1}')
    assert SourceNotes(tmp_path).sha256(data) == hash_file(data)


def test_the_fingerprint_of_this_process_is_kept() -> None:
    first = code_fingerprint(UNDERSTAND[0].function.__module__)
    assert first == code_fingerprint(UNDERSTAND[0].function.__module__)
    assert closure.PREFIX == ""
