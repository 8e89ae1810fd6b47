"""Who is who: from tracklets to stable players.

Evidence per tracklet (`evidence`), two teams by kit (`kits`), what can not be one person (`constraints`), constrained
clustering (`clustering`, `linkage`), then players with names, colours and confidence (`stage`).
"""

from pipeline.understand.identify.stage import complaints, identify, make_pure

__all__ = ["complaints", "identify", "make_pure"]
