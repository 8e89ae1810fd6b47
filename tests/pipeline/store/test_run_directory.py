"""The run directory: reuse what is whole, notice what is not, remove only what is ours, survive being killed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import tables
from pipeline.errors import OutputError, TableError
from pipeline.store import Part, RunDirectory, fingerprint, read_array, write_arrays

ROOT = Path(__file__).parents[3]
NEEDS_LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make symbolic links")


def frames(count: int, from_s: float = 0.0) -> pd.DataFrame:
    table = pd.DataFrame(
        {"frame": np.arange(count), "time_s": from_s + np.arange(count) / 25, "shot": np.zeros(count, int)}
    )
    table[list(tables.MOTION_COLUMNS)] = np.tile(np.eye(3).ravel(), (count, 1))
    return table


def detections(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"detection_id": np.arange(count), "frame": np.arange(count) // 3})
    table[["x1", "y1", "x2", "y2"]] = rng.uniform(0, 700, (count, 4))
    table["score"] = rng.uniform(0.3, 1, count)
    table["class"] = rng.choice(tables.CLASSES, count)
    table[["quality", "jersey_l", "jersey_a", "jersey_b"]] = np.nan
    return tables.conform("detections", table)


def content(folder: Path) -> dict[str, bytes]:
    """Bytes of every file but the lock, by relative name."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def test_tables_come_back_as_they_went(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path / "reports" / "game") as run:
        for name, table in (
            ("detections", detections(31)),
            ("frames", tables.conform("frames", frames(7))),
            ("players", _players()),
            *((name, table.empty()) for name, table in tables.ALL.items() if name.startswith("p")),
        ):
            path = run.write_table(name, table)  # type: ignore[arg-type]
            first = path.read_bytes()
            back = run.read_table(name)  # type: ignore[arg-type]
            pd.testing.assert_frame_equal(back, table, check_index_type=False)
            run.write_table(name, back)  # type: ignore[arg-type]
            assert path.read_bytes() == first


def _players() -> pd.DataFrame:
    row = {"player_id": 1, "role": "player", "team": "A", "number": "00", "name": None, "color": None}
    return tables.conform("players", pd.DataFrame([row, row | {"player_id": 2, "number": "0"}]))


def test_wrong_table_is_neither_written_nor_read(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        with pytest.raises(TableError, match="detections"):
            run.write_table("detections", detections(5).drop(columns="score"))
        with pytest.raises(TableError, match="does not exist"):
            run.read_table("detections")
        path = run.write_table("detections", detections(500))
        path.rename(run.table_path("tracks"))
        with pytest.raises(TableError, match="tracks"):
            run.read_table("tracks")


@pytest.mark.parametrize("keep", [0, 3, 2000, -1, -700])
def test_damaged_table_is_one_line(tmp_path: Path, keep: int) -> None:
    with RunDirectory.opened(tmp_path) as run:
        path = run.write_table("detections", detections(500))
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(TableError, match="damaged") as caught:
            run.read_table("detections")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("shape", [(0, 4), (7, 4), (5,), (2, 3, 4)])
def test_arrays_come_back_as_they_went(tmp_path: Path, shape: tuple[int, ...], mmap: bool) -> None:
    array = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    with RunDirectory.opened(tmp_path) as run:
        run.write_array("embeddings", array)
        assert np.array_equal(run.read_array("embeddings", mmap), array)
        assert np.array_equal(np.load(run.array_path("embeddings")), array)


def test_arrays_are_never_pickles(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="objects"):
        write_arrays(tmp_path / "a.npy", [np.array([{}], dtype=object)])
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "c.npy").write_bytes(b"\x93NUMPY")
    for name in ("a.npy", "b.npy", "c.npy"):
        with pytest.raises(TableError) as caught:
            read_array(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="fit together"):
        write_arrays(tmp_path / "a.npy", [np.zeros((2, 3), np.float16), np.zeros((2, 4), np.float16)])


def test_same_fingerprint_and_whole_files_are_fresh(tmp_path: Path) -> None:
    mark = fingerprint("perceive", {"max_fps": 30})
    with RunDirectory.opened(tmp_path) as run:
        assert not run.is_fresh("perceive", mark)
        run.finish("perceive", mark, [run.write_table("frames", frames(5))], {"video": "a.mp4"}, {"x": 1}, 1.5)
    with RunDirectory.opened(tmp_path) as run:
        assert run.is_fresh("perceive", mark)
        assert not run.is_fresh("perceive", fingerprint("perceive", {"max_fps": 25}))
        assert not run.is_fresh("track", mark)
        manifest = run.manifest("perceive")
        assert manifest is not None
        assert (manifest.inputs, manifest.settings, manifest.seconds) == ({"video": "a.mp4"}, {"x": 1}, 1.5)
        run.forget("perceive")
        assert not run.is_fresh("perceive", mark)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _remove(path: Path) -> None:
    path.unlink()


