"""Statistics per player, team and period."""
