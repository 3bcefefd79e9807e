"""Attributes and plates: collected where a setup says so, kept apart and briefly, found through the retrieval door."""
