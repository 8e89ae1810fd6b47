"""Random changes of pictures while training."""
