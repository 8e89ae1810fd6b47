"""Identity: pure tracklets become players with teams, numbers, names and confidence."""

from pipeline.understand.identity.confidence import losses_of, purity, purity_terms
from pipeline.understand.identity.stage import IdentityResult, complaints, identify

__all__ = ["IdentityResult", "complaints", "identify", "losses_of", "purity", "purity_terms"]
