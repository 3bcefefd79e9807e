"""The picture size out of a sequence parameter set (H.264 clause 7.3.2.1, H.265 clause 7.3.2.2)."""

from commonsight.connect.wire.codec import Codec

MAX_SPS = 4_096
"""Largest SPS looked at, bytes; real ones have 10 to 200."""
_MAX_SIDE = 16_384
_WITH_CHROMA_FORMAT = {100, 110, 122, 244, 44, 83, 86, 118, 128, 134, 135, 138, 139}


def picture_size(codec: Codec, sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after cropping, (0, 0) when the SPS makes no sense."""
    if not 4 <= len(sps) <= MAX_SPS:
        return 0, 0
    try:
        width, height = (_h264 if codec is Codec.H264 else _h265)(sps)
    except (IndexError, ValueError):
        return 0, 0
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        return 0, 0
    return width, height


class _Bits:
    """Reads the raw byte sequence payload: emulation prevention bytes are taken out first."""

    def __init__(self, data: bytes) -> None:
        self._data = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._at = 0

    def skip(self, count: int) -> None:
        self._at += count

    def bit(self) -> int:
        value = self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
        self._at += 1
        return value

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self.bit()
        return value

    def ue(self) -> int:
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise ValueError("exp-Golomb code longer than 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _h264(sps: bytes) -> tuple[int, int]:
    bits = _Bits(sps[1:])
    profile = bits.bits(8)
    bits.skip(16)  # constraint flags, level
    bits.ue()  # seq_parameter_set_id
    chroma, separate_planes = 1, 0
    if profile in _WITH_CHROMA_FORMAT:
        chroma = bits.ue()
        if chroma == 3:
            separate_planes = bits.bit()
        bits.ue()  # bit_depth_luma_minus8
        bits.ue()  # bit_depth_chroma_minus8
        bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.bit():
            for index in range(8 if chroma != 3 else 12):
                if bits.bit():
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.ue()  # log2_max_frame_num_minus4
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(_at_most(bits.ue(), 255)):
            bits.se()
    bits.ue()  # max_num_ref_frames
    bits.skip(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frames_only = bits.bit()
    height = map_units * 16 * (2 - frames_only)
    if not frames_only:
        bits.skip(1)
    bits.skip(1)  # direct_8x8_inference_flag
    if bits.bit():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        across, down = _subsampling(0 if separate_planes else chroma)
        width -= (left + right) * across
        height -= (top + bottom) * down * (2 - frames_only)
    return width, height


def _h265(sps: bytes) -> tuple[int, int]:
    bits = _Bits(sps[2:])
    bits.skip(4)  # sps_video_parameter_set_id
    sub_layers = bits.bits(3)
    bits.skip(1)
    bits.skip(88 + 8)  # general profile, tier and level
    present = [(bits.bit(), bits.bit()) for _ in range(sub_layers)]
    if sub_layers:
        bits.skip(2 * (8 - sub_layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    separate_planes = bits.bit() if chroma == 3 else 0
    width, height = bits.ue(), bits.ue()
    if bits.bit():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        across, down = _subsampling(0 if separate_planes else chroma)
        width -= (left + right) * across
        height -= (top + bottom) * down
    return width, height


def _subsampling(chroma_format: int) -> tuple[int, int]:
    """Luma samples to one crop unit, across and down."""
    return {1: (2, 2), 2: (2, 1)}.get(chroma_format, (1, 1))


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _at_most(value: int, limit: int) -> int:
    if value > limit:
        raise ValueError(f"{value} is more than {limit}")
    return value
