"""A small game on machines that have little: `make check-pythons [PYTHONS="3.11 3.12 3.13 3.14"]`.

For each Python (a version that uv finds or fetches, or a path) the locked versions are installed into a folder that
nobody may write to, and a rendered game is analysed by the installed command: as a user without rights and without a
home, in the locale C, with an empty environment, and without /dev/shm where the system lets us take it away. Prints a line per
Python; fails if one fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
NOBODY = 65534
"""Number of the user and group without rights."""
RENDERED = ("--seconds", "1", "--fps", "10", "--size", "640x360", "--set", "crowd=0.1")
WRITTEN = ("player_stats.csv", "report.html", "annotated.mp4", "heatmaps")
_WITHOUT_SHARED_MEMORY = ("unshare", "--mount", "sh", "-c", 'umount -l /dev/shm && exec "$@"', "sh")
_AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


class MachineError(Exception):
    """A step that failed on a machine, with what was printed."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="*", default=VERSIONS, help="versions, or paths of interpreters")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--installed", type=Path, help="an environment that is there already, in place of an install")
    given = parser.parse_args(arguments)
    failed = 0
    for python in given.pythons:
        with tempfile.TemporaryDirectory(prefix="courtside-fresh-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            try:
                programs = given.installed or install(given.uv, python, folder / "environment")
                said = smoke(programs / "bin", folder / "user")
            except MachineError as error:
                failed += 1
                said = f"FAILED: {error}"
            print(f"Python {python}: {said}", flush=True)  # noqa: T201  a line per machine
    raise SystemExit(failed)


def install(uv: str, python: str, environment: Path) -> Path:
    """Install the locked versions, not editable; return the environment."""
    variables = os.environ | {"UV_PROJECT_ENVIRONMENT": str(environment)}
    run([uv, "sync", "--quiet", "--frozen", "--no-editable", "--python", python], ROOT, variables)
    return environment


def smoke(programs: Path, folder: Path) -> str:
    """Render and analyse a game with what is installed; say on what machine.

    Raises:
        MachineError: a command failed, wrote less than it should, or printed a traceback.
    """
    folder.mkdir()
    prefix = poor_machine(programs / "python")
    if _AS_NOBODY[0] in prefix:
        os.chown(folder, NOBODY, NOBODY)
    bare = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
    courtside = [*prefix, str(programs / "courtside")]
    run([*courtside, "render-game", "--out", "game", *RENDERED], folder, bare)
    said = run([*courtside, "analyze", "game", "--out", "report", "--device", "cpu", "--workers", "2"], folder, bare)
    missing = [name for name in WRITTEN if not (folder / "report" / name).exists()]
    if missing or "Traceback" in said:
        raise MachineError(f"missing {missing}\n{said}")
    return f"analysed; {' '.join(part for part in ('unshare', 'setpriv') if part in prefix) or 'as who called'}"


def poor_machine(python: Path) -> list[str]:
    """Return the command by which a program is started with as little as this system can take away."""
    prefix: list[str] = []
    for step in (_WITHOUT_SHARED_MEMORY, _AS_NOBODY):
        if shutil.which(step[0]) and not fails([*prefix, *step, str(python), "-c", ""]):
            prefix += step
    return prefix


def fails(command: Sequence[str]) -> bool:
    """Say whether a command fails."""
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> str:
    """Run a command; return what it printed.

    Raises:
        MachineError: it failed.
    """
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode:
        raise MachineError(f"{' '.join(command)} ended with {done.returncode}\n{said}")
    return said


if __name__ == "__main__":
    main()
