"""What must hold on Linux, macOS and Windows, as far as the sources tell it on one of them."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    [ROOT / "setup.py", *(path for name in ("courtside", "pipeline", "models") for path in (ROOT / name).rglob("*.py"))]
)
OF_POSIX = "crypt curses fcntl grp nis posix pty pwd readline resource spwd syslog termios tty"
OF_POSIX_IN_OS = """
    chown fchmod fchown fork forkpty getegid geteuid getgid getloadavg getpgid getuid killpg lchown major mkfifo mknod
    nice posix_fadvise posix_spawn pread pwrite sched_getaffinity sched_setaffinity setpgid setsid setuid statvfs sync
    uname wait wait3 wait4 waitid O_CLOEXEC O_DIRECTORY O_DIRECT O_NOFOLLOW O_NONBLOCK O_SYNC
"""
SIGNALS = "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pause"
MODULES = frozenset(OF_POSIX.split())
ATTRIBUTES = {
    "os": frozenset(OF_POSIX_IN_OS.split()),
    "signal": frozenset(SIGNALS.split()),
    "socket": frozenset({"AF_UNIX"}),
    "time": frozenset({"tzset"}),
}
METHODS = frozenset({"chown", "hardlink_to", "lchmod", "symlink_to"})
KEYWORDS = frozenset({"pass_fds", "preexec_fn"})
GUARDS = ("os.name", "sys.platform", "platform.system", "hasattr(")
FIXED_PATHS = re.compile(r"/(dev|proc|sys|tmp|usr|etc)(/|$)")


def faults_of(source: str) -> list[str]:
    """Name what a module uses that one system lacks, unless a condition on the system stands around it."""
    return [f"line {node.lineno}: {what}" for node in _unguarded(ast.parse(source)) for what in _faults(node)]


def _unguarded(tree: ast.AST) -> Iterator[ast.stmt | ast.expr]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If | ast.IfExp) and any(guard in ast.unparse(node.test) for guard in GUARDS):
            continue
        if isinstance(node, ast.stmt | ast.expr):
            yield node
        yield from _unguarded(node)


def _faults(node: ast.stmt | ast.expr) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
        case ast.ImportFrom(module=str(module)):
            if module.split(".")[0] in MODULES:
                yield f"import {module}"
            yield from (f"{module}.{a.name}" for a in node.names if a.name in ATTRIBUTES.get(module, ()))
        case ast.Attribute(value=ast.Name(id=module), attr=name) if name in ATTRIBUTES.get(module, ()):
            yield f"{module}.{name}"
        case ast.Constant(value=str(text)) if FIXED_PATHS.match(text):
            yield f"path {text}"
        case ast.Call():
            yield from _faults_of_call(node)


def _faults_of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    keywords = {keyword.arg for keyword in call.keywords}
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name in METHODS:
        yield f"{name}()"
    yield from sorted(f"{name}({keyword}=...)" for keyword in KEYWORDS & keywords if keyword)
    if name == "strftime" and any("%-" in text for text in texts):
        yield "strftime with %-"
    if name in ("get_context", "set_start_method") and "fork" in texts:
        yield "processes by fork"
    if "encoding" not in keywords and _is_of_text(name, owner, call, texts):
        yield f"{name}() without encoding"


def _is_of_text(name: str, owner: str, call: ast.Call, texts: list[str]) -> bool:
    """Say whether a call reads or writes a file as text."""
    if name in ("read_text", "write_text"):
        return len(call.args) < (1 if name == "read_text" else 2)
    is_open = name == "open" and owner not in ("av", "os", "webbrowser", "Image", "wave", "zipfile", "tarfile")
    modes = [text for text in texts if re.fullmatch(r"[rwaxbt+]{1,3}", text)]
    is_file = owner == "" or bool(modes) or (not call.args and re.search(r"path|file|folder| / ", owner) is not None)
    return is_open and is_file and not any("b" in mode for mode in modes)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_that_one_system_lacks(path: Path) -> None:
    assert faults_of(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import fcntl", "import fcntl"),
        ("def f():\n    from resource import getrusage", "import resource"),
        ("import os\nos.nice(5)", "os.nice"),
        ("from signal import SIGHUP", "signal.SIGHUP"),
        ("open('/dev/null', 'wb')", "path /dev/null"),
        ("path.open('w')", "open() without encoding"),
        ("path.open()", "open() without encoding"),
        ("path.read_text()", "read_text() without encoding"),
        ("day.strftime('%-d')", "strftime with %-"),
        ("subprocess.run(c, preexec_fn=f)", "run(preexec_fn=...)"),
        ("link.symlink_to(file)", "symlink_to()"),
    ],
)
def test_such_a_thing_is_found(source: str, fault: str) -> None:
    assert [found.split(": ")[1] for found in faults_of(source)] == [fault]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nif os.name == 'posix':\n    os.nice(5)",
        "import os\nif hasattr(os, 'sched_getaffinity'):\n    n = len(os.sched_getaffinity(0))",
        "path.open('rb')\npath.open('w', encoding='utf-8')\npath.read_text('utf-8')\npath.read_bytes()",
        "av.open(name)\nImage.open(stream)\nwebbrowser.open(address)",
    ],
)
def test_what_is_guarded_or_portable_is_none(source: str) -> None:
    assert faults_of(source) == []


WITHOUT = """
import sys
for name in {modules}:
    sys.modules[name] = None
import pipeline.store
from pipeline.cli import main
sys.argv = ["courtside", *sys.argv[1:]]
main()
"""


def courtside(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command with none of the modules that Windows lacks."""
    program = WITHOUT.format(modules=sorted(MODULES - {"posix"}))  # Python itself needs posix where it has it
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, check=False)


def test_the_command_line_starts_without_posix_modules() -> None:
    done = courtside("--help")
    assert done.returncode == 0, done.stderr.decode()
    assert b"analyze" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_a_sign_gets_another(encoding: str) -> None:
    done = courtside("heatmap", "Čeřovský", "--player", "1", PYTHONIOENCODING=encoding)
    assert done.returncode not in (0, 1), "a fault of the user has its own exit code"
    text = done.stderr.decode(encoding)
    assert "error: " in text
    assert "Traceback" not in text
    assert "?e?ovsk" in text
