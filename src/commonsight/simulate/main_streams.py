"""Streams as cameras in the field send them first of all: 1080p, H.264 and H.265, megabits, seconds between keyframes.

Made once from packaged footage by ffmpeg in a process of its own (its encoders are GPL), and kept.
"""

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commonsight.connect.wire.codec import Codec
from commonsight.problem import Refusal
from commonsight.simulate import footage
from commonsight.simulate.footage import Clip, Progress, ffmpeg, run
from commonsight.simulate.reel import load

WIDTH: Final = 1920
HEIGHT: Final = 1080
FRAME_RATE: Final = 25
ENCODE_SECONDS: Final = 900
TIMES: Final = 4
GRAIN: Final = 8
"""Strength of the noise that is laid over the footage, of 100."""


@dataclass(frozen=True, slots=True)
class MainStream:
    """One way of setting up a camera.

    Args:
        kbps: mean rate, which is also the most over any two seconds.
        group: seconds from one keyframe to the next.
        seconds: of footage; whole groups, so that the loop is not heard.
        start: second of the footage it begins at.
    """

    codec: Codec
    kbps: int
    group: int
    seconds: int
    start: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def name(self) -> str:
        return f"{self.codec.value}-{self.kbps}k-{self.group}s"


STREAMS: Final = (
    MainStream(Codec.H264, 4_000, 2, 12, 0),
    MainStream(Codec.H264, 3_000, 4, 12, 4),
    MainStream(Codec.H264, 2_000, 7, 14, 8),
    MainStream(Codec.H265, 4_000, 5, 15, 2),
    MainStream(Codec.H265, 3_000, 3, 12, 6),
    MainStream(Codec.H265, 2_000, 6, 12, 10),
)


def prepare(stream: MainStream, directory: Path, progress: Progress, clips: Iterable[Clip] | None = None) -> Path:
    """The stream as an Annex B file, made if that has not been done yet. Slow: run it in a thread.

    Raises `Refusal` like `footage.prepare` when none of the `clips` can be had, simulate.transcode_failed.
    """
    source = _source(directory, progress, clips)
    command = _command(stream)
    recipe = hashlib.sha256(" ".join([source.name, *command]).encode()).hexdigest()[:12]
    target = directory / f"{stream.name}-{recipe}.{stream.codec.value}"
    if target.is_file():
        return target
    progress(f"{stream.name}: encoding {stream.seconds} s of {stream.width}x{stream.height}, once")
    with tempfile.TemporaryDirectory(dir=directory, prefix=f".{stream.name}-") as work:
        made = Path(work) / "made"
        run([*_reading(source), *command, str(made)], ENCODE_SECONDS, "simulate.transcode_failed", stream.name)
        load(stream.name, made.read_bytes(), stream.codec, FRAME_RATE)  # what cannot be played is not kept
        made.replace(target)
    return target


def _source(directory: Path, progress: Progress, clips: Iterable[Clip] | None) -> Path:
    """The largest clip that can be had."""
    known = sorted(footage.clips() if clips is None else clips, key=lambda clip: -clip.width * clip.height)
    for clip in known[:-1]:
        try:
            return footage.prepare(clip, directory, progress)
        except Refusal:
            continue
    return footage.prepare(known[-1], directory, progress)


def _reading(source: Path) -> list[str]:
    # The footage is read at the cameras' rate whatever its own: each picture of the stream is another one. Short
    # footage comes several times; a byte stream can simply be joined.
    joined = "concat:" + "|".join([str(source)] * TIMES)
    return [ffmpeg(), "-nostdin", "-v", "error", "-r", str(FRAME_RATE), "-f", "h264", "-i", joined]


def _command(stream: MainStream) -> list[str]:
    group, rate = stream.group * FRAME_RATE, f"{stream.kbps}k"
    # What enlarged footage lacks is a sensor's grain; without it no encoder would need its rate.
    look = f"trim=start={stream.start},setpts=PTS-STARTPTS,scale={stream.width}:{stream.height}:flags=bicubic"
    grain = f"noise=c0s={GRAIN}:c0f=t:all_seed=45"
    shared = ["-vf", f"{look},{grain}", "-frames:v", str(stream.seconds * FRAME_RATE), "-pix_fmt", "yuv420p", "-an"]
    rates = ["-b:v", rate, "-maxrate", rate, "-bufsize", f"{2 * stream.kbps}k"]
    if stream.codec is Codec.H264:
        encoder = [
            "-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-bf", "0", "-g", str(group),
            "-keyint_min", str(group), "-sc_threshold", "0", "-f", "h264",
        ]  # fmt: skip
    else:
        settings = f"keyint={group}:min-keyint={group}:scenecut=0:bframes=0:open-gop=0:repeat-headers=1:log-level=error"
        encoder = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", settings, "-f", "hevc"]
    return [*shared, *rates, *encoder]
