"""Pictures in a multipart answer, with and without lengths, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire import multipart
from commonsight.connect.wire.multipart import MultipartError, Parts, boundary_of

bodies = st.lists(st.binary(min_size=1, max_size=60).map(lambda b: b"\xff\xd8" + b.replace(b"-", b"x") + b"\xff\xd9"),
                  min_size=1, max_size=5)  # fmt: skip


def written(parts, boundary, *, lengths, newline, dashes=b"--"):
    out = b"preamble" + newline
    for part in parts:
        out += dashes + boundary + newline + b"Content-Type: image/jpeg" + newline
        if lengths:
            out += b"content-length: %d" % len(part) + newline
        out += newline + part + newline
    return out + dashes + boundary + newline


@given(bodies, st.booleans(), st.sampled_from([b"\r\n", b"\n"]), st.sampled_from([b"--", b"----"]), st.data())
def test_parts_come_whole_however_they_are_cut(parts, lengths, newline, dashes, data):
    stream = written(parts, b"frame", lengths=lengths, newline=newline, dashes=dashes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    reader = Parts("frame")
    found = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[begin:end])
    assert found == parts


@pytest.mark.parametrize(
    ("given", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", "frame"),
        ('multipart/x-mixed-replace;boundary="--my boundary"', "my boundary"),
        ("Multipart/X-Mixed-Replace; Boundary=--x", "x"),
        ("image/jpeg", None),
        ("multipart/x-mixed-replace", None),
        ("", None),
        ("text/html; boundary=x", None),
    ],
)
def test_boundary(given, boundary):
    assert boundary_of(given) == boundary


def test_bounds(monkeypatch):
    monkeypatch.setattr(multipart, "MAX_PART", 1_000)
    with pytest.raises(MultipartError):
        Parts("x").feed(b"--x\r\nContent-Length: 1001\r\n\r\n")
    with pytest.raises(MultipartError):
        Parts("x").feed(b"--x\r\n\r\n" + b"y" * 1_001)
    with pytest.raises(MultipartError):
        Parts("x").feed(b"--x\r\n" + b"a: b\r\n" * 4_000)


@given(st.lists(st.binary(max_size=50), max_size=40))
def test_hostile_bytes_never_pile_up(chunks):
    reader = Parts("x")
    for chunk in chunks:
        reader.feed(chunk)
    preamble = Parts("x")
    for chunk in chunks:
        preamble.feed(chunk.replace(b"-", b""))
    assert len(preamble._held) <= 3
