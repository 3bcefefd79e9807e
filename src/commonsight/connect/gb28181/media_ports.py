"""Ports on which streams of GB/T 28181 come in: from the zone's range, taken for a session, freed with it."""

import errno
import secrets
import socket
from dataclasses import dataclass, field
from typing import Final

from commonsight.problem import Refusal

RECEIVE_BUFFER: Final = 2 * 1024 * 1024
"""Asked of the system for datagrams, bytes: a keyframe comes as one burst."""
TRIES_MOST: Final = 1_000
BACKLOG: Final = 4


@dataclass(slots=True)
class Taken:
    """One port, bound for datagrams and listening for connections at once: some devices that were asked for one send
    by the other. `port`: even."""

    host: str
    port: int
    datagrams: socket.socket
    listener: socket.socket
    ports: "Ports" = field(repr=False)

    def close(self) -> None:
        """Free it. May be called twice."""
        self.datagrams.close()
        self.listener.close()
        self.ports.taken.discard(self.port)


class Ports:
    """The range of one zone as one process uses it. Other processes share the range: the system keeps them apart.

    Args:
        host: address to bind; one this machine does not have (NAT in front) means every address.
        first, last: both included; only even ports are used.
    """

    def __init__(self, host: str, first: int, last: int) -> None:
        self.host = host
        self.taken: set[int] = set()
        self._first = first + (first & 1)
        self._count = max((last - self._first) // 2 + 1, 0)
        self._words = f"{first}-{last}"
        # Onward from anywhere, so that a port freed a moment ago, to which a device may still send, comes again last.
        self._next = secrets.randbelow(self._count) if self._count else 0

    def take(self) -> Taken:
        """Bind the next free port.

        Raises:
            Refusal: `connect.gb_media_ports_taken`.
        """
        for _ in range(min(self._count, TRIES_MOST)):
            port = self._first + 2 * self._next
            self._next = (self._next + 1) % self._count
            if port in self.taken:
                continue
            bound = self._bind(port)
            if bound is not None:
                self.taken.add(port)
                return Taken(self.host, port, *bound, self)
        raise Refusal(
            "connect.gb_media_ports_taken", status=503, operand="sip.zones.media_ports", expected=self._words,
            actual=len(self.taken),
        )  # fmt: skip

    def _bind(self, port: int) -> tuple[socket.socket, socket.socket] | None:
        for host in (self.host, "::" if ":" in self.host else "0.0.0.0"):  # noqa: S104  only behind a NAT
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            made = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
            try:
                for each in made:
                    each.setblocking(False)
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                made[1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                for each in made:
                    each.bind((host, port))
                made[1].listen(BACKLOG)
            except OSError as error:
                for each in made:
                    each.close()
                if error.errno != errno.EADDRNOTAVAIL:
                    return None
            else:
                return made
        return None
