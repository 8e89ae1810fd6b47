"""Atomic files: the old one, the new one, never half of one; errors in one line."""

import errno
import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError, TableError
from pipeline.store import fingerprint, hash_file, make_directory, read_json, replacing, write_bytes, write_json
from pipeline.store.files import canonical_json, sync


def test_old_file_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "stats.csv"
    write_bytes(path, b"old")

    def fail() -> None:
        with replacing(path) as partial:
            partial.write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_refused_by_the_system_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=words) as caught:
        write_bytes(tmp_path / "a.csv", b"new")
    assert str(tmp_path / "a.csv") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no directory")
@pytest.mark.parametrize(
    ("is_directory", "number", "is_said"),
    [(True, errno.EINVAL, False), (True, errno.ENOTSUP, False), (True, errno.EIO, True), (False, errno.EINVAL, True)],
)
def test_only_a_directory_may_be_on_a_file_system_that_cannot_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_directory: bool, number: int, is_said: bool
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.csv").touch()
    monkeypatch.setattr(os, "fsync", refuse)
    place = tmp_path if is_directory else tmp_path / "a.csv"
    if is_said:
        with pytest.raises(OSError, match=os.strerror(number)):
            sync(place)
    else:
        sync(place)


def test_file_in_place_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("mine", encoding="utf-8")
    for path in (tmp_path / "reports", tmp_path / "reports" / "game"):
        with pytest.raises(OutputError, match=r"not a directory|directory is needed"):
            make_directory(path)
    with pytest.raises(OutputError, match="not a directory"):
        write_bytes(tmp_path / "reports" / "a.csv", b"")
    assert (tmp_path / "reports").read_text(encoding="utf-8") == "mine"


def test_directory_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(OutputError, match="directory stands"):
        write_bytes(tmp_path / "a.csv", b"")


def test_json_round_trip_and_its_errors(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"z": "Čeřovský", "a": [1, 2.5, None]})
    assert list(read_json(tmp_path / "a.json")) == ["z", "a"]
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "b.json", float("nan"))
    assert not (tmp_path / "b.json").exists()
    (tmp_path / "c.json").write_bytes(b'{"a": 1')
    for name in ("b.json", "c.json"):
        with pytest.raises(TableError) as caught:
            read_json(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_fingerprints_tell_apart_what_differs() -> None:
    different = [(), (1,), (1.0,), ("1",), (None,), (True,), ([1],), ({"a": 1},), ({"a": 2},), (1, 2), ([1, 2],), ("",)]
    assert len({fingerprint(*parts) for parts in different}) == len(different)
    assert fingerprint(Path("a/b")) == fingerprint("a/b")
    assert fingerprint((1, 2)) == fingerprint([1, 2])
    for refused in (float("nan"), float("inf"), {1: 2}, object(), {"a": {3}}):
        with pytest.raises((TypeError, ValueError)):
            fingerprint(refused)


def test_fingerprint_does_not_depend_on_the_process() -> None:
    assert canonical_json({"ü": [1, 0.1, True, None]}) == '{"\\u00fc":[1,0.1,true,null]}'
    assert fingerprint("a", {"b": 1}).startswith("3d6f51e1")


def test_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert hash_file(tmp_path / "a") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "a").write_bytes(b"abc" * 700_000)
    assert hash_file(tmp_path / "a") != hash_file(tmp_path / "a")[::-1]
