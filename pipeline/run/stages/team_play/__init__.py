"""The stages of teams, each in its module: who is on the floor, and what teams do there. What one rests on is nothing to the other."""
