"""The lock file, the constraints made from it and pyproject.toml say the same, and name no index but the public one."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LEFT_OUT = re.compile(r"(torch|torchvision|triton)$|nvidia-|cuda-")
"""Packages that constraints.txt does not pin; its head says why."""


def lock() -> dict[str, Any]:
    return tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def constraints() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_the_lock_names_the_public_index_alone() -> None:
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert {urlsplit(url).netloc for url in re.findall(r"\w+://[^\"]+", text)} == {"pypi.org", "files.pythonhosted.org"}
    sources = [package["source"] for package in lock()["package"] if package["name"] != "courtside"]
    assert all(source == {"registry": "https://pypi.org/simple"} for source in sources)


def test_constraints_are_those_of_the_lock() -> None:
    locked = {(p["name"], p["version"]) for p in lock()["package"] if "registry" in p["source"]}
    pinned = {(r.name, str(r.specifier).removeprefix("==")) for r in constraints()}
    assert pinned == {(name, version) for name, version in locked if not LEFT_OUT.match(name)}, "run make lock"


def test_the_lock_knows_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (locked,) = (package["metadata"] for package in lock()["package"] if package["name"] == "courtside")
    asked = {(entry["name"], entry.get("specifier", "")) for entry in locked["requires-dist"]}
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    wanted = {(canonicalize_name(r.name), str(r.specifier)) for r in map(Requirement, texts) if r.name != "courtside"}
    assert wanted == {pair for pair in asked if pair[0] != "courtside"}, "run make lock"
    assert set(locked["provides-extras"]) == set(project["optional-dependencies"])
