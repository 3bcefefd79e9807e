"""The sockets of a SIP endpoint: datagrams and connections of every zone, all bounded.

A connection a device opened is the only way back to it (NAT), so it is found again by its `Peer`. A connection that
has not brought one whole message within `UNPROVEN_SECONDS` is closed.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from commonsight.clock import Clock
from commonsight.connect.sip.errors import SipUnreachable
from commonsight.connect.sip.peer import Listen, Peer, host_text
from commonsight.connect.sip.waiting import WaitingRoom
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, StreamReader, parse
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

CONNECTIONS_MOST: Final = 20_000
UNPROVEN_MOST: Final = 8_000
"""Connections that have not spoken SIP yet. After a power cut thousands connect before the first of them is heard."""
UNPROVEN_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 4.0
WRITE_BYTES: Final = 2_000_000
"""Unsent bytes at which a connection whose other side does not read is closed."""
SOCKET_BYTES: Final = 4_000_000
"""Receive buffer asked of the system, so that a burst of datagrams waits instead of being lost."""
DATAGRAM_BYTES: Final = 65_536
FETCH: Final = 1_024
"""Datagrams fetched from a socket in one round of the loop."""
BURST: Final = 32
"""Datagrams worked on in one round of the loop; then the others have their turn."""
WILDCARDS: Final = ("0.0.0.0", "::")  # noqa: S104
_PORT_TRIES: Final = 20


class Received(Protocol):
    """What hears of messages and lost connections."""

    def message(self, peer: Peer, local: tuple[str, int], message: Request | Response, data: bytes) -> None: ...

    def lost(self, peer: Peer) -> None: ...

    def unreadable(self, peer: Peer, error: SipSyntaxError) -> None: ...


class Lines:
    """All sockets of one endpoint."""

    def __init__(self, received: Received, clock: Clock) -> None:
        self._received = received
        self._clock = clock
        self._datagrams: dict[str, _Datagrams] = {}
        self._servers: list[asyncio.Server] = []
        self._hosts: dict[str, str] = {}
        self._connections: dict[Peer, _Connection] = {}
        self._unproven: dict[Peer, float] = {}
        self._opening: dict[Peer, asyncio.Task[None]] = {}

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def open(self, listen: Listen) -> int:
        """Opens the sockets of one address; the port they have. Raises `Refusal`, naming zone and address."""
        datagram, stream = _bind(listen)
        loop = asyncio.get_running_loop()
        port: int = (datagram or stream).getsockname()[1]  # type: ignore[union-attr]
        # A wildcard is no address; what is told to devices says more in the trace.
        told = listen.advertised.rpartition(":")[0] or listen.advertised
        local = (told if listen.host in WILDCARDS and told else listen.host, port)
        self._hosts[listen.zone] = listen.host
        if datagram is not None:
            made = _Datagrams(self._received, listen.zone, local, datagram)
            await loop.create_datagram_endpoint(lambda: made, sock=datagram)
            self._datagrams[listen.zone] = made
        if stream is not None:
            server = await loop.create_server(lambda: _Connection(self, listen.zone, local), sock=stream, backlog=1024)
            self._servers.append(server)
        return port

    async def reach(self, peer: Peer) -> None:
        """Makes sure that `send` has a way to `peer`: opens a connection where there is none. Raises SipUnreachable."""
        if peer.transport == "udp":
            if peer.zone not in self._datagrams:
                raise SipUnreachable("no UDP socket in this zone", peer)
            return
        if peer in self._connections:
            return
        task = self._opening.get(peer)
        if task is None:
            task = self._opening[peer] = asyncio.create_task(self._connect(peer))
            task.add_done_callback(lambda _: self._opening.pop(peer, None))
        try:
            await asyncio.shield(task)
        except (OSError, TimeoutError) as error:
            raise SipUnreachable(f"no connection: {error or type(error).__name__}", peer) from error

    def has(self, peer: Peer) -> bool:
        """Whether a connection to `peer` is open; always True for UDP in a zone that has it."""
        return peer in self._connections if peer.transport == "tcp" else peer.zone in self._datagrams

    def send(self, peer: Peer, data: bytes) -> tuple[str, int]:
        """Sends, or queues in the connection; our address it left from. Raises `SipUnreachable`."""
        if peer.transport == "udp":
            way = self._datagrams.get(peer.zone)
            if way is None:
                raise SipUnreachable("no UDP socket in this zone", peer)
            way.send(peer, data)
            return way.local
        connection = self._connections.get(peer)
        if connection is None:
            raise SipUnreachable("the connection is gone", peer)
        connection.send(data)
        return connection.local

    def sweep(self) -> None:
        """Closes connections that never spoke SIP. Called now and then."""
        now = self._clock.monotonic()
        for peer in [peer for peer, since in self._unproven.items() if now - since > UNPROVEN_SECONDS]:
            self._connections[peer].abort()

    async def close(self) -> None:
        for task in self._opening.values():
            task.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._connections.values()):
            connection.close()
        for way in self._datagrams.values():
            way.close()
        await asyncio.gather(*list(self._opening.values()), return_exceptions=True)
        await asyncio.sleep(0)  # the loop closes sockets in its next round

    def admitted(self, connection: "_Connection", peer: Peer) -> bool:
        """A connection was made; False when there are too many."""
        if len(self._connections) >= CONNECTIONS_MOST or len(self._unproven) >= UNPROVEN_MOST:
            log.warning("sip_connections_full", peer=str(peer), connections=len(self._connections))
            return False
        self._connections[peer] = connection
        self._unproven[peer] = self._clock.monotonic()
        return True

    def spoke(self, peer: Peer, local: tuple[str, int], message: Request | Response) -> None:
        self._unproven.pop(peer, None)
        self._received.message(peer, local, message, message.encode())

    def broken(self, peer: Peer, error: SipSyntaxError) -> None:
        self._received.unreadable(peer, error)

    def gone(self, connection: "_Connection", peer: Peer) -> None:
        if self._connections.get(peer) is connection:
            del self._connections[peer]
            self._unproven.pop(peer, None)
            self._received.lost(peer)

    async def _connect(self, peer: Peer) -> None:
        host = self._hosts.get(peer.zone)
        if host is None:
            raise OSError(errno.ENETUNREACH, f"no zone is named {peer.zone}")
        source = None if host in WILDCARDS else (host, 0)
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self, peer.zone, (host, 0), peer), peer.host, peer.port, local_addr=source
            )


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Received, zone: str, local: tuple[str, int], source: socket.socket) -> None:
        self._received = received
        self._zone = zone
        self.local = local
        self._source = source
        self._waiting = WaitingRoom()
        self._working = False
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """The loop hands over one datagram a round, and a round of a busy process takes milliseconds: those that wait
        behind it are fetched along, and worked on by turns with everything else."""
        self._waiting.put(data, addr[:2])
        for _ in range(FETCH - 1):
            try:
                data, addr = self._source.recvfrom(DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                self.error_received(error)
                break
            self._waiting.put(data, addr[:2])
        if not self._working:
            self._work()

    def _work(self) -> None:
        try:
            for data, addr in self._waiting.take(BURST):
                self._take(data, addr)
        finally:
            self._working = len(self._waiting) > 0
            if self._working:
                asyncio.get_running_loop().call_soon(self._work)

    def _take(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip(b"\r\n\x00 "):
            return  # keeps a NAT open; carries nothing
        peer = Peer(self._zone, "udp", addr[0], addr[1])
        try:
            message = parse(data)
        except SipSyntaxError as error:
            self._received.unreadable(peer, error)
            return
        self._received.message(peer, self.local, message, data)

    def error_received(self, exc: Exception) -> None:
        log.debug("sip_datagram_error", zone=self._zone, error=str(exc))

    def send(self, peer: Peer, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise SipUnreachable("the socket is closed", peer)
        self._transport.sendto(data, (peer.host, peer.port))

    def close(self) -> None:
        self._waiting = WaitingRoom()
        if self._transport is not None:
            self._transport.close()


class _Connection(asyncio.Protocol):
    def __init__(self, lines: Lines, zone: str, local: tuple[str, int], peer: Peer | None = None) -> None:
        self._lines = lines
        self._zone = zone
        self.local = local
        self._peer = peer
        self._reader = StreamReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        name = transport.get_extra_info("peername")
        self.local = transport.get_extra_info("sockname")[:2]
        if self._peer is None:
            self._peer = Peer(self._zone, "tcp", name[0], name[1])
        if not self._lines.admitted(self, self._peer):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._peer is not None
        assert self._transport is not None
        if data == b"\r\n\r\n":
            self._transport.write(b"\r\n")  # ping and pong of RFC 5626
        try:
            for message in self._reader.feed(data):
                self._lines.spoke(self._peer, self.local, message)
        except SipSyntaxError as error:
            self._lines.broken(self._peer, error)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._peer is not None:
            self._lines.gone(self, self._peer)

    def send(self, data: bytes) -> None:
        assert self._peer is not None
        if self._transport is None or self._transport.is_closing():
            raise SipUnreachable("the connection is closing", self._peer)
        if self._transport.get_write_buffer_size() > WRITE_BYTES:
            self._transport.abort()
            raise SipUnreachable(f"the other side leaves {WRITE_BYTES} bytes unread", self._peer)
        self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _bind(listen: Listen) -> tuple[socket.socket | None, socket.socket | None]:
    """One UDP and one TCP socket on the same port. Raises `Refusal`."""
    wanted: Sequence[str] = listen.transports
    for attempt in range(_PORT_TRIES):
        made: list[socket.socket] = []
        port, transport = listen.port, ""
        try:
            datagram = stream = None
            if "udp" in wanted:
                transport = "udp"
                datagram = _socket(made, listen.host, port, socket.SOCK_DGRAM)
                with contextlib.suppress(OSError):
                    datagram.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
                port = datagram.getsockname()[1]
            if "tcp" in wanted:
                transport = "tcp"
                stream = _socket(made, listen.host, port, socket.SOCK_STREAM)
        except OSError as error:
            for one in made:
                one.close()
            taken = error.errno == errno.EADDRINUSE
            if taken and listen.port == 0 and attempt < _PORT_TRIES - 1:
                continue  # the number was free for UDP only
            raise Refusal(
                "connect.sip_address_taken" if taken else "connect.sip_address_unusable",
                status=409,
                operand=f"sip.zones.{listen.zone}",
                actual=f"{transport}:{host_text(listen.host)}:{port}",
                reason=error.strerror or str(error),
            ) from error
        return datagram, stream
    raise AssertionError("the loop returns or raises")


def _socket(made: list[socket.socket], host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family, _, protocol, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
    one = socket.socket(family, kind, protocol)
    made.append(one)
    if kind == socket.SOCK_STREAM:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(address)
    one.setblocking(False)
    return one
