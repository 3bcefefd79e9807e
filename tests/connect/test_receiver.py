"""Whatever comes over the connection, a receiver counts it, never crashes, and hands on only what is whole."""

from hypothesis import given
from hypothesis import strategies as st

from commonsight.clock import ManualClock
from commonsight.connect.receiver import Receiver
from commonsight.connect.wire import rtcp
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtp import build

from .wire.coded import SETS, packets, picture

H264 = Codec.H264


def receiver(sets=SETS[H264], clock=None):
    return Receiver(H264, clock or ManualClock(), payload_type=96, clock_rate=90_000, parameter_sets=sets)


def wire(packet):
    return memoryview(
        build(
            bytes(packet.payload), payload_type=packet.payload_type, sequence=packet.sequence,
            timestamp=packet.timestamp, ssrc=packet.ssrc, marker=packet.marker,
        )
    )  # fmt: skip


def shown(count, **kwargs):
    return packets(H264, [picture(H264, n, n == 0, 1, 20, n == 0, False) for n in range(count)], limit=200, **kwargs)


async def units(of):
    of.queue.end(None)
    found = []
    while (unit := await of.queue.get()) is not None:
        found.append(unit)
    return found


async def test_units_carry_time_and_counters_follow():
    clock = ManualClock()
    of = receiver(clock=clock)
    for packet in shown(3):
        of.frame(0, wire(packet))
        clock.advance(0.04)
    found = await units(of)
    assert [u.pts for u in found] == [0, 3600, 7200]
    assert found[2].received - found[1].received == 0.04
    assert (of.counters.packets, of.counters.units, of.counters.packets_lost) == (3, 3, 0)
    assert of.info.parameter_sets == SETS[H264]


async def test_without_parameter_sets_nothing_is_handed_on_until_they_come_in_band():
    of = receiver(sets=())
    first = packets(H264, [picture(H264, n, True, 1, 5, n == 1, False) for n in range(2)], limit=200)
    of.frame(0, wire(first[0]))
    assert of.info is None
    of.frame(0, wire(first[1]))
    assert of.info is not None
    assert len(await units(of)) == 1
    assert of.counters.units_skipped == 1


async def test_loss_is_counted_and_the_damage_contained():
    of = receiver()
    sent = shown(6)
    for packet in sent[:2] + sent[3:]:
        of.frame(0, wire(packet))
    assert [u.pts // 3600 for u in await units(of)] == [0, 1, 4, 5]
    assert (of.counters.packets_lost, of.counters.units_broken) == (1, 1)


async def test_a_restarted_sender_goes_on_without_a_hole_in_time():
    clock = ManualClock()
    of = receiver(clock=clock)
    for packet in shown(3):
        of.frame(0, wire(packet))
        clock.advance(0.04)
    for packet in shown(3, start=9):
        of.frame(0, wire(packet._replace(ssrc=77, timestamp=packet.timestamp + 2**31)))
        clock.advance(0.04)
    # The first unit of the new sender may have lost its head, so it is left out.
    assert [u.pts for u in await units(of)] == [0, 3600, 7200, 14400, 18000]
    assert of.counters.timestamp_jumps == 1


async def test_video_on_a_channel_nobody_agreed_is_taken_when_none_comes_on_the_agreed_one():
    of = receiver()
    for packet in shown(3):
        of.frame(4, wire(packet))
    assert len(await units(of)) == 3
    assert (of.rtp_channel, of.rtcp_channel) == (4, 5)


async def test_once_video_comes_other_channels_are_only_counted():
    of = receiver()
    for packet in shown(3):
        of.frame(0, wire(packet))
        of.frame(2, wire(packet))
        of.frame(9, memoryview(b"anything"))
    assert len(await units(of)) == 3
    assert of.counters.stray_frames == 6


def test_the_receiver_report_answers_the_sender_report():
    clock = ManualClock()
    of = receiver(clock=clock)
    assert of.receiver_report() is None
    of.frame(0, wire(shown(1)[0]))
    of.frame(1, memoryview(rtcp.build_sender_report(ssrc=1, unix_time=0, timestamp=0, packets=1, octets=1, cname="c")))
    clock.advance(2.5)
    report = of.receiver_report()
    assert int.from_bytes(report[8:12], "big") == 1
    assert int.from_bytes(report[24:28], "big") == (2_208_988_800 & 0xFFFF) << 16
    assert int.from_bytes(report[28:32], "big") == round(2.5 * 65_536)


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=80)), max_size=40))
def test_hostile_frames_never_crash(frames):
    of = receiver()
    for channel, payload in frames:
        of.frame(channel, memoryview(payload))
    of.receiver_report()


@given(st.data())
def test_spoiled_packets_never_crash(data):
    of = receiver()
    for packet in shown(4):
        raw = bytearray(wire(packet))
        for _ in range(data.draw(st.integers(0, 3))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        of.frame(0, memoryview(bytes(raw[: data.draw(st.integers(0, len(raw)))])))
    of.receiver_report()
