"""A virtual camera's packets over UDP: in order, or lost and reordered by a seeded plan."""

import contextlib
import random
import socket
from dataclasses import dataclass

from commonsight.connect.wire.rtsp_message import Interleaved, Reader


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does to datagrams: shares of 0 to 1 that are lost, and that come after the one behind them."""

    lost: float = 0.0
    swapped: float = 0.0
    seed: int = 1


FAIR = Weather()
"""Nothing is lost, nothing comes late."""


class DatagramSink:
    """Sends a player's interleaved frames as datagrams: even channels to the RTP port, odd ones to the RTCP port.

    `lost`, `swapped`: what the weather has done so far.
    """

    def __init__(self, local: str, towards: tuple[str, int, int], weather: Weather) -> None:
        """Bind two ports on `local`. Raises OSError."""
        self.lost = self.swapped = 0
        self._host, *self._ports = towards
        self._weather = weather
        self._random = random.Random(weather.seed)
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        self._sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)]
        self._kept: bytes | None = None
        self._closed = False
        try:
            for each in self._sockets:
                each.setblocking(False)
                each.bind((local, 0))
        except OSError:
            self.close()
            raise
        self.ports = (self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1])

    def write(self, data: bytes) -> None:
        """Send whole interleaved frames."""
        for message in Reader().feed(data):
            if isinstance(message, Interleaved):
                self._pass_on(message.channel & 1, bytes(message.payload))

    def get_write_buffer_size(self) -> int:
        """Datagrams do not queue up here."""
        return 0

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Free both ports."""
        self._closed = True
        for each in self._sockets:
            each.close()

    def _pass_on(self, which: int, payload: bytes) -> None:
        if which == 0 and self._random.random() < self._weather.lost:
            self.lost += 1
            return
        if which == 0 and self._kept is None and self._random.random() < self._weather.swapped:
            self._kept = payload
            return
        self._send(which, payload)
        if which == 0 and self._kept is not None:
            self.swapped += 1
            self._send(0, self._kept)
            self._kept = None

    def _send(self, which: int, payload: bytes) -> None:
        # A full buffer or a viewer whose port is closed costs the datagram, as on any network.
        with contextlib.suppress(OSError):
            self._sockets[which].sendto(payload, (self._host, self._ports[which]))
