"""Cameras as low-latency HLS, for players that know no WebSocket of ours."""
