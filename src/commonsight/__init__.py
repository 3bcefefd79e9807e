"""Commonsight (共视): turns a region's public cameras into data that people can trust and use."""

__version__ = "0.1.0"
