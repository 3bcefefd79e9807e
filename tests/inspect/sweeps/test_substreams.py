"""Where a substream is: as makers publish it, and never guessed."""

import pytest

from commonsight.connect.gb28181.session_open import read_url
from commonsight.inspect.sweeps.substreams import substream_of

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