def _other_shape(path: Path) -> None:
    path.write_text('{"stage": "perceive"}', encoding="utf-8")


def _list(path: Path) -> None:
    path.write_text("[1, 2]", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("frames.parquet", _flip),
        ("frames.parquet", _halve),
        ("frames.parquet", _remove),
        ("perceive.manifest.json", _halve),
        ("perceive.manifest.json", _remove),
        ("perceive.manifest.json", _other_shape),
        ("perceive.manifest.json", _list),
    ],
)
def test_harmed_stage_is_not_fresh(tmp_path: Path, name: str, harm: Any) -> None:
    with RunDirectory.opened(tmp_path) as run:
        run.finish("perceive", "mark", [run.write_table("frames", frames(5))])
        harm(run.path / name)
        assert not run.is_fresh("perceive", "mark")


def test_time_of_making_is_not_part_of_the_fingerprint(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        run.finish("perceive", "mark", [run.write_table("frames", frames(5))], seconds=1)
        notes = json.loads((run.path / "perceive.manifest.json").read_text(encoding="utf-8"))
        notes |= {"created_at": "another day", "seconds": 99.0}
        (run.path / "perceive.manifest.json").write_text(json.dumps(notes), encoding="utf-8")
        assert run.is_fresh("perceive", "mark")


def test_second_run_is_kept_out(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path):
        with pytest.raises(OutputError, match=f"process {os.getpid()}"), RunDirectory.opened(tmp_path):
            pass
        with RunDirectory.opened(tmp_path / "other"):
            pass
    with RunDirectory.opened(tmp_path):
        pass


def test_who_holds_the_lock_may_be_unknown(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        (run.path / ".holder").unlink()
        with pytest.raises(OutputError, match="process unknown"), RunDirectory.opened(tmp_path):
            pass


def test_a_lock_left_by_a_killed_run_is_free(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        pass
    (run.path / ".holder").write_text("1\n", encoding="utf-8")
    with RunDirectory.opened(tmp_path):
        pass
    assert not (run.path / ".holder").exists()


def test_fresh_removes_what_is_ours_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with RunDirectory.opened(tmp_path, alongside=True) as run:
        run.finish("perceive", "mark", [run.write_table("frames", frames(5))])
        with run.part("perceive", 0, "a").writing() as part:
            part.write_json("report", {})
        run.published.publish("video", "annotated.mp4", b"an earlier result")
    with RunDirectory.opened(tmp_path, fresh=True) as run:
        assert not run.is_fresh("perceive", "mark")
        assert sorted(p.name for p in run.path.iterdir()) == [".courtside", ".holder", ".lock", "published.json"]
        assert run.published.are_whole(["annotated.mp4"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["annotated.mp4", "holiday.jpg", "work"]


def test_a_folder_in_use_is_refused_unless_asked_for(tmp_path: Path) -> None:
    for name in ("corrections.csv", "roster.csv", ".DS_Store", "notes.txt"):
        (tmp_path / name).write_bytes(b"mine")
    before = content(tmp_path)
    with pytest.raises(OutputError, match=r"did not write \(notes.txt\).*--alongside"), RunDirectory.opened(tmp_path):
        pass
    assert content(tmp_path) == before
    with RunDirectory.opened(tmp_path, alongside=True):
        pass
    (tmp_path / "more.txt").write_bytes(b"mine")
    with RunDirectory.opened(tmp_path):  # ours by now, whatever else lies in it
        pass
    assert (tmp_path / "notes.txt").read_bytes() == b"mine"


def test_inputs_may_lie_in_a_new_directory(tmp_path: Path) -> None:
    for name in ("corrections.csv", "roster.csv", "calibration.json", ".DS_Store"):
        (tmp_path / name).write_bytes(b"mine")
    with RunDirectory.opened(tmp_path):
        pass


@NEEDS_LINKS
@pytest.mark.parametrize("name", [".lock", ".holder", ".courtside"])
def test_a_linked_lock_reaches_nothing_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "diary").write_bytes(b"mine")
    with RunDirectory.opened(tmp_path / "game") as run:
        pass
    (run.path / name).unlink(missing_ok=True)
    (run.path / name).symlink_to(tmp_path / "diary")
    with pytest.raises(OutputError, match="is a link"), RunDirectory.opened(tmp_path / "game"):
        pass
    assert (tmp_path / "diary").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["../outside.parquet", "/etc/hostname", "a/../../outside.parquet", "frames.parquet:b"])
def test_a_manifest_names_no_file_outside(tmp_path: Path, name: str) -> None:
    with RunDirectory.opened(tmp_path / "game") as run:
        run.finish("perceive", "mark", [run.write_table("frames", frames(5))])
        manifest = json.loads((run.path / "perceive.manifest.json").read_text())
        size, digest = manifest["outputs"].pop("frames.parquet")
        (tmp_path / "game" / "outside.parquet").write_bytes((run.path / "frames.parquet").read_bytes())
        manifest["outputs"][name] = [size, digest]
        (run.path / "perceive.manifest.json").write_text(json.dumps(manifest))
        assert not run.is_fresh("perceive", "mark")


@NEEDS_LINKS
@pytest.mark.parametrize("target", ["copy", "pipe", "device"])
def test_a_linked_output_is_not_whole(tmp_path: Path, target: str) -> None:
    with RunDirectory.opened(tmp_path / "game") as run:
        path = run.write_table("frames", frames(5))
        run.finish("perceive", "mark", [path])
        (tmp_path / "copy").write_bytes(path.read_bytes())
        path.unlink()
        if target == "pipe":
            os.mkfifo(path)  # read, it would never end
        else:
            path.symlink_to("/dev/zero" if target == "device" else tmp_path / "copy")
        assert not run.is_fresh("perceive", "mark")
        with pytest.raises(TableError, match="does not exist"):
            run.check_whole(["frames.parquet"])


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"stage": 1}',
        '{"stage": "perceive", "fingerprint": "mark", "outputs": [1]}',
        '{"stage": "perceive", "fingerprint": "mark", "outputs": {"frames.parquet": 3}}',
        '{"stage": "perceive", "fingerprint": "mark", "outputs": {"frames.parquet": ["x", {}]}}',
        '{"stage": "perceive", "fingerprint": "mark", "outputs": {}, "seconds": NaN}',
        '{"stage": "perceive", "fingerprint": "mark", "outputs": {}, "seconds": ' + "9" * 5000 + "}",
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_manifest_of_another_shape_counts_as_absent(tmp_path: Path, text: str) -> None:
    with RunDirectory.opened(tmp_path) as run:
        (run.path / "perceive.manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        assert run.manifest("perceive") is None
        assert not run.is_fresh("perceive", "mark")


def test_what_was_changed_is_not_read_as_a_result(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        path = run.write_table("frames", frames(5))
        run.finish("perceive", "mark", [path])
        run.check_whole(["frames.parquet"])
        run.write_table("frames", frames(6))
        with pytest.raises(TableError, match="is not as it was written"):
            run.check_whole(["frames.parquet"])
        with pytest.raises(TableError, match="does not exist"):
            run.check_whole(["tracks.parquet"])


@pytest.mark.parametrize("fresh", [False, True])
def test_foreign_work_directory_is_refused(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.tex").write_text("years", encoding="utf-8")
    with pytest.raises(OutputError, match="did not write"), RunDirectory.opened(tmp_path, fresh):
        pass
    assert content(tmp_path) == {"work/thesis.tex": b"years"}


@NEEDS_LINKS
def test_linked_work_directory_is_refused(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path / "a"):
        pass
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "work").symlink_to(tmp_path / "a" / "work")
    with pytest.raises(OutputError, match="is a link"), RunDirectory.opened(tmp_path / "b", fresh=True):
        pass


@NEEDS_LINKS
def test_fresh_does_not_follow_links_out(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"x")
    with RunDirectory.opened(tmp_path / "game") as run:
        (run.path / "perceive").symlink_to(tmp_path / "precious")
    with RunDirectory.opened(tmp_path / "game", fresh=True) as run:
        assert not (run.path / "perceive").is_symlink()
    assert (tmp_path / "precious" / "file").read_bytes() == b"x"


def test_out_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "game").write_bytes(b"x")
    with pytest.raises(OutputError) as caught, RunDirectory.opened(tmp_path / "game"):
        pass
    assert "\n" not in str(caught.value)


def test_part_counts_only_when_its_block_ended_well(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        part = run.part("perceive", 3, "mark")
        assert not part.is_done()
        with part.writing():
            part.write_table("frames", frames(5))
        with pytest.raises(TableError), part.writing():
            part.write_table("frames", frames(5).drop(columns="shot"))
        assert not part.is_done()
        with part.writing():
            part.write_table("frames", frames(5))
        assert part.is_done()
        assert not run.part("perceive", 3, "another mark").is_done()
        _flip(part.table_path("frames"))
        assert not part.is_done()


def test_parts_are_joined_with_their_offsets(tmp_path: Path) -> None:
    counts = [(4, 6), (0, 0), (2, 0), (3, 5)]
    with RunDirectory.opened(tmp_path) as run:
        parts: list[Part] = []
        for number, (n_frames, n_boxes) in enumerate(counts):
            with run.part("perceive", number, "mark").writing() as part:
                part.write_table("frames", frames(n_frames, from_s=number))
                part.write_table("detections", detections(n_boxes, seed=number))
                part.write_array("embeddings", np.full((n_boxes, 2), number, np.float16))
            parts.append(part)
        run.assemble_table("frames", parts, [{"frame": 10 * n, "shot": n} for n in range(4)])
        run.assemble_table(
            "detections", parts, [{"frame": 10 * n, "detection_id": k} for n, k in enumerate((0, 6, 6, 6))]
        )
        run.assemble_array("embeddings", parts)
        joined = run.read_table("detections")
        assert joined["detection_id"].tolist() == list(range(11))
        assert joined["frame"].tolist() == [0, 0, 0, 1, 1, 1, 30, 30, 30, 31, 31]
        assert joined["class"].tolist()[6:] == detections(5, seed=3)["class"].tolist()
        assert run.read_table("frames")["frame"].tolist() == [0, 1, 2, 3, 20, 21, 30, 31, 32]
        assert run.read_table("frames")["shot"].tolist() == [0, 0, 0, 0, 2, 2, 3, 3, 3]
        assert run.read_array("embeddings").tolist() == [[0, 0]] * 6 + [[3, 3]] * 5
        run.discard_parts("perceive")
        assert sorted(p.name for p in run.path.iterdir() if p.is_dir()) == []


def test_nothing_at_all_is_joined_to_an_empty_table(tmp_path: Path) -> None:
    with RunDirectory.opened(tmp_path) as run:
        with run.part("perceive", 0, "mark").writing() as part:
            part.write_table("detections", detections(0))
            part.write_array("embeddings", np.zeros((0, 8), np.float16))
        run.assemble_table("detections", [part], [{"frame": 5, "detection_id": 5}])
        run.assemble_array("embeddings", [part])
        assert run.read_table("detections").empty
        assert run.read_array("embeddings", mmap=True).shape == (0, 8)


def work(out: Path, log: Path) -> None:
    """A run with six parts, as `run` does it; notes each part that it starts."""
    with RunDirectory.opened(out) as run:
        if run.is_fresh("perceive", "mark"):
            return
        run.forget("perceive")
        parts = [run.part("perceive", n, f"mark {n}") for n in range(6)]
        for number, part in enumerate(parts):
            if part.is_done():
                continue
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{number}\n")
            with part.writing():
                part.write_table("frames", frames(40, number))
                part.write_table("detections", detections(300, number))
                part.write_array("embeddings", np.full((300, 16), number, np.float16))
        outputs = [
            run.assemble_table("frames", parts, [{"frame": 40 * n} for n in range(6)]),
            run.assemble_table("detections", parts, [{"frame": 100 * n, "detection_id": 300 * n} for n in range(6)]),
            run.assemble_array("embeddings", parts),
        ]
        run.finish("perceive", "mark", outputs)


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from tests.pipeline.store.test_run_directory import work

out, log, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
chance = random.Random(5)
for kill in range(kills + 1):
    child = os.fork()
    if child == 0:
        work(out, log)
        os._exit(0)
    if kill < kills:
        time.sleep(chance.uniform(0.0, 0.3))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children that need no imports of their own are forked")
def test_killed_anywhere_and_started_again_gives_the_same_bytes(tmp_path: Path) -> None:
    kills = 12
    work(tmp_path / "whole", tmp_path / "whole.log")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLER, str(tmp_path / "killed"), str(tmp_path / "killed.log"), str(kills)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    names = ("frames.parquet", "detections.parquet", "embeddings.npy")
    for name in names:
        assert (tmp_path / "killed" / "work" / name).read_bytes() == (tmp_path / "whole" / "work" / name).read_bytes()
    assert not list((tmp_path / "killed").rglob("*.partial"))
    assert sorted(content(tmp_path / "killed" / "work")) == sorted(content(tmp_path / "whole" / "work"))
    started = (tmp_path / "killed.log").read_text(encoding="utf-8").split()
    assert len(started) <= 6 + kills  # a kill costs at most the part in work
