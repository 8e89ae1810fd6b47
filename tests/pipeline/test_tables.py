"""The quick check of a table agrees with pandera's, which words the complaint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from pipeline.errors import TableError
from pipeline.tables import ALL, check, conform

SOUND: dict[str, dict[str, Any]] = {
    "tracks": {"detection_id": [0, 1], "track_id": [1, 1]},
    "court_points": {
        "frame": [0, 0],
        "point": [0, 1],
        "kind": ["place", "line"],
        "x_px": [1.0, -2.0],
        "y_px": [0.0, 0.0],
        "along": [0.5, np.nan],
        "across": [0.5, np.nan],
        "angle_rad": [np.nan, 1.0],
        "score": [0.0, 1.0],
    },
    "number_votes": {"player_id": [1, 1], "number": ["4", "04"], "reads": [0, 3], "probability": [0.5, 1.0]},
}


def agrees(name: Any, table: pd.DataFrame) -> bool:
    """Say what both checks say of a table."""
    try:
        ALL[name].schema().validate(table)
    except (SchemaError, SchemaErrors):
        assert not ALL[name].holds(table)
        with pytest.raises(TableError, match=f"table '{name}'"):
            check(name, table)
        return False
    assert ALL[name].holds(table)
    assert check(name, table) is table
    return True


@pytest.mark.parametrize("name", ALL)
def test_a_table_without_rows_is_sound(name: Any) -> None:
    assert agrees(name, ALL[name].empty())


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_table_is_sound(name: Any) -> None:
    assert agrees(name, conform(name, pd.DataFrame(SOUND[name])))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("tracks", {"detection_id": [1, 1]}),  # not unique
        ("tracks", {"track_id": [0, 1]}),  # too low
        ("tracks", {"track_id": [1.0, 1.0]}),  # dtype
        ("court_points", {"point": [0, 0]}),  # the two key columns together
        ("court_points", {"kind": pd.Series(["place", "dot"], dtype=pd.StringDtype(na_value=np.nan))}),
        ("court_points", {"kind": pd.Series(["place", None], dtype=pd.StringDtype(na_value=np.nan))}),
        ("court_points", {"score": np.array([0.0, 1.01], np.float32)}),
        ("court_points", {"x_px": np.array([0.0, np.nan], np.float32)}),
        ("number_votes", {"reads": np.array([-1, 3])}),
    ],
)
def test_a_fault_is_found_by_both(name: Any, changed: dict[str, Any]) -> None:
    assert not agrees(name, conform(name, pd.DataFrame(SOUND[name])).assign(**changed))


def test_the_order_of_columns_counts() -> None:
    assert not agrees("tracks", conform("tracks", pd.DataFrame(SOUND["tracks"]))[["track_id", "detection_id"]])
