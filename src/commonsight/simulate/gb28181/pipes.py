"""Where a virtual camera's packets go: datagrams, a connection it makes, or one it waits for."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final, Protocol

from commonsight.connect.wire.rfc4571 import frame

CONNECT_TRIES: Final = 3
CONNECT_PAUSE: Final = 1.0
CONNECT_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 15.0
"""Longest wait for the platform to connect to us."""


class Pipe(Protocol):
    """One way to the receiver. `port` is ours."""

    @property
    def port(self) -> int: ...
    async def open(self) -> None:
        """Get ready to send. Raises OSError or TimeoutError."""

    def send(self, packets: Sequence[bytes]) -> None: ...
    def backlog(self) -> int:
        """Bytes not taken by the network yet."""
        ...

    def broken(self) -> bool: ...
    def close(self) -> None: ...


class Datagrams:
    """RTP over UDP: what the network does not take at once is lost, as it would be on a real one."""

    def __init__(self, host: str, to: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._socket.bind((host, 0))
        self._to = to

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def open(self) -> None:
        pass

    def send(self, packets: Sequence[bytes]) -> None:
        for packet in packets:
            try:
                self._socket.sendto(packet, self._to)
            except OSError:
                continue

    def backlog(self) -> int:
        return 0

    def broken(self) -> bool:
        return self._socket.fileno() < 0

    def close(self) -> None:
        self._socket.close()


class Connection:
    """RTP over TCP, framed by length. Active: we connect to `to`; passive: we wait for the platform."""

    def __init__(self, host: str, to: tuple[str, int] | None) -> None:
        self._host = host
        self._to = to
        self._listening: socket.socket | None = None
        self._transport: asyncio.Transport | None = None
        if to is None:
            self._listening = socket.create_server((host, 0), backlog=1)
            self._listening.setblocking(False)

    @property
    def port(self) -> int:
        # Who connects says port 9 by convention: nothing listens there.
        return int(self._listening.getsockname()[1]) if self._listening is not None else 9

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        if self._listening is not None:
            async with asyncio.timeout(WAIT_SECONDS):
                accepted, _ = await loop.sock_accept(self._listening)
            self._transport, _ = await loop.connect_accepted_socket(_Ignorant, accepted)
            return
        assert self._to is not None
        for attempt in range(CONNECT_TRIES):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    making = loop.create_connection(_Ignorant, *self._to, local_addr=(self._host, 0))
                    self._transport, _ = await making
                return
            except (OSError, TimeoutError):
                if attempt == CONNECT_TRIES - 1:
                    raise
                await asyncio.sleep(CONNECT_PAUSE)

    def send(self, packets: Sequence[bytes]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(map(frame, packets)))

    def backlog(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def broken(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        if self._transport is not None:
            self._transport.abort()


class _Ignorant(asyncio.Protocol):
    """What the platform sends back (receiver reports) does not concern a camera."""
