"""The report: one well-formed page, everything escaped, nothing loaded from elsewhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.present.crops import Crop
from pipeline.present.heat_maps.painting import HeatPictures
from pipeline.present.report import Pictures, report_html
from pipeline.present.results import Results

Make = Callable[..., Results]
VOID = {"wbr", "meta", "link", "img", "br", "input"}
NOTHING = Pictures({}, {}, {})
EVIL = "<script>alert(\"1\")</script> & 'x' {{ 7 * 7 }}"


class Page(HTMLParser):
    """Reads a page and checks that tags close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def pictures() -> Pictures:
    heat = HeatPictures(b"file", b"report", 0.034)
    return Pictures({"A": heat, "B": heat}, {1: heat}, {1: [Crop(0, b"crop"), Crop(20, b"crop")]})


def test_a_full_report_is_well_formed_and_stands_alone(make_results: Make) -> None:
    results = make_results(names={1: "Ana Lima"})
    html = report_html(results, pictures(), [Path("player_stats.csv"), Path("heatmaps/a b.png")])
    page = Page(html)
    assert not re.search(r'(?:src|href)="(?!data:|#|[a-z_]+\.csv|heatmaps/)', html)
    assert "http" not in html.replace("http-equiv", "")
    assert len(page.named("img")) == 2 + 1 + 2
    assert all(img["src"].startswith("data:image/") and img["alt"] for img in page.named("img") if img["src"])
    assert "heatmaps/a%20b.png" in html


def test_ids_are_unique_and_links_lead_somewhere(make_results: Make) -> None:
    page = Page(report_html(make_results(), NOTHING, []))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    inner = {str(a["href"])[1:] for a in page.named("a") if str(a.get("href")).startswith("#")}
    assert inner
    assert inner <= set(ids)


def test_everything_from_outside_is_escaped(make_results: Make) -> None:
    results = make_results(names={1: EVIL, 101: EVIL}, path=Path(f"{EVIL.replace('/', '')}.mp4"), warnings=(EVIL,))
    results = replace(results, facts={EVIL: EVIL})
    page = Page(report_html(results, pictures(), [Path(EVIL.replace("/", ""))]))
    assert len(page.named("script")) == 1
    assert page.text.count(EVIL) >= 4


def test_tables_can_be_sorted_by_keyboard(make_results: Make) -> None:
    html = report_html(make_results(), NOTHING, [])
    page = Page(html)
    assert len([t for t in page.named("table") if t.get("class") == "sortable"]) == 2
    assert len(page.named("button")) == 2 * 10
    assert "aria-sort" in html
    cells = [td for td in page.named("td") if "data-sort" in td]
    assert "0.9" in {td["data-sort"] for td in cells}


def test_without_calibration_it_says_what_to_do(make_results: Make) -> None:
    page = Page(report_html(make_results(metres=False), NOTHING, []))
    assert "Metres need a calibration" in page.text
    assert "--calibration" in page.text
    assert "nan" not in page.text.lower().replace("banana", "")
    assert "m / min" not in page.text
    assert "Metres need" not in Page(report_html(make_results(), NOTHING, [])).text


def test_nobody_found_is_said(make_results: Make) -> None:
    page = Page(report_html(make_results(players=0), NOTHING, []))
    assert "No player was found" in page.text


def test_one_team_or_none(make_results: Make) -> None:
    results = make_results()
    one = results.players["team"].ne("B") | results.players["role"].eq("referee")
    only = results.players[one]
    only_a = replace(
        results,
        players=only,
        identities=results.identities[results.identities["player_id"].isin(only["player_id"])],
        tracklets=results.tracklets[results.tracklets["team"].ne("B") | results.tracklets["role"].eq("referee")],
    )
    page = Page(report_html(only_a, NOTHING, []))
    assert "Team A" in page.text
    assert "Team B" not in page.text
    none = results.players.assign(team=None).astype({"team": results.players["team"].dtype})
    nobodys = results.tracklets.assign(team=None).astype({"team": results.tracklets["team"].dtype})
    text = Page(report_html(replace(results, players=none, tracklets=nobodys), NOTHING, [])).text
    assert "teams not distinguished" in text
    assert "Team" not in text.replace("no teams", "")


@pytest.mark.parametrize("frames", [0, 1])
def test_almost_no_frames(make_results: Make, frames: int) -> None:
    results = make_results()
    few = replace(
        results,
        frames=results.frames.iloc[:frames],
        detections=results.detections[results.detections["frame"] < frames],
    )
    Page(report_html(few, NOTHING, []))


def test_settings_and_versions_are_told(make_results: Make) -> None:
    text = Page(report_html(make_results(), NOTHING, [])).text
    assert "heatmap_sigma_m: 0.8" in text
    assert "versions · courtside" in text
    assert "1.235" in text or "1.23" in text
