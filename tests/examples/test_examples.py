"""The examples run, each on a small rendered game."""

import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(game: Path, analysed_game: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all examples run; the game was analysed there, so that they find it unchanged."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(analysed_game, folder / "reports" / game.name)
    return folder


@pytest.fixture
def out(game: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default output directory."""
    monkeypatch.chdir(folder)
    return Path("reports") / game.name


def test_full_game(game: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script("full_game").main([str(game)])
    printed = capsys.readouterr().out
    assert "identity: " in printed
    assert "distance_m" in printed
    assert str(out / "report.html") in printed
    assert (out / "report.html").is_file()


@pytest.mark.usefixtures("out")
def test_player_stats_csv(game: Path, tmp_path: Path) -> None:
    script("player_stats_csv").main([str(game), "--csv", str(tmp_path / "players.csv")])
    table = pd.read_csv(tmp_path / "players.csv")
    assert len(table) >= 6
    assert (table["seen_s"] > 0).all()
    assert (table["minutes"] >= 0).all()
    assert (tmp_path / "players.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_annotated_video(game: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script("annotated_video").main([str(game), "--seconds", "1"])
    assert (out / "annotated.mp4").is_file()
    clip = Path(capsys.readouterr().out.strip().splitlines()[-1].partition(": ")[2])
    assert clip.stat().st_size > 1000


def test_the_notebook_runs_and_is_stored_without_outputs(
    game: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient, which runs notebooks, is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat, which reads notebooks, is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel, which notebooks run in, is not installed")
    notebook = nbformat.read(EXAMPLES / "quickstart.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    monkeypatch.setenv("COURTSIDE_VIDEO", str(game))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    nbclient.NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [output for cell in code for output in cell.outputs]
    assert any("text/html" in output.get("data", {}) for output in shown)
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not any(output.output_type == "error" for output in shown)
