"""The small files of a rendered game: calibration, roster, what it is."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from pipeline.geometry.calibration_formats import FORMAT, VERSION
from pipeline.rendering.camera.coverage import Coverage, Take
from pipeline.rendering.people.appearance import CastMember, Color
from pipeline.store.files import write_json

CALIBRATION_EVERY_S = 2.0
"""A camera that moves is calibrated so often, and after each cut."""


class Sidecar:
    """Collects what the files need while the game goes on."""

    def __init__(self, coverage: Coverage) -> None:
        """Start for a game."""
        self.coverage = coverage
        self.calibrated: list[dict[str, Any]] = []
        self.last: Take | None = None

    def note(self, take: Take) -> None:
        """Look at the next frame."""
        if take.kind == "play" and self._due(take):
            matrix = take.view.court_homography(self.coverage.court)
            self.calibrated.append({"frame": take.index, "homography": matrix.tolist()})
            self.last = take

    def _due(self, take: Take) -> bool:
        if self.last is None:
            return True
        waited = take.index - self.last.index >= CALIBRATION_EVERY_S * self.coverage.settings.fps
        return self.coverage.camera.moves and (waited or take.shot != self.last.shot)

    def write(self, folder: Path) -> None:
        """Write calibration.json (see `pipeline.geometry.calibration`), roster.csv, appearance.csv and game.json.

        Raises:
            OutputError: a file cannot be written.
        """
        settings, camera = self.coverage.settings, self.coverage.camera
        lens = camera.lens
        calibration = {
            "format": FORMAT,
            "version": VERSION,
            "court": settings.court,
            "image_size": list(settings.size),
            "camera": "moving" if camera.moves else "fixed",
            "lens": {"center_px": list(lens.center_px), "scale_px": lens.scale_px, "lam": lens.lam},
            "frames": self.calibrated,
        }
        write_json(folder / "calibration.json", calibration)
        facts = {"court": settings.court, "fps": settings.fps, "frames": self.coverage.total, "seed": settings.seed}
        about = {"size": list(settings.size), "settings": settings.model_dump(mode="json")}
        write_json(folder / "game.json", facts | about)
        if settings.numbers:
            self._write_roster(folder / "roster.csv")
        with (folder / "appearance.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "role", "skin", "hair", "shoes", "sleeves", "shirt"])
            writer.writerows(_appearance_row(person) for person in self.coverage.people)

    def _write_roster(self, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["number", "name", "team"])
            players = (person for person in self.coverage.people if person.role == "player")
            writer.writerows([person.number, person.name, person.team] for person in players)


def _appearance_row(person: CastMember) -> list[str | int]:
    """Say what somebody was painted like: colours as #rrggbb, no hair colour for the bald."""
    style = person.style
    sleeves = "yes" if style.sleeve_left or style.sleeve_right else "no"
    hair = _hex(style.hair) if style.hair_style else ""
    colors = [_hex(style.skin), hair, _hex(style.shoes), sleeves, _hex(style.uniform.shirt)]
    return [person.person_id, person.role, *colors]


def _hex(color: Color) -> str:
    blue, green, red = color
    return f"#{red:02x}{green:02x}{blue:02x}"
