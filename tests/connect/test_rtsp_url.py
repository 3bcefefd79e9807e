import pytest

from commonsight.connect.rtsp_url import base_url, channels, control_url, endpoint, redirect_target, session_timeout


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("rtsp://h/s", "", "rtsp://h/s"),
        ("rtsp://h/s/", "*", "rtsp://h/s/"),
        ("rtsp://h/s", "trackID=1", "rtsp://h/s/trackID=1"),
        ("rtsp://h/s/", "trackID=1", "rtsp://h/s/trackID=1"),
        ("rtsp://h/s/", "/trackID=1", "rtsp://h/s/trackID=1"),
        ("rtsp://h/s?channel=1", "trackID=1", "rtsp://h/s?channel=1/trackID=1"),
        ("rtsp://h/s", "?ctype=video", "rtsp://h/s?ctype=video"),
        ("rtsp://h/s", "RTSP://other:8554/v", "RTSP://other:8554/v"),
        ("rtsp://h/s", "rtsp://me:p@w@h/v", "rtsp://h/v"),
        ("rtsp://h/s", "rtsp://[broken", "rtsp://[broken"),
    ],
)
def test_control(base, control, url):
    assert control_url(base, control) == url


@pytest.mark.parametrize(
    ("content_base", "location", "url"),
    [
        ("rtsp://10.0.0.1/s/", "rtsp://x/", "rtsp://10.0.0.1/s/"),
        ("", "rtsp://x/", "rtsp://x/"),
        ("garbage", "", "rtsp://h/asked"),
        ("", "", "rtsp://h/asked"),
    ],
)
def test_base(content_base, location, url):
    assert base_url("rtsp://h/asked", content_base, location) == url


@pytest.mark.parametrize(
    ("transport", "agreed"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=AB", (2, 3)),
        ("RTP/AVP/TCP;unicast;interleaved=4", (4, 5)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP;unicast;interleaved=0-1", (0, 1)),
        ("RTP/AVP;unicast;client_port=5000-5001", None),
        ("RTP/AVP/TCP;interleaved=999-1000", None),
        ("RTP/AVP/TCP;interleaved=x", None),
        ("", None),
    ],
)
def test_channels(transport, agreed):
    assert channels(transport, (0, 1)) == agreed


@pytest.mark.parametrize(
    ("value", "found"),
    [("abc", ("abc", 60)), ("abc;timeout=30", ("abc", 30)), ("a ; timeout=0", ("a", 10)), ("a;timeout=-1", ("a", 60))],
)
def test_session(value, found):
    assert session_timeout(value) == found


def test_endpoint():
    assert endpoint("rtsp://h/x") == ("h", 554, False)
    assert endpoint("rtsps://h/x") == ("h", 322, True)
    assert endpoint("rtsp://[fe80::1]:8554/x") == ("fe80::1", 8554, False)
    for bad in ("rtsp:///x", "http://h/x", "rtsp://h:0x1/x"):
        with pytest.raises(ValueError):
            endpoint(bad)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("rtsp://10.0.0.1/a", "rtsp://10.0.0.2/b"),
        ("rtsp://10.0.0.1/a", "rtsps://cam.example/b"),
        ("rtsp://127.0.0.1:1/a", "rtsp://127.0.0.1:2/b"),
    ],
)
def test_a_redirect_may_lead_to_another_camera(url, location):
    assert redirect_target(url, location) == location


@pytest.mark.parametrize(
    "location",
    ["rtsp://127.0.0.1/", "rtsp://localhost/", "rtsp://[::1]/", "rtsp://[::ffff:127.0.0.1]/", "rtsp://169.254.169.254/",
     "rtsp://0.0.0.0/", "rtsp://2130706433/", "http://10.0.0.2/", "", "rtsp://[x"],
)  # fmt: skip
def test_a_redirect_may_not_lead_into_this_machine(location):
    with pytest.raises(ValueError):
        redirect_target("rtsp://10.0.0.1/a", location)


def test_a_redirect_may_not_leave_tls():
    with pytest.raises(ValueError, match="rtsps"):
        redirect_target("rtsps://10.0.0.1/a", "rtsp://10.0.0.1/a")
