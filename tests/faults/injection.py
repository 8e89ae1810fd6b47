"""Faults that a child makes for itself before it works. Called as `Work.before`."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate"})
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_PRIVATE = 0x4000 | (1 << 18)
_READ_ONLY_AGAIN = 1 | 32 | 4096
"""MS_RDONLY, MS_REMOUNT, MS_BIND."""


def count_changes(folder: str, note: str) -> None:
    """Write into a file how many changes of the file system lie within a folder, when the process ends.

    Args:
        folder: what is counted.
        note: the file, which lies elsewhere.
    """
    made = [0]

    def changed() -> None:
        made[0] += 1

    _at_changes(Path(folder), changed)
    leave = os._exit

    def left(code: int) -> None:
        Path(note).write_text(str(made[0]), encoding="utf-8")
        leave(code)

    os._exit = left  # type: ignore[assignment]


def kill_at(folder: str, number: int) -> None:
    """Kill this process just before so many-th change within a folder."""

    def killed() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    _at_changes(Path(folder), _when(number, killed))


def fail_at(folder: str, number: int, name: str, lasting: bool) -> None:
    """Let a change within a folder fail, as on a full disk (ENOSPC), one that is read-only (EROFS) or broken (EIO).

    Args:
        folder: where.
        number: which change, from 0.
        name: of the error.
        lasting: all later ones fail too.
    """
    code = getattr(errno, name)

    def failed() -> None:
        raise OSError(code, os.strerror(code))

    _at_changes(Path(folder), _when(number, failed, lasting))


def _when(number: int, act: Callable[[], None], lasting: bool = False) -> Callable[[], None]:
    """Act at the change of a number, or from it on."""
    made = [-1]

    def changed() -> None:
        made[0] += 1
        if made[0] == number or (lasting and made[0] > number):
            act()

    return changed


def _at_changes(folder: Path, changed: Callable[[], None]) -> None:
    """Call something before each change of the file system within a folder that Python makes, fsync included."""
    inside = str(folder)

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if (opened or event in _CHANGES) and _is_within(arguments[0], inside):
            changed()

    sync = os.fsync

    def synced(descriptor: int) -> None:
        if _is_within(os.readlink(f"/proc/self/fd/{descriptor}"), inside):
            changed()
        sync(descriptor)

    os.fsync = synced
    sys.addaudithook(audited)


def _is_within(path: Any, folder: str) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    whole = os.path.abspath(os.fsdecode(path))
    return whole == folder or whole.startswith(folder + "/")


def few_files(number: int) -> None:
    """Let the process have so many files open at once."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def small_files(size_bytes: int) -> None:
    """Let no file grow over a size, in native code neither."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def clock_jumps(seed: int) -> None:
    """Let the wall clock jump by hours in both directions, and the steady clock forwards, as after a sleep of the machine."""
    rng, wall, ahead_s = random.Random(seed), time.time, [0.0]
    time.time = lambda: wall() + rng.uniform(-7200, 7200)
    for name in ("monotonic", "perf_counter"):
        steady: Callable[[], float] = getattr(time, name)

        def jumped(steady: Callable[[], float] = steady) -> float:
            ahead_s[0] += rng.choice((0.0, 0.0, 3600.0))
            return steady() + ahead_s[0]

        setattr(time, name, jumped)


def lost_device(calls: int) -> None:
    """Let the networks fail after some calls, as those of a graphics card that is gone."""
    from models.runtime import openvino_network

    made, called = [0], openvino_network.OpenVinoNetwork.__call__

    def lost(network: Any, *arguments: Any) -> Any:
        made[0] += 1
        if made[0] > calls:
            raise RuntimeError("CUDA error: unspecified launch failure")
        return called(network, *arguments)

    openvino_network.OpenVinoNetwork.__call__ = lost  # type: ignore[method-assign]


def small_disk(folder: str, size_kb: int) -> None:
    """Lay a small file system over a folder, for this process alone; what lay there is copied onto it.

    What is on it when the process ends is copied to a folder beside it, `NAME.kept`.
    """
    place = Path(folder)
    before = _files(place)
    own_mounts()
    _mount(b"tmpfs", place, b"tmpfs", 0, f"size={size_kb}k".encode())
    _write(place, before)
    leave = os._exit

    def left(code: int) -> None:
        _write(place.with_name(f"{place.name}.kept"), _files(place))
        leave(code)

    os._exit = left  # type: ignore[assignment]


def read_only(folder: str) -> None:
    """Make a folder read-only for this process, also if it is root's."""
    own_mounts()
    place = Path(folder)
    _mount(str(place).encode(), place, None, 4096, None)
    _mount(b"none", place, None, _READ_ONLY_AGAIN, None)


def no_shared_memory() -> None:
    """Leave no room in /dev/shm for this process and its children."""
    own_mounts()
    _mount(b"tmpfs", Path("/dev/shm"), b"tmpfs", 1, b"size=4k")  # noqa: S108 - it is this very folder


def own_mounts() -> None:
    """Give this process mounts of its own, which end with it.

    Raises:
        OSError: the system does not let it.
    """
    user, group = os.getuid(), os.getgid()
    kinds = _NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USER
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(kinds) != 0:
        raise OSError(ctypes.get_errno(), "no mounts of its own")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    _mount(b"none", Path("/"), None, _PRIVATE, None)


def _mount(source: bytes, target: Path, kind: bytes | None, flags: int, data: bytes | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source, str(target).encode(), kind, ctypes.c_ulong(flags), data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {target}: {os.strerror(number)}")


def _files(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder by name."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
