"""The rules of the camera file: its fields, what may stand in them, and the check of all cameras against both."""
