"""Whatever order datagrams come in: what is handed on is in order, whole where it can be, and never much is held."""

from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.reorder import Reorder
from commonsight.connect.wire.rtp import build


def packet(number, ssrc=7):
    return build(b"%d" % number, payload_type=96, sequence=number, timestamp=0, ssrc=ssrc)


def numbers(packets):
    return [each[2] << 8 | each[3] for each in packets]


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.integers(0, 30), min_size=1, max_size=200),
    st.sets(st.integers(0, 199), max_size=40),
)
def test_shuffled_within_the_depth_everything_comes_in_order(start, delays, lost):
    """Each packet is delayed by some places; those in `lost` never come. What is not lost comes, once, in order."""
    arriving = sorted(range(len(delays)), key=lambda n: (n + delays[n] if n else -1, n))
    arriving = [n for n in arriving if n not in lost or n == 0]
    found = []
    reorder = Reorder(found.append, depth=64)
    for n in arriving:
        reorder.push(packet(start + n), now=0.0)
        assert reorder.waiting < 64
    reorder.flush()
    assert numbers(found) == [(start + n) & 0xFFFF for n in sorted(arriving)]
    assert reorder.dropped == 0


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 1)), max_size=60))
def test_hostile_bytes_are_handed_on_or_dropped(datagrams):
    found = []
    reorder = Reorder(found.append, depth=8)
    for data, now in datagrams:
        reorder.push(data, now)
        assert reorder.waiting <= 8
    reorder.flush()
    assert len(found) + reorder.dropped == len(datagrams)


def test_a_missing_packet_is_waited_for_only_so_long():
    found = []
    reorder = Reorder(found.append, wait_seconds=0.1)
    for n, at in ((0, 0.0), (2, 0.01), (3, 0.05)):
        reorder.push(packet(n), at)
    assert numbers(found) == [0]
    assert abs(reorder.expire(0.05) - 0.06) < 1e-9
    assert reorder.expire(0.11) is None
    assert numbers(found) == [0, 2, 3]
    reorder.push(packet(1), 0.12)
    assert (numbers(found), reorder.dropped) == ([0, 2, 3], 1)


def test_late_packets_are_counted_and_repeated_ones_dropped():
    found = []
    reorder = Reorder(found.append)
    for n in (0, 2, 1, 2, 3):
        reorder.push(packet(n), 0.0)
    assert (numbers(found), reorder.reordered, reorder.dropped) == ([0, 1, 2, 3], 1, 1)


def test_a_restarted_sender_is_followed_at_once():
    found = []
    reorder = Reorder(found.append)
    for each in (packet(10), packet(12), packet(50_000, ssrc=8), packet(50_001, ssrc=8), packet(9, ssrc=8)):
        reorder.push(each, 0.0)
    assert numbers(found) == [10, 12, 50_000, 50_001, 9]
