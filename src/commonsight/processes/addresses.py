"""The addresses this machine's processes listen on: bound in one way, and looked at before anything is started."""

import errno
import socket
from collections.abc import Iterator
from typing import Final

from commonsight import tls
from commonsight.problem import Refusal
from commonsight.settings import Settings

BACKLOG: Final = 512


def wanted(settings: Settings, *, demo: bool) -> Iterator[tuple[str, str, int]]:
    """Setting, host and port of each TCP address the platform will listen on."""
    yield "api.port", settings.api.host, settings.api.port
    for index in range(settings.media.nodes):
        yield "media.port", settings.media.host, settings.media.port + index
    if demo:
        yield "simulate.port", settings.simulate.host, settings.simulate.port


def own_ports(settings: Settings) -> frozenset[int]:
    """The ports this platform listens on, here or on its other machines: never an address for somebody to name."""
    media = range(settings.media.nodes)
    return frozenset(
        [
            settings.api.port,
            settings.sip.signalling_port,
            *(settings.media.port + index for index in media),
            *(settings.media.packets_port + index for index in media),
            *(settings.media.rtsp_port + index for index in media if settings.media.rtsp_port is not None),
            *([settings.viid.port] if settings.viid.enabled else []),
            *([zone.port for zone in settings.sip.zones] if settings.sip.enabled else []),
        ]
    )


def check(settings: Settings, *, demo: bool) -> None:
    """Refuse to start what could not listen: said once and plainly, instead of by a child that dies again and again.

    Raises:
        Refusal: as `bind`, `tls.missing`, `tls.unreadable`, `tls.key_open`.
    """
    tls.refuse_exposed("api.host", settings.api.host, settings.tls)
    if settings.media.nodes:
        tls.refuse_exposed("media.host", settings.media.host, settings.tls)
    tls.context_of(settings.tls)
    for setting, host, port in wanted(settings, demo=demo):
        bind(setting, host, port).close()


def bind(setting: str, host: str, port: int) -> socket.socket:
    """A listening, non-blocking socket.

    Raises:
        Refusal: `processes.address_taken` or `processes.address_unusable`, naming the setting and the address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(BACKLOG)
        except OSError:
            made.close()
            raise
    except OSError as error:
        code = "address_taken" if error.errno == errno.EADDRINUSE else "address_unusable"
        raise Refusal(
            f"processes.{code}", operand=setting, actual=f"{host}:{port}", reason=error.strerror or str(error)
        ) from error
    made.setblocking(False)
    return made
