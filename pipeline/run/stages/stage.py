"""What a stage is, what it sees of a run, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.corrections import Correction
from pipeline.geometry.calibration import Calibration
from pipeline.geometry.court import stored_court
from pipeline.geometry.lens import Lens
from pipeline.roster import RosterEntry
from pipeline.tables import TableName
from pipeline.understand.memory import Memory

if TYPE_CHECKING:
    from pipeline.understand.court import CourtRegistration

InputName = TableName | Literal["embeddings"]
"""A table, or the array beside `detections`."""
FileName = Literal["calibration", "roster", "corrections"]
"""A file that the user gives."""


TEAMS_OF_PLAYERS: Mapping[TableName, tuple[str, ...]] = {"players": ("player_id", "role", "team")}
"""What most stages read of players: neither names nor numbers, whose correction is nothing to them."""


class UndeclaredInputError(LookupError):
    """A stage asks for something that it does not name in `needs`, `settings` or `files`: a fault in the code."""


@dataclass(frozen=True)
class Stage:
    """One step of understanding."""

    name: str
    needs: tuple[InputName, ...]
    """What it reads of the stages before it."""
    gives: tuple[TableName, ...]
    function: Callable[[StageContext], StageOutput]
    settings: tuple[str, ...] = ()
    """The sections of the settings that it reads."""
    files: tuple[FileName, ...] = ()
    """The given files that it reads."""
    columns: Mapping[TableName, tuple[str, ...]] = field(default_factory=dict)
    """Of a small table that it needs, the columns that it reads: what happens to others is nothing to it."""
    goes_on_from: tuple[TableName, TableName] | None = None
    """A table that it gives and reads again when its result is replaced, and the table that keeps what it read."""


@dataclass(frozen=True)
class StageOutput:
    """What a stage gives."""

    tables: Mapping[TableName, pd.DataFrame]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What it found out that is no table; plain data."""


def registration_of(
    court_table: pd.DataFrame,
    facts: Mapping[str, Any],
    image_size_px: tuple[int, int],
    graphics_px: Sequence[tuple[float, float, float, float]] = (),
) -> CourtRegistration:
    """Put the table `court` and what lies beside it together.

    Args:
        court_table: table `court`.
        facts: of the stage `court`.
        image_size_px: width, height of the picture as displayed.
        graphics_px: x, y, width, height of graphics over the picture.
    """
    from pipeline.understand.court import CourtRegistration

    center_px, scale_px, lam = (facts["lens"][name] for name in ("center_px", "scale_px", "lam"))
    return CourtRegistration(
        court_table,
        Lens(tuple(center_px), scale_px, lam),
        stored_court(facts),
        image_size_px,
        facts["fixed"],
        tuple(facts["warnings"]),
        tuple(graphics_px),
    )


@dataclass(frozen=True)
class BoxesOnCourt:
    """Where the boxes of a run stand on the court; computed when first asked for."""

    detections: pd.DataFrame
    registration: CourtRegistration

    @cached_property
    def feet_m(self) -> NDArray[np.float64]:
        """Foot points (n, 2) of the detections, m; NaN where unknown."""
        return self.registration.feet_m(self.detections)


class _OwnTables(dict[TableName, pd.DataFrame]):
    """The tables that a stage names in `needs`, each a copy that shares its data: a column added here is seen by no other stage."""

    def __init__(self, stage: Stage, tables: Mapping[TableName, pd.DataFrame]) -> None:
        needed = {name: tables[name].copy(deep=False) for name in stage.needs if name != "embeddings"}
        super().__init__(needed | {name: needed[name][list(columns)] for name, columns in stage.columns.items()})
        self._stage = stage.name

    def __missing__(self, name: str) -> pd.DataFrame:
        raise UndeclaredInputError(f"the stage '{self._stage}' reads the table '{name}', which is not in its `needs`")


class _OwnSettings:
    """The sections of the settings that a stage names."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        self._stage = stage
        self._settings = settings

    def __getattr__(self, section: str) -> Any:
        if section not in self._stage.settings:
            raise UndeclaredInputError(
                f"the stage '{self._stage.name}' reads the settings '{section}', which are not in its `settings`"
            )
        return getattr(self._settings, section)


class StageContext:
    """What one stage sees of a run: what it declares. Anything else is an `UndeclaredInputError`."""

    def __init__(
        self,
        stage: Stage,
        tables: Mapping[TableName, pd.DataFrame],
        settings: Settings,
        image_size_px: tuple[int, int],
        *,
        embeddings: NDArray[np.float16],
        on_court: BoxesOnCourt | None,
        files: Mapping[FileName, Any],
        former: pd.DataFrame | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Keep what the stage declares.

        Args:
            stage: whose inputs these are.
            tables: all tables made so far.
            settings: all settings.
            image_size_px: width, height of the picture as displayed.
            embeddings: (n, dim), row i of detection i.
            on_court: where the boxes stand; None before the court was looked for.
            files: what was read of the given files, by name.
            former: the table that the stage goes on from; None where there is none.
            memory: what was computed of the game before.
        """
        self.stage = stage
        self.former = former
        self.memory = memory or Memory(keeps=False)
        self.memory.begin()
        self.tables: Mapping[TableName, pd.DataFrame] = _OwnTables(stage, tables)
        self.settings = cast("Settings", _OwnSettings(stage, settings))
        self.image_size_px = image_size_px
        self._files = {name: files[name] for name in stage.files}
        self._embeddings = embeddings if "embeddings" in stage.needs else None
        self._on_court = on_court if {"court", "detections"} <= set(stage.needs) else None

    @property
    def calibration(self) -> Calibration | None:
        """The given calibration."""
        return cast("Calibration | None", self._file("calibration"))

    @property
    def roster(self) -> tuple[RosterEntry, ...] | None:
        """The given roster."""
        return cast("tuple[RosterEntry, ...] | None", self._file("roster"))

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What a person corrected."""
        return cast("tuple[Correction, ...]", self._file("corrections"))

    @property
    def embeddings(self) -> NDArray[np.float16]:
        """Appearance embeddings (n, dim), row i of detection i; a memory map."""
        if self._embeddings is None:
            raise self._undeclared("embeddings", "needs")
        return self._embeddings

    @property
    def registration(self) -> CourtRegistration:
        """The table `court` with what lies beside it."""
        return self._boxes_on_court("registration").registration

    @property
    def feet_m(self) -> NDArray[np.float64]:
        """Foot points (n, 2) of the detections, m; NaN where unknown."""
        return self._boxes_on_court("feet_m").feet_m

    def _boxes_on_court(self, name: str) -> BoxesOnCourt:
        if self._on_court is None:
            raise self._undeclared(f"{name} (tables 'court' and 'detections')", "needs")
        return self._on_court

    def _file(self, name: FileName) -> Any:
        if name not in self._files:
            raise self._undeclared(name, "files")
        return self._files[name]

    def _undeclared(self, what: str, where: str) -> UndeclaredInputError:
        return UndeclaredInputError(f"the stage '{self.stage.name}' reads {what}, which is not in its `{where}`")


def sections_of(settings: Settings, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return sections of the settings as plain data."""
    return {name: getattr(settings, name).model_dump(mode="json") for name in names}
