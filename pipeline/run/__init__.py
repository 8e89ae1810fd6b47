"""The order of the stages, and one analysis from video to report."""

from pipeline.run.analysis import Analysis, analyze_job
from pipeline.run.job import Job
from pipeline.run.observer import Observer, Silence

__all__ = ["Analysis", "Job", "Observer", "Silence", "analyze_job"]
