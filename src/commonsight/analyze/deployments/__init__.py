"""Deployments (布控): cameras, scenes, thresholds and duty people for a holiday or a place, for as long as it lasts."""
