"""Cameras by RTSP, for players and servers that know nothing else."""
