"""Cameras sent to upper platforms."""
