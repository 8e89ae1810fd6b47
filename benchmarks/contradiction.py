"""How surely is a wrong calibration noticed, and a right one left alone?

    python -m benchmarks.contradiction runs/spurs runs/cvd ...

The court of each run is taken as it is, shifted by so many metres, and as if its camera had stood as in the first frame; for each
it prints the share of the moments with lines that contradict it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.geometry.court import stored_court
from pipeline.geometry.lens import Lens
from pipeline.tables import HOMOGRAPHY_COLUMNS
from pipeline.understand.court import CourtRegistration, judge_calibration

SHIFTS_M = ((0.0, 0.0), (0.5, 0.5), (1.0, 0.0), (1.4, 1.4), (3.0, 2.0), (6.0, 0.0))


def main() -> None:
    """Print one line per run and shift."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="directories that courtside analyze wrote")
    for run in parser.parse_args().runs:
        registration, frames, court_points = read(run / "work")
        print(f"{run.name}: {len(registration.table)} frames with a court")
        for shift in SHIFTS_M:
            print_share(f"shifted by {np.hypot(*shift):.1f} m", shifted(registration, *shift), frames, court_points)
        print_share("as if it stood", standing(registration), frames, court_points)


def read(work: Path) -> tuple[CourtRegistration, pd.DataFrame, pd.DataFrame]:
    """Read the court of a run, its frames and its court points."""
    frames, court_points, table = (
        pd.read_parquet(work / f"{name}.parquet") for name in ("frames", "court_points", "court")
    )
    facts = json.loads((work / "court.facts.json").read_text())
    lens = Lens(tuple(facts["lens"]["center_px"]), facts["lens"]["scale_px"], facts["lens"]["lam"])
    registration = CourtRegistration(table, lens, stored_court(facts), (0, 0), facts["fixed"], ())
    return registration, frames, court_points


def shifted(registration: CourtRegistration, along_m: float, across_m: float) -> CourtRegistration:
    """Move the floor under the picture."""
    shift = np.array([[1, 0, along_m], [0, 1, across_m], [0, 0, 1.0]])
    return _with(registration, shift @ _matrices(registration))


def standing(registration: CourtRegistration) -> CourtRegistration:
    """Take the first homography for all frames."""
    matrices = _matrices(registration)
    return _with(registration, np.repeat(matrices[:1], len(matrices), axis=0))


def print_share(name: str, registration: CourtRegistration, frames: pd.DataFrame, court_points: pd.DataFrame) -> None:
    """Print the share of the judged moments that contradict a registration."""
    judged = judge_calibration(registration, frames, court_points)
    against = sum(moment.contradicts for moment in judged)
    print(f"  {name:18}{against:4} of {len(judged)} moments contradict", flush=True)


def _matrices(registration: CourtRegistration) -> np.ndarray:
    return registration.table[list(HOMOGRAPHY_COLUMNS)].to_numpy(np.float64).reshape(-1, 3, 3)


def _with(registration: CourtRegistration, matrices: np.ndarray) -> CourtRegistration:
    columns = dict(zip(HOMOGRAPHY_COLUMNS, matrices.reshape(-1, 9).T, strict=True))
    return replace(registration, table=registration.table.assign(**columns))


if __name__ == "__main__":
    main()
