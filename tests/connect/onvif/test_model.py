"""What a device names is moved to the host that was entered; what it calls itself is kept short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.onvif.model import Device, Profile, pinned, scopes_of


@pytest.mark.parametrize(
    ("url", "moved"),
    [
        ("http://10.0.0.5/onvif/media", "http://10.0.0.5/onvif/media"),
        ("http://10.0.0.5:8080/onvif/media", "http://10.0.0.5:8080/onvif/media"),
        ("http://192.168.1.9:80/onvif/media", "http://10.0.0.5:8899/onvif/media"),
        ("http://a:b@192.168.1.9/snap?x=1#y", "http://10.0.0.5:8899/snap?x=1"),
        ("rtsp://192.168.1.9:554/live?ch=1", "rtsp://10.0.0.5:554/live?ch=1"),
        ("rtsp://admin:pw@10.0.0.5/live", "rtsp://10.0.0.5/live"),
        ("http://169.254.169.254/latest", "http://10.0.0.5:8899/latest"),
        ("ftp://10.0.0.5/", None),
        ("file:///etc/passwd", None),
        ("http://[x", None),
        ("", None),
    ],
)
def test_pinned(url, moved):
    assert pinned(url, "10.0.0.5", 8899) == moved


@given(st.text(max_size=80))
def test_whatever_is_named_stays_on_the_host(text):
    moved = pinned(text, "10.0.0.5", 80)
    assert moved is None or moved.split("://", 1)[1].split("/", 1)[0].split("?")[0].split(":")[0] == "10.0.0.5"


def test_scopes():
    told = scopes_of(
        [
            "onvif://www.onvif.org/name/East%20Gate%0A1",
            "onvif://www.onvif.org/name/second",
            "onvif://www.onvif.org/hardware/" + "x" * 500,
            "http://elsewhere/name/no",
        ]
    )
    assert told["name"] == "East Gate 1"
    assert len(told["hardware"]) == 200


def test_the_largest_picture_we_can_play_is_best():
    def profile(token, codec, width, url="rtsp://h/x", source="a"):
        return Profile(token, token, 1, codec, width, width, 25.0, source, False, url)

    shown = (
        profile("mjpeg", "jpeg", 4000), profile("h265", "h265", 2560), profile("h264", "h264", 1920),
        profile("nowhere", "h265", 3840, None), profile("other", "h264", 640, source="b"),
    )  # fmt: skip
    device = Device("http://h/", "", "", "", "", None, shown)
    assert device.best().token == "h265"
    assert device.best("b").token == "other"
    assert Device("http://h/", "", "", "", "", None, shown[:1]).best() is None
