"""Crops with identities: packed sets and their settings; sources, splits, batches and augmentation in folders of their own."""
