"""A local Ray cluster of three workers gives the same results, also where one of them is killed."""

import csv
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.errors import DependencyError, InputError, WorkerError
from pipeline.run.execution import Executor, InThisProcess, Outcome, RayCluster
from pipeline.run.execution import cluster as cluster_module
from pipeline.run.perceiving import ChunkPerceiver, ChunkTask
from tests.pipeline.run.execution import jobs
from tests.pipeline.run.test_perceiving import perceived

ray = pytest.importorskip("ray", reason="the package ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[4]
STORE_BYTES = 80 << 20


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Three machines of one core each."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=":")
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES})
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        yield cluster.address
        cluster.shutdown()


def nothing(_number: int, _done: float) -> None:
    """Follow nothing."""


def test_tasks_are_done_again_where_a_worker_dies(address: str, tmp_path: Path) -> None:
    outcomes = list(RayCluster(address).run(jobs.DiesOnce(tmp_path), range(4), nothing))
    assert sorted((outcome.number, outcome.checked()) for outcome in outcomes) == [(0, 0), (1, 1), (2, 4), (3, 9)]
    assert len(list(tmp_path.iterdir())) == 4


def test_errors_and_deaths_are_outcomes(address: str) -> None:
    outcomes = {outcome.number: outcome for outcome in RayCluster(address).run(jobs.not_three, range(5), nothing)}
    assert [outcomes[number].checked() for number in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match="three is not taken"):
        outcomes[3].checked()
    with pytest.raises(WorkerError, match="lost 4 times"):
        outcomes[4].checked()


def test_games_that_wait_for_their_chunks_leave_the_core_to_them(address: str) -> None:
    """As many games as cores: none would ever be done if a game that waits kept its core."""

    class AllAtOnce(RayCluster):
        def _most(self, _ray: object) -> int:
            return 3

    outcomes = list(AllAtOnce(address).run(jobs.sum_of_squares, [3, 4, 5], nothing))
    assert sorted((outcome.number, outcome.checked()) for outcome in outcomes) == [(0, 5), (1, 14), (2, 30)]


class WithDeaths:
    """A cluster whose worker dies of the second chunk once."""

    def __init__(self, executor: Executor, folder: Path) -> None:
        self.executor, self.folder = executor, folder

    def run(
        self, work: ChunkPerceiver, items: Iterable[ChunkTask], advanced: Callable[[int, float], None]
    ) -> Generator[Outcome[None], None, None]:
        yield from self.executor.run(jobs.PerceivesAfterDying(work, self.folder), items, advanced)


def test_chunks_give_the_same_bytes_though_a_worker_died(address: str, game: Path, tmp_path: Path) -> None:
    here, _ = perceived(game, tmp_path / "here", InThisProcess())
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    files, done = perceived(game, tmp_path / "ray", WithDeaths(RayCluster(address), deaths))  # type: ignore[arg-type]
    assert files == here
    assert done[-1] == 15
    assert [path.name for path in deaths.iterdir()] == ["1.began"]


def test_a_batch_on_the_cluster(address: str, game: Path, tmp_path: Path) -> None:
    games = tmp_path / "games.csv"
    games.write_text(f"video,end\n{game},1.0\n{tmp_path / 'gone.mp4'},\n", encoding="utf-8")
    config = tmp_path / "settings.yaml"
    config.write_text("detect: {input_size_px: 640}\npresent: {video: false}\n", encoding="utf-8")
    out = tmp_path / "out"
    assert run(["batch", str(games), "--out", str(out), "--config", str(config), "--ray", address]) == 1
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["game"], row["status"]) for row in rows] == [(game.name, "done"), ("gone", "failed")]
    assert (out / game.name / "player_stats.csv").is_file()


def test_no_cluster_is_one_line() -> None:
    with pytest.raises(DependencyError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        next(RayCluster("127.0.0.1:1").run(jobs.square, [1], nothing))


def test_a_machine_with_other_code_is_refused() -> None:
    outcome = cluster_module._do(jobs.square, 2, 3, "another fingerprint")
    with pytest.raises(WorkerError, match="install the same on all machines"):
        outcome.checked()
