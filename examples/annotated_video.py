"""Render the annotated video, and a clip that follows the player who covered most ground.

python examples/annotated_video.py game.mp4 [--out DIR] [--seconds 10]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import courtside


def main(arguments: list[str] | None = None) -> None:
    """Write both videos."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, help="output directory of the analysis [default: reports/NAME]")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the clip")
    asked = parser.parse_args(arguments)

    run = courtside.analyze(asked.video, asked.out)
    print(f"annotated video: {run.out / 'annotated.mp4'}")

    players = run.player_stats[run.player_stats["role"] == "player"]
    if players.empty:
        return
    farthest = players.fillna({"distance_m": 0.0}).nlargest(1, "distance_m").iloc[0]
    start_s = float(farthest["first_s"])
    clip = run.clip(int(farthest["player_id"]), start_s, start_s + asked.seconds, cropped=True)
    print(f"{farthest['label']}: {clip}")


if __name__ == "__main__":
    try:
        main()
    except courtside.CourtsideError as error:
        raise SystemExit(f"error: {error}") from None
