"""Messages and frames come out the same wherever the bytes were split, and hostile bytes end in WireError at worst."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.rtsp_message import (
    MAX_BODY,
    MAX_HEAD,
    MAX_STRAY,
    Headers,
    Interleaved,
    Reader,
    Request,
    Response,
    WireError,
    interleave,
    serialise,
)

token = st.text("abcdefghijklmnopqrstuvwxyzABC-", min_size=1, max_size=12)
value = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
fields = st.lists(st.tuples(token.filter(lambda t: t.lower() != "content-length"), value), max_size=5).map(Headers)
body = st.binary(max_size=300)
requests = st.builds(Request, st.sampled_from(["OPTIONS", "ANNOUNCE"]), st.just("rtsp://h/p"), fields, body)
responses = st.builds(Response, st.integers(100, 599), st.just("Fine Indeed"), fields, body)
frames = st.tuples(st.integers(0, 255), st.binary(max_size=2000))


def read(reader: Reader, data: bytes) -> list[object]:
    return [(m.channel, bytes(m.payload)) if isinstance(m, Interleaved) else _plain(m) for m in reader.feed(data)]


def _plain(message: Request | Response) -> object:
    kept = [(k, v) for k, v in message.headers if k.lower() != "content-length"]
    first = (message.method, message.url) if isinstance(message, Request) else (message.status, message.reason)
    return first, kept, message.body


@given(st.lists(requests | responses | frames, max_size=8), st.data())
def test_any_split_gives_the_same_messages(sent, data):
    stream = b"".join(interleave(*m) if isinstance(m, tuple) else serialise(m) for m in sent)
    expected = [m if isinstance(m, tuple) else _plain(m) for m in sent]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader, found = Reader(), []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += read(reader, stream[start:stop])
    assert found == expected


def test_one_byte_at_a_time():
    stream = serialise(Response(200, "OK", Headers([("CSeq", "1")]), b"v=0")) + interleave(0, b"x" * 300)
    reader = Reader()
    found = [m for i in range(len(stream)) for m in read(reader, stream[i : i + 1])]
    assert found == [((200, "OK"), [("CSeq", "1")], b"v=0"), (0, b"x" * 300)]


@given(st.lists(st.binary(max_size=400), max_size=10))
def test_hostile_bytes_never_crash(pieces):
    reader = Reader()
    with contextlib.suppress(WireError):
        for piece in pieces:
            list(reader.feed(piece))


@given(st.binary(min_size=1, max_size=200), st.integers(0, 400))
def test_a_spoiled_message_never_crashes(noise, at):
    good = serialise(Response(200, "OK", Headers([("CSeq", "7"), ("Session", "a;timeout=60")]), b"v=0\r\n" * 20))
    reader = Reader()
    with contextlib.suppress(WireError):
        list(reader.feed(good[:at] + noise + good[at:]))


def test_bare_line_feeds_and_noise_between_messages_are_survived():
    found = read(Reader(), b"\x01\x02RTSP/1.0 200 OK\nCSeq: 3\n\n\x00\x00$\x00\x00\x01a")
    assert found == [((200, "OK"), [("CSeq", "3")], b""), (0, b"a")]


def test_header_names_are_found_without_case_and_repeated_ones_are_kept():
    (message,) = Reader().feed(b"RTSP/1.0 401 No\r\nwww-authenticate: a\r\nWWW-Authenticate: b\r\n\r\n")
    assert message.headers.all("Www-Authenticate") == ["a", "b"]


@pytest.mark.parametrize(
    "stream",
    [
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * MAX_HEAD,
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 101 + b"\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"RTSP/1.0 20 OK\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * (MAX_STRAY + 1),
    ],
    ids=["endless head", "many fields", "large body", "negative body", "status", "not rtsp", "noise"],
)
def test_what_is_out_of_bounds_is_refused(stream):
    with pytest.raises(WireError):
        list(Reader().feed(stream))


def test_a_header_cannot_smuggle_a_second_one():
    with pytest.raises(WireError):
        serialise(Request("OPTIONS", "rtsp://h/\r\nEvil: 1"))


def test_headers_do_not_show_their_values():
    assert "secret" not in repr(Headers([("Authorization", "secret")]))
