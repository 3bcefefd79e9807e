"""Which addresses may be reached when somebody names one: the guard against server-side request forgery.

Every address a person, a device or another server can give goes through one `Guard`, twice: as it is written, when it
is filed (`check`), and as it resolves, when it is connected to (`connect`, `addresses`, `socket`). The address that was
checked is the one connected to, so a name that resolves differently the second time (DNS rebinding) gains nothing, and
a redirect is checked like any other address because it needs a connection of its own.

With aiohttp: `aiohttp.TCPConnector(socket_factory=network.OUTSIDE.socket)`; this holds for names, for addresses written
out and for redirects. Never pass user-given addresses to a client that asks a proxy: the proxy would connect for us.
"""

import asyncio
import errno
import ipaddress
import socket as sockets
import ssl as tls
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from commonsight.problem import Refusal

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Protocol_ = TypeVar("Protocol_", bound=asyncio.BaseProtocol)

METADATA: Final = frozenset(
    ipaddress.ip_address(each)
    for each in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Where clouds tell a machine its own secrets."""

_NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_SITE_LOCAL: Final = ipaddress.IPv6Network("fec0::/10")


class NotAllowed(OSError):
    """A connection that the guard does not make. `reason` is the last part of a message code `network.…`."""

    def __init__(self, host: str, address: str, reason: str) -> None:
        named = host if host == address else f"{host} is {address}, which"
        super().__init__(errno.EACCES, f"{named} may not be reached: {reason.replace('_', ' ')}")
        self.reason = reason
        self.address = address


@dataclass(frozen=True, slots=True)
class Exempt:
    """A network that may be reached although the rule says no; `port` None: any port but our own."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Exempt":
        """`10.0.0.0/8`, `127.0.0.1:8654`, `[fd00::/8]:443`. Raises ValueError for anything else: names are not taken,
        because it is what they resolve to that is checked."""
        host, port = text.strip(), ""
        if host.startswith("["):
            host, closed, rest = host[1:].partition("]")
            if not closed or (rest and not rest.startswith(":")):
                raise ValueError(f"{text!r}: expected [address]:port")
            port = rest[1:]
        elif host.count(":") == 1:
            host, _, port = host.partition(":")
        if port and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise ValueError(f"{text!r}: a port is a number from 1 to 65535")
        return cls(ipaddress.ip_network(host), int(port) if port else None)

    def covers(self, address: Ip, port: int | None) -> bool:
        """Whether this names the address, and the port where it names one."""
        return address in self.network and self.port in (None, port)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator of this platform configured: exemptions, and the ports the platform itself listens on."""

    allow: tuple[Exempt, ...] = ()
    own_ports: frozenset[int] = frozenset()


_installed = Policy()


def install(allow: Iterable[str], own_ports: Iterable[int]) -> None:
    """Set what holds for this process; called once at its start. Raises ValueError for an unreadable exemption."""
    global _installed
    _installed = Policy(tuple(Exempt.parse(each) for each in allow), frozenset(own_ports))


@dataclass(frozen=True, slots=True)
class Guard:
    """One rule for user-given addresses.

    Args:
        private: addresses that only mean something in a closed network (10/8, fd00::/8 …) may be reached.
        loopback: addresses of this machine may be reached, except where the platform itself listens.
        as_filed: an address of this machine that is written out was let through when it was filed; only what names
            resolve to is held to the rule.
        policy: instead of what is installed for the process (tests).
    """

    private: bool
    loopback: bool = False
    as_filed: bool = False
    policy: Policy | None = None

    def with_loopback(self, allowed: bool) -> "Guard":
        """The same rule, with or without addresses of this machine."""
        return replace(self, loopback=allowed)

    def check(self, host: str, port: int | None, *, operand: str = "url") -> None:
        """Hold an address as it is written to the rule, without asking the network. Names pass unless they can only
        mean this machine; what they resolve to is checked when they are connected to.

        Raises:
            Refusal: `network.<reason>` (422), naming the field, the rule and the host.
        """
        address = literal(host)
        if address is not None:
            reason = self.reason(address, port)
        elif _means_loopback(host):
            reason = self.reason(ipaddress.IPv4Address("127.0.0.1"), port)
        else:
            reason = "numeric_name" if _numeric(host) else None
        if reason is not None:
            raise Refusal(
                f"network.{reason}", status=422, rule=f"network.{reason}", operand=operand, actual=host[:100],
                expected="an address of the network" if self.private else "a public address, or one in network.allow",
            )  # fmt: skip

    def reason(self, address: Ip, port: int | None) -> str | None:
        """Why an address may not be reached; None when it may."""
        policy = self.policy or _installed
        address = _unwrapped(address)
        exempt = [each for each in policy.allow if each.covers(address, port)]
        if any(each.port is not None for each in exempt):
            return None
        if port in policy.own_ports and (address.is_loopback or address.is_unspecified or is_ours(address)):
            return "own_port"
        if exempt:
            return None
        if address in METADATA:
            return "metadata"
        for found, reason in (
            (address.is_unspecified, "unspecified"),
            (address.is_multicast, "multicast"),
            (address.is_link_local, "link_local"),
            (address.is_loopback and not self.loopback, "loopback"),
        ):
            if found:
                return reason
        if address.is_loopback:
            return None
        if address.is_reserved or address == ipaddress.IPv4Address("255.255.255.255"):
            return "reserved"
        if not self.private and (not address.is_global or (address.version == 6 and address in _SITE_LOCAL)):
            return "private"
        if not self.private and is_ours(address):
            return "loopback"
        return None

    async def addresses(self, host: str, port: int) -> list[str]:
        """What `host` resolves to, in the system's order, without what may not be reached.

        Raises:
            NotAllowed: nothing is left.
            OSError: the name is not found.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        written = _written(host)
        allowed: list[str] = []
        refused: NotAllowed | None = None
        for _, _, _, _, sockaddr in found:
            text = str(sockaddr[0])
            reason = self._held(ipaddress.ip_address(text), port, written=written)
            if reason is None:
                allowed.append(text)
            else:
                refused = refused or NotAllowed(host, text, reason)
        if not allowed:
            raise refused or OSError(errno.EHOSTUNREACH, f"{host} has no address")
        return list(dict.fromkeys(allowed))

    async def connect(
        self, factory: Callable[[], Protocol_], host: str, port: int, *, ssl: tls.SSLContext | None = None
    ) -> tuple[asyncio.Transport, Protocol_]:
        """A TCP connection to one of the checked addresses, tried in order; TLS is checked against `host`.

        Raises:
            NotAllowed: no address of the host may be reached.
            OSError: of the last address tried.
        """
        loop, failed = asyncio.get_running_loop(), None
        for address in await self.addresses(host, port):
            try:
                return await loop.create_connection(
                    factory, address, port, ssl=ssl, server_hostname=host if ssl is not None else None
                )
            except OSError as error:
                failed = error
        assert failed is not None
        raise failed

    def socket(self, info: tuple[Any, ...]) -> sockets.socket:
        """`socket_factory` of `aiohttp.TCPConnector`: called with what `getaddrinfo` gave, for each connection.

        Raises:
            NotAllowed: this address may not be reached; aiohttp tries the next one, then raises a
                `ClientConnectorError` that carries this one as `os_error`.
        """
        return self._socket(info, None)

    def socket_to(self, host: str) -> Callable[[tuple[Any, ...]], sockets.socket]:
        """The same for a connector that asks one host only, so that `as_filed` knows how it was written."""
        return lambda info: self._socket(info, host)

    def _socket(self, info: tuple[Any, ...], host: str | None) -> sockets.socket:
        family, kind, protocol, _, sockaddr = info
        text = str(sockaddr[0])
        reason = self._held(ipaddress.ip_address(text), int(sockaddr[1]), written=host is not None and _written(host))
        if reason is not None:
            raise NotAllowed(host or text, text, reason)
        made = sockets.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def _held(self, address: Ip, port: int, *, written: bool) -> str | None:
        reason = self.reason(address, port)
        return None if self.as_filed and written and reason in ("loopback", "own_port") else reason


CAMERAS: Final = Guard(private=True)
"""Cameras and platforms as people file them: closed networks are where they stand."""

FILED: Final = Guard(private=True, as_filed=True)
"""Cameras on file, when they are opened."""

OUTSIDE: Final = Guard(private=False)
"""Webhooks, identity providers and whatever else is called on somebody's word: public addresses, or `network.allow`."""


def literal(host: str) -> Ip | None:
    """The address a host is written as; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def is_ours(address: Ip) -> bool:
    """Whether an interface of this machine has the address. No packet is sent."""
    family = sockets.AF_INET6 if address.version == 6 else sockets.AF_INET
    try:
        with sockets.socket(family, sockets.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return not address.is_multicast


def _unwrapped(address: Ip) -> Ip:
    """The IPv4 address that an IPv6 address carries, if it does: a gateway or the system would send it there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _COMPATIBLE and int(address) > 1:
        return ipaddress.IPv4Address(int(address))
    return address


def _written(host: str) -> bool:
    """Whether a host is written as an address, so that what was checked when it was filed is what it still is."""
    return literal(host) is not None or _means_loopback(host)


def _means_loopback(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name in ("localhost", "ip6-localhost", "ip6-loopback") or name.endswith((".localhost", ".localdomain"))


def _numeric(host: str) -> bool:
    """`127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`: addresses to a C library, though not to us."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or last.startswith("0x")
