"""Frames become detections, tracks, counts and observations."""
