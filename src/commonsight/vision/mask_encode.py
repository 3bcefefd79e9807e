"""Coding masked pictures: H.264 by an ffmpeg of its own, or JPEG in this process.

The encoder ffmpeg carries for H.264 is GPL, so it runs as a process beside us, never inside. It writes FLV, because
that container says how long each coded picture is: a raw stream would only tell with the picture after it.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import IO, Any, Final

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from commonsight.problem import Refusal
from commonsight.vision.picture import Plane

Planes = tuple[Plane, Plane, Plane]
Coded = Callable[[bytes, int, bool], None]
"""Called with one coded picture (Annex B, or a JPEG file), its time as given, and whether it is a keyframe."""

WAITING_MOST: Final = 64
"""Pictures inside the encoder; one that keeps more is broken."""
END_SECONDS: Final = 10.0
PROBE_SECONDS: Final = 20.0
GROUP: Final = 25
"""Pictures from keyframe to keyframe: at a few a second, few seconds."""
JPEG_QUALITY: Final = 5
"""Of 2 (best) to 31."""
TAG_MOST: Final = 32 << 20
_START = b"\x00\x00\x00\x01"
_ENCODERS: Final[dict[str, tuple[str, ...]]] = {
    "libx264": ("-preset", "ultrafast", "-tune", "zerolatency", "-crf", "24", "-sc_threshold", "0"),
    "libopenh264": ("-b:v", "3M", "-allow_skip_frames", "0"),
}


def ffmpeg() -> str:
    """The ffmpeg program: the one on PATH, else the one in the wheel imageio-ffmpeg.

    Raises:
        Refusal: `vision.ffmpeg_missing`.
    """
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise Refusal("vision.ffmpeg_missing", status=503, reason=str(error)) from None


@cache
def h264_arguments() -> tuple[str, ...] | None:
    """How this machine's ffmpeg is told to code H.264 without delay; None when it cannot."""
    try:
        asked = [ffmpeg(), "-hide_banner", "-encoders"]
        known = subprocess.run(asked, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False).stdout.split()
    except (Refusal, OSError, subprocess.TimeoutExpired):
        return None
    for name, options in _ENCODERS.items():
        if name in known:
            return ("-c:v", name, *options, "-pix_fmt", "yuv420p", "-bf", "0", "-g", str(GROUP))
    return None


class EncoderLost(Exception):
    """The encoder ended or fell silent."""


class H264Encoder:
    """One ffmpeg. Pictures come out in the order they went in, each as soon as it is coded.

    Args:
        width, height: pixels, even.
        coded: called from a thread of the encoder's own.
        arguments: as `h264_arguments` returns them.
    """

    codec = "h264"

    def __init__(self, width: int, height: int, coded: Coded, arguments: Sequence[str]) -> None:
        raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-framerate", "25")
        # "-fflags nobuffer" would throw the picture away that is used to look at the stream.
        quick = ("-analyzeduration", "0", "-probesize", "32")
        command = [ffmpeg(), "-nostdin", "-v", "fatal", *quick, *raw, "-i", "pipe:0", *arguments, "-threads", "1"]
        command += [
            "-fps_mode",
            "passthrough",
            "-flush_packets",
            "1",
            "-flvflags",
            "no_duration_filesize",
            "-f",
            "flv",
            "pipe:1",
        ]
        self._coded = coded
        self._times: deque[int] = deque()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def write(self, planes: Planes, pts: int) -> None:
        """Hand in a picture; waits while the encoder is busy.

        Raises:
            EncoderLost: it takes no more.
        """
        if self._process.poll() is not None or not self._reader.is_alive() or len(self._times) >= WAITING_MOST:
            raise EncoderLost(f"ffmpeg ended with {self._process.poll()}, {len(self._times)} pictures inside")
        self._times.append(pts)
        assert self._process.stdin is not None
        try:
            for plane in planes:
                _write_all(self._process.stdin, memoryview(plane.tobytes()))
        except OSError as error:
            raise EncoderLost(str(error)) from error

    def close(self) -> None:
        """Let what is inside come out, and end the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(END_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._reader.join(END_SECONDS)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        reader = FlvReader(self._process.stdout)
        while (unit := reader.next()) is not None:
            data, keyframe = unit
            self._coded(data, self._times.popleft(), keyframe)


class FlvReader:
    """The pictures of an FLV stream with H.264, as Annex B. Made for what our own ffmpeg writes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._sets = b""
        self._started = False

    def next(self) -> tuple[bytes, bool] | None:
        """The next picture and whether it is a keyframe (which then carries its parameter sets); None at the end.

        Raises:
            EncoderLost: what comes is no such stream.
        """
        if not self._started:
            if self._exactly(13) is None:
                return None
            self._started = True
        while True:
            head = self._exactly(11)
            if head is None:
                return None
            size = int.from_bytes(head[1:4], "big")
            if size > TAG_MOST:
                raise EncoderLost(f"tag of {size} bytes")
            body = self._exactly(size + 4)
            if body is None:
                return None
            if head[0] & 0x1F != 9 or size < 5 or body[0] & 0x0F != 7:
                continue
            if body[1] == 0:
                self._sets = _sets(body[5:size])
            elif body[1] == 1:
                keyframe = body[0] >> 4 == 1
                return (self._sets if keyframe else b"") + _annex_b(body[5:size]), keyframe

    def _exactly(self, size: int) -> bytes | None:
        parts, missing = [], size
        while missing:
            part = self._source.read(missing)
            if not part:
                return None
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _sets(record: bytes) -> bytes:
    """Parameter sets of an AVC decoder configuration record (count of SPS, those, count of PPS, those), as Annex B."""
    out, at = [], 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            out.append(_START + record[at + 2 : at + 2 + size])
            at += 2 + size
    return b"".join(out)


def _annex_b(data: bytes) -> bytes:
    """From lengths to start codes. What ffmpeg adds to its first picture about itself is left out."""
    out, at = [], 0
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        unit = data[at + 4 : at + 4 + size]
        if unit and unit[0] & 0x1F not in (6, 7, 8):
            out.append(_START + unit)
        at += 4 + size
    return b"".join(out)


class JpegEncoder:
    """JPEG by libavcodec's own encoder (LGPL), for machines whose ffmpeg codes no H.264."""

    codec = "jpeg"

    def __init__(self, width: int, height: int, coded: Coded) -> None:
        self._coded = coded
        context = av.CodecContext.create("mjpeg", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
        context.time_base = Fraction(1, 90_000)
        context.qmin = context.qmax = JPEG_QUALITY
        self._context = context

    def write(self, planes: Planes, pts: int) -> None:
        """Code a picture; `coded` is called before this returns."""
        height, width = planes[0].shape
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, rows in zip(frame.planes, planes, strict=True):
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[: rows.shape[0], : rows.shape[1]] = rows
            plane.update(padded.tobytes())
        full: Any = frame.reformat(format="yuvj420p")
        full.pts = pts
        for packet in self._context.encode(full):
            self._coded(bytes(packet), pts, True)

    def close(self) -> None:
        """Nothing is inside."""


Encoder = H264Encoder | JpegEncoder


def encoder(width: int, height: int, coded: Coded, *, jpeg: bool = False) -> Encoder:
    """H.264 where this machine's ffmpeg can, else JPEG."""
    arguments = None if jpeg else h264_arguments()
    return JpegEncoder(width, height, coded) if arguments is None else H264Encoder(width, height, coded, arguments)


def _write_all(target: IO[bytes], data: memoryview) -> None:
    while len(data):
        data = data[target.write(data) :]
