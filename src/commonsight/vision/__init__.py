"""Seeing: decoding video, model cards and the store of their weights, inference."""
