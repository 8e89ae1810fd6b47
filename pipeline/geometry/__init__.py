"""The court in metres, lenses, homographies, boxes: pure numbers, no pictures."""
