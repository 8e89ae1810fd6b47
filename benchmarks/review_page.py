"""Is the review page quick in a long game? `python -m benchmarks.review_page VIDEO [--hours 2] [--tracklets 20000]`.

Tables of a game of that length are made up (nobody is solved again), a video that the browser plays is looped to the same
length, and the page is opened in headless Chromium (needs it, and pytest). Printed: the time to the first paint and until
people are drawn over the picture, the work of the page's main thread for each frame of scrolling and zooming the time line
(16.7 ms are 60 frames a second), frames that came in a second, and the memory of the tab after the whole game was sought
through.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd

from pipeline.geometry.court import COURTS
from pipeline.review import Dress, Playback, ReviewedGame, Reviewing, VideoPictures, reviewing
from pipeline.tables import ALL, TableName, conform
from pipeline.video import probe
from tests.chromium import Chromium
from tests.pipeline.review.correctors import JournalInMemory

FPS = 15
PEOPLE = 27
AT_ONCE = 12
FRAMES = 180
"""Of each way of scrolling."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--tracklets", type=int, default=20_000)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        looped = Path(folder) / f"looped{given.video.suffix}"
        loop(given.video, looped, given.hours * 3600)
        video = probe(looped)
        began = time.process_time()
        game = made_up_game(given.hours * 3600, given.tracklets, (video.width_px, video.height_px))
        playback = Playback(video, Path(folder) / "copy.webm")
        work = Reviewing("a long game", JournalInMemory([game]), video, COURTS["fiba"], VideoPictures(video), playback)
        with reviewing(work) as address, Chromium(Path(folder) / "profile") as browser:
            print(f"tables laid ready in {time.process_time() - began:.1f} s of processor time")
            measure(browser, address, given.hours * 3600)


def loop(source: Path, target: Path, seconds: float) -> None:
    """Write a video over and over, without encoding it again."""
    with av.open(str(target), "w") as out:
        stream, offset = None, Fraction(0)
        while offset < seconds:
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                shift = round(offset / video.time_base)
                length = Fraction(0)
                for packet in container.demux(video):
                    if packet.dts is not None:
                        length = max(length, (packet.pts + (packet.duration or 0)) * video.time_base)
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        out.mux(packet)
            offset += length


