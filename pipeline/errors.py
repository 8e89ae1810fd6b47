"""The one family of errors, named by cause.

A message says what is wrong, where (file, frame, key), what was expected and what to do, in one line.
The command line prints it as that line and ends with `exit_code`. What is raised elsewhere is put into these terms by
`explained`, at the borders of the command line and of a piece of work.
"""

from __future__ import annotations

import errno
import os


class CourtsideError(Exception):
    """Something that a user can cause or mend."""

    exit_code = 1


class InputError(CourtsideError):
    """A video, table or other input file is missing, unreadable or not what it should be."""

    exit_code = 3


class SettingsError(CourtsideError):
    """A setting is unknown, of the wrong type, or contradicts another."""

    exit_code = 4


class CalibrationError(CourtsideError):
    """A calibration file is malformed, has too few points, or does not fit."""

    exit_code = 5


class WeightsError(CourtsideError):
    """A weight file is missing or does not match its network."""

    exit_code = 6


class OutputError(CourtsideError):
    """An output cannot be written: no permission, no space, not a directory."""

    exit_code = 7


class TableError(CourtsideError):
    """A table does not satisfy its schema."""

    exit_code = 8


class DependencyError(CourtsideError):
    """An optional package or device that a setting asks for is not there."""

    exit_code = 9


class WorkerError(CourtsideError):
    """A process that shared the work ended before it was done, or cannot do it."""

    exit_code = 10


class ResourceError(CourtsideError):
    """The machine refused something: memory, open files, a device that failed."""

    exit_code = 11


class InternalError(CourtsideError):
    """A fault of courtside itself, not of what it was given."""

    exit_code = 70


_MEMORY = "memory ran out; what was finished is kept: run again with fewer --workers or a smaller video.chunk_s"
_OF_THE_DISK = {
    errno.ENOSPC: "the disk is full; free some space and run again: finished work is kept",
    errno.EDQUOT: "the disk quota is used up; free some space and run again: finished work is kept",
    errno.EROFS: "the file system is read-only; choose another --out",
}
_OF_THE_MACHINE = {
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run again: finished work is kept",
    errno.ENFILE: "too many files are open on this machine; close programs and run again: finished work is kept",
    errno.ENOMEM: _MEMORY,
}
_OF_THE_PATH = {
    errno.ENOENT: "no such file or directory; check the path",
    errno.ENOTDIR: "a part of the path is a file, not a directory; check the path",
    errno.EISDIR: "a directory stands where a file is expected; check the path",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ELOOP: "links lead in a circle; check the path",
    errno.EACCES: "no permission; check the path and who may use it",
    errno.EPERM: "not permitted; check the path and who may use it",
}
_OURS = ("courtside", "pipeline", "models")
_OF_A_DEVICE = ("CUDA error", "cuDNN", "CUBLAS", "MPS backend", "HIP error")


def explained(error: Exception) -> CourtsideError:
    """Put what was raised into the terms of this family: what is wrong, where, what to do, in one line.

    Args:
        error: of any kind; one of this family is returned as it is.

    Example:
        >>> error = explained(OSError(errno.ENOSPC, "No space left on device", "a.mp4"))
        >>> print(type(error).__name__, error.exit_code, error)
        OutputError 7 a.mp4: the disk is full; free some space and run again: finished work is kept
        >>> print(explained(KeyError("frame")))
        this is a fault of courtside: KeyError: 'frame'; what was finished is kept; run again with --debug and report it
    """
    if isinstance(error, CourtsideError):
        return error
    if isinstance(error, OSError):
        return _of_the_system(error)
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "not enough memory" in said:
        return ResourceError(_MEMORY)
    if isinstance(error, UnicodeError):
        return InputError(f"a name or file holds what is not UTF-8 text ({said}); rename it, or save it as UTF-8")
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] not in _OURS:
        return DependencyError(
            f"a library cannot be loaded ({said[:200]}); install what is missing (docs/guide/installing.md names the "
            "packages of a bare system) and run again"
        )
    if isinstance(error, RuntimeError) and any(sign in said for sign in _OF_A_DEVICE):
        return ResourceError(
            f"the device failed ({said[:200]}); run again, or with --device cpu: finished work is kept"
        )
    what = f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__
    return InternalError(
        f"this is a fault of courtside: {what}; what was finished is kept; run again with --debug and report it"
    )


def _of_the_system(error: OSError) -> CourtsideError:
    """Explain an error of the operating system."""
    names = [
        os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes | os.PathLike)
    ]
    where = f"{names[-1]}: " if names else ""
    code = error.errno or 0
    if code in _OF_THE_DISK:
        return OutputError(where + _OF_THE_DISK[code])
    if code in _OF_THE_MACHINE:
        return ResourceError(_OF_THE_MACHINE[code])
    if code in _OF_THE_PATH and names:
        return InputError(where + _OF_THE_PATH[code])
    reason = " ".join((error.strerror or str(error) or type(error).__name__).split())
    return ResourceError(f"{where}the system refused: {reason}; what was finished is kept: run again")
