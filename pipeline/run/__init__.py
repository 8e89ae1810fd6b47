"""The order of the stages, and one analysis from video to report."""

from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.job import Job
from pipeline.run.observer import Observer, Silence
from pipeline.run.relabel import Relabel, relabel

__all__ = ["Analysis", "Job", "Observer", "Relabel", "Silence", "analyze_job", "relabel"]
