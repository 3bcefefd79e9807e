"""Thresholds from what was seen here: looks that are kept, and what people said of them."""
