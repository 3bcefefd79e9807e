"""The packet protocol: what is written is read again, and hostile bytes only ever raise PacketError."""

import asyncio
import json
import math
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.model import Codec, StreamInfo
from commonsight.media import packets


async def received(data: bytes) -> list[tuple[bytes, bytes]]:
    """All messages in `data`, up to where it ends."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while not reader.at_eof():
        found.append(await packets.receive(reader))
    return found


@given(
    data=st.binary(max_size=300),
    pts=st.integers(-(1 << 63), (1 << 63) - 1),
    at=st.floats(allow_nan=False),
    keyframe=st.booleans(),
)
def test_unit_comes_back(data: bytes, pts: int, at: float, keyframe: bool) -> None:
    [(kind, payload)] = asyncio.run(received(packets.unit(data, pts, at, keyframe=keyframe)))
    unit = packets.decode_unit(payload)
    assert kind == packets.UNIT
    assert (unit.data, unit.pts, unit.received, unit.keyframe) == (data, pts, at, keyframe)


@given(sets=st.lists(st.binary(max_size=50), max_size=4), codec=st.sampled_from(list(Codec)))
def test_info_comes_back(sets: list[bytes], codec: Codec) -> None:
    [(kind, payload)] = asyncio.run(received(packets.info(codec, 640, 480, tuple(sets))))
    assert kind == packets.INFO
    assert packets.decode_info(payload) == StreamInfo(codec, tuple(sets), 640, 480)


async def test_hello_comes_back() -> None:
    camera = uuid4()
    [(_, payload)] = await received(packets.control(packets.HELLO, {"ticket": "t", "camera": str(camera)}))
    assert packets.decode_hello(payload) == packets.Hello("t", camera)


BOX = [0.1, 0.2, 0.3, 0.4, "person", 0.9, 7]
LINE = {"id": "l1", "in": 3, "out": 4}


def test_boxes_come_back() -> None:
    sent = {"pts": 90_000, "boxes": [BOX, [0, 0, 1, 1, "车", 1, None]], "lines": [LINE]}
    assert packets.decode_boxes(json.dumps(sent).encode()) == (90_000, sent["boxes"], sent["lines"])


@pytest.mark.parametrize(
    "change",
    [
        {"pts": -1},
        {"pts": 1.5},
        {"pts": True},
        {"boxes": None},
        {"boxes": [BOX] * (packets.BOXES_MAX + 1)},
        {"boxes": [BOX[:6]]},
        {"boxes": [[*BOX[:4], 5, *BOX[5:]]]},
        {"boxes": [[*BOX[:4], "x" * 65, *BOX[5:]]]},
        {"boxes": [[math.inf, *BOX[1:]]]},
        {"boxes": [[math.nan, *BOX[1:]]]},
        {"boxes": [[10**400, *BOX[1:]]]},
        {"boxes": [[*BOX[:6], "7"]]},
        {"lines": [LINE] * (packets.LINES_MAX + 1)},
        {"lines": [{**LINE, "more": 1}]},
        {"lines": [{**LINE, "in": "3"}]},
    ],
)
def test_boxes_that_no_browser_should_get_are_refused(change: dict[str, object]) -> None:
    sent = {"pts": 0, "boxes": [BOX], "lines": [LINE]} | change
    with pytest.raises(packets.PacketError, match="boxes"):
        packets.decode_boxes(json.dumps(sent).encode())


async def test_oversized_and_unknown_messages_are_refused_before_they_are_read() -> None:
    for head in (b"\xff\xff\xff\xffA", b"\x00\x10\x00\x00B", b"\x00\x00\x00\x00H", b"\x00\x00\x00\x05Z"):
        with pytest.raises(packets.PacketError):
            await received(head)


@given(st.binary(max_size=400))
def test_hostile_stream_never_crashes(data: bytes) -> None:
    try:
        found = asyncio.run(received(data))
    except (packets.PacketError, asyncio.IncompleteReadError):
        return
    for _, payload in found:
        decode_everything(payload)


KEYS = st.sampled_from(
    ["ticket", "camera", "pts", "boxes", "lines", "id", "in", "out", "code", "frames", "codec", "width", "height"]
) | st.just("parameter_sets")
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(json_like)
def test_hostile_documents_never_crash(document: object) -> None:
    decode_everything(json.dumps(document).encode())


@given(st.binary(max_size=100))
def test_hostile_payloads_never_crash(payload: bytes) -> None:
    decode_everything(payload)


def decode_everything(payload: bytes) -> None:
    for decode in (
        packets.decode_hello,
        packets.decode_info,
        packets.decode_boxes,
        packets.decode_state,
        packets.decode_unit,
    ):
        try:
            decode(payload)
        except packets.PacketError:
            continue
