"""Benchmarks that work something out: their examples, and a season on paper."""

import doctest

import pytest

from benchmarks import cores, gpu, season

COSTS = ["--processor-s-per-frame", "0.1", "--processor-s-per-run", "10", "--decode-s-per-frame", "0.01", "--fps", "30"]
COSTS += ["--bytes-in-per-s", "8e5", "--bytes-out-per-s", "1e5"]


@pytest.mark.parametrize("module", [cores, gpu, season])
def test_examples(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


def test_a_season_with_the_prices_of_the_reader(capsys: pytest.CaptureFixture[str]) -> None:
    assert season.main([*COSTS, "--cores", "16", "1024", "--core-hour-price", "0.1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    # 1,230 games of 216,000 frames at 0.1 s, and 10 s each: 7,383.4 core hours
    assert lines[-2].split() == ["16", "461.5", "738", "4.3", "0.5", "processors"]
    assert lines[-1].split()[:2] == ["1024", "19.7"]
    assert lines[-1].endswith("the line that videos come by")
    assert any(line.startswith("a game of 120 minutes: 6.0 core hours, 5.76 GB in, 0.72 GB out") for line in lines)


def test_without_a_video_every_cost_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        season.main(COSTS[:-2])
    assert "give a VIDEO to measure, or every cost" in capsys.readouterr().err
