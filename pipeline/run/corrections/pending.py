"""A correction that is being carried out, noted so that what was stopped goes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, TableError
from pipeline.run.corrections.accepted import AcceptedRequests
from pipeline.run.job import CORRECTIONS
from pipeline.run.loading import FinishedRun, read_run
from pipeline.store import RunDirectory, hash_file, remove_tree, write_bytes

_NAME = "relabel"


@dataclass(frozen=True)
class Pending:
    """What the journal of a run is to become, and why."""

    asked: Any
    """What was asked for, as JSON has it."""
    text: str
    """The file of corrections with it."""
    words: str
    before_sha256: str
    """Hash of that file without it."""
    request: str | None = None
    """Name of the accepted request of the review page that it comes from; None: of none."""
    is_shown: bool = False
    """Who is who is computed with it, and was shown; what follows from that is not."""

    @classmethod
    def of(cls, asked: Any, text: str, words: str, run: RunDirectory, request: str | None = None) -> Pending:
        """Note what a run's journal is to become.

        Args:
            asked: what was asked for, plain data.
            text: of the journal with it.
            words: what was asked for, in words.
            run: whose journal.
            request: of the review page, where it comes from there.
        """
        return cls(asked, text, words, _hash(run.root / CORRECTIONS), request)

    @classmethod
    def publishing(cls) -> Pending:
        """Note that what people look at is written, and that the journal stays as it is."""
        return cls(None, "", "report and tables are written anew", before_sha256="none", is_shown=True)

    @classmethod
    def read(cls, run: RunDirectory) -> Pending | None:
        """Read what was interrupted; None if nothing was."""
        path = run.json_path(_NAME)
        if path.is_symlink() or not path.is_file():
            return None
        try:
            pending = cls(**run.read_json(_NAME))
            pending.text.encode()
            pending.words.encode()
            (pending.request or "").encode()
        except (TableError, TypeError, AttributeError, UnicodeEncodeError):
            return None
        return pending

    @classmethod
    def resumed(cls, run: RunDirectory) -> Pending | None:
        """Read what was interrupted, and see that its corrections are in the file."""
        pending = cls.read(run)
        if pending is not None and _hash(run.root / CORRECTIONS) == pending.before_sha256:
            write_bytes(run.root / CORRECTIONS, pending.text.encode())
        return pending

    def write(self, run: RunDirectory) -> None:
        """Note it, and write the file."""
        run.write_json(_NAME, asdict(self))
        write_bytes(run.root / CORRECTIONS, self.text.encode())

    def note_shown(self, run: RunDirectory) -> None:
        """Note that who is who is computed with it; its request is carried out."""
        run.write_json(_NAME, asdict(replace(self, is_shown=True)))
        if self.request is not None:
            AcceptedRequests(run).remove(self.request)

    def remove(self, run: RunDirectory) -> None:
        """Forget it: it is carried out. The request first: it must not be carried out twice."""
        if self.request is not None:
            AcceptedRequests(run).remove(self.request)
        remove_tree(run.json_path(_NAME))


def _hash(file: Path) -> str:
    """Return the hash of a file; '' if it is not there."""
    return hash_file(file) if file.is_file() else ""


def read_correctable(run: Path) -> FinishedRun:
    """Read what is known of a finished run, also of one whose correction was interrupted.

    Raises:
        InputError: not a finished run.
    """
    return read_run(run, begun=Pending.read(RunDirectory(run)) is not None)


def check_corrections_lie_here(run: RunDirectory) -> None:
    """Refuse a run whose corrections are somewhere else.

    Raises:
        InputError: they are.
    """
    named = run.read_json("job").get("corrections")
    here = run.root / CORRECTIONS
    if named is not None and not (Path(str(named)).name == CORRECTIONS and here.is_file()):
        raise InputError(f"{run.root} was made with --corrections {named}; edit that file, or analyse without it first")
