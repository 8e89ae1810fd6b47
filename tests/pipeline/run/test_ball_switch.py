"""The ball is followed only where that is wanted and a ball was found."""

from types import SimpleNamespace

import pandas as pd
import pytest

from pipeline.run.stages.ball_play import BALL_STAGE
from pipeline.tables import check


@pytest.mark.parametrize(("follow", "classes"), [(False, ["ball", "player"]), (True, ["player", "rim"])])
def test_nothing_runs_where_it_is_off_or_no_ball_was_found(follow, classes):
    context = SimpleNamespace(
        settings=SimpleNamespace(ball=SimpleNamespace(follow=follow)),
        tables={"detections": pd.DataFrame({"class": classes})},
    )
    tables = BALL_STAGE.function(context).tables
    assert set(tables) == set(BALL_STAGE.gives)
    for name, table in tables.items():
        check(name, table)
        assert table.empty
