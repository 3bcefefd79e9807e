"""The sockets of one session: packets by UDP and over TCP connections, whichever the device really uses."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from commonsight import network
from commonsight.clock import Clock
from commonsight.connect.gb28181.media_ports import Taken
from commonsight.connect.gb28181.ps_receiver import PsReceiver
from commonsight.connect.wire.rfc4571 import Deframer
from commonsight.connect.wire.rtsp_message import WireError

BUFFER: Final = 128 * 1024
DATAGRAM_MOST: Final = 2_048
"""Longest packet taken by UDP, bytes: nothing longer passes an ordinary network."""
AT_ONCE: Final = 64
"""Datagrams read before other sessions have their turn."""
CANDIDATES_MOST: Final = 4
"""Connections of unknown origin that may wait to prove themselves."""
CONNECT_TRIES: Final = 3
CONNECT_PAUSE: Final = 1.0
CONNECT_SECONDS: Final = 3.0
ADDRESSES: Final = network.CAMERAS.with_loopback(True)
"""Where a device may tell us to fetch its packets: its own description names the address."""

log = structlog.get_logger(__name__)


class Intake:
    """Hands packets of the invited device, and of nobody else, to `receiver`.

    A sender is the device's when its address is known (the answer names it, or signalling comes from there) or when it
    sends under the number only the device was told. The first such sender is the only one from then on.

    Args:
        lost: called once with the reason when the connection that brought packets ends.
    """

    def __init__(
        self, taken: Taken, receiver: PsReceiver, clock: Clock, *, ssrc: int, hosts: set[str],
        lost: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.strangers = 0
        self._taken = taken
        self._receiver = receiver
        self._clock = clock
        self._ssrc = ssrc
        self._hosts = {_plain(host) for host in hosts}
        self._lost = lost
        self._sender: tuple[str, int] | None = None
        self._connections: set[_Connection] = set()
        self._proven: _Connection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._view = bytearray(DATAGRAM_MOST)
        self._closed = False

    async def start(self) -> None:
        """Begin to take packets; what came since the port was bound has waited in the system."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._taken.datagrams, self._readable)
        self._server = await loop.create_server(lambda: _Connection(self), sock=self._taken.listener)

    async def connect(self, host: str, port: int) -> None:
        """Connect to a device that waits for us; several times, because it may have begun to listen only now.

        Raises:
            OSError: the last failure.
        """
        failure: OSError = ConnectionRefusedError(f"{host}:{port}")
        for attempt in range(CONNECT_TRIES):
            if attempt:
                await self._clock.sleep(CONNECT_PAUSE)
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, protocol = await ADDRESSES.connect(lambda: _Connection(self), host, port)
            except OSError as error:
                log.info("media_connect_failed", host=host, port=port, attempt=attempt + 1, error=str(error))
                failure = error
            else:
                protocol.trusted = True
                return
        raise failure

    def close(self) -> None:
        """Free the port and every connection. May be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(self._taken.datagrams)
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()
        self._taken.close()

    # datagrams

    def _readable(self) -> None:
        taken = self._taken.datagrams
        for _ in range(AT_ONCE):
            try:
                size, address = taken.recvfrom_into(self._view)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                break  # a port of the device that is closed says so; its packets may come all the same
            if self._sender != address[:2] and not self._admit(address[:2], size):
                continue
            self._receiver.datagram(bytes(memoryview(self._view)[:size]))
        if self._receiver.waiting and self._timer is None:
            self._expire()

    def _admit(self, address: tuple[str, int], size: int) -> bool:
        known = size >= 12 and self._is_device(address[0], bytes(self._view[8:12]))
        if self._sender is not None or self._proven is not None or not known:
            self.strangers += 1
            return False
        self._sender = address
        return True

    def _is_device(self, host: str, ssrc: bytes) -> bool:
        return _plain(host) in self._hosts or int.from_bytes(ssrc, "big") == self._ssrc

    def _expire(self) -> None:
        left = self._receiver.expire()
        self._timer = None if left is None else asyncio.get_running_loop().call_later(left, self._expire)

    # connections

    def admitted(self, connection: "_Connection") -> bool:
        """Whether a new connection may stay to prove itself."""
        if self._closed or len(self._connections) >= CANDIDATES_MOST:
            self.strangers += 1
            return False
        self._connections.add(connection)
        return True

    def take(self, connection: "_Connection", packet: memoryview) -> bool:
        """A packet over a connection; False: it is not the device's."""
        if self._proven is not connection:
            if self._proven is not None or self._sender is not None:
                return False
            if not connection.trusted and not (
                len(packet) >= 12 and self._is_device(connection.host, bytes(packet[8:12]))
            ):
                self.strangers += 1
                return False
            self._proven = connection
        self._receiver.packet(packet)
        return True

    def ended(self, connection: "_Connection", reason: str) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        if connection is self._proven and not self._closed:
            self._lost(reason)


class _Connection(asyncio.BufferedProtocol):
    """One TCP connection with packets behind their lengths."""

    def __init__(self, intake: Intake) -> None:
        self.trusted = False
        self.host = ""
        self._intake = intake
        self._deframer = Deframer()
        self._buffer = memoryview(bytearray(BUFFER))
        self._transport: asyncio.Transport | None = None
        self._reason = "the device closed the connection"

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.host = str((transport.get_extra_info("peername") or ("",))[0])
        connection = transport.get_extra_info("socket")
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not self._intake.admitted(self):
            transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            packets = self._deframer.feed(bytes(self._buffer[:nbytes]))
        except WireError as error:
            self._reason = str(error)
            self.abort()
            return
        for packet in packets:
            if not self._intake.take(self, packet):
                self.abort()
                return

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._reason = str(exc) or type(exc).__name__
        self._intake.ended(self, self._reason)


def _plain(host: str) -> str:
    """Without the zone, and an IPv4 address inside IPv6 as IPv4: two spellings of one sender must be equal."""
    return host.partition("%")[0].removeprefix("::ffff:")
