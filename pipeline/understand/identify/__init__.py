"""Who is who: from tracklets to stable players.

Evidence per tracklet (`evidence`), two teams by kit (`kits`), what can not be one person (`constraints`), constrained
clustering (`clustering`, `linkage`), then players with names, colours and confidence (`stage`).
"""

from pipeline.understand.identify.overlaps import together
from pipeline.understand.identify.stage import Identified, complaints, identify, make_pure
from pipeline.understand.identify.wishes import split_as_wished, wishes_of

__all__ = ["Identified", "complaints", "identify", "make_pure", "split_as_wished", "together", "wishes_of"]
