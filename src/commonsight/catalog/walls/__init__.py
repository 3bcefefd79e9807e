"""Video walls: which cameras a person watches together, in which order, and which they come back to."""
