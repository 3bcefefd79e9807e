"""The compute budget: one allocator over all cameras and scenes decides what is watched how closely."""
