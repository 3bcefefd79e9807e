"""The camera file (一机一档): platforms, organisations, cameras, their place, source and health."""
