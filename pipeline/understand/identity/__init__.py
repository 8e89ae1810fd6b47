"""Identity: pure tracklets become players with teams, numbers, names and confidence."""

from pipeline.understand.identity.stage import IdentityResult, complaints, identify

__all__ = ["IdentityResult", "complaints", "identify"]
