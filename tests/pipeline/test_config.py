"""Settings files."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import Settings, as_yaml, load_settings, parse_settings, parse_stored_settings
from pipeline.errors import SettingsError

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_default_file_lists_every_setting_with_its_default() -> None:
    """To write it anew: `courtside settings > configs/default.yaml`."""
    assert (CONFIGS / "default.yaml").read_text(encoding="utf-8") == as_yaml(Settings())


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_settings_are_valid(path: Path) -> None:
    recipe = {"steps", "train"} & set(yaml.safe_load(path.read_text(encoding="utf-8")))
    if not recipe:  # recipes of trainings are checked elsewhere
        load_settings(path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = parse_settings({"stats": {"smooth_s": 0.9}, "video": {"max_fps": None}})
    path = tmp_path / "mine.yaml"
    path.write_text(as_yaml(settings), encoding="utf-8")

    assert load_settings(path) == settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stats: {smoth_s: 1}", "stats.smoth_s: unknown key; known here: acceleration_mps2"),
        ("nonsense: 1", "nonsense: unknown key"),
        ("stats: {smooth_s: fast}", "stats.smooth_s: "),
        ("stats: {smooth_s: -1}", "stats.smooth_s: "),
        ("stats: {jog_mps: 5}", "speed zones must rise"),
        ("detect: {input_size_px: 700}", "multiple of 32"),
        ("court: {court: cricket}", "court.court: "),
        ("- a list", "expected a mapping"),
        ("stats: [", "is not YAML"),
        ("!!python/object/apply:os.system ['true']", "is not YAML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_with_its_path(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as refusal:
        load_settings(path)

    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        load_settings(Path("no/such/file.yaml"))


def test_stored_settings_leave_out_what_there_is_no_more_and_a_wrong_value_stays_an_error() -> None:
    noted = {"stats": {"jog_mps": 2.0}, "detect": {"batch": 8}, "identify": {"adapt": True, "teams": False}, "gone": {}}
    settings, left_out = parse_stored_settings(noted, "run.json")
    assert left_out == ("detect.batch", "identify.adapt", "gone")
    assert settings == parse_settings({"stats": {"jog_mps": 2.0}, "identify": {"teams": False}})
    with pytest.raises(SettingsError, match=r"run\.json: stats\.jog_mps"):
        parse_stored_settings({"stats": {"jog_mps": -1}, "gone": {}}, "run.json")
    with pytest.raises(SettingsError, match="expected a mapping"):
        parse_stored_settings([], "run.json")
