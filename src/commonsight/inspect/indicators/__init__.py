"""Indicators of health: what is counted over what, by day, in league tables, and what a repair would gain."""
