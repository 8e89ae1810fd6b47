"""A headless Chromium that a test drives as a person would: over DevTools on a pipe, no port and no further package."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 60.0


class Chromium:
    """One browser with one page."""

    def __init__(self, profile: Path, width: int = 1440, height: int = 900) -> None:
        program = next((found for found in map(shutil.which, _NAMES) if found), None)
        if program is None:
            pytest.skip("there is no Chromium on this machine")
        read_fd, self._to = _high_pipe()
        self._from, write_fd = _high_pipe()
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
        ]
        command += [f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"]
        pipes = f'exec "$@" 3<&{read_fd} 4>&{write_fd} {read_fd}<&- {write_fd}>&-'
        self._process = subprocess.Popen(
            ["bash", "-c", pipes, "bash", *command],
            pass_fds=(read_fd, write_fd),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_fd)
        os.close(write_fd)
        self._number, self._rest, self._session = 0, b"", ""
        self._errors: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    @property
    def process_id(self) -> int:
        """Number of the browser's process."""
        return self._process.pid

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        self._process.wait(_PATIENCE_S)

    def call(self, method: str, **parameters: Any) -> Any:
        """Ask DevTools for something and wait for the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                piece = os.read(self._from, 1 << 16)
                assert piece, "Chromium ended"
                self._rest += piece
            line, self._rest = self._rest.split(b"\0", 1)
            answer = json.loads(line)
            self._note(answer)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _note(self, message: Any) -> None:
        """Keep what the console shows as an error."""
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self._errors.append(message["params"]["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self._errors.append(str(message["params"]["exceptionDetails"]))

    def errors(self) -> list[str]:
        """Return the errors that the console has shown so far."""
        self.value("0")
        return list(self._errors)

    def open(self, address: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=address)

    def reload(self) -> None:
        """Load the page again, and wait until it is another document."""
        self.value("window.isBeforeReload = true")
        self.call("Page.reload")
        self.wait("window.isBeforeReload === undefined")

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Wait until JavaScript gives something true."""
        end = time.monotonic() + _PATIENCE_S
        while not (value := self._value_now(expression)):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)
        return value

    def _value_now(self, expression: str) -> Any:
        """Evaluate JavaScript; None while one page gives way to another."""
        try:
            return self.value(expression)
        except AssertionError as error:
            if "navigated" not in str(error):
                raise
            return None

    def click(self, x: float, y: float, control: bool = False) -> None:
        """Move the mouse to a place of the page and click."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, control=control)
        self.mouse("mouseReleased", x, y, control=control)

    def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drag with the left button."""
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start)
        for share in (0.3, 0.7, 1.0):
            self.mouse("mouseMoved", *(a + share * (b - a) for a, b in zip(start, stop, strict=True)), held=True)
        self.mouse("mouseReleased", *stop)

    def mouse(self, kind: str, x: float, y: float, held: bool = False, control: bool = False) -> None:
        """Send one event of the mouse."""
        pressed = held or kind == "mousePressed"
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button="none" if kind == "mouseMoved" and not held else "left",
            buttons=int(pressed),
            clickCount=int(kind != "mouseMoved"),
            modifiers=2 if control else 0,
        )

    def key(self, key: str, control: bool = False, shift: bool = False) -> None:
        """Press a key."""
        code = {"Enter": 13, "Escape": 27, "Delete": 46, "ArrowRight": 39}.get(key, ord(key[0].upper()))
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                modifiers=2 * control + 8 * shift,
            )

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path) -> None:
        """Save what the page looks like."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


def _high_pipe() -> tuple[int, int]:
    """Make a pipe whose ends are none of the numbers 3 and 4 that Chromium wants."""
    fcntl = pytest.importorskip("fcntl", reason="Chromium's pipe is opened as POSIX systems do it")
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 50) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
