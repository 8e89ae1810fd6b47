"""What the report says of the annotated video, which is drawn after it, or later, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from shlex import quote

from pipeline.present.report.inserting import insert

BEGIN, END = "<!-- video -->", "<!-- /video -->"
"""What stands between them in the report is replaced."""


@dataclass(frozen=True)
class VideoNote:
    """Whether there is an annotated video, and whether it shows what the report says."""

    run: str
    """Name of the run's directory, for the command that draws it."""
    file: str | None
    """The video; None where there is none."""
    current: bool
    """Whether it was drawn of the same players and places as the report."""
    size: str = ""
    """Its size and rate, in words."""
    begin_s: float = 0.0
    """Second of the source that it begins with."""

    @property
    def html(self) -> str:
        """The note as HTML."""
        command = f"<code>courtside video {escape(quote(self.run))}</code>"
        link = f'<a href="{escape(self.file or "")}">{escape(self.file or "")}</a>'
        if self.file is None:
            text = f"There is no annotated video; {command} draws it."
        elif not self.current:
            text = f"{link} was drawn before the last changes and may show other names; {command} draws it anew."
        else:
            text = f"The game with names on it: {link}, {escape(self.size)}."
        return f'<p class="quiet video">{text}</p>{self._player}'

    @property
    def _player(self) -> str:
        """The video itself, which the times in the report lead to."""
        if self.file is None:
            return ""
        return (
            '\n<p class="quiet no-player" hidden>This browser does not play it here: the times in this page open the file.</p>'
            '\n<div class="watch-place"><figure class="watch" aria-label="Annotated video">'
            f'<video class="game" controls preload="metadata" playsinline src="{escape(self.file)}" '
            f'data-begin="{self.begin_s:.3f}"></video><button type="button">Back to its place</button></figure></div>'
        )


def note_video(report: Path, note: VideoNote) -> bool:
    """Write into a report whether there is a video, in place of what stood there.

    Returns:
        Whether the report has a place for it.

    Raises:
        TableError: the report cannot be read.
        OutputError: it cannot be written.
    """
    return insert(report, BEGIN, END, note.html)
