"""Mutants: what is drawn, that tests which notice kill, and that the tree is afterwards as before."""

from pathlib import Path

import pytest

from benchmarks.mutation import Change, Mutant, draw, find_mutants, nearest_tests, show, tried

OPERATORS = ["ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_BitOr_BitAnd", "ReplaceTrueWithFalse"]
MODULE = "pipeline/sums/total.py"
CODE = '''"""Sums."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sums:
    a: int | None
    b: int


def total(a: int | None, b: int | None) -> int | None:
    return sum(x + y for x, y in zip([a], [b], strict=True))


def unused(a: int, b: int) -> int:
    return a + b
'''
TESTS = """from pipeline.sums.total import total


def test_sum():
    assert total(2, 3) == 5
"""
CONFIGURATION = {"timeout_s": 60, "also_tested_by": {}}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in ((MODULE, CODE), ("tests/pipeline/sums/test_total.py", TESTS)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pipeline/__init__.py").touch()
    return tmp_path


def test_a_seed_draws_the_same_and_nothing_that_is_no_change(tree: Path) -> None:
    places = {"sums": find_mutants(tree, "pipeline/sums", OPERATORS)}
    assert len(places["sums"]) == 7
    drawn = draw(tree, places, 7, 1)
    assert {(mutant.operator, mutant.line) for mutant in drawn} == {(OPERATORS[0], 13), (OPERATORS[0], 17)}
    many = {"sums": find_mutants(Path(__file__).parents[2], "pipeline/store", OPERATORS)}
    root = Path(__file__).parents[2]
    assert draw(root, many, 3, 1) == draw(root, many, 3, 1) != draw(root, many, 3, 2)


def test_who_is_tested_is_killed_who_is_not_survives_and_all_is_put_back(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = sorted(draw(tree, {"sums": find_mutants(tree, "pipeline/sums", OPERATORS)}, 7, 1), key=lambda m: m.line)
    killed, survived = tried(tree, drawn, CONFIGURATION)
    assert (killed.outcome, survived.outcome) == ("killed", "survived")
    assert (survived.before, survived.after) == ("return a + b", "return a - b")
    assert (tree / MODULE).read_text(encoding="utf-8") == CODE
    judged = {"file": MODULE, "before": survived.before, "after": survived.after, "why": "nobody calls it"}
    (known_equivalent,) = tried(tree, drawn[1:], CONFIGURATION | {"equivalent": [judged]})
    assert known_equivalent.outcome == "equivalent"
    assert show([killed, survived, known_equivalent], {"sums": 7}, {"sums": 0.5}) == 0
    assert show([killed, survived], {"sums": 7}, {"sums": 0.6}) == 1
    said = capsys.readouterr().out
    assert "survived: pipeline/sums/total.py:17\n  - return a + b\n  + return a - b" in said


def test_tests_that_fail_by_themselves_kill_nobody(tree: Path) -> None:
    (tree / "tests/pipeline/sums/test_total.py").write_text(TESTS.replace("5", "6"), encoding="utf-8")
    with pytest.raises(SystemExit, match="without any change"):
        list(tried(tree, draw(tree, {"sums": find_mutants(tree, "pipeline/sums", OPERATORS)}, 1, 1), CONFIGURATION))


def test_a_module_is_tested_by_what_mirrors_it() -> None:
    root = Path(__file__).parents[2]
    assert nearest_tests(root, "pipeline/evaluation/boxes.py", {}) == [
        *(["pipeline/evaluation/boxes.py"] if ">>>" in (root / "pipeline/evaluation/boxes.py").read_text() else []),
        "tests/pipeline/evaluation/test_boxes.py",
        "tests/pipeline/evaluation",
    ]
    also = {"pipeline/understand": ["tests/pipeline/run"]}
    assert nearest_tests(root, "pipeline/understand/court/keyframe.py", also) == [
        "tests/pipeline/understand/court",
        "tests/pipeline/run",
    ]


def test_shares_leave_out_what_is_equivalent(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = Mutant(MODULE, OPERATORS[0], 0, 1)
    outcomes = ["killed"] * 8 + ["timed out", "survived"] + ["equivalent"] * 5
    assert show([Change(mutant, "a", "b", outcome) for outcome in outcomes], {"sums": 40}, {"sums": 0.9}) == 0
    assert "90.0%" in capsys.readouterr().out
