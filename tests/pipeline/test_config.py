"""Settings files."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from models.court.train import CourtTrainSettings
from models.detector.train import CanvasSettings, DetectorTrainSettings
from models.numbers.training.settings import NumberTrainSettings
from models.reid.settings import LoopSettings
from pipeline.config import Settings, as_yaml, load_settings, parse_settings, parse_stored_settings
from pipeline.errors import SettingsError
from pipeline.rendering import NoiseSettings, RenderSettings
from pipeline.untrusted import MAX_YAML_BYTES

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
        ("detect: {input_size_px: 32}", "detect.input_size_px"),
        ("detect: {input_size_px: 8192}", "detect.input_size_px"),
        ("court: {court: cricket}", "court.court: "),
        ("- a list", "expected a mapping"),
        ("stats: [", "is not YAML"),
        ("a: &x [1, 2]\nb: [*x, *x]", "line 2: aliases (*x) are not read"),
        ("stats: {jog_mps: 1}\nstats: {jog_mps: 2}", "line 2: the key 'stats' stands twice"),
        ("stats: " + "{a: " * 60 + "}" * 60, "nested more than 50 deep"),
        ("[" * 100_000, "nested more than 50 deep"),
        (f"track: {{confirm_boxes: 1{'0' * 400}}}", "a number of more than 100 digits"),
        (f"track: {{confirm_boxes: 1{'0' * 80}}}", "track.confirm_boxes: "),
        ("track: {confirm_boxes: 1_000}", "numbers are written without _"),
        ("track: {confirm_boxes: '３'}", "track.confirm_boxes: "),
        ("track: {confirm_boxes: true}", "track.confirm_boxes: "),
        ("stats: {smooth_s: true}", "stats.smooth_s: "),
        ("stats: {periods: [0, .inf]}", "stats.periods.1: "),
        ("stats: {periods: [0, 1.0e+308]}", "stats.periods.1: "),
        ("detect: {weights: !!timestamp x}", "tags (tag:yaml.org,2002:timestamp) are not read"),
        ("# " + "x" * MAX_YAML_BYTES, "larger than 128 KiB"),
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


BOUNDED = (
    *(info.annotation for info in Settings.model_fields.values()),
    *(RenderSettings, NoiseSettings),
    *(DetectorTrainSettings, CanvasSettings, CourtTrainSettings, LoopSettings, NumberTrainSettings),
)


def kinds_of(annotation: Any) -> Iterator[type]:
    """Find the plain types that a field takes."""
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from kinds_of(part)
    elif get_origin(annotation) is Annotated:
        yield from kinds_of(get_args(annotation)[0])
    elif isinstance(annotation, type):
        yield annotation


@pytest.mark.parametrize("model", BOUNDED, ids=lambda model: model.__name__)
def test_every_number_of_all_settings_is_finite_and_bounded(model: type[BaseModel]) -> None:
    required = {name: 1 for name, info in model.model_fields.items() if info.is_required()}
    for name, info in model.model_fields.items():
        kinds = set(kinds_of(info.annotation))
        wrong: list[Any] = [float("inf"), float("-inf"), float("nan"), 1e308, -1e308] if float in kinds else []
        wrong += [10**99, -(10**99), 10**400] if kinds & {int, float} else []
        for value in wrong:
            with pytest.raises(ValidationError) as refusal:
                model.model_validate({**required, name: value})
            assert name in {problem["loc"][0] for problem in refusal.value.errors()}


def test_a_file_that_is_none_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(SettingsError, match="not a plain file"):
            load_settings(path)
    (tmp_path / "latin.yaml").write_bytes("# Zoë".encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        load_settings(tmp_path / "latin.yaml")
