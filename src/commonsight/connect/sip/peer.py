"""Where a SIP message came from and where an answer goes; which addresses we listen on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Transport = Literal["udp", "tcp"]


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side as we see it from here. Over TCP the live connection is found by this key (NAT)."""

    zone: str
    transport: Transport
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.zone}/{self.transport}:{host_text(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listen:
    """One address of ours.

    Args:
        zone: name of the network it is in.
        host: local address.
        port: UDP and TCP port; 0: any that is free for both.
        advertised: what devices are told, `host` or `host:port`; empty: `host` with the bound port.
        transports: which of the two are opened.
    """

    zone: str
    host: str
    port: int
    advertised: str = ""
    transports: Sequence[Transport] = ("udp", "tcp")


def host_text(host: str) -> str:
    """A host as it stands in a SIP address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
