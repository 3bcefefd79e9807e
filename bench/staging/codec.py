"""Pictures through a real encoder and decoder, a few at a time: what a scene sees is what a camera's coder leaves."""

import queue
import subprocess
from collections.abc import Iterator
from threading import Thread

import av

from commonsight.simulate.footage import ffmpeg
from commonsight.vision.decode import TICKS_PER_SECOND, Decoder, Frame
from commonsight.vision.picture import Converter

from . import Shot, Staged

QUANTISER = 28
"""As in bench-diagnosis: about half a bit a pixel for keyframes, as cameras of 2-4 Mb/s spend on theirs."""
GROUP_SECONDS = 2
AHEAD = 64
"""Pictures between the writer and the reader, so that a clip of hours takes no more memory than one of seconds."""
LATER = 30
"""s to wait for the writer before giving up: it draws as fast as it can."""


def through(clip: Staged) -> Iterator[tuple[Shot, Frame]]:
    """Each picture of a clip with what came out of the decoder for it, in order."""
    if not clip.coded:
        convert = Converter()
        for shot in clip.frames:
            frame = av.VideoFrame.from_ndarray(shot.bgr, format="bgr24")
            frame.pts = round(shot.pts * TICKS_PER_SECOND)
            yield shot, Frame(frame, convert)
        return
    drawn: queue.Queue[Shot | BaseException | None] = queue.Queue(AHEAD)
    with subprocess.Popen(_command(clip), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        assert encoder.stdout is not None
        stdin = encoder.stdin

        def write() -> None:
            try:
                for shot in clip.frames:
                    drawn.put(shot)
                    stdin.write(shot.bgr.tobytes())
                drawn.put(None)
            except BaseException as error:
                drawn.put(error)
            finally:
                stdin.close()

        Thread(target=write, daemon=True).start()
        for frame in _decoded(encoder):
            shot = drawn.get(timeout=LATER)
            if isinstance(shot, BaseException):
                raise shot
            assert shot is not None, "the encoder gave more pictures than it got"
            frame.pts = round(shot.pts * TICKS_PER_SECOND)
            yield shot, frame
        last = drawn.get(timeout=LATER)
        if isinstance(last, BaseException):
            raise last
        assert last is None, "the encoder kept a picture back"


def _decoded(encoder: "subprocess.Popen[bytes]") -> Iterator[Frame]:
    assert encoder.stdout is not None
    cutter, decoder, count = av.CodecContext.create("h264", "r"), Decoder("h264"), 0
    while piece := encoder.stdout.read1(1 << 16):  # type: ignore[attr-defined]
        for packet in cutter.parse(piece):
            yield from decoder.feed(bytes(packet), count)
            count += 1
    for packet in cutter.parse(None):
        yield from decoder.feed(bytes(packet), count)
        count += 1
    yield from decoder.flush()
    assert decoder.errors == 0, "our own pictures do not decode"


def _command(clip: Staged) -> list[str]:
    group = 1 if clip.fps <= 1 else round(GROUP_SECONDS * clip.fps)
    size = f"{clip.size[0]}x{clip.size[1]}"
    return [
        ffmpeg(), "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", size,
        "-r", f"{max(clip.fps, 1):g}", "-i", "pipe:0", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
        "-profile:v", "main", "-pix_fmt", "yuv420p", "-qp", str(QUANTISER), "-g", str(group), "-keyint_min", str(group),
        "-sc_threshold", "0", "-bf", "0", "-threads", "1", "-f", "h264", "pipe:1",
    ]  # fmt: skip
