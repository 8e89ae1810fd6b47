"""What a stage may see of a run: what it declares, and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Settings
from pipeline.run.context import RunContext
from pipeline.run.job import Job
from pipeline.run.loading import _video
from pipeline.run.order import PERCEIVED, STAGE_NAMES, UNDERSTAND, check_chain
from pipeline.run.stages.stage import Stage, StageContext, StageOutput, UndeclaredInputError
from pipeline.tables import ALL

VIDEO = {"file": "a.mp4", "width_px": 640, "height_px": 360, "fps": 30, "duration_s": 1, "codec": "", "size_bytes": 1}
FACTS = {"court": "fiba", "lens": {"center_px": [320, 180], "scale_px": 640, "lam": 0.0}, "fixed": True, "warnings": []}


@pytest.fixture
def context() -> RunContext:
    """A run in which every table is there, and empty."""
    made = RunContext(Job(Path("a.mp4"), Path("out"), Settings()), _video(VIDEO))
    made.tables = {name: table.empty() for name, table in ALL.items()}
    made.facts = {"court": FACTS}
    return made


def stage(**declared: object) -> Stage:
    """A stage that declares little."""
    bare = Stage("shots", needs=("frames",), gives=("shots",), function=lambda _: StageOutput({}))
    return replace(bare, **declared)  # type: ignore[arg-type]


def test_a_stage_sees_the_tables_that_it_needs(context: RunContext) -> None:
    inputs = context.inputs_of(stage(needs=("frames", "shots")))
    assert list(inputs.tables) == ["frames", "shots"]
    pd.testing.assert_frame_equal(inputs.tables["frames"], context.tables["frames"])


@pytest.mark.parametrize("name", [name for name in ALL if name != "frames"])
def test_a_stage_sees_no_other_table(name: str, context: RunContext) -> None:
    inputs = context.inputs_of(stage())
    with pytest.raises(UndeclaredInputError, match=f"the stage 'shots' reads the table '{name}'"):
        inputs.tables[name]  # type: ignore[index]
    assert name not in inputs.tables


@pytest.mark.parametrize("section", list(Settings.model_fields))
def test_a_stage_sees_no_settings_but_its_own(section: str, context: RunContext) -> None:
    inputs = context.inputs_of(stage(settings=("stats",)))
    if section == "stats":
        assert inputs.settings.stats == context.settings.stats
        return
    with pytest.raises(UndeclaredInputError, match=f"the stage 'shots' reads the settings '{section}'"):
        getattr(inputs.settings, section)


@pytest.mark.parametrize("what", ["calibration", "roster", "corrections", "embeddings", "registration", "feet_m"])
def test_a_stage_sees_no_file_or_array_that_it_does_not_name(what: str, context: RunContext) -> None:
    with pytest.raises(UndeclaredInputError, match=f"the stage 'shots' reads {what}"):
        getattr(context.inputs_of(stage()), what)
    declared = stage(
        needs=("frames", "detections", "court", "embeddings"), files=("calibration", "roster", "corrections")
    )
    getattr(context.inputs_of(declared), what)


def test_what_a_stage_adds_to_a_table_no_other_sees(context: RunContext) -> None:
    seeing = stage(needs=("frames",))
    frames = context.inputs_of(seeing).tables["frames"]
    frames["seen"] = True
    assert "seen" not in context.inputs_of(seeing).tables["frames"]
    assert "seen" not in context.tables["frames"]


def test_what_a_stage_reads_without_naming_it_stops_the_run(context: RunContext) -> None:
    def greedy(inputs: StageContext) -> StageOutput:
        return StageOutput({"shots": inputs.tables["players"]})

    with pytest.raises(UndeclaredInputError, match="players"):
        context.output_of(stage(function=greedy))


def test_places_are_computed_once_for_all_stages(context: RunContext) -> None:
    wants = stage(needs=("frames", "detections", "court"))
    assert context.inputs_of(wants).feet_m is context.inputs_of(wants).feet_m
    np.testing.assert_array_equal(context.feet_m, np.empty((0, 2)))


def test_every_table_is_given_once_and_every_need_is_met() -> None:
    check_chain()
    given = [*PERCEIVED, *(name for step in UNDERSTAND for name in step.gives)]
    kept = [step.goes_on_from[1] for step in UNDERSTAND if step.goes_on_from is not None]
    assert sorted([*given, *kept]) == sorted(ALL)
    first = ("court", "tracking", "splitting", "identity", "shots")
    assert STAGE_NAMES[1:-1] == (
        *first,
        "scoreboard",
        "location",
        "statistics",
        "lineups",
        "ball",
        "ball_events",
        "tactics",
    )


def test_tables_of_inputs_are_frames(context: RunContext) -> None:
    for step in UNDERSTAND:
        inputs = context.inputs_of(step)
        assert all(isinstance(table, pd.DataFrame) for table in inputs.tables.values())
