"""Pictures and sound by ffmpeg, for tests of program streams."""

import subprocess
from functools import cache

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import PARAMETER_SETS, join, nal_type
from commonsight.connect.wire.ps import AudioCodec, Muxer
from commonsight.simulate.reel import access_units

FPS = 25
TICKS = 90_000 // FPS


def ffmpeg(*arguments: str) -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments], check=True, capture_output=True).stdout


@cache
def pictures(codec: Codec, seconds: int = 2, size: str = "320x180") -> tuple[bytes, ...]:
    """Access units of a moving picture, a keyframe each second."""
    coder = ("libx264", "h264") if codec is Codec.H264 else ("libx265", "hevc")
    quiet = ("-x265-params", "log-level=none") if codec is Codec.H265 else ()
    source = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={FPS}", "-t", str(seconds), "-pix_fmt", "yuv420p")
    stream = ffmpeg(*source, "-c:v", coder[0], "-g", str(FPS), "-bf", "0", *quiet, "-f", coder[1], "-")
    return tuple(join(unit) for unit in access_units(codec, stream))


def is_key(codec: Codec, unit: bytes) -> bool:
    return nal_type(codec, unit[4]) in PARAMETER_SETS[codec]


@cache
def sounds(codec: AudioCodec, seconds: int = 2) -> tuple[tuple[bytes, int], ...]:
    """Pieces of a tone and the ticks each lasts."""
    rate = 16_000 if codec is AudioCodec.AAC else 8_000
    source = ("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate={rate}:duration={seconds}", "-ac", "1")
    if codec is not AudioCodec.AAC:
        law = "alaw" if codec is AudioCodec.G711A else "mulaw"
        data = ffmpeg(*source, "-c:a", f"pcm_{law}", "-f", law, "-")
        return tuple((data[at : at + 320], TICKS) for at in range(0, len(data), 320))
    data, found = ffmpeg(*source, "-c:a", "aac", "-f", "adts", "-"), []
    while data:
        size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        found.append((data[:size], 1_024 * 90_000 // rate))
        data = data[size:]
    return tuple(found)


def packs(codec: Codec, audio: AudioCodec | None = None, *, start: int = 90_000) -> list[bytes]:
    """One pack a picture and a piece of sound, in the order of their times."""
    muxer = Muxer(codec, audio)
    timed = []
    for number, unit in enumerate(pictures(codec)):
        pts = start + number * TICKS
        timed.append((pts, 0, muxer.video(unit, pts, keyframe=is_key(codec, unit))))
    if audio is not None:
        for number, (data, ticks) in enumerate(sounds(audio)):
            timed.append((start + number * ticks, 1, muxer.audio(data, start + number * ticks)))
    return [data for _, _, data in sorted(timed)]
