"""How a stream leaves for an upper platform: by datagrams at a pace its receiver can follow, or by one connection."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from commonsight.connect.gb28181.media_ports import Taken

TICK_SECONDS: Final = 0.004
TICK_BYTES: Final = 24_000
"""Datagrams sent in one go, bytes: at 48 Mb/s a keyframe group is there soon and overruns no ordinary buffer."""

CONNECT_TRIES: Final = 3
CONNECT_PAUSE: Final = 1.0
"""Who is to connect tries at least three times, a second apart (2022 edition, field practice)."""
CONNECT_SECONDS: Final = 4.0
ACCEPT_SECONDS: Final = 12.0
SEND_BUFFER: Final = 1_048_576


class NoPath(Exception):
    """The receiver is not there. The text says how that showed."""


class Paced(asyncio.WriteTransport):
    """Datagrams to one receiver, behind the face of a stream: takes packets with their length in front.

    Args:
        gone: called once when the receiver says that nobody listens there.
    """

    def __init__(self, made: socket.socket, gone: Callable[[], None]) -> None:
        super().__init__()
        self._socket = made
        self._gone = gone
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._refused = 0

    def write(self, data: Any) -> None:
        """Send framed packets, in order; what does not fit into this moment waits for the next."""
        at, end = 0, len(data)
        while at + 2 <= end and not self._closing:
            size = data[at] << 8 | data[at + 1]
            self._waiting.append(bytes(data[at + 2 : at + 2 + size]))
            self._size += size
            at += 2 + size
        if self._timer is None:
            self._send()

    def get_write_buffer_size(self) -> int:
        return self._size

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002  no socket to be tuned as a stream
        return default

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        """Send no more. May be called twice."""
        self._closing = True
        self._waiting.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self) -> None:
        self._timer = None
        sent = 0
        while self._waiting and sent < TICK_BYTES:
            packet = self._waiting[0]
            try:
                self._socket.send(packet)
            except BlockingIOError:
                break
            except ConnectionRefusedError:
                # The answer to an earlier datagram; a receiver that is only late is given some time.
                self._refused += 1
                if self._refused == REFUSED_MOST:
                    self._gone()
            except OSError:
                pass  # no route for a moment: datagrams are lost, not kept
            self._waiting.popleft()
            self._size -= len(packet)
            sent += len(packet)
        if self._waiting and not self._closing:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._send)


REFUSED_MOST: Final = 500
"""So many datagrams that were told "nobody listens here" are taken for a receiver that is gone."""


class _Silent(asyncio.Protocol):
    """A connection on which only we speak."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._gone()


def datagrams(taken: Taken, host: str, port: int, gone: Callable[[], None]) -> Paced:
    """To `host`:`port` from the port that was told to the receiver. Raises `NoPath`."""
    made = taken.datagrams
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        made.connect((host, port))
    except OSError as error:
        raise NoPath(f"no way to {host}:{port}: {error}") from error
    return Paced(made, gone)


async def accepted(taken: Taken, host: str, gone: Callable[[], None]) -> asyncio.WriteTransport:
    """The receiver's connection to our port; others that come are turned away. Raises `NoPath`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ACCEPT_SECONDS):
            while True:
                made, address = await loop.sock_accept(taken.listener)
                if address[0] == host:
                    break
                made.close()
    except (TimeoutError, OSError) as error:
        raise NoPath(f"{host} did not connect") from error
    transport, _ = await loop.connect_accepted_socket(lambda: _Silent(gone), made)
    return transport


async def connected(host: str, port: int, ours: str, gone: Callable[[], None]) -> asyncio.WriteTransport:
    """A connection to the receiver. Raises `NoPath`."""
    loop = asyncio.get_running_loop()
    words = ""
    for attempt in range(CONNECT_TRIES):
        if attempt:
            await asyncio.sleep(CONNECT_PAUSE)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                transport, _ = await loop.create_connection(lambda: _Silent(gone), host, port, local_addr=(ours, 0))
        except (OSError, TimeoutError) as error:
            words = str(error) or type(error).__name__
        else:
            return transport
    raise NoPath(f"{host}:{port}: {words}")
