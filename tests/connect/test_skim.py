"""Passing over what nobody wants must not lose or change the first keyframe, however the bytes are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.clock import ManualClock
from commonsight.connect.receiver import Receiver
from commonsight.connect.survey import Survey
from commonsight.connect.wire import rtp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import split
from commonsight.connect.wire.packetise import packetise
from commonsight.connect.wire.rtsp_message import Interleaved, Reader, interleave
from tests.connect.wire.streams import TICKS, is_key, pictures


def stream(codec: Codec, begin: int, count: int, size: int, lost: frozenset[int] = frozenset()) -> bytes:
    """Interleaved frames of a camera that is joined in the middle: pictures `begin` and on, again and again."""
    shown = pictures(codec)
    out, sequence = bytearray(), 0xFFF0
    for number in range(begin, begin + count):
        pieces = packetise(codec, split(shown[number % len(shown)]), limit=size)
        for index, piece in enumerate(pieces):
            packet = rtp.build(
                piece, payload_type=96, sequence=sequence, timestamp=0xFFFFF000 + number * TICKS, ssrc=9,
                marker=index == len(pieces) - 1,
            )  # fmt: skip
            if sequence - 0xFFF0 not in lost:
                out += interleave(0, packet)
            sequence += 1
    return bytes(out)


def receive(codec: Codec, data: bytes, cuts: list[int], survey: Survey | None, clock: ManualClock) -> Receiver:
    receiver = Receiver(codec, clock, payload_type=96, clock_rate=90_000, parameter_sets=(), survey=survey)
    reader = Reader()
    if survey is not None:
        reader.pass_over = receiver.pass_over
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    at = 0
    for end in ends:
        for message in reader.feed(data[at:end]):
            assert isinstance(message, Interleaved)
            receiver.frame(message.channel, message.payload)
        clock.advance(0.02)
        at = end
    return receiver


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@settings(max_examples=40, deadline=None)
@given(begin=st.integers(0, 40), size=st.integers(200, 1_400), cuts=st.lists(st.integers(0, 200_000), max_size=30))
def test_the_first_keyframe_comes_out_as_it_went_in(codec: Codec, begin: int, size: int, cuts: list[int]) -> None:
    data = stream(codec, begin, 2 * len(pictures(codec)), size)
    survey = Survey()
    lean = receive(codec, data, cuts, survey, ManualClock())
    full = receive(codec, data, cuts, None, ManualClock())
    first = next(unit for unit in full.queue._units if unit.keyframe)
    assert [unit.data for unit in lean.queue._units] == [first.data]
    assert lean.info == full.info
    assert survey.measured.is_set()
    assert lean.counters.packets == full.counters.packets
    assert lean.counters.packets_lost == 0


@settings(max_examples=40, deadline=None)
@given(st.frozensets(st.integers(0, 120), max_size=20), st.integers(0, 20))
def test_loss_costs_a_keyframe_and_never_breaks_one(lost: frozenset[int], begin: int) -> None:
    whole = {tuple(split(each)) for each in pictures(Codec.H264)}
    lean = receive(Codec.H264, stream(Codec.H264, begin, 60, 300, lost), [], Survey(), ManualClock())
    assert all(tuple(split(unit.data)) in whole and unit.keyframe for unit in lean.queue._units)
    assert len(lean.queue._units) <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=30))
def test_any_bytes_are_survived(payloads: list[bytes]) -> None:
    data = b"".join(interleave(n % 3, payload) for n, payload in enumerate(payloads))
    receive(Codec.H264, data, list(range(0, len(data), 50)), Survey(), ManualClock())


def test_the_distance_of_keyframes_and_the_rate_are_measured() -> None:
    codec = Codec.H264
    keys = [number for number, each in enumerate(pictures(codec)) if is_key(codec, each)]
    data = stream(codec, 1, 3 * len(pictures(codec)), 1_000)
    survey, clock = Survey(), ManualClock()
    receive(codec, data, list(range(0, len(data), 2_000)), survey, clock)
    distance = (keys[1] - keys[0] if len(keys) > 1 else len(pictures(codec))) * TICKS / 90_000
    assert survey.keyframe_seconds == pytest.approx(distance, abs=0.01)
    assert survey.fps == pytest.approx(90_000 / TICKS)
    assert survey.first is not None
    assert survey.last is not None
    if survey.last - survey.first >= 0.8:
        assert survey.kbps == pytest.approx(survey.bytes * 8 / (survey.last - survey.first) / 1_000, abs=1)
