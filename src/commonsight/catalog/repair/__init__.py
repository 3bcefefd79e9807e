"""Putting the camera file right: proposals, applying many at once, and taking them back."""