def made_up_game(seconds: float, tracklets: int, size_px: tuple[int, int]) -> ReviewedGame:
    """Draw tables of a game at random: so many tracklets of people who walk through the picture."""
    rng = np.random.default_rng(1)
    count = int(seconds * FPS)
    length = count * AT_ONCE // tracklets
    first = np.sort(rng.integers(0, count - length, tracklets))
    first[:AT_ONCE] = 0
    player = np.arange(tracklets) % PEOPLE + 1
    frame = (first[:, None] + np.arange(length)).ravel()
    track = np.repeat(np.arange(1, tracklets + 1), length)
    way = np.tile(np.linspace(0, 1, length), tracklets)
    start, stop = (np.repeat(rng.uniform(0.05, 0.9, (tracklets, 2)), length, axis=0) for _ in range(2))
    corner = (start + (stop - start) * way[:, None]) * size_px
    boxes = pd.DataFrame({"detection_id": np.arange(len(frame)), "frame": frame, "track_id": track, "quality": 0.5})
    boxes = boxes.assign(
        x1=corner[:, 0], y1=corner[:, 1], x2=corner[:, 0] + size_px[0] / 24, y2=corner[:, 1] + size_px[1] / 6
    )
    boxes = boxes.assign(score=0.9, **{"class": "player"})
    places = pd.DataFrame(
        {"player_id": np.repeat(player, length), "frame": frame, "time_s": frame / FPS, "source": "seen"}
    )
    places = places.assign(x_m=28 * corner[:, 0] / size_px[0], y_m=15 * corner[:, 1] / size_px[1])
    shown = pd.DataFrame(
        {"track_id": np.arange(1, tracklets + 1), "seen_s": length / FPS, "role": "player", "team": "A"}
    )
    who = pd.DataFrame({"player_id": np.arange(1, PEOPLE + 1), "role": "player"})
    who = who.assign(team=["A", "B"][0], number=who["player_id"].astype(str))
    rows: dict[TableName, Any] = {
        "frames": pd.DataFrame({"frame": np.arange(count), "time_s": np.arange(count) / FPS, "shot": np.arange(count) // 150}),
        "detections": boxes.sort_values("frame"),
        "tracks": boxes,
        "identities": pd.DataFrame({"track_id": shown["track_id"], "player_id": player, "confidence": rng.uniform(0.4, 1, tracklets)}),
        "players": who,
        "tracklets": shown.assign(runner_up=player % PEOPLE + 1, runner_up_confidence=rng.uniform(0, 0.3, tracklets)),
        "shots": pd.DataFrame({"shot": range(count // 150), "kind": "game"}).assign(
            first_frame=lambda t: 150 * t["shot"], last_frame=lambda t: 150 * t["shot"] + 149
        ),
        "positions": places.drop_duplicates(["player_id", "frame"]),
    }  # fmt: skip
    empty = {name: ALL[name].empty() for name in ("player_evidence", "number_votes", "periods")}
    tables = {name: conform(name, table.reindex(columns=ALL[name].names)) for name, table in rows.items()}
    labels = {n: f"A{n}" for n in range(1, PEOPLE + 1)}
    return ReviewedGame({**tables, **empty}, labels, {n: Dress("#c2410c", "#ffffff") for n in labels})


def measure(browser: Chromium, address: str, seconds: float) -> None:
    """Open the page, scroll, seek, and print what that took."""
    browser.call("Performance.enable")
    browser.open(address)
    browser.wait("document.querySelector('.tabs') !== null")
    browser.wait("(() => { const c = document.querySelector('.overlay'); return c && c.width > 0 && c.getContext('2d')"
                 ".getImageData(0, 0, c.width, c.height).data.some((value) => value > 0); })()")  # fmt: skip
    drawn = browser.value("performance.now()")
    paint = browser.value("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first paint after {paint:.0f} ms, people over the picture after {drawn:.0f} ms")
    for name, event in (
        ("scrolling rows", "deltaY: k % 60 < 30 ? 9 : -9"),
        ("panning the whole game", "deltaY: k % 60 < 30 ? 60 : -60, shiftKey: true"),
        ("zooming in and out", "deltaY: k % 60 < 30 ? -40 : 40, ctrlKey: true"),
    ):
        before = metrics(browser)
        frames_s = browser.value(_SCROLL.replace("EVENT", event).replace("FRAMES", str(FRAMES)))
        after = metrics(browser)
        script_ms, task_ms = (1000 * (after[key] - before[key]) / FRAMES for key in ("ScriptDuration", "TaskDuration"))
        print(
            f"{name}: {script_ms:.1f} ms of script, {task_ms:.1f} ms in all a frame; {FRAMES / frames_s:.0f} frames a second here"
        )
    for k in range(60):
        browser.value(f"(() => {{ const s = document.querySelector('.controls input'); s.value = {k / 60 * seconds}; "
                      "s.dispatchEvent(new Event('input', { bubbles: true })); })()")  # fmt: skip
        browser.value("new Promise((done) => setTimeout(done, 120))")
    found = metrics(browser)
    print(
        f"after seeking through the game: {found['JSHeapUsedSize'] / 1e6:.0f} MB of script memory, {tab_mb(browser):.0f} MB of the tab"
    )
    assert not browser.errors(), browser.errors()


_SCROLL = """new Promise((done) => {
  const canvas = document.querySelector('.timeline canvas'), began = performance.now();
  let k = 0;
  const next = () => {
    if (k++ === FRAMES) return done((performance.now() - began) / 1000);
    canvas.dispatchEvent(new WheelEvent('wheel', { EVENT, clientX: 700, clientY: 700, bubbles: true, cancelable: true }));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""


def metrics(browser: Chromium) -> dict[str, float]:
    """Read Chromium's counters of the page."""
    return {entry["name"]: entry["value"] for entry in browser.call("Performance.getMetrics")["metrics"]}


def tab_mb(browser: Chromium) -> float:
    """Return the memory of the largest renderer process below the browser, its share of what is shared counted, in MB."""
    below = {browser.process_id}
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent in below:
            below.add(int(path.name))
    sizes = [0.0]
    for number in below:
        try:
            if b"--type=renderer" in Path(f"/proc/{number}/cmdline").read_bytes():
                lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
                sizes.append(sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000)
        except OSError:
            continue
    return max(sizes)


if __name__ == "__main__":
    main()
