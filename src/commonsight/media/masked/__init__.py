"""Pictures held to a permit's limits, in processes of their own."""
