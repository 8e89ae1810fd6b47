"""The report: one HTML file that needs no network."""

from pipeline.present.report.page import Pictures, report_html

__all__ = ["Pictures", "report_html"]
