"""Where a substream is: as makers publish it, and never guessed."""

from uuid import UUID

import pytest

from commonsight.catalog.source import Source
from commonsight.connect.gb28181.session_open import read_url
from commonsight.inspect.sweeps.substreams import substream_first, substream_of
from commonsight.media.probe import ProbeResult

GB = "gb28181://45010300002000000001/45010300001320000001"


@pytest.mark.parametrize(
    ("main", "sub"),
    [
        ("rtsp://10.1.2.3/Streaming/Channels/101", "rtsp://10.1.2.3/Streaming/Channels/102"),
        ("rtsp://10.1.2.3:554/streaming/channels/1601", "rtsp://10.1.2.3:554/streaming/channels/1602"),
        ("rtspt://10.1.2.3/Streaming/Channels/101?transportmode=unicast",
         "rtspt://10.1.2.3/Streaming/Channels/102?transportmode=unicast"),
        ("rtsp://10.1.2.3/Streaming/Channels/102", None),
        ("rtsp://10.1.2.3/h264/ch33/main/av_stream", "rtsp://10.1.2.3/h264/ch33/sub/av_stream"),
        ("rtsp://10.1.2.3/cam/realmonitor?channel=3&subtype=0", "rtsp://10.1.2.3/cam/realmonitor?channel=3&subtype=1"),
        ("rtsp://10.1.2.3/cam/realmonitor?channel=3&subtype=0&unicast=true",
         "rtsp://10.1.2.3/cam/realmonitor?channel=3&subtype=1&unicast=true"),
        ("rtsp://10.1.2.3/cam/realmonitor?channel=3&subtype=1", None),
        ("rtsp://10.1.2.3/cam/realmonitor", None),
        ("rtsp://10.1.2.3/media/video1", "rtsp://10.1.2.3/media/video2"),
        ("rtsp://10.1.2.3/media/video10", None),
        ("rtsp://10.1.2.3/unicast/c4/s0/live", "rtsp://10.1.2.3/unicast/c4/s1/live"),
        ("rtsp://10.1.2.3/fleet/12", None),
        ("http://10.1.2.3/Streaming/Channels/101", None),
    ],
)  # fmt: skip
def test_an_address_tells_its_substream_or_nothing(main: str, sub: str | None) -> None:
    assert substream_of(main) == sub


def test_a_numbered_stream_is_asked_for_by_its_number() -> None:
    assert substream_of(GB) is None
    sub = substream_of(GB, numbered=True)
    assert sub == f"{GB}?stream=1"
    assert read_url(sub).stream == 1
    assert read_url(GB).stream is None
    assert read_url(substream_of(f"{GB}?transport=udp", numbered=True) or "").transport == "udp"
    assert substream_of(sub, numbered=True) is None
    with pytest.raises(ValueError, match="stream"):
        read_url(f"{GB}?stream=x")


CAMERA = UUID(int=3)
MAIN = Source("rtsp", "rtsp://10.1.2.3/Streaming/Channels/101", "admin", "secret")


@pytest.mark.parametrize(
    ("of_sub", "stream", "received", "asked"),
    [
        (None, "sub", 10, ["102"]),
        ("timeout", "sub", 10, ["102"]),  # who does not answer is not asked twice
        ("unauthorized", "sub", 10, ["102"]),
        ("not_found", "main", 110, ["102", "101"]),
        ("undecodable", "main", 110, ["102", "101"]),
    ],
)
async def test_the_main_stream_is_tried_where_the_substream_fails(
    of_sub: str | None, stream: str, received: int, asked: list[str]
) -> None:
    tried: list[Source] = []

    async def once(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
        assert picture
        tried.append(source)
        sub = source.url.endswith("102")
        error = of_sub if sub else None
        return ProbeResult(True, True, error is None, 5, error=error, received=10 if sub else 100)

    result = await substream_first(once)(CAMERA, MAIN, True)
    assert (result.stream, result.received) == (stream, received)
    assert [source.url[-3:] for source in tried] == asked
    assert {source.password for source in tried} == {"secret"}


async def test_an_address_that_tells_nothing_is_tried_as_it_stands() -> None:
    async def once(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
        return ProbeResult(True, True, True, 5)

    assert (await substream_first(once)(CAMERA, Source("rtsp", "rtsp://10.1.2.3/7"), False)).stream is None
