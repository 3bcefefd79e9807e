"""The picture coding a camera may send."""

from enum import StrEnum


class Codec(StrEnum):
    """Coding of a stream: ITU-T H.264 (AVC) or H.265 (HEVC), or single pictures (ITU-T T.81), each one a keyframe."""

    H264 = "h264"
    H265 = "h265"
    JPEG = "jpeg"


NAL_CODECS = (Codec.H264, Codec.H265)
"""Those whose access units are NAL units: parameter sets, slices, Annex B."""
