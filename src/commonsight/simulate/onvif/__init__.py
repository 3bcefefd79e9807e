"""A virtual ONVIF camera: profiles S and T, PTZ, WS-Discovery."""
