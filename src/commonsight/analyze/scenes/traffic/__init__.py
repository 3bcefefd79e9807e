"""Scenes of traffic: flow, congestion, stopped vehicle, wrong way, illegal parking."""
