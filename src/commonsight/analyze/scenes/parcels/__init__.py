"""Scenes of parcels and loading: what flies from somebody's hands."""
