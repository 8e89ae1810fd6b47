"""Training of the number reader: rendered shirts, footage with weak labels, augmentation, the loop."""
