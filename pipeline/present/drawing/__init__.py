"""What pictures share: the court from above, and text."""
