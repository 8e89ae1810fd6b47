"""What most people run today: `python -m benchmarks.yolo_track VIDEO --weights yolo11n_coco.safetensors --out DIR`.

The command `yolo track` of ultralytics with YOLO11n of COCO and BoT-SORT, and its own defaults: 640 px, an annotated video.
Needs the package `lap`: pip install "courtside[bench]".
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.trackers import import_offline
from models.weight_files import read_state


def main(arguments: Sequence[str] | None = None) -> None:
    """Track a video."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-video", action="store_true")
    given = parser.parse_args(arguments)
    import_offline()
    from ultralytics import YOLO

    model = YOLO("yolo11n.yaml", task="detect", verbose=False)
    model.model.load_state_dict(read_state(given.weights, "detector"))
    frames = model.track(
        source=str(given.video),
        tracker="botsort.yaml",
        stream=True,
        save=not given.no_video,
        project=str(given.out.absolute()),
        name="track",
        verbose=False,
        device="cpu",
    )
    boxes = sum(len(frame.boxes) for frame in frames)
    print(f"{boxes} boxes")


if __name__ == "__main__":
    main()
