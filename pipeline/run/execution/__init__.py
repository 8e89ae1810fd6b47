"""Where pieces of work that stand alone are done: in this process, in worker processes, or on a Ray cluster.

    for outcome in executor.run(work, items, advanced):
        result = outcome.checked()

`work` and `items` are small and can be sent anywhere; what they make is written where the items say, so nothing large
crosses the border of a process. Which executor runs, and with how many workers, is in no setting and no fingerprint:
results are the same.
"""

from pipeline.run.execution.choice import Workers, check_workers, executor_for, processes_for
from pipeline.run.execution.cluster import RayCluster
from pipeline.run.execution.executor import Advance, Executor, InThisProcess, Outcome, Procedure
from pipeline.run.execution.processes import WorkerProcesses

__all__ = [
    "Advance",
    "Executor",
    "InThisProcess",
    "Outcome",
    "Procedure",
    "RayCluster",
    "WorkerProcesses",
    "Workers",
    "check_workers",
    "executor_for",
    "processes_for",
]
