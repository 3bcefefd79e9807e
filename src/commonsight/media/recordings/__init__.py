"""Recording cameras, keeping what was recorded as long as it must be kept, playing it and handing it out."""
