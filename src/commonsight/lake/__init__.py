"""Closed hours as Delta tables: append once, scan, verify, compact, retain. Knows nothing of what the rows mean."""

from commonsight.lake.table import Damaged, Lake, Verified

__all__ = ["Damaged", "Lake", "Verified"]
