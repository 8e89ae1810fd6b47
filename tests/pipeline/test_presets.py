"""Presets: shipped settings by name, under a file or settings of the user."""

from pathlib import Path

import pytest

from pipeline.choices import CONFIGS
from pipeline.config import Settings, StatsSettings, VideoSettings
from pipeline.errors import SettingsError
from pipeline.presets import PRESETS, overlaid, settings_from


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_but_the_default_changes_something_and_says_what_for(name: str) -> None:
    changed = settings_from(name) != Settings()  # type: ignore[arg-type]
    assert changed == (name != "balanced")
    assert (CONFIGS / "presets" / f"{name}.yaml").read_text(encoding="utf-8").startswith("# ")


def test_every_file_of_a_preset_has_a_name() -> None:
    assert {path.stem for path in (CONFIGS / "presets").iterdir()} == set(PRESETS)


def test_a_file_lies_over_a_preset_and_a_court_over_both(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("video: {chunk_s: 5}\ncourt: {court: fiba}", encoding="utf-8")
    found = settings_from("fast", tmp_path / "c.yaml", "nba")
    assert (found.video.max_fps, found.video.chunk_s, found.court.court) == (7.5, 5.0, "nba")


def test_only_what_is_set_by_name_lies_over_a_preset() -> None:
    found = overlaid("fast", Settings(video=VideoSettings(chunk_s=5), stats=StatsSettings()), "nba")
    assert (found.video.max_fps, found.video.chunk_s, found.court.court) == (7.5, 5.0, "nba")
    assert overlaid(None, None) == Settings()


def test_a_wrong_key_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("- 1", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"c\.yaml: expected a mapping"):
        settings_from("fast", tmp_path / "c.yaml")
    (tmp_path / "c.yaml").write_text("video: 3", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"c\.yaml: video"):
        settings_from("fast", tmp_path / "c.yaml")
    with pytest.raises(SettingsError, match="there is no preset 'slow'"):
        settings_from("slow")  # type: ignore[arg-type]
