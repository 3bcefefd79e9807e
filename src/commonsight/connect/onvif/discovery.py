"""WS-Discovery: a probe to the network or to given hosts, and who answers within some seconds.

The exchange is ours and not the library's, because answers come from anybody: their number, size and markup are
bounded here, no port of the system is taken, and nothing runs on when the time is over.
"""

import asyncio
import socket
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from commonsight.clock import Clock
from commonsight.connect.onvif.model import Found, pinned, scopes_of, text

MULTICAST = "239.255.255.250"
PORT = 3702
FOUND_MOST = 2_000
"""Devices one search returns."""
HOSTS_MOST = 1_024
"""Hosts one search asks directly."""
DATAGRAMS_MOST = 20_000
"""Answers read in one search; what comes after is noise."""
TIMES = 2
"""A probe is a datagram and may be lost, so it is sent twice."""
XADDRS_MOST = 8

_WSA = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_WSD = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>{message}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, message: str) -> None:
        self.found: dict[str, Found] = {}
        self.datagrams = 0
        self._message = message

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.datagrams += 1
        if self.datagrams > DATAGRAMS_MOST:
            return
        for each in matches(data, addr[0], self._message):
            if len(self.found) < FOUND_MOST:
                self.found.setdefault(each.endpoint, each)

    def error_received(self, exc: Exception) -> None:
        """A host that has no such port says so; that is an answer, too."""


async def discover(
    clock: Clock, *, seconds: float, hosts: Sequence[str] = (), interface: str | None = None, port: int = PORT
) -> list[Found]:
    """Who answers a probe within `seconds`, ordered by host and name.

    Args:
        hosts: addresses to ask directly, across routers; without any the local network is asked by multicast.
        interface: our own address on the network to ask, the system's choice when None.

    Raises OSError when nothing can be sent at all (no network), ValueError for more than `HOSTS_MOST` hosts.
    """
    if len(hosts) > HOSTS_MOST:
        raise ValueError(f"hosts: at most {HOSTS_MOST}, are {len(hosts)}")
    message = f"urn:uuid:{uuid.uuid4()}"
    listener = _Listener(message)
    loop = asyncio.get_running_loop()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sender.setblocking(False)
        sender.bind((interface or "", 0))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if interface is not None:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        transport, _ = await loop.create_datagram_endpoint(lambda: listener, sock=sender)
    except BaseException:
        sender.close()
        raise
    try:
        probe = _PROBE.format(message=message).encode()
        for time in range(TIMES):
            for host in hosts or (MULTICAST,):
                transport.sendto(probe, (host, port))
            await clock.sleep(min(0.2, seconds / 4) if time + 1 < TIMES else seconds)
    finally:
        transport.close()
    return sorted(listener.found.values(), key=lambda each: (each.host, each.name, each.endpoint))


def matches(data: bytes, sender: str, message: str) -> list[Found]:
    """The devices in an answer to our probe `message`; [] for anything else, whatever the bytes."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return []
    relates = root.find(f".//{_WSA}RelatesTo")
    if relates is None or (relates.text or "").strip() != message:
        return []
    found = []
    for match in root.iter(f"{_WSD}ProbeMatch"):
        address = _address(_words(match, f"{_WSD}XAddrs")[:XADDRS_MOST], sender)
        if address is None:
            continue
        endpoint = " ".join(_words(match, f"{{*}}EndpointReference/{_WSA}Address")) or address
        told = scopes_of(_words(match, f"{_WSD}Scopes")[:200])
        kinds = tuple(word.rpartition(":")[2][:60] for word in _words(match, f"{_WSD}Types")[:10])
        found.append(
            Found(
                text(endpoint), address, sender, kinds, told.get("name", ""), told.get("hardware", ""),
                told.get("location", ""),
            )
        )  # fmt: skip
        if len(found) >= 16:
            break
    return found


def _words(element: Element, path: str) -> list[str]:
    found = element.find(path)
    return (found.text or "").split() if found is not None else []


def _address(offered: list[str], sender: str) -> str | None:
    """The device service on the host that answered: the URL that names it, else the first one moved there."""
    able = [url for url in offered if url.lower().startswith(("http://", "https://"))]
    for url in able:
        try:
            if urlsplit(url).hostname == sender:
                return pinned(url, sender, 80)
        except ValueError:
            continue
    for url in able:
        try:
            port = urlsplit(url).port
        except ValueError:
            continue
        return pinned(url, sender, port or (443 if url.lower().startswith("https") else 80))
    return None
