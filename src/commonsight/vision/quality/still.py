"""A picture as JPEG, small enough to be kept."""

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from commonsight.vision.picture import Plane, Planes

_STEPS = np.arange(256)
_LUMA = np.clip(np.rint((_STEPS - 16) * (255 / 219)), 0, 255).astype(np.uint8)
_CHROMA = np.clip(np.rint(128 + (_STEPS - 128) * (255 / 224)), 0, 255).astype(np.uint8)


def jpeg(picture: Planes, width: int, quality: int = 3) -> bytes:
    """The picture as JPEG, at most `width` pixels wide, in its own proportions.

    Args:
        quality: the coder's quantiser, 2 (best) to 31.
    """
    frame = _frame(picture)
    if picture.width > width:
        height = max(2, round(picture.height * width / picture.width / 2) * 2)
        frame = VideoReformatter().reformat(frame, width // 2 * 2, height, interpolation=Interpolation.BILINEAR)
    coder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(coder, VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
    coder.time_base = 1  # type: ignore[assignment]
    coder.color_range = ColorRange.JPEG
    coder.options = {"qmin": str(quality), "qmax": str(quality)}
    coder.thread_count = 1
    return b"".join(bytes(packet) for packet in (*coder.encode(frame), *coder.encode(None)))


def _frame(picture: Planes) -> av.VideoFrame:
    high, wide = picture.height // 2 * 2, picture.width // 2 * 2
    frame = av.VideoFrame(wide, high, "yuvj420p")
    tables = (None, None, None) if picture.full_range else (_LUMA, _CHROMA, _CHROMA)
    sizes = ((high, wide), (high // 2, wide // 2), (high // 2, wide // 2))
    planes = (picture.luma, picture.blue, picture.red)
    for place, plane, table, (rows, columns) in zip(frame.planes, planes, tables, sizes, strict=True):
        cut: Plane = plane[:rows, :columns]
        padded = np.zeros((rows, place.line_size), np.uint8)
        padded[:, :columns] = cut if table is None else table[cut]
        place.update(padded.tobytes())
    frame.color_range = ColorRange.JPEG
    frame.pts = 0
    return frame
