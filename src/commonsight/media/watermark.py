"""Writing who looks, and when, into a picture: the filter for ffmpeg, the font for it, and one JPEG made that way.

The text goes to ffmpeg as a file in memory, so nothing a person is called can become part of a command.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import structlog

from commonsight.connect.model import Codec
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

DRAW_SECONDS: Final = 10.0
"""A picture that takes longer is given up."""
JPEG_MOST: Final = 32_000_000
_FORMATS: Final = {Codec.H264: "h264", Codec.H265: "hevc", Codec.JPEG: "mjpeg"}
_FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
"""Where distributions put fonts with Chinese characters; asked after fontconfig."""


@cache
def font() -> str:
    """The file of a font with Chinese characters.

    Raises:
        Refusal: `media.font_missing` (503): a picture without its mark does not leave.
    """
    asking = shutil.which("fc-match")
    found = ""
    if asking is not None:
        said = subprocess.run(
            [asking, "-f", "%{lang}\n%{file}", ":lang=zh-cn"], capture_output=True, text=True, timeout=10
        )
        languages, _, found = said.stdout.partition("\n")
        if "zh-cn" not in languages:
            found = ""
    for path in (found, *_FONTS):
        if path and Path(path).is_file():
            return path
    raise Refusal("media.font_missing", status=503, rule="a font with Chinese characters", operand="fonts-noto-cjk")


@contextmanager
def written(text: str) -> Iterator[int]:
    """A file in memory that holds `text`; a child that is given the descriptor finds it as `/proc/self/fd/<n>`."""
    descriptor = os.memfd_create("mark")
    try:
        os.write(descriptor, text.encode())
        yield descriptor
    finally:
        os.close(descriptor)


def mark_filter(descriptor: int) -> str:
    """The filter that draws the text of `descriptor`: readable at the bottom, and faint where a crop would miss it.

    Raises:
        Refusal: `media.font_missing`.
    """
    text = f"fontfile={_escaped(font())}:textfile=/proc/self/fd/{descriptor}:expansion=none"
    size = "fontsize=max(14\\,h/36)"
    bottom = f"drawtext={text}:{size}:fontcolor=white@0.95:box=1:boxcolor=black@0.5:boxborderw=6:x=12:y=h-th-14"
    faint = f"{text}:{size}:fontcolor=white@0.28:shadowcolor=black@0.28:shadowx=1:shadowy=1"
    return ",".join((bottom, f"drawtext={faint}:x=w*0.06:y=h*0.22", f"drawtext={faint}:x=max(0\\,w*0.94-tw):y=h*0.55"))


async def drawn(codec: Codec, keyframe: bytes, text: str) -> bytes:
    """One JPEG of a keyframe (Annex B with its parameter sets, or a JPEG) with `text` in it.

    Decoding and drawing are a process of their own: what a camera sends cannot harm this one.

    Raises:
        Refusal: `media.font_missing`, `media.snapshot_failed` (502).
    """
    await asyncio.to_thread(font)
    with written(text) as descriptor:
        command = (
            imageio_ffmpeg.get_ffmpeg_exe(),
            *("-v", "error", "-nostdin", "-threads", "1", "-f", _FORMATS[codec], "-i", "pipe:0"),
            *("-frames:v", "1", "-vf", mark_filter(descriptor), "-threads", "1"),
            *("-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"),
        )
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(descriptor,),
            limit=JPEG_MOST,
        )
        try:
            async with asyncio.timeout(DRAW_SECONDS):
                made, said = await child.communicate(keyframe)
        except TimeoutError:
            made, said = b"", b"too slow"
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if not made.startswith(b"\xff\xd8"):
        log.warning("snapshot_failed", codec=codec.value, said=said[-200:].decode(errors="replace"))
        raise Refusal("media.snapshot_failed", status=502)
    return made


def _escaped(path: str) -> str:
    """A value of a filter's option (two rounds: the option's, then the graph's)."""
    for char in ("\\", ":", "'"):
        path = path.replace(char, "\\" + char)
    for char in ("\\", "'", "[", "]", ",", ";"):
        path = path.replace(char, "\\" + char)
    return path
