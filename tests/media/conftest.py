"""Footage made here: two seconds of a test picture in both codecs, cut into access units."""

import subprocess
from dataclasses import dataclass
from functools import cache

import imageio_ffmpeg
import pytest

from commonsight.connect.model import AccessUnit, Codec, StreamInfo
from commonsight.connect.wire import nal
from commonsight.connect.wire.codec import NAL_CODECS
from commonsight.media.fmp4 import parameter_sets

FPS = 25
GROUP = 10
TICKS = 90_000 // FPS


@dataclass(frozen=True)
class Footage:
    """Access units as connect hands them on: Annex B, 4-byte start codes, a keyframe every `GROUP` units."""

    codec: Codec
    width: int
    height: int
    units: tuple[tuple[bytes, bool], ...]

    @property
    def info(self) -> StreamInfo:
        return StreamInfo(self.codec, parameter_sets(self.codec, self.units[0][0]), self.width, self.height)

    def unit(self, index: int) -> AccessUnit:
        """The `index`-th unit of the footage played round and round."""
        data, keyframe = self.units[index % len(self.units)]
        return AccessUnit(data, index * TICKS, keyframe, index / FPS)


@cache
def make_footage(codec: Codec, size: str = "320x240", frames: int = 50) -> Footage:
    """Encode a moving test picture with the ffmpeg that comes with imageio-ffmpeg."""
    closed = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0:slices=1:log-level=none"
    encoder = (
        ["libx264", "-x264-params", closed.replace(":log-level=none", ""), "-bsf:v", "h264_metadata=aud=insert"]
        if codec is Codec.H264
        else ["libx265", "-x265-params", closed]
    )
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={FPS}", "-frames:v", str(frames)),
        *("-pix_fmt", "yuv420p", "-c:v", *encoder, "-preset", "ultrafast"),
        *("-f", "h264" if codec is Codec.H264 else "hevc", "-"),
    ]
    stream = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    width, height = (int(side) for side in size.split("x"))
    return Footage(codec, width, height, tuple(cut(codec, stream)))


def cut(codec: Codec, stream: bytes) -> list[tuple[bytes, bool]]:
    """Cut an elementary stream of one-slice pictures into (unit, keyframe)."""
    units: list[list[bytes]] = [[]]
    for part in nal.split(stream):
        if units[-1] and is_picture(codec, units[-1][-1]):
            units.append([])
        units[-1].append(part)
    return [
        (nal.join(parts), any(nal.is_keyframe(codec, nal.nal_type(codec, part[0])) for part in parts))
        for parts in units
    ]


def is_picture(codec: Codec, part: bytes) -> bool:
    return nal.is_picture(codec, nal.nal_type(codec, part[0]))


@pytest.fixture(params=NAL_CODECS)
def footage(request: pytest.FixtureRequest) -> Footage:
    """Both codecs, one after the other."""
    return make_footage(request.param)


@pytest.fixture
def h264() -> Footage:
    return make_footage(Codec.H264)


@pytest.fixture
def h265() -> Footage:
    return make_footage(Codec.H265)
