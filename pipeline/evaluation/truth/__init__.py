"""The truth that runs are scored against: people and frames (`persons`), and the court (`court`)."""

from pipeline.evaluation.truth.persons import MIN_VISIBLE, PERSON_COLUMNS, Truth, read_truth, thinned

__all__ = ["MIN_VISIBLE", "PERSON_COLUMNS", "Truth", "read_truth", "thinned"]
