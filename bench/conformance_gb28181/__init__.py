"""Conformance of the GB/T 28181 side: sipp is the other end, tshark judges messages, ffmpeg judges pictures."""
