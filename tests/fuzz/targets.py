"""The table of everything that reads what strangers made, and how it is fuzzed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.children import REFUSED, Ended, ForkServer, Limits, Work
from tests.fuzz import examples
from tests.fuzz.examples import GAME, RUN, in_folder, packed, unpacked
from tests.fuzz.mutations.binary import changed_array, changed_bytes, changed_mp4, changed_tensors, chosen
from tests.fuzz.mutations.tables import changed_parquet
from tests.fuzz.mutations.text import changed_json, changed_table, changed_text, changed_yaml
from tests.fuzz.mutations.values import nasty_cell

Change = Callable[[random.Random, bytes], bytes]

CORPUS = Path(__file__).parent / "corpus"
BEYOND_HONEST_S = 10.0
"""Processor seconds that an input may cost more than a valid one."""
MEMORY_MB = 2048
"""That an input may cost."""
_WALL_S = 120.0
_CHANGES: dict[str, Change] = {
    ".json": changed_json,
    ".csv": changed_table,
    ".yaml": changed_yaml,
    ".parquet": changed_parquet,
    ".npy": changed_array,
    ".safetensors": changed_tensors,
    ".mp4": changed_mp4,
    ".mkv": changed_bytes,
    ".ts": changed_bytes,
}


@dataclass(frozen=True)
class Target:
    """A reader, what its inputs look like, and what it may take."""

    name: str
    """Of a function of `tests.fuzz.reading`, too."""
    examples: Callable[[Path], list[bytes]]
    """Folder of the examples -> valid inputs."""
    change: Change
    tried: int
    """Inputs in the test suite; 0: in the benchmark alone."""
    honest_s: float = 2.0
    """Processor seconds of a valid input, at most."""
    modules: tuple[str, ...] = ()
    """That a reader needs, imported once for all inputs."""

    def inputs(self, rng: random.Random, folder: Path) -> Iterator[bytes]:
        """Give what was found before, and then changed inputs without end, of that and of examples."""
        found_before = [path.read_bytes() for path in self.corpus()]
        yield from found_before
        valid = [*self.examples(folder), *found_before]
        while True:
            yield self.change(rng, chosen(rng, valid))

    def corpus(self) -> list[Path]:
        """List the inputs that once failed, and those kept because they are hostile."""
        return sorted(path for path in (CORPUS / self.name).glob("*") if path.is_file())

    def read(self, server: ForkServer, data: bytes, folder: Path, scratch: Path) -> Ended:
        """Let a child read an input.

        Args:
            server: forks the child.
            data: the input.
            folder: the examples.
            scratch: an empty folder to work in.
        """
        file = scratch / "input"
        file.write_bytes(data)
        inside = scratch / "inside"
        inside.mkdir()
        work = Work("tests.fuzz.reading:read", (self.name, str(file), str(folder)), str(inside))
        return server.run(work, Limits(self.honest_s + BEYOND_HONEST_S, _WALL_S, MEMORY_MB))


def is_well(ended: Ended) -> bool:
    """Say whether an input was read, or refused in words."""
    return ended.code in (0, REFUSED)


def changed_file(rng: random.Random, data: bytes) -> bytes:
    """Change a file of a folder, as its kind is."""
    name, content = unpacked(data)
    return packed(name, _CHANGES.get(Path(name).suffix, changed_text)(rng, content))


def changed_arguments(rng: random.Random, data: bytes) -> bytes:
    """Change what follows an option, or drop, repeat or add words; never where something is written."""
    words = json.loads(data)
    kept = {place + 1 for place, word in enumerate(words) if word in ("--out", "--seconds")}
    places = [place for place in range(1, len(words)) if place not in kept and not words[place].startswith("--")]
    kind = rng.randrange(8)
    if kind == 0:
        words += rng.choice((["--help"], ["--nonsense"], [nasty_cell(rng)], words[1:3], ["--device", nasty_cell(rng)]))
    elif kind == 1:
        del words[rng.choice([place for place in range(len(words)) if place not in kept | {k - 1 for k in kept}])]
    else:
        words[rng.choice(places or [len(words) - 1])] = nasty_cell(rng)
    return json.dumps(words).encode()


def changed_request(rng: random.Random, data: bytes) -> bytes:
    """Change the JSON that a request sends, or its address and fields."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if body and rng.random() < 0.6:
        return head + blank + changed_json(rng, body)
    line, end, fields = head.partition(b"\r\n")
    if rng.random() < 0.5:
        words = line.split(b" ")
        place = rng.randrange(len(words))
        words[place] = rng.choice(
            (words[place] + nasty_cell(rng).encode("utf-8", "surrogatepass"), changed_bytes(rng, words[place]))
        )
        return b" ".join(words) + end + fields + blank + body
    return line + end + rng.choice((changed_bytes, changed_text))(rng, fields) + blank + body


