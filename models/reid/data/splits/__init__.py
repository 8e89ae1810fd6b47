"""Who is certainly the same person, and splits by game and by identity."""
