"""Addresses that people type in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.source import Source, parse
from commonsight.problem import Refusal


def test_user_and_password_leave_the_url() -> None:
    source = parse("rtsp://admin:p%40ss@10.1.2.3:8554/Streaming/Channels/101?x=1#part")
    assert source == Source("rtsp", "rtsp://10.1.2.3:8554/Streaming/Channels/101?x=1", "admin", "p@ss")
    assert "p@ss" not in repr(source)


def test_what_is_given_apart_wins() -> None:
    source = parse("rtsp://a:b@camera.example/s", username="c", password="d")
    assert (source.username, source.password) == ("c", "d")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://10.1.2.3/",
        "file:///etc/passwd",
        "10.1.2.3",
        "rtsp://",
        "rtsp:///path",
        "rtsp://10.1.2.3:99999/",
        "rtsp://10.1.2.3/a b",
        "rtsp://10.1.2.3/\r\nX: y",
        "rtsp://127.0.0.1/",
        "rtsp://localhost/",
        "rtsp://a.localhost./",
        "rtsp://127.1/",
        "rtsp://2130706433/",
        "rtsp://0x7f000001/",
        "rtsp://0.0.0.0/",
        "rtsp://169.254.169.254/latest",
        "rtsp://224.0.0.1/",
        "rtsp://[::1]/",
        "rtsp://[::ffff:127.0.0.1]/",
        "rtsp://[fe80::1%25eth0]/",
        "rtsp://10.1.2.3/" + "x" * 1_000,
    ],
)
def test_what_is_not_a_camera_on_the_network_is_refused(url: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(url)
    assert refused.value.code == "catalog.address_invalid"
    assert refused.value.operand == "url"


def test_this_machine_is_let_through_on_purpose_only() -> None:
    assert parse("rtsp://127.0.0.1:8554/x", loopback=True).url == "rtsp://127.0.0.1:8554/x"
    assert parse("rtsp://[::1]:8554/x", loopback=True).url == "rtsp://[::1]:8554/x"
    with pytest.raises(Refusal):
        parse("rtsp://169.254.169.254/", loopback=True)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda tail: f"rtsp://{tail}"), st.booleans())
def test_hostile_text_never_breaks_out(url: str, loopback: bool) -> None:
    with contextlib.suppress(Refusal):
        source = parse(url, loopback=loopback)
        assert source.url.startswith(("rtsp://", "rtsps://"))
        assert "@" not in source.url.split("/")[2]
        assert parse(source.url, loopback=loopback).url == source.url


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("rtspu://10.1.2.3/a", "rtsp"),
        ("rtspt://10.1.2.3/a", "rtsp"),
        ("http://10.1.2.3/snap.jpg?channel=1", "http"),
        ("https://10.1.2.3:8443/snap.jpg", "http"),
    ],
)
def test_the_scheme_names_the_protocol(url: str, protocol: str) -> None:
    assert (parse(url).protocol, parse(url).url) == (protocol, url)
