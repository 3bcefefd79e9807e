"""Footage for bench-diagnosis, and pictures of it as a camera would send them.

The clips are those of bench-mask (packages and the shared folder). Nothing is measured on what a file decodes to: each
picture, clean or spoiled, is coded once more as an H.264 keyframe by an ffmpeg process and decoded the way the sweep
decodes keyframes, so that a measure sees what a coder leaves of a fault, and a clean picture bears the same marks.
"""

import argparse
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

from bench.mask import footage as fetch
from bench.mask_marks import clips as marked
from commonsight.connect.model import AccessUnit, Codec
from commonsight.media.probe import decoded
from commonsight.vision.decode import Frame
from commonsight.vision.picture import Converter, Planes

LEAST_WIDTH = 320
"""Smaller footage is no picture of a surveillance camera."""
QUANTISER = 28
"""The coder's, for keyframes: about half a bit a pixel, as cameras of 2-4 Mb/s spend on theirs."""
SECOND = 1.0
"""Between two looks at the same clip."""


@dataclass(frozen=True)
class Clip:
    """One clip: pictures a second apart, in order. `seconds`: of footage, all of it unique."""

    name: str
    seconds: float
    pictures: tuple[Planes, ...]
    fps: float


def load(given: argparse.Namespace, *, small: bool = False) -> tuple[list[Clip], list[str]]:
    """The clips that can be had, and the names of those that cannot."""
    found, absent = [], []
    for clip in marked():
        if clip.sheet["width"] < LEAST_WIDTH:
            continue
        path = fetch(clip, given)
        if path is None:
            absent.append(clip.name)
        else:
            found.append(_read(clip.name, path, clip.fps, small=small))
    return found, absent


def _read(name: str, path: Path, fps: float, *, small: bool) -> Clip:
    convert = Converter()
    pictures, count, next_at = [], 0, 0.0
    with av.open(str(path)) as opened:
        for frame in opened.decode(video=0):
            if count >= next_at:
                pictures.append(Frame(frame, convert).still())
                next_at += fps * SECOND * (3 if small else 1)
            count += 1
    return Clip(name, count / fps, tuple(pictures), fps)


def sent(pictures: Sequence[Planes], quantiser: int = QUANTISER) -> list[Planes]:
    """The pictures after a camera's coder and the sweep's decoder; all of one size, which must be even."""
    if not pictures:
        return []
    wide, high = pictures[0].width // 2 * 2, pictures[0].height // 2 * 2
    raw = b"".join(
        plane[: side[0], : side[1]].tobytes()
        for picture in pictures
        for plane, side in zip(
            (picture.luma, picture.blue, picture.red),
            ((high, wide), (high // 2, wide // 2), (high // 2, wide // 2)),
            strict=True,
        )
    )
    data = coded(raw, wide, high, ("-qp", str(quantiser), "-g", "1", "-bf", "0"))
    return [decoded_one(unit) for unit in units(data)]


def coded(raw: bytes, wide: int, high: int, arguments: Sequence[str]) -> bytes:
    """Raw yuv420p pictures as an H.264 byte stream; the coder is a process of its own."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "yuv420p",
        "-s", f"{wide}x{high}", "-r", "25", "-i", "pipe:0", "-c:v", "libx264", "-preset", "veryfast",
        "-profile:v", "main", *arguments, "-threads", "1", "-f", "h264", "pipe:1",
    ]  # fmt: skip
    return subprocess.run(command, input=raw, capture_output=True, check=True).stdout


def units(data: bytes) -> list[bytes]:
    """A byte stream cut into access units."""
    context = av.CodecContext.create("h264", "r")
    return [bytes(packet) for packet in (*context.parse(data), *context.parse(None))]


def decoded_one(unit: bytes) -> Planes:
    """What the sweep's probe makes of a keyframe."""
    frame = decoded(Codec.H264, AccessUnit(data=unit, pts=0, keyframe=True, received=0.0))
    assert frame is not None, "our own keyframe does not decode"
    return frame.still()


def grey(value: float, like: Planes) -> Planes:
    """A picture of one brightness, without colour, in the size of another."""
    return Planes(np.full_like(like.luma, round(value)), np.full_like(like.blue, 128), np.full_like(like.red, 128))
