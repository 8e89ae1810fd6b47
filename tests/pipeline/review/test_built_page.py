"""The page that is shipped is the one that its sources give."""

import hashlib
import re
from pathlib import Path

from pipeline.review.server import FILES, PAGE

WEB = Path(__file__).parents[3] / "web"
BUILT_FROM = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.js")


def test_the_page_was_built_from_these_sources():
    """Run `make page` after a change in web/ (needs node)."""
    digest = hashlib.sha256()
    for file in [*BUILT_FROM, *(f"src/{path.name}" for path in sorted((WEB / "src").iterdir(), key=lambda p: p.name))]:
        text = (WEB / file).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{file}\n".encode() + text + b"\n")
    assert (PAGE / "sources.sha256").read_text().strip() == digest.hexdigest()


def test_every_part_is_there_and_nothing_is_loaded_from_elsewhere():
    for name in FILES:
        text = (PAGE / name).read_text(encoding="utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/)[\w.]+", text), name
    assert {"preact", "@preact/signals"} <= set((PAGE / "LICENSES.txt").read_text().split())
