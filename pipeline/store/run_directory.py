"""One directory per game: what a run leaves behind, and what the next one may use again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import InputError, OutputError, TableError
from pipeline.store.files import (
    PARTIAL_SUFFIX,
    make_directory,
    output_error,
    read_json,
    remove_tree,
    write_bytes,
    write_json,
)
from pipeline.store.fingerprint import hash_file
from pipeline.store.folder import Folder
from pipeline.store.locking import HOLDER, LOCK, locked
from pipeline.store.published import RECORD, PublishedFiles, is_ours_to_read
from pipeline.tables import TableName

_MARKER = ".courtside"
_MARKER_TEXT = (
    b"Written by courtside. --fresh empties this directory. Of what lies around it, only files that published.json lists, "
    b"and that are as courtside wrote them, are ever replaced or removed.\n"
)
_INPUTS = frozenset({"corrections.csv", "calibration.json", "roster.csv"})
"""What a person may lay into a new output directory."""
_DONE = "done"


@dataclass(frozen=True)
class Manifest:
    """What a finished stage used and wrote.

    `fingerprint`: of its inputs, its settings and those of the stages before it; reuse depends on nothing else.
    `outputs`: file name -> size and SHA-256, so that a damaged file is noticed (null: size alone, in earlier versions).
    `inputs`, `settings`, `seconds`, `created_at`: for people.
    """

    stage: str
    fingerprint: str
    outputs: dict[str, tuple[int, str | None]]
    inputs: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    created_at: str = ""


class Part(Folder):
    """One resumable piece of a stage: `work/STAGE/chunk_00012/`, complete when its marker is there."""

    def __init__(self, path: Path, stage: str, fingerprint: str) -> None:
        super().__init__(path)
        self.stage = stage
        self.fingerprint = fingerprint

    def is_done(self) -> bool:
        """Say whether the part was completed with this fingerprint and its files are still whole."""
        if self.path.parent.is_symlink():
            return False
        return _is_whole(self.path, _read_manifest(self.json_path(_DONE)), self.fingerprint)

    @contextmanager
    def writing(self) -> Iterator[Part]:
        """Empty the part, let the block write its files, then mark it complete.

        After an error, or a kill at any moment, the part counts as not done.
        """
        remove_tree(self.json_path(_DONE))
        remove_tree(self.path)
        make_directory(self.path)
        yield self
        names = sorted(p.name for p in self.path.iterdir())
        manifest = Manifest(self.stage, self.fingerprint, _describe(self.path, names))
        write_json(self.json_path(_DONE), asdict(manifest))


class RunDirectory(Folder):
    """The directory of one game: files for people at the top (`root`), everything else in `root/work` (`path`).

    Tables, arrays and JSON of `Folder` live in `work/`; a stage's manifest is `work/STAGE.manifest.json`, its parts are
    `work/STAGE/chunk_00000/` and so on. Making the object touches nothing: use it so to read. To write::

        with RunDirectory.opened(Path("reports/game"), fresh=False) as run:
            if not run.is_fresh("tracking", digest):
                run.forget("tracking")
                outputs = [run.write_table("raw_tracks", table)]
                run.finish("tracking", digest, outputs, settings={...}, seconds=1.5)
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root / "work")
        self.root = root
        self.published = PublishedFiles(root, self.path)

    @classmethod
    @contextmanager
    def opened(cls, root: Path, fresh: bool = False, alongside: bool = False) -> Iterator[RunDirectory]:
        """Make or reuse a run directory and keep other runs out of it until the block ends (or the process dies).

        Args:
            root: made with its parents if missing.
            fresh: forget earlier work: empties `root/work`, nothing else.
            alongside: whether it may hold other files when courtside first writes there; they are left as they are.

        Raises:
            OutputError: it cannot be written, another run is in it, it holds other files, or `root/work` is not ours.
        """
        run = cls(root)
        _own(run, alongside)
        busy = f"is working in {root}; wait for it or choose another --out"
        with locked(run.path, lambda process: f"another run (process {process}) {busy}"):
            if fresh:
                run._clear()
            run._remove_partials()
            run.published.adopt()
            yield run

    def table_path(self, name: TableName) -> Path:
        """Return where a table is; refuse a link.

        Raises:
            TableError: it is one.
        """
        return _no_link(super().table_path(name))

    def array_path(self, name: str) -> Path:
        """Return where an array is; refuse a link.

        Raises:
            TableError: it is one.
        """
        return _no_link(super().array_path(name))

    def json_path(self, name: str) -> Path:
        """Return where a JSON file is; refuse a link.

        Raises:
            TableError: it is one.
        """
        return _no_link(super().json_path(name))

    def is_fresh(self, stage: str, fingerprint: str) -> bool:
        """Say whether a stage was finished with this fingerprint and its outputs are still whole."""
        return _is_whole(self.path, self.manifest(stage), fingerprint)

    def check_whole(self, names: Collection[str]) -> None:
        """Refuse files of `work/` that are not as the stage that wrote them noted.

        Args:
            names: of the files.

        Raises:
            TableError: one is missing, damaged or changed, or no stage wrote it.
        """
        manifests = [_read_manifest(path) for path in self.path.glob("*.manifest.json")]
        outputs = {name: noted for manifest in manifests if manifest for name, noted in manifest.outputs.items()}
        for name in names:
            if name not in outputs or not is_ours_to_read(self.path, [name]):
                raise TableError(f"{self.path / name} does not exist; run the stage that writes it")
            if not _is_described(self.path, {name: outputs[name]}):
                raise TableError(f"{self.path / name} is not as it was written; run the same courtside analyze again")

    def manifest(self, stage: str) -> Manifest | None:
        """Return what a finished stage noted; None if there is nothing or nothing readable."""
        return _read_manifest(self._manifest_path(stage))

    def finish(
        self,
        stage: str,
        fingerprint: str,
        outputs: Sequence[Path],
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Note that a stage is finished; call it after its last output is written.

        Args:
            stage: its name.
            fingerprint: see `fingerprint()`.
            outputs: the files it wrote in `work/`, as `write_table` and the others return them.
            inputs, settings: plain data for people to read.
            seconds: how long it took.
        """
        manifest = Manifest(
            stage,
            fingerprint,
            _describe(self.path, [str(path.relative_to(self.path)) for path in outputs]),
            dict(inputs or {}),
            dict(settings or {}),
            round(seconds, 3),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_json(self._manifest_path(stage), asdict(manifest))

    def forget(self, stage: str) -> None:
        """Take back a stage's manifest; call it before its outputs are written again."""
        try:
            self._manifest_path(stage).unlink(missing_ok=True)
        except OSError as error:
            raise output_error(self._manifest_path(stage), error) from error

    def part(self, stage: str, number: int, fingerprint: str) -> Part:
        """Return part `number` of a stage; `fingerprint` covers all that its content depends on.

        Args:
            stage: its name.
            number: from 0.
            fingerprint: of all that the part's content depends on.
        """
        return Part(self.path / stage / f"chunk_{number:05d}", stage, fingerprint)

    def discard_parts(self, stage: str) -> None:
        """Remove a stage's parts, when its assembled tables are finished."""
        remove_tree(self.path / stage)

    def _manifest_path(self, stage: str) -> Path:
        return self.json_path(f"{stage}.manifest")

    def _clear(self) -> None:
        """Empty `work/` except marker, lock and the record of what was published; manifests first."""
        try:
            for manifest in self.path.glob("*.manifest.json"):
                manifest.unlink()
            for entry in self.path.iterdir():
                if entry.name not in (_MARKER, LOCK, HOLDER, RECORD):
                    remove_tree(entry)
        except OSError as error:
            raise output_error(self.path, error) from error

    def _remove_partials(self) -> None:
        """Remove what killed runs left half-written, of earlier versions beside what they published too.

        A folder with a lock of its own is tidied by who holds that.
        """
        folders = [folder for folder in self.root.iterdir() if folder.is_dir() and not folder.is_symlink()]
        try:
            for folder in (self.root, *folders):
                for partial in folder.glob(f".*{PARTIAL_SUFFIX}"):
                    partial.unlink(missing_ok=True)
            for partial in self.path.rglob(f".*{PARTIAL_SUFFIX}"):
                if partial.parent == self.path or not (partial.parent / LOCK).exists():
                    partial.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(self.root, error) from error


def _own(run: RunDirectory, alongside: bool) -> None:
    """Make `work/` and mark it as ours; refuse one that somebody else filled, and a folder in use."""
    root, work = run.root, run.path
    make_directory(root)
    try:
        links = [path for path in (work, *(work / name for name in (_MARKER, LOCK, HOLDER))) if path.is_symlink()]
        if links:
            raise OutputError(f"{links[0]} is a link, which courtside does not follow; remove it")
        if (work / _MARKER).is_file():
            return
        others = sorted(entry.name for entry in root.iterdir() if _is_foreign(entry, work))
        if others and not alongside:
            raise OutputError(
                f"{root} holds files that courtside did not write ({', '.join(others[:3])}{', ...' * (len(others) > 3)}); "
                "choose another --out, or say --alongside to leave them as they are and write beside them"
            )
        make_directory(work)
        if any(entry.name not in (LOCK, HOLDER, RECORD) for entry in work.iterdir()):
            raise OutputError(f"{work} holds files that courtside did not write; choose another --out")
        run.published.start()  # before the mark: nothing that lies here yet is ours
        write_bytes(work / _MARKER, _MARKER_TEXT)
    except OSError as error:
        raise output_error(work, error) from error


def _no_link(path: Path) -> Path:
    """Return a path that leads to nothing outside of its directory by a link.

    Raises:
        TableError: it is a link.
    """
    if path.is_symlink():
        raise TableError(f"{path} is a link, which courtside does not follow; remove it and run again")
    return path


def _is_foreign(entry: Path, work: Path) -> bool:
    """Say whether something in a new output directory is neither an input, nor hidden, nor the folder that is ours."""
    return entry != work and entry.name not in _INPUTS and not entry.name.startswith(".")


def _describe(folder: Path, names: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """Return size and SHA-256 of files, by name."""
    return {name: ((folder / name).stat().st_size, hash_file(folder / name)) for name in sorted(names)}


def _is_described(folder: Path, outputs: Mapping[str, tuple[int, str | None]]) -> bool:
    """Say whether files have their size, and then their hash."""
    return all((folder / name).stat().st_size == size for name, (size, _) in outputs.items()) and all(
        digest is None or hash_file(folder / name) == digest for name, (_, digest) in outputs.items()
    )


def _is_whole(folder: Path, manifest: Manifest | None, fingerprint: str) -> bool:
    """Say whether a manifest has this fingerprint and describes the files that are there."""
    if manifest is None or manifest.fingerprint != fingerprint or folder.is_symlink():
        return False
    try:
        return is_ours_to_read(folder, list(manifest.outputs)) and _is_described(folder, manifest.outputs)
    except (OSError, InputError):
        return False


def _read_manifest(path: Path) -> Manifest | None:
    """Read a manifest; anything unreadable or of another shape counts as absent."""
    try:
        return _MANIFEST.validate_python(read_json(path))
    except (TableError, ValidationError):
        return None


_MANIFEST = TypeAdapter(Manifest)
