"""What a recorder writes of what a relay hands it: pictures and sound in step, a new file every few seconds."""

import math
from pathlib import Path
from uuid import UUID

from commonsight.clock import SystemClock
from commonsight.connect.model import TICKS_PER_SECOND, AudioCodec, Sound
from commonsight.media.fmp4 import init_segment
from commonsight.media.model import Track, Unit
from commonsight.media.recordings.model import Kind, Wanted
from commonsight.media.recordings.recorder import Recorder
from commonsight.media.recordings.segment import Closed, closed, read
from commonsight.media.sound import RATE, SoundTrack

from .conftest import FPS, TICKS, Footage
from .recorded import probed


def tone(samples: int) -> bytes:
    """Something like G.711 that is no silence."""
    return bytes(int(127 + 100 * math.sin(n / 5)) for n in range(samples))


async def test_sound_is_kept_in_step_with_the_pictures(tmp_path: Path, h264: Footage) -> None:
    filed: list[Closed] = []
    firsts: list[bool] = []

    async def file(made: Closed) -> None:
        filed.append(made)

    info = h264.info
    track = Track(info.codec, info.parameter_sets, info.width, info.height)
    track.sounding = init_segment(info.codec, info.parameter_sets, info.width, info.height, sound=RATE)
    recorder = Recorder(
        Wanted(UUID(int=1), None, Kind.MANUAL, 0, 30), tmp_path, "media-1", SystemClock(), segment_seconds=2,
        filed=file, on_first=lambda: firsts.append(True),
    )  # fmt: skip
    start = TICKS_PER_SECOND
    voice = SoundTrack(start)
    clock = SystemClock()
    for n in range(5 * FPS):
        data, keyframe = h264.units[n % len(h264.units)]
        at = start + n * TICKS
        unit = Unit(info.codec, data, at, at, TICKS, keyframe, clock.monotonic(), n)
        if n == 0:
            recorder.start(track, [unit], audible=True)
        else:
            recorder.take(unit)
        for message in voice.feed(Sound(AudioCodec.G711A, tone(8_000 // FPS), at, 0.0), at):
            recorder.hear(message)
    recorder.end("source_lost")
    await recorder.close()

    assert firsts == [True]
    assert [round(read(made.path).seconds, 2) for made in filed] == [2.0, 2.0, 1.0]
    for made in filed:
        assert closed(made.path) == made
        found = await probed(made.path)
        kinds = {stream["codec_type"]: stream for stream in found["streams"]}
        assert (kinds["audio"]["codec_name"], kinds["audio"]["sample_rate"]) == ("aac", str(RATE))
        assert int(kinds["video"]["nb_read_frames"]) == round(read(made.path).seconds * FPS)
        heard = int(kinds["audio"]["nb_read_frames"]) * 1_024 / RATE
        assert abs(heard - read(made.path).seconds) < 0.4, "AAC begins two frames late and ends with the camera"
        assert made.about.kind == "manual"
    assert recorder.outlet.frames == 5 * FPS
    assert recorder.ended.result() == "source_lost"
