"""How to reach a camera. Every protocol ends in one `Session` of whole access units."""
