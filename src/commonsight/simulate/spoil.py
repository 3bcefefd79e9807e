"""Clips of cameras whose picture is bad: made from the clip they play, by ffmpeg in a process of its own, once."""

import hashlib
import tempfile
from pathlib import Path
from typing import Final

from commonsight.connect.wire.codec import Codec
from commonsight.simulate import footage
from commonsight.simulate.damage import Harm
from commonsight.simulate.footage import Clip, Progress
from commonsight.simulate.reel import Reel, load

SECONDS: Final = 12
"""Of the clip; it is played round and round."""

_GRAIN: Final = "noise=alls=3:allf=t:all_seed=45"
"""A sensor's noise: no camera is so black, or so evenly covered, that its pixels are all alike."""

FILTERS: Final = {
    Harm.BLACK: f"lutyuv=y=18:u=128:v=128,{_GRAIN}",
    # One picture for ever: as an encoder sends it whose sensor has stopped.
    Harm.FROZEN: "trim=end_frame=1,loop=loop=-1:size=1:start=0,setpts=N/FRAME_RATE/TB",
    # Out of focus: nothing narrower than a fortieth of the picture is left.
    Harm.BLURRED: "scale=iw/20:-2:flags=area,scale={width}:{height}:flags=bicubic,gblur=sigma=4",
    # A cloth hangs over the lens; at its edge the street shows.
    Harm.COVERED: f"gblur=sigma=6,drawbox=x=0:y=0:w=iw*0.94:h=ih:color=0x3a3631:t=fill,{_GRAIN}",
}


def path(clip: Clip, how: Harm, data_dir: Path) -> Path:
    """Where the spoiled clip lies or will lie. The name changes whenever the result would."""
    recipe = f"{footage.path(clip, data_dir).name} {_filter(clip, how)} {SECONDS}"
    return footage.directory(data_dir) / f"{clip.name}-{how}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.h264"


def prepare(clip: Clip, how: Harm, data_dir: Path, progress: Progress) -> Path:
    """The spoiled clip on disk, made if that has not been done yet. Raises `Refusal` like `footage.prepare`."""
    target = path(clip, how, data_dir)
    if target.is_file():
        return target
    source = footage.prepare(clip, data_dir, progress)
    progress(f"{clip.name}: making it {how}, once")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{clip.name}-") as work:
        made = Path(work) / "made.h264"
        group = str(footage.GROUP_SECONDS * clip.frame_rate)
        command = [
            footage.ffmpeg(), "-nostdin", "-v", "error", "-threads", "2", "-r", str(clip.frame_rate), "-f", "h264",
            "-i", str(source), "-vf", _filter(clip, how), "-t", str(SECONDS), "-c:v", "libx264", "-profile:v", "main",
            "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-bf", "0", "-g", group, "-keyint_min", group,
            "-sc_threshold", "0", "-f", "h264", str(made),
        ]  # fmt: skip
        footage.run(command, footage.TRANSCODE_SECONDS, "simulate.transcode_failed", clip.name)
        load(clip.name, made.read_bytes(), Codec.H264, clip.frame_rate)  # what cannot be played is not kept
        made.replace(target)
    return target


def bring(clip: Clip, how: Harm, data_dir: Path, progress: Progress) -> Reel:
    """The spoiled clip as a reel. Slow the first time: run it in a thread. Raises `Refusal` like `prepare`."""
    data = prepare(clip, how, data_dir, progress).read_bytes()
    name = f"{clip.name}-{how}"
    ssrc = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") & 0xFFFF_FFFE
    return load(name, data, Codec.H264, clip.frame_rate, ssrc=ssrc)


def _filter(clip: Clip, how: Harm) -> str:
    return FILTERS[how].format(width=clip.width, height=clip.height)
