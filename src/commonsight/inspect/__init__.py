"""Is it online, is it playable: sweeps, probes, indicators."""
