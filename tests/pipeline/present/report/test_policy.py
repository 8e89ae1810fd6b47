"""The report's policy: its own script and style sheet by their hash, and nothing that found its way into it."""

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.present.report import Pictures, report_html
from pipeline.present.report.policy import CONTROL, restricted
from pipeline.present.report.video_note import VideoNote, note_video
from pipeline.present.results import Results
from pipeline.present.scores import ScoreTable, add_scores
from tests.chromium import Chromium
from tests.videos import make_video, steady

Make = Callable[..., Results]
NOTHING = Pictures({}, {}, {})
HOSTILE = (
    "</script><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "\u202egnp.exe\u2066",
    '" style="color:red" onload="x',
    "</style><style>body{display:none}",
    "<!-- /video --><!-- scores --><b>",
    "{{ 7 * 7 }}{% raw %}",
    "\x00\x1b[31m",
)


class Elements(HTMLParser):
    """Counts the elements of a page, and reads its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def between(html: str, tag: str) -> str:
    [found] = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return found


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_names_script_and_sheet_by_hash_and_allows_no_other(make_results: Make) -> None:
    html = report_html(make_results(), NOTHING, [])
    [policy] = [a["content"] for tag, a in Elements(html).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; img-src data:; media-src 'self'; style-src '{sha256(between(html, 'style'))}'; "
        f"script-src '{sha256(between(html, 'script'))}'; base-uri 'none'; form-action 'none'"
    )
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_no_element_has_a_style_or_a_handler_of_its_own(make_results: Make) -> None:
    page = Elements(report_html(make_results(), NOTHING, []))
    assert not [a for _, attrs in page.tags for a in attrs if a == "style" or a.startswith("on")]


def test_styles_of_elements_become_rules() -> None:
    html = restricted(
        '<head><meta charset="utf-8">\n<style>p {}\n</style></head>'
        '<b style="left:2%">a</b><i style="left:2%"></i><u style="color:#fff">style="left:2%"</u><script>1</script>'
    )
    assert '<b data-style="0">a</b><i data-style="0"></i><u data-style="1">style="left:2%"</u>' in html
    assert between(html, "style") == (
        'p {}\n[data-style="0"]:not(#_) { left:2% }\n[data-style="1"]:not(#_) { color:#fff }\n'
    )


def test_hostile_names_stay_text(make_results: Make, tmp_path: Path) -> None:
    """A page whose names are all hostile has the elements of one without names, and each name on it as text."""
    report = tmp_path / "report.html"
    names = dict(zip([*range(1, len(HOSTILE)), 101], HOSTILE, strict=True))
    names[102] = HOSTILE[0]
    report.write_text(report_html(make_results(names=names, warnings=HOSTILE), NOTHING, []), encoding="utf-8")
    everything = "".join(HOSTILE)
    note_video(report, VideoNote(everything, everything, False))
    tables = [ScoreTable(name, ("a", "b", "c"), [(name, name, name)]) for name in HOSTILE]
    assert add_scores(report, everything, tables, [])
    shown, before = Elements(report.read_text(encoding="utf-8")), Elements(report_html(make_results(), NOTHING, []))
    assert not CONTROL.search(shown.text)
    counts = {name: shown.text.count(CONTROL.sub("\ufffd", name)) for name in HOSTILE}
    assert {name for name, count in counts.items() if count < 8} == set()
    for tag in ("script", "style", "img"):
        assert [t for t, _ in shown.tags].count(tag) == [t for t, _ in before.tags].count(tag)
    assert not [a for _, attrs in shown.tags for a in attrs if a == "style" or a.startswith("on")]


def test_a_name_of_a_file_that_is_no_text_is_shown(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<!-- video --><!-- /video -->", encoding="utf-8")
    note_video(report, VideoNote("run", "a\udcff.mp4", True))
    assert ">a\ufffd.mp4</a>" in report.read_text(encoding="utf-8")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("<>&\"'/=!-{}%\u202e\x00"), st.characters())))
def test_any_text_in_a_template_stays_text(text: str) -> None:
    environment = Environment(loader=PackageLoader("pipeline.present"), autoescape=True, undefined=StrictUndefined)
    group: dict[str, Any] = {"title": text, "lines": [(text, text, text)]}
    html = environment.get_template("scores.html.j2").render(truth=text, groups=[group], tables=[])
    wanted = environment.get_template("scores.html.j2").render(
        truth="x", groups=[{"title": "x", "lines": [("x", "x", "x")]}], tables=[]
    )
    assert Elements(html).tags == Elements(wanted).tags


def test_a_browser_obeys_and_has_nothing_to_complain_of(make_results: Make, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    make_video(tmp_path / "annotated.mp4", steady(10, 10))
    html = report_html(make_results(names={1: HOSTILE[1]}), NOTHING, [])
    watch = "<p id=mark></p>"
    report.write_text(html.replace("<main>", f"<main>{watch}"), encoding="utf-8")
    note_video(report, VideoNote("run", "annotated.mp4", True, "640 x 360"))
    add_scores(report, "truth", [ScoreTable("players", ("a", "b", "c"), [("HOTA", "81", "%")])], [])
    with Chromium(tmp_path / "profile") as browser:
        browser.open(report.as_uri())
        browser.wait("document.readyState === 'complete' && document.querySelector('h2') !== null")
        width = "getComputedStyle(document.querySelector('.zones i')).width"
        assert browser.value(f"parseFloat({width}) > 0")
        badge = "getComputedStyle(document.querySelector('.badge')).backgroundColor"
        assert browser.value(badge) not in ("", "rgba(0, 0, 0, 0)")
        browser.value("document.querySelector('table.sortable th button').click()")
        assert browser.value("document.querySelector('table.sortable th').getAttribute('aria-sort')") == "ascending"
        assert browser.errors() == []
        browser.value("document.getElementById('mark').innerHTML = '<b style=\"color:rgb(1,2,3)\" onclick=\"x\">b</b>'")
        assert browser.value("getComputedStyle(document.querySelector('#mark b')).color") != "rgb(1, 2, 3)"
        assert any("Content Security Policy" in error for error in browser.errors())
        assert browser.value("document.title").endswith("courtside")
