"""Devices and lower platforms that reach us over GB/T 28181."""
