"""What other programs read: positions (`positions`) and what happened (`instances`)."""

from pipeline.present.exports.instances import EVENT_EXPORTS, EventExportName, GameEvents, export_events
from pipeline.present.exports.positions import EXPORTS, RATE_HZ, ExportName, export

__all__ = [
    "EVENT_EXPORTS",
    "EXPORTS",
    "RATE_HZ",
    "EventExportName",
    "ExportName",
    "GameEvents",
    "export",
    "export_events",
]
