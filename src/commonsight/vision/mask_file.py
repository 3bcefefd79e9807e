"""Masking a whole recording, in a process of its own: `mask_file`.

Nobody waits for the next picture here, so every picture is held back until the following ones have been looked at: a
face found a moment late is covered from before it was found. Sound is left out: a voice tells who speaks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Final, cast

import av
import structlog

from commonsight.problem import Refusal
from commonsight.vision.decode import MAX_PIXELS, Frame
from commonsight.vision.mask_cover import GREY_CHROMA, GREY_LUMA, Boxes, cover_yuv420
from commonsight.vision.mask_encode import END_SECONDS, Planes, ffmpeg, h264_arguments
from commonsight.vision.mask_policy import Policy
from commonsight.vision.mask_policy import models as needed
from commonsight.vision.masking import Ahead, Masker
from commonsight.vision.picture import Converter
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)

AHEAD: Final = 8
"""Pictures held back."""
SAYS_MOST: Final = 2_000
"""Characters kept of what a failed process said."""
NICENESS: Final = 10

Progress = Callable[[float], None]
"""Called with the share that is done, 0..1."""


def mask_file(source: Path, target: Path, wanted: Policy, models: Path, progress: Progress = lambda _: None) -> None:
    """Write `source` anew with faces or plates taken out, as MP4 with H.264, its pictures at their own times.

    Blocks until it is done. `target` appears whole or not at all; a process that dies leaves nothing. Raise from
    `progress` to give up: the process is ended.

    Args:
        source: a file FFmpeg can read.
        target: where the masked file is to lie; replaced when it is there.
        wanted: what to take out.
        models: the models' directory.
        progress: told how far it is, several times a second at most.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`; `vision.ffmpeg_missing` when this machine cannot code
            H.264; `vision.mask_file_failed` with the process' last words.
    """
    for name in needed(wanted):
        ModelStore(models).path(name)
    if h264_arguments() is None:
        raise Refusal("vision.ffmpeg_missing", status=503, reason="no H.264 encoder")
    with tempfile.TemporaryDirectory(prefix=".masking-", dir=target.parent) as work:
        made = Path(work) / "masked.mp4"
        command = [sys.executable, "-m", "commonsight.vision.mask_file", str(source), str(made), wanted.value]
        with (Path(work) / "said").open("w+b") as said:
            process = subprocess.Popen(
                [*command, str(models)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
            )
            try:
                assert process.stdout is not None
                with process.stdout as lines:
                    for line in lines:
                        progress(float(json.loads(line)))
                code = process.wait(END_SECONDS)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if code != 0 or not made.is_file():
                said.seek(0)
                words = said.read()[-SAYS_MOST:].decode("utf-8", "replace").strip().splitlines()
                reason = words[-1] if words else f"exit code {code}"
                raise Refusal("vision.mask_file_failed", status=500, operand=source.name, reason=reason[:400])
        made.replace(target)


def run(source: Path, target: Path, masker: Masker, told: Progress) -> int:
    """The work itself, in this process; returns how many pictures were written.

    Raises:
        ValueError: the source holds no picture that can be decoded.
        OSError, av.FFmpegError: it cannot be read, or the encoder ended.
    """
    with av.open(str(source)) as given:
        if not given.streams.video:
            raise ValueError("no video in it")
        stream = given.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        length = float(given.duration or 0) / av.time_base
        sink: _Sink | None = None
        ahead: Ahead[tuple[Frame, int]] = Ahead(masker, AHEAD)
        convert = Converter()
        written, base, last = 0, stream.time_base or Fraction(1, 90_000), -1
        try:
            for decoded in given.decode(stream):
                if sink is None:
                    sink = _Sink(target, decoded.width // 2 * 2, decoded.height // 2 * 2, base)
                # Times that do not rise would be refused by the file; a tick apart they are.
                last = max(last + 1, int(decoded.pts) if decoded.pts is not None else last + 1)
                frame = Frame(decoded, convert)
                for kept, boxes in ahead.feed(frame, float(last * base), (frame, last)):
                    sink.write(*kept, boxes)
                    written += 1
                if length:
                    told(min(float(last * base - (stream.start_time or 0) * base) / length, 1.0))
            for kept, boxes in ahead.flush():
                assert sink is not None
                sink.write(*kept, boxes)
                written += 1
        finally:
            if sink is not None:
                sink.close()
    if not written:
        raise ValueError("no picture in it can be decoded")
    return written


class _Sink:
    """Covered pictures on their way into an ffmpeg that codes them; raw in NUT, which keeps their times."""

    def __init__(self, target: Path, width: int, height: int, base: Fraction) -> None:
        arguments = h264_arguments()
        assert arguments is not None
        command = [ffmpeg(), "-nostdin", "-v", "error", "-f", "nut", "-i", "pipe:0", *arguments]
        command += ["-preset", "veryfast"] if "libx264" in arguments else []
        command += [
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "1/90000",
            "-movflags",
            "+faststart",
            "-y",
            str(target),
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._pipe: IO[bytes] = self._process.stdin
        self._out = av.open(cast(Any, _WriteOnly(self._pipe)), "w", format="nut")
        stream = self._out.add_stream("rawvideo")
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = base
        self._stream = stream
        self._size = (width, height)

    def write(self, frame: Frame, pts: int, boxes: Boxes) -> None:
        width, height = self._size
        planes = frame.yuv420(width, height)
        if frame.corrupt:
            # Nobody can say what a guessed picture shows.
            for plane, value in zip(planes, (GREY_LUMA, GREY_CHROMA, GREY_CHROMA), strict=True):
                plane[:] = value
        else:
            cover_yuv420(*planes, (boxes * _scale(frame, width, height)).astype("float32"))
        picture = _picture(planes)
        picture.pts, picture.time_base = pts, self._stream.codec_context.time_base
        for packet in self._stream.encode(picture):
            self._out.mux(packet)

    def close(self) -> None:
        """End the file. Raises OSError when the encoder failed."""
        try:
            for packet in self._stream.encode(None):
                self._out.mux(packet)
            self._out.close()
            self._pipe.close()
        finally:
            try:
                code = self._process.wait(END_SECONDS * 6)
            except subprocess.TimeoutExpired:
                self._process.kill()
                code = self._process.wait()
        if code:
            raise OSError(f"ffmpeg ended with {code}")


class _WriteOnly:
    """A pipe for libavformat: it asks whether it may seek, and may not."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def write(self, data: bytes) -> int:
        self._pipe.write(data)
        return len(data)


def _scale(frame: Frame, width: int, height: int) -> list[float]:
    return [width / frame.width, height / frame.height] * 2


def _picture(planes: Planes) -> av.VideoFrame:
    height, width = planes[0].shape
    picture = av.VideoFrame(width, height, "yuv420p")
    for plane, rows in zip(picture.planes, planes, strict=True):
        if plane.line_size == rows.shape[1]:
            plane.update(rows.tobytes())
        else:
            pad = bytes(plane.line_size - rows.shape[1])
            plane.update(b"".join(row.tobytes() + pad for row in rows))
    return picture


def main() -> int:
    """Mask one file; a line with the share done on standard output now and then, why it failed on standard error."""
    parser = argparse.ArgumentParser()
    for name in ("source", "target", "policy", "models"):
        parser.add_argument(name)
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    os.nice(NICENESS)
    shown = -1

    def told(share: float) -> None:
        nonlocal shown
        if int(share * 200) != shown:
            shown = int(share * 200)
            print(json.dumps(round(share, 4)), flush=True)  # noqa: T201  the parent reads it

    try:
        run(Path(given.source), Path(given.target), Masker(Policy(given.policy), ModelStore(Path(given.models))), told)
    except (Refusal, ValueError, OSError, av.FFmpegError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
