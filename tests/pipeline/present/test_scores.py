"""Scores find their place in a report, again and again."""

from pathlib import Path

import pytest

from pipeline.errors import TableError
from pipeline.present.scores import BEGIN, END, ScoreTable, add_scores

GROUPS = [ScoreTable("players", ("score", "value", "unit"), [("HOTA", "81.3", "%")])]
TABLES = [ScoreTable("with one stage <replaced>", ("true", "HOTA %"), [("court", "82.0")])]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "report.html").write_text(f"<p>before</p>{BEGIN}\n{END}<p>after</p>", encoding="utf-8")
    return tmp_path / "report.html"


def test_scores_are_written_between_the_marks_and_escaped(report: Path) -> None:
    assert add_scores(report, "a & b", GROUPS, TABLES)
    html = report.read_text(encoding="utf-8")
    assert html.startswith("<p>before</p>")
    assert html.endswith("<p>after</p>")
    for text in ("81.3 %", "82.0", "a &amp; b", "with one stage &lt;replaced&gt;"):
        assert text in html


def test_new_scores_replace_the_old_ones(report: Path) -> None:
    add_scores(report, "first", GROUPS, TABLES)
    add_scores(report, "second", GROUPS, [])
    html = report.read_text(encoding="utf-8")
    assert "first" not in html
    assert "with one stage" not in html
    assert html.count("81.3 %") == 1


def test_without_a_report_or_a_place_in_it_nothing_is_written(tmp_path: Path) -> None:
    assert not add_scores(tmp_path / "report.html", "t", GROUPS, TABLES)
    (tmp_path / "report.html").write_text("<p>an older one</p>", encoding="utf-8")
    assert not add_scores(tmp_path / "report.html", "t", GROUPS, TABLES)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "<p>an older one</p>"


def test_a_report_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="run courtside analyze again"):
        add_scores(tmp_path / "report.html", "t", GROUPS, TABLES)
