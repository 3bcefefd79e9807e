"""Sound of cameras as a browser gets it: decoded again, it is the tone that was sent, at the time it was sent."""

import io
import itertools

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.model import AudioCodec, Codec, Sound
from commonsight.media.fmp4 import init_segment, parameter_sets
from commonsight.media.sound import FILL_MOST, FRAME, RATE, SoundTrack, silent_frame
from tests.connect.wire.streams import pictures, sounds

START = 90_000


def payload(message: bytes) -> bytes:
    """The fragment in a WebSocket message."""
    return message[message.index(b"moof") - 4 :]


def decode_times(messages: list[bytes]) -> list[int]:
    found = []
    for message in messages:
        at = message.index(b"tfdt") + 8
        found.append(int.from_bytes(message[at : at + 8], "big"))
    return found


def heard(messages: list[bytes]) -> tuple[np.ndarray, int]:
    """Samples a player gets, and the moment of the first, in samples."""
    sets = parameter_sets(Codec.H264, pictures(Codec.H264)[0])
    init = init_segment(Codec.H264, sets, 320, 180, sound=RATE)
    assert init.mime.endswith('mp4a.40.2"')
    data = init.segment + b"".join(map(payload, messages))
    with av.open(io.BytesIO(data), format="mp4") as played:
        frames = list(played.decode(audio=0))
    assert all(frame.sample_rate == RATE for frame in frames)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), int(frames[0].pts or 0)


def pieces(codec: AudioCodec) -> list[tuple[Sound, int]]:
    at, made = START, []
    for data, ticks in sounds(codec):
        made.append((Sound(codec, data, at, 0.0), at))
        at += ticks
    return made


@pytest.mark.parametrize("codec", list(AudioCodec))
def test_a_tone_comes_through(codec: AudioCodec) -> None:
    track = SoundTrack(START)
    messages = [message for sound, shown in pieces(codec) for message in track.feed(sound, shown)]
    times = decode_times(messages)
    assert times == list(range(RATE, RATE + len(times) * FRAME, FRAME))  # gapless, from where it began
    samples, _ = heard(messages)
    middle = samples[RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(int(spectrum.argmax()) - 440) <= 2


def test_a_hole_is_filled_and_what_follows_is_in_its_place() -> None:
    track = SoundTrack(START)
    messages = []
    for number, (sound, shown) in enumerate(pieces(AudioCodec.G711A)):
        if not 15 <= number < 30:
            messages += track.feed(sound, shown)
    times = decode_times(messages)
    assert all(b - a == FRAME for a, b in itertools.pairwise(times))
    samples, _ = heard(messages)
    loud = np.abs(samples) > 0.02
    hole = slice(int(RATE * 0.72), int(RATE * 1.08))  # 15 to 30 times 40 ms, less the coder's own run-in
    assert not loud[hole].any()
    assert loud[: int(RATE * 0.5)].any()
    assert loud[int(RATE * 1.35) : int(RATE * 1.7)].any()


def test_a_track_without_sound_keeps_up_with_the_picture() -> None:
    track = SoundTrack(START)
    messages = [m for picture in range(50) for m in track.keep_up(START + picture * 3_600)]
    times = decode_times(messages)
    assert times == list(range(RATE, RATE + len(times) * FRAME, FRAME))
    assert times[-1] + FRAME + RATE // 2 >= RATE + RATE


def test_who_joins_late_gets_silence_for_the_pictures_of_before() -> None:
    track = SoundTrack(START + 90_000)
    times = decode_times(track.before(START))
    assert times[0] <= RATE < times[0] + FRAME
    assert times[-1] + FRAME == 2 * RATE
    assert len(SoundTrack(START + 900_000_000).before(START)) == FILL_MOST


def test_silence_is_silent() -> None:
    assert 0 < len(silent_frame()) < 16


@given(st.lists(st.tuples(st.sampled_from(list(AudioCodec)), st.binary(max_size=500), st.integers(-(10**6), 10**9))))
def test_hostile_sound_never_crashes_it(given_: list[tuple[AudioCodec, bytes, int]]) -> None:
    track = SoundTrack(START)
    times: list[int] = []
    for codec, data, at in given_:
        times += decode_times(track.feed(Sound(codec, data, 0, 0.0), at))
        times += decode_times(track.keep_up(at))
    assert times == sorted(times)
