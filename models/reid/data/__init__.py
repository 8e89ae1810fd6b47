"""Crops with identities: readers of public and own collections, splits without leaks, packed caches, augmentation."""
