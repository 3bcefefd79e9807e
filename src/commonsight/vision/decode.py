"""Decoding H.264, H.265 and JPEG access units into frames, one thread, whatever the bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np
import structlog
from av.codec.context import Flags2
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from commonsight.vision.picture import Bgr, Converter, Plane, Planes, rows_of

log = structlog.get_logger(__name__)

TICKS_PER_SECOND = 90_000
"""The clock of `pts`, that of RTP video."""
MAX_UNIT_BYTES = 16 << 20
"""An access unit beyond 16 MiB is not a picture of a camera; it is counted as an error and not decoded."""
MAX_PIXELS = 7680 * 4320
"""Pictures beyond 8K are refused before memory is taken for them."""

_DECODERS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}

_LUMA = np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)
_CHROMA = np.rint(128 + (np.arange(256) - 128) * (224 / 255)).astype(np.uint8)
"""From the range of JPEG to that of video."""

SkipLoopFilter = Literal["none", "noref", "all"]
Skipped = Literal["none", "noref", "nokey"]

_SKIP: dict[Skipped, Any] = {"none": "DEFAULT", "noref": "NONREF", "nokey": "NONKEY"}


class Frame:
    """One decoded picture, converted only when and as far as somebody asks."""

    __slots__ = ("_convert", "_frame", "corrupt", "height", "pts", "width")

    def __init__(self, frame: av.VideoFrame, convert: Converter) -> None:
        self._frame = frame
        self._convert = convert
        self.pts = int(frame.pts or 0)
        """90 kHz ticks, as given with the access unit."""
        self.width = int(frame.width)
        self.height = int(frame.height)
        self.corrupt = bool(frame.is_corrupt)
        """True when the decoder had to guess parts of the picture."""

    def bgr(self, width: int | None = None, height: int | None = None) -> Bgr:
        """The picture, uint8 (height, width, 3), blue first; scaled in the same pass when a size is given."""
        width, height = width or self.width, height or self.height
        converted = self._convert(self._frame, width, height, "bgr24")
        plane = converted.planes[0]
        return np.ascontiguousarray(rows_of(plane)[:height, : width * 3]).reshape(height, width, 3)

    def planes(self, width: int, height: int) -> tuple[Plane, Plane, Plane]:
        """Blue, green and red at this size, each uint8 (height, width): what a detector takes, in one pass from YUV."""
        return self._convert.planes(self._frame, width, height)

    def yuv420(self, width: int, height: int) -> tuple[Plane, Plane, Plane]:
        """Brightness (height, width) and the two colours (half of both, rounded up), uint8, copied: free to draw on.

        In the range of video (16 to 235), also when the picture came in that of JPEG (0 to 255).
        """
        frame = self._convert(self._frame, width, height, "yuv420p")
        tables = (None, None, None)
        if _full_range(self._frame) and frame.color_range != ColorRange.MPEG:
            tables = (_LUMA, _CHROMA, _CHROMA)
        luma, blue, red = (
            plane.copy() if table is None else table[plane]
            for plane, table in zip(_seen(frame, width, height), tables, strict=True)
        )
        return luma, blue, red

    def grey(self, width: int, height: int) -> Plane:
        """Brightness at this size, uint8 (height, width), averaged where it shrinks and not only picked."""
        plane = self._convert(self._frame, width, height, "gray").planes[0]
        return np.ascontiguousarray(rows_of(plane)[:height, :width])

    def still(self) -> Planes:
        """The picture in its own size and range, copied out of the decoder: nothing is scaled or computed."""
        frame = self._frame
        full = _full_range(frame)
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            frame = self._convert(frame, self.width, self.height, "yuv420p")
            full = full and frame.color_range != ColorRange.MPEG
        luma, blue, red = (plane.copy() for plane in _seen(frame, self.width, self.height))
        return Planes(luma, blue, red, full)

    def luma(self, step: int = 1) -> Plane:
        """Brightness of every `step`-th pixel of every `step`-th row, uint8; no colour conversion, so nearly free."""
        if step < 1:
            raise ValueError(f"step is {step}, must be at least 1")
        frame = self._frame
        if frame.format.components[0].bits != 8 or frame.format.is_rgb:
            frame = self._convert(frame, self.width, self.height, "gray")
        return np.ascontiguousarray(rows_of(frame.planes[0])[: self.height : step, : self.width : step])


def _full_range(frame: av.VideoFrame) -> bool:
    """Whether the picture came in the range of JPEG (0 to 255)."""
    return frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")


def _seen(frame: av.VideoFrame, width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """Brightness and the two colours of a 4:2:0 frame without their padding, as they lie in it."""
    luma, blue, red = (rows_of(plane) for plane in frame.planes)
    rows, columns = (height + 1) // 2, (width + 1) // 2
    return luma[:height, :width], blue[:rows, :columns], red[:rows, :columns]


class Decoder:
    """Feeds access units to a decoder and hands out frames.

    Broken bytes never raise: they are counted in `errors`, and decoding goes on with the next unit that can be decoded.
    Frames may come later than their unit (pictures are reordered); `flush` gives out those that are left.

    Args:
        codec: "h264", "h265" or "jpeg".
        skip_loop_filter: leave out deblocking of no frames, of those no other refers to, or of all. "all" saves
            decoding time and lets artefacts build up until the next keyframe.
        fast: let the decoder take short cuts that the standard does not allow; for single keyframes.
    """

    def __init__(
        self, codec: Literal["h264", "h265", "jpeg"], *, skip_loop_filter: SkipLoopFilter = "none", fast: bool = False
    ) -> None:
        if codec not in _DECODERS:
            raise ValueError(f"codec is {codec!r}, must be one of {', '.join(_DECODERS)}")
        self.errors = 0
        """Units (or flushes) that could not be decoded since the start."""
        context = av.CodecContext.create(_DECODERS[codec], "r")
        assert isinstance(context, VideoCodecContext)
        self._context = context
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(MAX_PIXELS), "skip_loop_filter": skip_loop_filter}
        if fast:
            self._context.flags2 |= Flags2.fast
        if codec == "jpeg":
            # This decoder fills what is missing with grey and does not say so; a cut picture shall be an error instead.
            context.options |= {"err_detect": "explode"}
        self._convert = Converter()
        self._skipped: Skipped = "none"

    def feed(self, data: bytes, pts: int) -> list[Frame]:
        """Decode one access unit.

        Args:
            data: Annex B, where a keyframe carries its parameter sets, or one JPEG file.
            pts: 90 kHz ticks.

        Returns:
            Frames that are complete now, in presentation order; often one, sometimes none or several.
        """
        if not 0 < len(data) <= MAX_UNIT_BYTES or not -(1 << 62) < pts < 1 << 62:
            self._count("unit_out_of_bounds")
            return []
        packet = av.Packet(data)
        packet.pts = pts
        packet.dts = None
        packet.time_base = Fraction(1, TICKS_PER_SECOND)
        return self._decode(packet)

    def skip(self, frames: Skipped) -> None:
        """Leave out from now on no frames, those no other refers to, or all but keyframes: these cost next to nothing.

        After "nokey" the next frame that can be decoded is a keyframe.
        """
        if frames != self._skipped:
            self._skipped = frames
            self._context.skip_frame = _SKIP[frames]

    def flush(self) -> list[Frame]:
        """The frames that are still inside. The decoder can be fed again afterwards, starting with a keyframe."""
        frames = self._decode(None)
        self._context.flush_buffers()
        return frames

    def _decode(self, packet: av.Packet[Any] | None) -> list[Frame]:
        try:
            return [Frame(frame, self._convert) for frame in self._context.decode(packet)]
        except (av.FFmpegError, ValueError) as error:
            self._count(type(error).__name__)
            return []

    def _count(self, reason: str) -> None:
        self.errors += 1
        if self.errors & (self.errors - 1) == 0:  # the 1st, 2nd, 4th …: a bad camera must not fill the log
            log.info("unit_not_decoded", reason=reason, errors=self.errors)
