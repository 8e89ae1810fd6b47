"""Jersey numbers: a small network that reads crops of a detector's `number` boxes, and how it was taught."""
