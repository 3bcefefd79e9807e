"""The ladder of a device, its bounds, and what a capture must not give away."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.trace import ENTRY_BYTES, MESSAGE_BYTES, Trace
from commonsight.connect.wire.sip import Headers, Request, Response

PEER = Peer("local", "udp", "10.0.0.9", 5060)
START = datetime(2026, 11, 22, tzinfo=UTC)
OURS = "45000000002000000001"


def made(sender: str, to: str, call: str = "c", body: bytes = b"") -> Request:
    fields = [("From", f"<sip:{sender}@4500000000>;tag=1"), ("To", f"<sip:{to}@4500000000>"), ("Call-ID", call)]
    return Request("MESSAGE", f"sip:{to}@4500000000", Headers(fields), body)


def add(trace: Trace, second: int, message: Request | Response) -> None:
    trace.add(START + timedelta(seconds=second), "in", PEER, ("127.0.0.1", 5060), message, message.encode())


def test_a_message_is_found_under_both_ids_once_and_in_order():
    trace = Trace({OURS})
    add(trace, 2, made("device", "channel", "b"))
    add(trace, 1, made("device", OURS, "a"))
    add(trace, 3, made("other", OURS))
    assert [e.call_id for e in trace.ladder(["device", "channel"])] == ["a", "b"]
    assert [e.call_id for e in trace.ladder(["device"], since=START + timedelta(seconds=2))] == ["b"]
    assert [e.call_id for e in trace.ladder(["device"], call_id="a")] == ["a"]
    assert trace.ladder([OURS]) == []


def test_answers_to_a_challenge_are_blanked_and_keep_their_length():
    request = made("device", OURS)
    request.headers.add("Authorization", f'Digest username="device", response="{"ab" * 16}", uri="sip:x"')
    trace = Trace({OURS})
    add(trace, 0, request)
    (entry,) = trace.ladder(["device"])
    assert b"abab" not in entry.raw
    assert b'response="' + b"0" * 32 + b'"' in entry.raw
    assert len(entry.raw) == entry.size


def test_a_long_body_is_cut_and_the_entry_says_so():
    trace = Trace()
    add(trace, 0, made("device", "x", body=b"a" * 10_000))
    (entry,) = trace.ladder(["device"])
    assert len(entry.raw) == MESSAGE_BYTES < 10_000 < entry.size


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 900)), max_size=60))
def test_memory_is_bounded_and_counted_right(messages):
    trace = Trace({OURS}, per_id=5, total_bytes=16_000)
    for number, (device, size) in enumerate(messages):
        add(trace, number, made(f"d{device}", OURS, body=b"x" * size))
    kept = [trace.ladder([f"d{device}"]) for device in range(7)]
    assert all(len(ring) <= 5 for ring in kept)
    assert trace.held == sum(len(entry.raw) + ENTRY_BYTES for ring in kept for entry in ring) <= 16_000
    if messages:
        assert kept[messages[-1][0]]  # the newest is never what is dropped
