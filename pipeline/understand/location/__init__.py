"""Location: from pure tracklets and identities to positions in metres, and who counts as on court."""
