"""The two video codecs a camera may send."""

from enum import StrEnum


class Codec(StrEnum):
    """Video coding of a stream: ITU-T H.264 (AVC) or H.265 (HEVC)."""

    H264 = "h264"
    H265 = "h265"
