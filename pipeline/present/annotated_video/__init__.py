"""The annotated video: trails, rings, labels and a mini-map of the court, drawn on every analysed frame."""
