"""Opening a camera once, fanning its pictures out to viewers and analysis, and proving it playable."""
