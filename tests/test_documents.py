"""What the documents name is there: files, make targets, modules, commands with their options; the site is whole."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from pipeline.cli import run
from pipeline.config import Settings
from pipeline.tables import ALL

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *PAGES,
    *sorted((ROOT / "models" / "weights").glob("*.md")),
]
README_LINES = 120
COMMANDS = "align|analyze|batch|calibrate|clips|relabel|review|heatmap|export|evaluate|compare|render-game|settings|train|video"
FILE_ENDINGS = ("parquet", "csv", "json", "md", "safetensors", "py")
REMOVED_SETTINGS = (("identify", "adapt"),)
"""Lab notes say why they are gone."""
PRIVATE_WORDS = ("senses", "wishes", "study", "desk", "purify", "purified", "sweep", "kits", "verdict", "stitch")
"""Words of our own in place of the field's."""


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def load_hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    return hooks


HOOKS = load_hooks()
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)


def texts_of_code(document: Path) -> list[str]:
    """All code spans and blocks of a document."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^(?: {4}|\t)(\S.*)$", text, re.MULTILINE) + re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", text)


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    generated = {ROOT / "docs" / page for page in HOOKS.REFERENCE}
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        path = document.parent / target
        assert target.startswith("http") or path.exists() or path.resolve() in generated, f"{document.name}: {target}"


@every_document
def test_make_targets_and_modules_exist(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for code in texts_of_code(document):
        for target in re.findall(r"^\s*make ([\w-]+)", code, re.MULTILINE):
            assert target in targets, f"{document.name}: make {target}"
        for module in re.findall(r"python -m ((?:benchmarks|models|pipeline)[\w.]*)", code):
            assert importlib.util.find_spec(module) is not None, f"{document.name}: python -m {module}"


@every_document
def test_folders_and_files_of_the_code_exist(document: Path) -> None:
    for code in texts_of_code(document):
        for path in re.findall(
            r"(?<![\w./-])(?:pipeline|models|benchmarks|configs|docs|tests|examples)/[\w./-]*\w", code
        ):
            places = (ROOT / path, ROOT / "models" / path, ROOT / path.partition("NAME")[0])
            assert any(place.exists() for place in places), f"{document.name}: {path}"


@every_document
def test_commands_have_the_options_named(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for code in texts_of_code(document):
        for line in re.findall(rf"courtside ((?:{COMMANDS})\b[^\n`#]*)", code):
            words = line.split()
            nested = words[0] == "train" or words[1:2] == ["reid"]
            command = words[:2] if nested and len(words) > 1 else words[:1]
            assert run([*command, "--help"]) == 0, f"{document.name}: courtside {line}"
            known = capsys.readouterr().out
            for option in re.findall(r"(?<![\w-])--[\w-]+", line):
                assert option in known, f"{document.name}: courtside {line}"


@every_document
def test_settings_named_exist(document: Path) -> None:
    sections = {name: info.annotation.model_fields for name, info in Settings.model_fields.items()}  # type: ignore[union-attr]
    for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)(?::[^`]*)?`", document.read_text(encoding="utf-8")):
        if section in sections and key not in FILE_ENDINGS and (section, key) not in REMOVED_SETTINGS:
            assert key in sections[section], f"{document.name}: {section}.{key}"


@every_document
def test_no_private_words(document: Path) -> None:
    words = set(re.findall(r"[a-z]+", document.read_text(encoding="utf-8").lower()))
    assert words.isdisjoint(PRIVATE_WORDS), words & set(PRIVATE_WORDS)


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_python_of_the_readme_is_possible() -> None:
    """Every call has the arguments that the function takes, and `run` every attribute that is used."""
    import courtside

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = ast.parse("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))
    attributes = {"courtside": courtside, "run": courtside.Run}
    seen = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in attributes:
            owner = attributes[node.value.id]
            assert hasattr(owner, node.attr) or node.attr in inspect.get_annotations(owner), ast.unparse(node)
            seen += 1
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            called = getattr(attributes[node.func.value.id], node.func.attr)
            itself = [None] if node.func.value.id == "run" else []
            inspect.signature(called).bind(*itself, *node.args, **{str(word.arg): word.value for word in node.keywords})
    assert seen


def entries(nav: object) -> Iterator[str]:
    """All pages of a navigation."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for value in nav.values():
            yield from entries(value)
    elif isinstance(nav, list):
        for value in nav:
            yield from entries(value)


def test_every_page_is_in_the_navigation() -> None:
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES}
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = list(entries(config["nav"]))
    assert len(listed) == len(set(listed))
    assert set(listed) == pages | set(HOOKS.REFERENCE) | set(HOOKS.DOCUMENTS.values())


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed: pip install '.[docs]'")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "analyze" in (tmp_path / "site" / "reference" / "python.html").read_text(encoding="utf-8")
    loaded = re.compile(r"""(?:<script[^>]*src|<link[^>]*rel="stylesheet"[^>]*href)=["']?https?://""")
    for page in (tmp_path / "site").rglob("*.html"):
        assert not loaded.search(page.read_text(encoding="utf-8")), f"{page.name} loads something from another server"


def test_every_setting_is_described() -> None:
    page = HOOKS.settings_reference()
    for section, info in Settings.model_fields.items():
        assert info.annotation is not None
        assert info.annotation.__doc__, section
        for key, field in info.annotation.model_fields.items():
            assert field.description, f"{section}.{key}"
            assert f"| `{section}.{key}` |" in page, f"{section}.{key}"


def test_every_column_has_a_meaning() -> None:
    page = HOOKS.tables_reference()
    for name, table in ALL.items():
        section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        assert section, name
        assert set(table.key) <= set(table.names), name
        for column in table.columns:
            assert column.meaning, f"{name}.{column.name}"
            assert f"`{column.name}`" in section.group(), f"{name}.{column.name}"


def test_every_command_has_a_help_text() -> None:
    page = HOOKS.cli_reference()
    paths = {path for path, _ in HOOKS.commands()}
    assert {path[1] for path in paths} == set(COMMANDS.split("|"))
    for path, command in HOOKS.commands():
        assert command.help, path
        assert f"## {' '.join(path)} " in page
        for parameter in command.params:
            assert parameter.help, f"{path}: {parameter.name}"
            assert all(f"{option}" in page for option in parameter.opts if option.startswith("-"))


def test_examples_of_the_hooks() -> None:
    assert doctest.testmod(HOOKS) == doctest.TestResults(failed=0, attempted=2)


def test_links_between_pages_and_documents() -> None:
    relinked = HOOKS.relinked
    assert relinked("[a](../guide/x.md#y)", "concepts/b.md") == "[a](../guide/x.md#y)"
    assert relinked("[card](../../models/weights/court.md)", "concepts/b.md") == "[card](../model-cards/court.md)"
    assert (
        relinked("[bench](../../docs/benchmarks/court.md)", "model-cards/court.md") == "[bench](../benchmarks/court.md)"
    )
    assert relinked("[detector](detector.md)", "model-cards/court.md") == "[detector](detector.md)"
    assert (
        relinked("![p](images/a.jpg), [w](https://x.org/a.md)", "index.md")
        == "![p](images/a.jpg), [w](https://x.org/a.md)"
    )
    assert relinked("[c](CODE_OF_CONDUCT.md), [d](docs/index.md)", "contributing.md") == "c, [d](index.md)"
