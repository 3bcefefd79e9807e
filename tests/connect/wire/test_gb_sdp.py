"""Descriptions of GB/T 28181, as we write them and as devices write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.gb_sdp import Description, build, parse
from commonsight.connect.wire.sdp import SdpError

DEVICE = "34020000001320000001"


@pytest.mark.parametrize(
    "given_",
    [
        Description(DEVICE, "10.0.0.5", 30_000, ssrc="0100000001", channel=DEVICE),
        Description(DEVICE, "10.0.0.5", 30_000, tcp=True, setup="passive", ssrc="0100000001"),
        Description(DEVICE, "10.0.0.5", 30_000, ssrc="0100000001", stream=1),
        Description(
            DEVICE, "10.0.0.5", 30_000, "Download", channel=DEVICE, start=1_700_000_000, end=1_700_000_060, speed=4,
            ssrc="1100000001", direction="sendonly", rtpmaps={96: "PS/90000"}, format="v/2/5/25/1/4096a/1/8/1", size=9,
        ),
    ],
)  # fmt: skip
def test_what_is_built_is_read_back(given_: Description) -> None:
    found = parse(build(given_))
    if given_.purpose == "Play":
        given_.channel = ""  # live offers do not name it here
    assert found == given_


def test_what_a_device_really_answers_is_read() -> None:
    body = (
        b"v=0\r\no=34020000001320000001 0 0 IN IP4 192.168.1.64\r\ns=Play\r\nc=IN IP4 192.168.1.64\r\nt=0 0\r\n"
        b"m=video 15060 TCP/RTP/AVP 96\r\na=setup:active\r\na=sendonly\r\na=rtpmap:96 PS/90000\r\na=username:x\r\n"
        b"a=filesize:-1\r\ny=100000001\r\nf=\r\n"
    )
    found = parse(body)
    assert (found.port, found.tcp, found.setup, found.ssrc) == (15_060, True, "active", "0100000001")
    assert found.encoding(96) == "PS"
    assert found.encoding(8) == ""


@pytest.mark.parametrize(
    "body",
    [b"", b"v=0\r\nc=IN IP4 1.2.3.4\r\n", b"m=video 99999 RTP/AVP 96\r\n", b"m=video 5 RTP/AVP 96\r\n", b"y" * 20_000],
)
def test_what_cannot_be_used_is_refused(body: bytes) -> None:
    with pytest.raises(SdpError):
        parse(body)


LINES = st.sampled_from(
    ["v=0", "o=a 0 0 IN IP4 1.2.3.4", "m=video 1 RTP/AVP 96 999", "m=", "c=IN IP4", "c=IN IP4 ::1/3", "t=x 9", "y=12",
     "a=rtpmap:96", "a=rtpmap:x y", "a=setup:actpass", "a=downloadspeed:1e400", "f=" + "v" * 300, "=", "u=:"]
)  # fmt: skip


@given(st.lists(st.one_of(LINES, st.text(max_size=40)), max_size=30))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        found = parse("\r\n".join(lines).encode())
    except SdpError:
        return
    assert 0 <= found.port <= 65_535
    build(found)
