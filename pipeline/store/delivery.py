"""Where files for people go: into a run's directory, or into a folder that somebody names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.store.files import make_directory
from pipeline.store.locking import locked
from pipeline.store.published import PublishedFiles
from pipeline.store.run_directory import RunDirectory

_RECORD_FOLDER = ".courtside"
"""In a folder that is no run's: the record of what is ours there."""


@dataclass(frozen=True)
class Delivery:
    """A place for files; what stands there and is not ours is left as it is."""

    published: PublishedFiles
    group: str
    folder: Path
    """Of the files, within what is published."""
    shown: Path
    """Where the files are when they have taken their places."""

    @contextmanager
    def writing(self, names: list[str]) -> Iterator[Path]:
        """Give an empty folder for files; when the block ends well they take their places together.

        Args:
            names: of all files, which are looked for in the way before any work is done.

        Raises:
            OutputError: a file in the way is not ours, or one cannot be written; nothing is changed then.
        """
        self.published.check_free([(self.folder / name).as_posix() for name in names])
        with self.published.publishing(self.group) as staging:
            make_directory(staging / self.folder)
            yield staging / self.folder


@contextmanager
def delivery(run: Path, group: str, out: Path | None) -> Iterator[Delivery]:
    """Open the place where files for people go, for one process at a time.

    Args:
        run: the run's directory.
        group: who publishes, and the folder of the run.
        out: another folder, which gets a hidden one with the record of what is ours; None for that of the run.

    Raises:
        OutputError: the place cannot be made, or another process works there.
    """
    if out is None or out.resolve() == (run / group).resolve():
        with RunDirectory.opened(run) as directory:
            yield Delivery(directory.published, group, Path(group), run / group)
        return
    hidden = out / _RECORD_FOLDER
    make_directory(out)
    if hidden.is_symlink():
        raise OutputError(f"{hidden} is a link, which courtside does not follow; remove it")
    make_directory(hidden)
    with locked(hidden, lambda process: f"process {process} is writing to {out}; wait for it or choose another --out"):
        yield Delivery(PublishedFiles(out, hidden), group, Path(), out)
