"""Files about the project: the versions tested are those promised, and the citation is whole."""

import tomllib
from pathlib import Path

import pytest
import yaml

import courtside
from pipeline.store import hash_file

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PREFIX = "Programming Language :: Python :: 3."


def test_ci_runs_every_python_that_is_promised_on_three_systems() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    promised = [name.removeprefix(PREFIX) for name in PROJECT["classifiers"] if name.startswith(PREFIX)]
    assert matrix["python"] == [f"3.{minor}" for minor in promised]
    assert f">={matrix['python'][0]}" == PROJECT["requires-python"]
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_files_for_the_host_can_be_read(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_has_the_five_works_of_the_encoders() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["license"] == PROJECT["license"]
    works = citation["references"]
    assert len(works) == 5
    for work in works:
        assert {"type", "title", "authors"} <= set(work)
        (name,) = work["notes"].split("`")[1::2]
        assert (ROOT / "models" / "reid" / "methods" / f"{name}.py").is_file()


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["dynamic"] == ["version"]
    assert f"## {courtside.__version__.partition('.dev')[0]}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_shipped_weights_are_those_that_are_listed() -> None:
    """After `sha256sum` in models/weights over all .safetensors, .bin and .xml files, in order of their names."""
    folder = ROOT / "models" / "weights"
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    shipped = [path for path in folder.rglob("*") if path.suffix in {".safetensors", ".bin", ".xml", ".onnx"}]
    assert listed == {path.relative_to(folder).as_posix(): hash_file(path) for path in shipped}
    assert list(listed) == sorted(listed)
