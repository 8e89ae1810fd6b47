"""Files for people in a run's directory: which of them are ours, and whether they are still as we wrote them.

A record in `work/` holds the hash of every file that was published. What it does not list, or lists with another hash,
is a person's: it is never overwritten and never removed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import OutputError, TableError
from pipeline.store.files import is_plain_file, make_directory, output_error, read_json, remove_tree, sync, write_json
from pipeline.store.fingerprint import hash_file

RECORD = "published.json"
_STAGING = "publishing"
_OF_EARLIER_VERSIONS = (
    *("report.html", "run.json", "annotated.mp4", "evaluation.json", "positions.parquet", "mot.txt"),
    *("tracklets_mot.txt", "player_stats.csv", "team_stats.csv", "player_periods.csv", "team_periods.csv"),
    *("periods.csv", "heatmaps/team-*.png", "heatmaps/player-*.png"),
)
"""What versions without a record published."""


@dataclass(frozen=True)
class PublishedFile:
    """One file that was published."""

    group: str
    """Who publishes it."""
    sha256: tuple[str, ...]
    """Of its content; of the one before as well while it is replaced."""


@dataclass(frozen=True)
class _Record:
    """What was published of which game."""

    game: str | None = None
    """Hash of its video."""
    files: dict[str, PublishedFile] = field(default_factory=dict)


class PublishedFiles:
    """The files for people in a directory.

    Args:
        root: the directory.
        work: the folder in it that is ours alone.
    """

    def __init__(self, root: Path, work: Path) -> None:
        self._root = root
        self._work = work
        self._hashes: dict[tuple[str, int, int, int], str] = {}

    def check_free(self, names: Collection[str]) -> None:
        """Refuse places at which files are to be published and something stands that is not ours, before the work is done.

        Args:
            names: of the files.

        Raises:
            OutputError: a file in the way is not ours, or a folder is a link.
        """
        files = self._read().files
        for name in names:
            if self._state(name, files) == "foreign":
                raise self._in_the_way(name)

    @contextmanager
    def publishing(self, group: str, whole: bool = False) -> Iterator[Path]:
        """Give an empty folder; when the block ends well, all files in it take their places in the run's directory.

        A file that a person changed since it was published is kept beside the new one, as NAME.yours.EXT.

        Args:
            group: who publishes.
            whole: whether files that the group published before, and that are not in the folder, are removed.

        Raises:
            OutputError: a file in the way is not ours, a folder is a link, or the disk is full; nothing is changed then.
        """
        staging = self._work / _STAGING
        if self._work.is_symlink():
            raise OutputError(f"{self._work} is a link, which courtside does not follow; remove it")
        remove_tree(staging)
        make_directory(staging)
        try:
            yield staging
            self._place(group, staging, whole)
        finally:
            remove_tree(staging)

    def publish(self, group: str, name: str, data: bytes) -> None:
        """Publish one file.

        Raises:
            OutputError: see `publishing`.
        """
        with self.publishing(group) as folder:
            path = folder / name
            make_directory(path.parent)
            path.write_bytes(data)

    def amend(self, name: str, edit: Callable[[Path], bool]) -> bool:
        """Change a file that was published; not one that a person changed.

        Args:
            name: of the file.
            edit: changes the copy that it is given, and says whether it could.

        Returns:
            What `edit` says; a file that is as it was before is left alone.

        Raises:
            OutputError: see `publishing`.
        """
        files = self._read().files
        if name not in files or self._state(name, files) != "ours":
            return False
        with self.publishing(files[name].group) as folder:
            shutil.copyfile(self._root / name, folder / name)
            amended = edit(folder / name)
            if not amended or hash_file(folder / name) == self._hash(self._root / name):
                (folder / name).unlink()
        return amended

    def are_whole(self, names: Collection[str]) -> bool:
        """Say whether files are there and as they were published."""
        files = self._read().files
        return all(name in files and self._state(name, files) == "ours" for name in names)

    def changed(self) -> list[str]:
        """Name the files that are not as they were published: changed by a person, or damaged."""
        files = self._read().files
        return [name for name in files if self._state(name, files) == "changed"]

    def begin(self, game: str) -> bool:
        """Remove what was published of another game; what a person changed of it is kept, as NAME.yours.EXT.

        Args:
            game: hash of the video whose files are published from now on.

        Returns:
            Whether there was another.
        """
        record = self._read()
        another = record.game is not None and record.game != game
        if another:
            for name in record.files:
                self._remove(name, record.files)
        if record.game != game:
            self._write(_Record(game, {} if another else record.files))
        return another

    def start(self) -> None:
        """Note that nothing was published here yet."""
        self._write(_Record())

    def adopt(self) -> None:
        """Take what a version without a record published as ours."""
        if (self._work / RECORD).is_file():
            return
        found = [path for pattern in _OF_EARLIER_VERSIONS for path in self._root.glob(pattern) if is_plain_file(path)]
        names = [path.relative_to(self._root).as_posix() for path in found if not path.parent.is_symlink()]
        self._write(
            _Record(None, {name: PublishedFile(_group_of(name), (hash_file(self._root / name),)) for name in names})
        )

    def _place(self, group: str, staging: Path, whole: bool) -> None:
        """Move what was staged to its places."""
        staged = _files_below(staging)
        if not staged and not whole:
            return
        try:
            for path in staged:
                sync(path)  # a file is on the disk before it takes its name
        except OSError as error:
            raise output_error(self._root, error) from error
        new = {path.relative_to(staging).as_posix(): hash_file(path) for path in staged}
        record = self._read()
        states = {name: self._state(name, record.files) for name in new}
        for name, state in states.items():
            if state == "foreign" and self._hash(self._root / name) != new[name]:
                raise self._in_the_way(name)
        before = {name: record.files[name].sha256 if name in record.files else () for name in new}
        files = record.files | {name: PublishedFile(group, (*before[name], digest)) for name, digest in new.items()}
        self._write(_Record(record.game, files))  # first of all: after a kill either content is known as ours
        try:
            for name, state in states.items():
                if state == "changed":
                    self._set_aside(name)
                target = self._root / name
                make_directory(target.parent)
                (staging / name).replace(target)
            for folder in {(self._root / name).parent for name in new}:
                sync(folder)
        except OSError as error:
            raise output_error(self._root, error) from error
        gone = [name for name, file in files.items() if whole and file.group == group and name not in new]
        for name in gone:
            self._remove(name, files)
        kept = {name: file for name, file in files.items() if name not in gone}
        self._write(_Record(record.game, kept | {name: PublishedFile(group, (sha,)) for name, sha in new.items()}))

    def _state(self, name: str, files: dict[str, PublishedFile]) -> str:
        """Say what stands at a place: absent, ours, changed (ours once), or foreign.

        Raises:
            OutputError: a folder on the way is a link or a file.
        """
        path = self._path(name)
        if not os.path.lexists(path):
            return "absent"
        if name not in files or not is_plain_file(path):
            return "foreign"
        return "ours" if self._hash(path) in files[name].sha256 else "changed"

    def _in_the_way(self, name: str) -> OutputError:
        place = self._root / name
        return OutputError(f"{place} is not from courtside, and is left as it is; move it away or choose another --out")

    def _path(self, name: str) -> Path:
        """Return the place of a file; refuse one that a link leads out of the directory.

        Raises:
            OutputError: a folder on the way is a link or a file.
        """
        path = self._root
        for part in PurePosixPath(name).parts[:-1]:
            path /= part
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise OutputError(f"{path} is a link or a file where courtside needs a folder; remove it")
        return self._root / name

    def _hash(self, path: Path) -> str:
        """Return the hash of a file; '' for one that is none. It is read again only when size or time have changed."""
        if not is_plain_file(path):
            return ""
        found = path.lstat()
        key = (str(path), found.st_size, found.st_mtime_ns, found.st_ino)
        if key not in self._hashes:
            self._hashes[key] = hash_file(path)
        return self._hashes[key]

    def _remove(self, name: str, files: dict[str, PublishedFile]) -> None:
        """Remove a file that is ours; set one that was changed aside."""
        state = self._state(name, files)
        try:
            if state == "ours":
                path = self._root / name
                path.unlink()
                if path.parent != self._root and not any(path.parent.iterdir()):
                    path.parent.rmdir()
            elif state == "changed":
                self._set_aside(name)
        except OSError as error:
            raise output_error(self._root / name, error) from error

    def _set_aside(self, name: str) -> None:
        """Rename a file that a person changed."""
        path = self._root / name
        for count in range(1, 10_000):
            target = path.with_name(f"{path.stem}.yours{'' if count == 1 else f'-{count}'}{path.suffix}")
            if not os.path.lexists(target):
                path.rename(target)
                return

    def _read(self) -> _Record:
        """Read the record; a damaged one lists nothing."""
        try:
            record = _RECORD.validate_python(read_json(self._work / RECORD))
        except (TableError, ValidationError):
            return _Record()
        return _Record(record.game, {name: file for name, file in record.files.items() if _is_inside(name)})

    def _write(self, record: _Record) -> None:
        write_json(self._work / RECORD, _RECORD.dump_python(record, mode="json"))


_RECORD: TypeAdapter[Any] = TypeAdapter(_Record)


def is_ours_to_read(folder: Path, names: Sequence[str]) -> bool:
    """Say whether names that a manifest lists are plain files in a folder, reached without a link."""
    return all(_is_inside(name) and is_plain_file(folder / name) and _unlinked(folder, name) for name in names)


def _is_inside(name: str) -> bool:
    """Say whether a relative name stays in its folder, on every system."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")


def _unlinked(folder: Path, name: str) -> bool:
    parents = list(PurePosixPath(name).parents)[:-1]
    return not any((folder / parent).is_symlink() for parent in parents)


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _group_of(name: str) -> str:
    """Say who publishes a file of an earlier version."""
    return {"run.json": "run", "annotated.mp4": "video", "evaluation.json": "scores"}.get(name, "present")
