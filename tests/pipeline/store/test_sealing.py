"""A seal shows who wrote something, on this machine."""

import os
import stat
from pathlib import Path

import pytest

from pipeline.store import is_sealed, seal


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURTSIDE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_what_was_sealed_is_known_and_nothing_else(state: Path) -> None:
    mark = seal(["a.mp4", "hash"])
    assert mark is not None
    assert is_sealed(["a.mp4", "hash"], mark)
    for data, other in ((["b.mp4", "hash"], mark), (["a.mp4", "hash"], mark[::-1]), (["a.mp4", "hash"], None)):
        assert not is_sealed(data, other)
    assert not is_sealed(["a.mp4", "hash"], "é")
    if os.name != "nt":
        assert stat.S_IMODE((state / "seal.key").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ["seal.key"]


@pytest.mark.usefixtures("state")
def test_another_user_has_another_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = seal("a.mp4")
    monkeypatch.setenv("COURTSIDE_STATE", str(tmp_path / "another"))
    assert not is_sealed("a.mp4", mark)


@pytest.mark.parametrize("place", ["", "a_file/below"])
def test_where_no_key_can_be_kept_nothing_is_sealed(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_file").write_text("")
    monkeypatch.setenv("COURTSIDE_STATE", str(tmp_path / place) if place else "")
    assert seal("a.mp4") is None
    assert not is_sealed("a.mp4", None)


def test_a_damaged_key_seals_nothing(state: Path) -> None:
    seal("a.mp4")
    (state / "seal.key").write_bytes(b"")
    assert seal("a.mp4") is None
