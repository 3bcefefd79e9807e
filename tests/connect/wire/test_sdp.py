import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.codec import NAL_CODECS, Codec
from commonsight.connect.wire.sdp import MAX_MEDIA, SdpError, describe, parse

from .coded import SETS


@pytest.mark.parametrize("codec", NAL_CODECS)
def test_what_we_describe_we_understand(codec):
    found = parse(describe(codec, SETS[codec], name="gate", control="trackID=7", frame_rate=25))
    video = found.video()
    assert found.control == "*"
    assert (video.codec, video.payload_type, video.clock_rate, video.control) == (codec, 96, 90_000, "trackID=7")
    assert video.parameter_sets() == SETS[codec]


REAL = b"""v=0
o=- 1 1 IN IP4 10.0.0.9
s=Media
m=audio 0 RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=control:track2
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
m=video 0 RTP/AVP 26
a=control:jpeg
m=video 0 RTP/AVP 98
a=rtpmap:98 h265/90000
a=fmtp:98 profile-id=1; sprop-pps=%s;sprop-sps=%s; sprop-vps=%s
a=control:track1
""" % tuple(base64.b64encode(each).rstrip(b"=") for each in reversed(SETS[Codec.H265]))


def test_the_first_video_we_can_read_is_chosen_and_its_sets_come_in_order():
    video = parse(REAL).video()
    assert (video.codec, video.payload_type, video.control) == (Codec.H265, 98, "track1")
    assert video.parameter_sets() == SETS[Codec.H265]


def test_a_video_of_another_codec_is_still_named():
    video = parse(b"m=video 0 RTP/AVP 26\r\n").video()
    assert video.codec is None
    assert video.payload_type == 26


def test_no_media_is_an_error():
    with pytest.raises(SdpError):
        parse(b"v=0\r\n")


def test_size_is_bounded():
    with pytest.raises(SdpError):
        parse(b"m=video 0 RTP/AVP 96\n" * (MAX_MEDIA + 1))
    with pytest.raises(SdpError):
        parse(b"\n" * 3000)


@given(st.binary(max_size=200), st.integers(0, 500))
def test_hostile_bytes_never_crash(noise, at):
    for data in (noise, REAL[:at] + noise + REAL[at:]):
        try:
            video = parse(data).video()
        except SdpError:
            continue
        if video is not None:
            video.parameter_sets()
