"""What pip installs: the wheel and an editable install, used in a folder of somebody's own `models.py` and `pipeline.py`.

Nothing is downloaded: each install goes into an environment that sees the libraries of the one that runs the tests.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "courtside",
    "pipeline",
    "models",
    "configs",
)
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{kind}(sys.argv[1]))"
OWN_MODULE = 'raise ImportError("this is the module of somebody who uses courtside")\n'
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
import courtside
OF_AN_EXTRA = ("lightning", "pytorch_metric_learning", "tensorboard")
for module in pkgutil.walk_packages(courtside.__path__, "courtside."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            assert error.name.split(".")[0] in OF_AN_EXTRA, error
assert not {"models", "pipeline"} & set(sys.modules)
"""


def in_folder(folder: Path, *command: str | Path) -> str:
    """Run a command in a folder, on its own: nothing of the checkout is on its path; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=environment | {"PYTHONUTF8": "1", "COLUMNS": "200", "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def checkout(folder: Path) -> Path:
    """Copy what a build reads, so that it leaves nothing behind in the real checkout."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


def build(kind: str, source: Path, out: Path) -> Path:
    """Build an sdist or a wheel from a source folder."""
    out.mkdir()
    return out / in_folder(source, sys.executable, "-c", BUILD.format(kind=kind), out).split()[-1]


def environment(folder: Path, *install: str | Path) -> Path:
    """Make an environment that sees this one's libraries, install into it, and return its folder of programs."""
    venv.create(folder)
    variables = {"base": str(folder), "platbase": str(folder), "installed_base": str(folder)}
    libraries = Path(sysconfig.get_path("purelib", "venv", variables))
    (libraries / "libraries_of_the_tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    programs = Path(sysconfig.get_path("scripts", "venv", variables))
    python = programs / "python"
    in_folder(folder, python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *install)
    return programs


def folder_of_a_user(folder: Path) -> Path:
    """Make a folder in which `models` and `pipeline` are somebody's own."""
    folder.mkdir()
    for name in ("models.py", "pipeline.py"):
        (folder / name).write_text(OWN_MODULE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, to build from."""
    return checkout(tmp_path_factory.mktemp("source") / "checkout")


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the checkout."""
    return build("wheel", source, tmp_path_factory.mktemp("wheel") / "dist")


def test_a_wheel_in_a_folder_with_a_module_called_models(wheel: Path, tmp_path: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"courtside"}
    for name in ("py.typed", "configs/default.yaml", "models/weights/encoder.safetensors", "pipeline/errors.py"):
        assert f"courtside/{name}" in names
    programs = environment(tmp_path / "venv", wheel)
    folder = folder_of_a_user(tmp_path / "user")
    in_folder(folder, programs / "python", "-c", IMPORT_EVERYTHING)
    assert "analyze" in in_folder(folder, programs / "python", "-m", "courtside", "--help")
    courtside = programs / "courtside"
    assert "detect:" in in_folder(folder, courtside, "settings")
    rendering = ("--seconds", "1", "--fps", "10", "--size", "640x360", "--set", "crowd=0.1")
    in_folder(folder, courtside, "render-game", "--out", "game", *rendering)
    in_folder(folder, courtside, "analyze", "game", "--out", "report", "--device", "cpu")
    for name in ("player_stats.csv", "report.html", "annotated.mp4"):
        assert (folder / "report" / name).stat().st_size > 0


def test_an_editable_install(tmp_path: Path) -> None:
    source = checkout(tmp_path / "checkout")
    programs = environment(tmp_path / "venv", "--editable", source)
    folder = folder_of_a_user(tmp_path / "user")
    where = in_folder(folder, programs / "python", "-P", "-c", "import courtside, models; print(models.__file__)")
    assert Path(where.strip()) == source / "models" / "__init__.py"
    paths = [path.read_text(encoding="utf-8").strip() for path in (tmp_path / "venv").rglob("__editable__*.pth")]
    assert [Path(path) for path in paths] == [source], "a plain path, which type checkers and editors follow"
    in_folder(folder, programs / "python", "-c", "import courtside")
    assert "analyze" in in_folder(folder, programs / "courtside", "--help")
    assert "detect:" in in_folder(folder, programs / "courtside", "settings")


def test_the_source_distribution_builds_the_same_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", source, tmp_path / "sdist")
    shutil.unpack_archive(sdist, tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    contents = []
    for path in (wheel, build("wheel", unpacked, tmp_path / "dist")):
        with zipfile.ZipFile(path) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    assert contents[0] == contents[1]


def rewritten(source: str) -> str:
    """Rewrite a module as the wheel has it."""
    spec = importlib.util.spec_from_file_location("setup_of_courtside", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: bytes = module.rewritten(source.encode())
    return text.decode()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from pipeline.errors import A", "from courtside.pipeline.errors import A"),
        ("from models import clustering", "from courtside.models import clustering"),
        ("if x:\n    import models, os", "if x:\n    import courtside.models as models, os"),
        ("import pipeline.config as config", "import courtside.pipeline.config as config"),
        ("ü = 'ü'; from models import a", "ü = 'ü'; from courtside.models import a"),
        ("from pipelines import a\nimport modelsets", "from pipelines import a\nimport modelsets"),
        ("find(f'models.reid.{x}')", "find(f'courtside.models.reid.{x}')"),
        ("def f():\n    'See `pipeline.errors.A`.'", "def f():\n    'See `courtside.pipeline.errors.A`.'"),
        ("x = 'models.py, our.models.reid and models.nothing'", "x = 'models.py, our.models.reid and models.nothing'"),
        ("models = load()\nmodels.reid # models.reid", "models = load()\nmodels.reid # models.reid"),
    ],
)
def test_imports_as_the_wheel_has_them(source: str, expected: str) -> None:
    assert rewritten(source) == expected


def test_an_import_that_would_bind_the_old_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"line 2: import models\.reid"):
        rewritten("x = 1\nimport models.reid")
