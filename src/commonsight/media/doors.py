"""Every way pictures leave a media node, and who is standing at it.

A route of the node's HTTP side is named in `ROUTES` with what it does with pictures, or with None when none leave by
it; `OTHERS` names the doors that are no HTTP route. tests/house/test_doors.py walks the routes of `web.make_app`, fails
for one that is not named here, and tries each that is as each role without a grant.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from commonsight.gate.model import Action, Viewer

COOKIE: Final = "commonsight_viewer"
"""Kept by the browser, unseen by scripts. Browsers send cookies to every port of a host."""

PROTOCOL: Final = "commonsight"
"""The WebSocket subprotocol that is answered with. `viewer.<secret>` beside it is a viewer's secret, for a media node
on another host than the page, where no cookie reaches."""

HEADER: Final = "X-Commonsight-Viewer"
"""The same for requests that can carry a header."""

_OFFERED: Final = "viewer."
_SECRETS_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Door:
    """A way out that is no route: `name` for people, `socket` what it listens on, `action` what it is opened for."""

    name: str
    socket: str
    action: Action


ROUTES: dict[tuple[str, str], Action | None] = {
    ("GET", "/live"): Action.LIVE,
    ("GET", "/hls/{camera}/live.m3u8"): Action.LIVE,
    ("GET", "/hls/{camera}/{name}"): Action.LIVE,
    ("GET", "/snapshot"): Action.SNAPSHOT,
    ("GET", "/playback"): Action.PLAYBACK,
    ("GET", "/export"): Action.DOWNLOAD,
    ("GET", "/healthz"): None,
    ("GET", "/metrics"): None,
}
"""(method, path) of the node's HTTP side to what it does with pictures."""

OTHERS: list[Door] = [
    Door("packets", "media.packet_server.PacketServer", Action.LIVE),
    Door("bridge", "media.bridge.service.Bridges", Action.LIVE),
    Door("rtsp", "media.rtsp_out.server.RtspOut", Action.LIVE),
]
"""Doors that are no HTTP route."""


def viewer_of(request: web.Request) -> Viewer:
    """Who stands at the door: what their browser keeps, and where they come from."""
    shown = [request.cookies.get(COOKIE), request.headers.get(HEADER)]
    offered = request.headers.get("Sec-WebSocket-Protocol", "")[:1_024]
    for protocol in offered.split(","):
        name = protocol.strip()
        if name.startswith(_OFFERED):
            shown.append(name.removeprefix(_OFFERED))
    return Viewer(tuple(secret for secret in shown if secret)[:_SECRETS_MOST], request.remote)