def changed_play_by_play(rng: random.Random, data: bytes) -> bytes:
    """Change JSON or a table."""
    return (changed_json if data[:1] == b"{" else changed_table)(rng, data)


def _run_files(folder: Path) -> list[bytes]:
    """Pack the files of the example run that something reads."""
    patterns = ("*.json", "*.parquet", "*.npy", "*.csv", "mot.txt", "report.html")
    return [data for data in in_folder(folder / RUN, *patterns) if not unpacked(data)[0].startswith("maps/")]


def _run_data(folder: Path) -> list[bytes]:
    """Pack what a run keeps for itself."""
    kept = [data for data in _run_files(folder) if unpacked(data)[0].startswith(("work/", "run.json"))]
    return [*kept, *(packed("corrections.csv", data) for data in examples.corrections())]


def _game_files(folder: Path) -> list[bytes]:
    """Pack the files of the example game that an analysis reads."""
    return in_folder(folder / GAME, "game.json", "calibration.json", "roster.csv", "perceived/*")


_TRAINING = tuple(
    f"models.reid.methods.{name}" for name in ("anchors", "attributes", "autoencoder", "dispersion", "osnet", "siamese")
)
"""Their packages take too long to import for the test suite."""
TARGETS = (
    Target("video", examples.videos, changed_file, 12),
    Target("calibration", lambda _: examples.calibrations(), changed_json, 12),
    Target("points", lambda _: examples.points_tables(), changed_table, 10),
    Target("roster", lambda _: examples.rosters(), changed_table, 12),
    Target("corrections", lambda _: examples.corrections(), changed_table, 12),
    Target("settings", lambda _: examples.settings(), changed_yaml, 12),
    Target("recipe", lambda _: examples.recipes(), changed_file, 0, modules=_TRAINING),
    Target(
        "detector_recipe",
        lambda _: [(examples.ROOT / "configs" / "detector.yaml").read_bytes()],
        changed_yaml,
        12,
        modules=("models.detector.train",),
    ),
    Target("render_values", lambda _: examples.render_values(), changed_text, 8),
    Target("mot", lambda _: examples.mot_texts(), changed_table, 10, honest_s=3.0),
    Target("play_by_play", lambda _: examples.play_by_plays(), changed_play_by_play, 12),
    Target("truth", examples.truths, changed_file, 8, honest_s=4.0),
    Target("trajectories", lambda _: examples.trajectories(), changed_file, 8),
    Target("batch_list", lambda _: examples.batch_lists(), changed_file, 10),
    Target("weights", lambda _: examples.weights(), changed_file, 10, honest_s=4.0, modules=("torch",)),
    Target("given_game", _game_files, changed_file, 1, honest_s=15.0),
    Target("run_directory", _run_files, changed_file, 3, honest_s=6.0),
    Target("relabelled_run", _run_data, changed_file, 1, honest_s=15.0),
    Target("resumed_run", _run_data, changed_file, 1, honest_s=15.0),
    Target("page_request", lambda _: examples.page_requests(), changed_request, 8, honest_s=5.0),
    Target("review_request", lambda _: examples.review_requests(), changed_request, 6, honest_s=5.0),
    Target("accepted_requests", lambda _: examples.accepted_requests(), changed_json, 6, honest_s=5.0),
    Target("arguments", lambda _: examples.arguments(), changed_arguments, 4, honest_s=15.0),
)
KNOWN: dict[str, str] = {}
"""Targets that still fail, and tests of faults, and why; an entry goes when its reader is mended, and the list is to be empty."""
