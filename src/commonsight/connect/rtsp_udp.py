"""The two UDP ports on which an RTSP camera's pictures come: bounded range, one sender, order restored."""

import asyncio
import secrets
import socket
from typing import NamedTuple

from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.receiver import Receiver
from commonsight.connect.reorder import Reorder
from commonsight.connect.wire import rtcp, rtp

RECEIVE_BUFFER = 1024 * 1024
"""Asked of the system, bytes: a keyframe comes as one burst."""
OPENERS = 2
"""Empty packets sent towards the camera's ports, so that firewalls on the way let its pictures through."""
MAX_TRIES = 512
"""Port pairs tried before giving up."""


class PortRange(NamedTuple):
    """First and last port, both included."""

    first: int
    last: int


UDP_PORTS = PortRange(35_000, 39_999)
"""Where pictures of RTSP cameras come in unless somebody says otherwise."""


class Datagrams:
    """An even port for RTP and the next one for RTCP; takes packets from `remote` only."""

    def __init__(self, pair: tuple[socket.socket, socket.socket], remote: str) -> None:
        self.ports: tuple[int, int] = (pair[0].getsockname()[1], pair[1].getsockname()[1])
        self._pair = pair
        self._remote = _plain(remote)
        self._transports: list[asyncio.DatagramTransport] = []
        self._receiver: Receiver | None = None
        self._reorder = Reorder(self._ordered)
        self._timer: asyncio.TimerHandle | None = None
        self._towards: tuple[int, int] | None = None
        self.strangers = 0
        """Packets from elsewhere, dropped."""

    @classmethod
    async def open(cls, local: str, remote: str, ports: PortRange) -> "Datagrams":
        """Bind a pair on the address `local`. Raises `SourceError` when no pair in `ports` is free."""
        made = cls(bound_pair(local, ports), remote)
        loop = asyncio.get_running_loop()
        try:
            for which, bound in enumerate(made._pair):
                transport, _ = await loop.create_datagram_endpoint(
                    lambda is_rtcp=bool(which): _Port(made, is_rtcp),  # type: ignore[misc]
                    sock=bound,
                )
                made._transports.append(transport)
        except BaseException:
            made.close()
            raise
        return made

    @property
    def reordered(self) -> int:
        """Packets that were put back in their place."""
        return self._reorder.reordered

    def attach(self, receiver: Receiver, towards: tuple[int, int] | None) -> None:
        """Hand packets to `receiver`, on its own channels; `towards`: the camera's ports, when it names them."""
        self._receiver = receiver
        self._towards = towards
        if towards is not None:
            opener = rtp.build(b"", payload_type=0, sequence=0, timestamp=0, ssrc=secrets.randbits(32))
            for _ in range(OPENERS):
                self._send(0, opener)
            self._send(1, rtcp.build_empty_report(secrets.randbits(32)))

    def report(self, data: bytes) -> None:
        """Send a receiver report."""
        self._send(1, data)

    def close(self) -> None:
        """Free both ports. May be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._receiver = None
        for transport in self._transports:
            transport.close()
        for bound in self._pair:
            bound.close()

    def taken(self, data: bytes, sender: str, *, is_rtcp: bool) -> None:
        """A datagram has come."""
        receiver = self._receiver
        if _plain(sender) != self._remote:
            self.strangers += 1
        elif receiver is None:
            pass
        elif is_rtcp:
            receiver.frame(receiver.rtcp_channel, memoryview(data))
        else:
            self._reorder.push(data, asyncio.get_running_loop().time())
            if self._reorder.waiting and self._timer is None:
                self._expire()

    def _ordered(self, packet: bytes) -> None:
        if self._receiver is not None:
            self._receiver.frame(self._receiver.rtp_channel, memoryview(packet))

    def _expire(self) -> None:
        """A gap at the very end is not waited for for ever: no packet may come that would look at the time."""
        loop = asyncio.get_running_loop()
        left = self._reorder.expire(loop.time())
        self._timer = None if left is None else loop.call_later(left, self._expire)

    def _send(self, which: int, data: bytes) -> None:
        if self._towards is not None and len(self._transports) > which:
            transport = self._transports[which]
            if not transport.is_closing():
                transport.sendto(data, (self._remote, self._towards[which]))


class _Port(asyncio.DatagramProtocol):
    def __init__(self, owner: Datagrams, is_rtcp: bool) -> None:
        self._owner = owner
        self._is_rtcp = is_rtcp

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._owner.taken(data, addr[0], is_rtcp=self._is_rtcp)

    def error_received(self, exc: Exception) -> None:
        """A port of the camera that is closed says so; its pictures may come all the same."""


def _plain(host: str) -> str:
    """Without the zone, and an IPv4 address inside IPv6 as IPv4: two spellings of one sender must be equal."""
    return host.partition("%")[0].removeprefix("::ffff:")


def bound_pair(local: str, ports: PortRange) -> tuple[socket.socket, socket.socket]:
    """An even port and the next one, from a random place on: processes that share the range seldom meet.

    Raises:
        SourceError: no pair is free.
    """
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    evens = range(ports.first + (ports.first & 1), ports.last, 2)
    start = secrets.randbelow(len(evens)) if evens else 0
    for step in range(min(len(evens), MAX_TRIES)):
        number = evens[(start + step) % len(evens)]
        pair = (socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM))
        try:
            for which, each in enumerate(pair):
                each.setblocking(False)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                each.bind((local, number + which))
        except OSError:
            for each in pair:
                each.close()
        else:
            return pair
    raise SourceError(SourceCode.UNREACHABLE, f"no free pair of UDP ports on {local} in {ports.first}-{ports.last}")
