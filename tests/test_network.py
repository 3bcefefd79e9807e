"""The guard on addresses somebody names: as written, as resolved, as connected."""

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import replace

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight import network
from commonsight.network import CAMERAS, FILED, OUTSIDE, Exempt, Guard, NotAllowed, Policy
from commonsight.problem import Refusal
from commonsight.text import LANGUAGES, catalogue


def under(guard: Guard, *allow: str, own: tuple[int, ...] = ()) -> Guard:
    return replace(guard, policy=Policy(tuple(map(Exempt.parse, allow)), frozenset(own)))


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.10", "loopback"),
        ("localhost", "loopback"),
        ("LOCALHOST.", "loopback"),
        ("cam.localhost", "loopback"),
        ("localhost.localdomain", "loopback"),
        ("::1", "loopback"),
        ("[::1]", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::7f00:1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("169.254.1.1", "link_local"),
        ("fe80::1%eth0", "link_local"),
        ("169.254.169.254", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("224.0.0.251", "multicast"),
        ("ff02::1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("127.1", "numeric_name"),
        ("2130706433", "numeric_name"),
        ("0x7f000001", "numeric_name"),
        ("0177.0.0.1", "numeric_name"),
    ],
)
def test_what_means_this_machine_its_link_or_its_cloud_is_refused(host, reason):
    for guard in (under(CAMERAS), under(OUTSIDE)):
        with pytest.raises(Refusal) as refused:
            guard.check(host, 554, operand="address")
        assert refused.value.code == f"network.{reason}"
        assert (refused.value.operand, refused.value.actual) == ("address", host)
        assert all(catalogue()[refused.value.code][language] for language in LANGUAGES)


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.1.64", "172.16.0.1", "100.64.3.3", "fd12::3", "::ffff:10.1.2.3"])
def test_closed_networks_are_for_cameras_and_not_for_webhooks(host):
    under(CAMERAS).check(host, 554)
    with pytest.raises(Refusal) as refused:
        under(OUTSIDE).check(host, 443)
    assert refused.value.code == "network.private"
    under(OUTSIDE, "10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "100.64.0.0/10", "fd12::/16").check(host, 443)


def test_an_exemption_with_a_port_covers_that_port_only():
    guard = under(CAMERAS, "127.0.0.1:8654")
    guard.check("127.0.0.1", 8654)
    guard.check("localhost", 8654)
    with pytest.raises(Refusal):
        guard.check("127.0.0.1", 8655)


def test_own_ports_need_an_exemption_that_names_them():
    for guard in (under(CAMERAS.with_loopback(True), own=(8600,)), under(CAMERAS, "127.0.0.0/8", own=(8600,))):
        guard.check("127.0.0.1", 8601)
        with pytest.raises(Refusal) as refused:
            guard.check("127.0.0.1", 8600)
        assert refused.value.code == "network.own_port"
    under(CAMERAS, "127.0.0.1:8600", own=(8600,)).check("127.0.0.1", 8600)
    under(CAMERAS, own=(8600,)).check("198.51.100.7", 8600)  # somebody else's port


@pytest.mark.parametrize("text", ["camera.example", "10.0.0.1/8", "10.0.0.0/8:0", "10.0.0.0/8:x", "[::1", "[::1]8", ""])
def test_an_exemption_that_cannot_be_read_is_named(text):
    with pytest.raises(ValueError):
        Exempt.parse(text)


def test_exemptions_are_read_with_and_without_a_port():
    assert Exempt.parse("10.0.0.0/8") == Exempt(ipaddress.ip_network("10.0.0.0/8"))
    assert Exempt.parse("127.0.0.1:80") == Exempt(ipaddress.ip_network("127.0.0.1"), 80)
    assert Exempt.parse("[fd00::/8]:443") == Exempt(ipaddress.ip_network("fd00::/8"), 443)
    assert Exempt.parse("::1") == Exempt(ipaddress.ip_network("::1"))


def _resolving(monkeypatch, *rounds: list[str]) -> None:
    """What names resolve to: one list for each time somebody asks, the last one for ever."""
    left = list(rounds)

    async def getaddrinfo(host, port, **more):
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_a_name_is_held_to_what_it_resolves_to(monkeypatch):
    _resolving(monkeypatch, ["127.0.0.1"])
    for guard in (under(CAMERAS), under(FILED), under(OUTSIDE)):
        guard.check("rebound.example", 80)
        with pytest.raises(NotAllowed) as refused:
            await guard.addresses("rebound.example", 80)
        assert refused.value.reason == "loopback"


async def test_only_the_allowed_addresses_of_a_name_are_tried(monkeypatch):
    _resolving(monkeypatch, ["169.254.169.254", "10.0.0.5", "10.0.0.5"])
    assert await under(CAMERAS).addresses("mixed.example", 80) == ["10.0.0.5"]


async def test_a_camera_filed_at_this_machine_is_opened_and_a_name_for_it_is_not(monkeypatch):
    assert await under(FILED).addresses("127.0.0.1", 8654) == ["127.0.0.1"]
    with pytest.raises(NotAllowed):
        await under(FILED).addresses("169.254.169.254", 80)


async def test_the_checked_address_is_the_connected_one(monkeypatch):
    """DNS rebinding: the name means a good address when it is checked and this machine right afterwards."""
    asked: list[str] = []

    async def create_connection(factory, host, port, **more):
        asked.append(host)
        raise ConnectionRefusedError

    _resolving(monkeypatch, ["10.0.0.5"], ["127.0.0.1"])
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(ConnectionRefusedError):
        await under(CAMERAS).connect(asyncio.Protocol, "rebound.example", 80)
    assert asked == ["10.0.0.5"]


class _Site:
    """A listener that counts who connects and redirects everybody to `location`."""

    def __init__(self, location: str = "") -> None:
        self.visits = 0
        self._location = location

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        async with asyncio.timeout(10):
            await self._server.wait_closed()

    async def _answer(self, reader, writer):
        self.visits += 1
        async with asyncio.timeout(10):
            await reader.readuntil(b"\r\n\r\n")
        status = f"302 Found\r\nLocation: {self._location}" if self._location else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def _get(guard: Guard, url: str) -> int:
    connector = aiohttp.TCPConnector(socket_factory=guard.socket)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, session.get(url) as answer:
        return answer.status


async def test_aiohttp_reaches_no_address_that_the_guard_refuses():
    async with _Site() as inside:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            with pytest.raises(aiohttp.ClientConnectorError) as failed:
                await _get(under(OUTSIDE), f"http://{host}:{inside.port}/")
            assert isinstance(failed.value.os_error, NotAllowed) or host == "localhost"
        assert inside.visits == 0
        assert await _get(under(OUTSIDE, "127.0.0.1"), f"http://127.0.0.1:{inside.port}/") == 200


async def test_a_redirect_is_checked_like_any_other_address():
    async with _Site() as inside, _Site(f"http://127.0.0.1:{inside.port}/secret") as outside:
        guard = under(OUTSIDE, f"127.0.0.1:{outside.port}")
        with pytest.raises(aiohttp.ClientConnectorError):
            await _get(guard, f"http://127.0.0.1:{outside.port}/")
        assert (outside.visits, inside.visits) == (1, 0)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_no_address_of_this_machine_or_its_link_ever_passes(address, port):
    for guard in (under(CAMERAS), under(OUTSIDE)):
        if guard.reason(address, port) is None:
            for mark in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified"):
                assert not getattr(address, mark)
            mapped = getattr(address, "ipv4_mapped", None)
            assert mapped is None or guard.reason(mapped, port) is None
            if not guard.private:
                assert address.is_global or getattr(address, "sixtofour", None) or getattr(address, "teredo", None)


@given(st.text(max_size=80))
def test_hostile_text_is_refused_or_taken_for_a_name(text):
    with contextlib.suppress(Refusal):
        CAMERAS.check(text, None)


def test_what_is_installed_holds_for_the_process():
    try:
        network.install(["127.0.0.1:9"], [10])
        CAMERAS.check("127.0.0.1", 9)
        with pytest.raises(Refusal):
            CAMERAS.with_loopback(True).check("127.0.0.1", 10)
    finally:
        network.install([], [])
