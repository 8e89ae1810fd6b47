"""How fast games are rendered, and that memory does not grow with their length.

    python -m benchmarks.rendering [--seconds 20 60] [--positions 300 2880]

Each game is rendered by a process of its own into a folder that is removed: broadcast games of 1280x720 at 30 frames per
second with pixels, then whole games without. Processor time tells on a busy machine what wall time does not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence

_MEASURED = """
import json, resource, sys, time
from pathlib import Path
from pipeline.rendering import NoiseSettings, RenderSettings, render_game, render_positions, whole_game

kind, seconds, out = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
wall, used = time.perf_counter(), time.process_time()
if kind == "pixels":
    render_game(RenderSettings(seed=3, seconds=seconds, court="nba", referees=3), out)
else:
    render_positions(whole_game(seed=3, seconds=seconds, court="nba"), NoiseSettings(), out)
facts = {"wall_s": time.perf_counter() - wall, "processor_s": time.process_time() - used}
print(json.dumps(facts | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per game."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, nargs="*", default=[20, 60], help="lengths of games with pixels")
    parser.add_argument("--positions", type=float, nargs="*", default=[300, 2880], help="lengths of games without")
    chosen = parser.parse_args(arguments)
    print("| game | length, s | wall, s | processor, s | ms per frame | peak, MB |\n|---|---:|---:|---:|---:|---:|")
    games = [("pixels", s) for s in chosen.seconds] + [("positions", s) for s in chosen.positions]
    for kind, seconds in games:
        facts = measured(kind, seconds)
        per_frame = 1000 * facts["processor_s"] / (30 * seconds)
        numbers = f"{facts['wall_s']:.1f} | {facts['processor_s']:.1f} | {per_frame:.2f} | {facts['peak_mb']:.0f}"
        print(f"| {kind} | {seconds:g} | {numbers} |", flush=True)


def measured(kind: str, seconds: float) -> dict[str, float]:
    """Render a game in a process of its own: seconds on the wall and of the processor, peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _MEASURED, kind, str(seconds), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


if __name__ == "__main__":
    main()
