"""Who is who: from tracklets to stable players.

Evidence per tracklet (`evidence`), two teams by kit (`kits`), what can not be one person (`constraints`), constrained
clustering (`clustering`, `linkage`), then players with names, colours and confidence (`stage`).
"""

from pipeline.understand.features.corrections import split_as_wished, wishes_of
from pipeline.understand.features.overlaps import together
from pipeline.understand.identity.stage import Identified, complaints, identify, make_pure

__all__ = ["Identified", "complaints", "identify", "make_pure", "split_as_wished", "together", "wishes_of"]
