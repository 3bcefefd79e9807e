"""WS-Discovery: foreign and own cameras are found, strangers' answers are not believed, hostile ones do no harm."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.clock import SystemClock
from commonsight.connect.onvif import discovery
from commonsight.simulate.onvif.answers import PROBE_MATCH


def answer(xaddrs, *, relates="urn:uuid:1", endpoint="urn:uuid:camera", scopes=""):
    return PROBE_MATCH.format(message="m", relates=relates, endpoint=endpoint, scopes=scopes, xaddrs=xaddrs).encode()


async def test_a_published_camera_is_found_by_multicast_and_directly(foreign):
    port, _ = foreign
    by_multicast = await discovery.discover(SystemClock(), seconds=1.5, interface="127.0.0.1")
    directly = await discovery.discover(SystemClock(), seconds=1.5, hosts=["127.0.0.1"])
    for found in (by_multicast, directly):
        (camera,) = [each for each in found if f":{port}/" in each.address]
        assert camera.name == "Peer"
        assert camera.endpoint.startswith("urn:uuid:")
        assert "NetworkVideoTransmitter" in camera.types


async def test_our_camera_is_found_where_it_answered_and_not_where_it_says(own):
    own.camera.advertised = "http://192.168.7.7:8000"
    port = await own.answer_probes("127.0.0.1", 0)
    (found,) = await discovery.discover(SystemClock(), seconds=0.5, hosts=["127.0.0.1"], port=port)
    assert (found.address, found.host) == ("http://127.0.0.1:8000/onvif/device_service", "127.0.0.1")
    assert (found.name, found.hardware) == ("virtual camera", "v1")


async def test_the_published_library_finds_our_camera(own):
    """The other direction: WSDiscovery's own message code reads what our virtual camera answers."""
    message = pytest.importorskip("wsdiscovery.message", reason="needs the package WSDiscovery")
    reply = own.match(discovery._PROBE.format(message="urn:uuid:7").encode())
    envelope = message.parseSOAPMessage(reply, "127.0.0.1")
    assert envelope.getRelatesTo() == "urn:uuid:7"
    (match,) = envelope.getProbeResolveMatches()
    assert match.getXAddrs() == [own.url]


async def test_nobody_there_is_an_empty_answer(unused_udp_port):
    assert await discovery.discover(SystemClock(), seconds=0.2, hosts=["127.0.0.1"], port=unused_udp_port) == []


def test_the_url_that_names_the_sender_counts():
    (found,) = discovery.matches(
        answer("http://[fe80::1]/onvif http://10.0.0.9/other http://10.0.0.5:88/onvif"), "10.0.0.5", "urn:uuid:1"
    )
    assert found.address == "http://10.0.0.5:88/onvif"


@pytest.mark.parametrize(
    "data",
    [
        answer("http://10.0.0.5/onvif", relates="urn:uuid:2"),
        answer("ftp://10.0.0.5/"),
        answer(""),
        b"",
        b"<a/>",
        b"\xff" * 60_000,
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + answer("http://10.0.0.5/").split(b"?>", 1)[1],
    ],
)
def test_what_is_no_answer_to_us(data):
    assert discovery.matches(data, "10.0.0.5", "urn:uuid:1") == []


@given(st.binary(max_size=300))
def test_hostile_datagrams(data):
    discovery.matches(data, "10.0.0.5", "urn:uuid:1")


async def test_a_flood_is_bounded(monkeypatch):
    """A host that answers without end costs no more than the bounds say."""
    monkeypatch.setattr(discovery, "FOUND_MOST", 5)
    monkeypatch.setattr(discovery, "DATAGRAMS_MOST", 50)
    listener = discovery._Listener("urn:uuid:1")
    for number in range(500):
        listener.datagram_received(answer("http://10.0.0.5/", endpoint=f"urn:uuid:{number}"), ("10.0.0.5", 3702))
    assert len(listener.found) == 5


async def test_bounds_are_said():
    with pytest.raises(ValueError, match="1024"):
        await discovery.discover(SystemClock(), seconds=0.1, hosts=["127.0.0.1"] * 1_025)


async def test_nothing_listens_on_afterwards():
    before = set(asyncio.all_tasks())
    await discovery.discover(SystemClock(), seconds=0.1, hosts=["127.0.0.1"], port=9)
    assert set(asyncio.all_tasks()) == before
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
