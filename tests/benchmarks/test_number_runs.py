"""Numbers of a run against truth: who is who, what is right, what is wrong, and the mirrored copy."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from benchmarks import number_runs
from benchmarks.number_runs import given_numbers

CLIP = "spurs_thunder"
WIDE = 1000.0


def written(folder: Path, numbers: list[str | None], mirrored: bool) -> Path:
    """A clip of two frames with four people (23, 5, an unread one, a referee), and a run that gives players these numbers."""
    truth = folder / "truth" / CLIP
    truth.mkdir(parents=True)
    rows = [
        {"frame": frame, "id": who, "role": "referee" if who == 101 else "player", "jersey": jersey}
        | {"x": 200.0 * place, "y": 100.0, "w": 50.0, "h": 120.0}
        for frame in (0, 6)
        for place, (who, jersey) in enumerate([(1, "23"), (2, "5"), (3, None), (101, "17")])
    ]
    pd.DataFrame(rows).to_csv(truth / "truth.csv", index=False)
    work = folder / "run" / "work"
    work.mkdir(parents=True)
    left = [WIDE - 200.0 * place - 50 if mirrored else 200.0 * place for place in range(len(numbers))]
    boxes = pd.DataFrame({"frame": 0, "x1": left, "y1": 102.0, "x2": [x + 50 for x in left], "y2": 220.0})
    boxes.assign(detection_id=range(len(boxes))).to_parquet(work / "detections.parquet")
    ids = range(1, len(numbers) + 1)
    pd.DataFrame({"detection_id": range(len(numbers)), "track_id": ids}).to_parquet(work / "tracks.parquet")
    pd.DataFrame({"track_id": ids, "player_id": ids}).to_parquet(work / "identities.parquet")
    pd.DataFrame({"player_id": ids, "number": numbers}).to_parquet(work / "players.parquet")
    pd.DataFrame({"player_id": ids, "number_confidence": 0.97}).to_parquet(work / "player_evidence.parquet")
    return folder / "run"


@pytest.mark.parametrize("mirrored", [False, True])
def test_numbers_are_compared_with_the_person_behind_the_boxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mirrored: bool
) -> None:
    monkeypatch.setattr(number_runs, "probe", lambda _: SimpleNamespace(width_px=WIDE))
    found = given_numbers(tmp_path, CLIP, written(tmp_path, ["23", "6", "11"], mirrored), mirrored)
    assert found.worn == {1: "23", 2: "5"}
    assert found.given["person"].tolist() == [1, 2, 3]
    assert found.right == 1
    assert found.wrong[["number", "person"]].to_numpy().tolist() == [["6", 2], ["11", 3]]


def test_somebody_found_twice_is_right_once(tmp_path: Path) -> None:
    run = written(tmp_path, ["23", "5", None], mirrored=False)
    boxes = pd.read_parquet(run / "work" / "detections.parquet")
    boxes.loc[1, ["x1", "x2"]] = boxes.loc[0, ["x1", "x2"]]  # player 2's box is on person 1 as well
    boxes.to_parquet(run / "work" / "detections.parquet")
    found = given_numbers(tmp_path, CLIP, run)
    assert (found.right, len(found.wrong)) == (1, 1)
