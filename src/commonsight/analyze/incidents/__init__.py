"""Incidents: what scenes report, made one thing each, and what becomes of it."""
