"""What is known of each tracklet before anybody is told apart; splitting, grouping and identity stand on it."""
