"""What the documents name is there: files, make targets, modules, commands and their options."""

import importlib.util
import re
from pathlib import Path

import pytest

from pipeline.cli import run

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "models" / "weights").glob("*.md")])


def texts_of_code(document: Path) -> list[str]:
    """All code spans and blocks of a document."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^(?: {4}|\t)(\S.*)$", text, re.MULTILINE) + re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_make_targets_and_modules_exist(document: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for code in texts_of_code(document):
        for target in re.findall(r"^\s*make (\w+)", code, re.MULTILINE):
            assert target in targets, f"{document.name}: make {target}"
        for module in re.findall(r"python -m ((?:benchmarks|models|pipeline)[\w.]*)", code):
            assert importlib.util.find_spec(module) is not None, f"{document.name}: python -m {module}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_commands_have_the_options_named(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for code in texts_of_code(document):
        for line in re.findall(
            r"courtside ((?:analyze|calibrate|relabel|heatmap|export|evaluate|compare|render-game|settings|train)\b[^\n`]*)",
            code,
        ):
            words = line.split()
            nested = words[0] == "train" or words[1:2] == ["reid"]
            command = words[:2] if nested and len(words) > 1 else words[:1]
            assert run([*command, "--help"]) == 0, f"{document.name}: courtside {line}"
            known = capsys.readouterr().out
            for option in re.findall(r"(?<![\w-])--[\w-]+", line):
                assert option in known, f"{document.name}: courtside {line}"
