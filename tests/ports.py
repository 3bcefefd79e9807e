"""Ports for servers that tests start in processes of their own.

They lie below those the system gives to outgoing connections, and every worker has its own: between asking and
listening nobody comes between.
"""

import contextlib
import os
import socket
from typing import Final

FIRST: Final = 20_000
OF_A_WORKER: Final = 1_500
_WORKER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_place = os.getpid() % OF_A_WORKER  # two runs at once seldom begin at the same place


def free_port() -> int:
    """A port on loopback that nobody listens on, for TCP and UDP."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Neighbouring ports of that kind."""
    global _place
    for _ in range(OF_A_WORKER):
        if _place + count > OF_A_WORKER:
            _place = 0
        ports = [FIRST + _WORKER * OF_A_WORKER + _place + offset for offset in range(count)]
        _place += count
        if all(map(_is_free, ports)):
            return ports
    raise RuntimeError(f"no {count} neighbouring ports are free")


def _is_free(port: int) -> bool:
    with contextlib.ExitStack() as stack:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                stack.enter_context(socket.socket(type=kind)).bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
