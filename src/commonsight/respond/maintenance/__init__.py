"""Maintenance: faults become work orders of firms under contract; a repair is believed when a check confirms it."""
