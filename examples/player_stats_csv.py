"""Export per-player statistics to a CSV file: seconds, metres and minutes that a spreadsheet reads.

    python examples/player_stats_csv.py game.mp4 [--out DIR] [--csv players.csv]

The video is analysed, unless it was already: then the stored tables are read.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import courtside

KMH_PER_MPS = 3.6


def main(arguments: list[str] | None = None) -> None:
    """Write the CSV file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, help="output directory of the analysis [default: reports/NAME]")
    parser.add_argument("--csv", type=Path, default=Path("players.csv"))
    asked = parser.parse_args(arguments)

    run = courtside.analyze(asked.video, asked.out)
    stats = run.player_stats[run.player_stats["role"] == "player"]
    table = stats[["player_id", "team", "number", "name", "seen_s", "distance_m", "sprints"]].assign(
        name=stats["name"].str.replace(r"^(?=\s*[=+\-@\t\r])", "'", regex=True),  # else a spreadsheet computes it
        minutes=stats["seen_s"] / 60,
        mean_speed_kmh=stats["mean_speed_mps"] * KMH_PER_MPS,
        top_speed_kmh=stats["top_speed_mps"] * KMH_PER_MPS,
    )
    table.sort_values(["team", "number", "player_id"]).round(2).to_csv(asked.csv, index=False, encoding="utf-8-sig")
    print(f"{len(table)} players: {asked.csv}")


if __name__ == "__main__":
    try:
        main()
    except courtside.CourtsideError as error:
        raise SystemExit(f"error: {error}") from None
