"""What people look at: statistics, heat maps, tracks as text, the annotated video and the report.

files = present(Results(video=..., settings=..., ...), directory, progress)
"""

from pipeline.present.outputs import present
from pipeline.present.results import Results

__all__ = ["Results", "present"]
