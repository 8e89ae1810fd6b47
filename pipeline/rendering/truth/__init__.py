"""What is true of a rendered game, and what a detector and an encoder would report of it."""
