"""An RTSP server of many virtual cameras: TCP interleaved and UDP, digest on demand, faults to order."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from commonsight.clock import Clock
from commonsight.connect.wire import sdp
from commonsight.connect.wire.digest import Verifier
from commonsight.connect.wire.rtsp_message import Headers, Interleaved, Reader, Request, Response, WireError, serialise
from commonsight.simulate.datagrams import FAIR, DatagramSink, Weather
from commonsight.simulate.fleet import Fault
from commonsight.simulate.player import Player, Viewer

MAX_CONNECTIONS = 4_096
SESSION_SECONDS = 60
SLOW_SECONDS = 0.8
CONTROL = "trackID=0"
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"

_REASONS = {
    200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 404: "Stream Not Found",
    453: "Not Enough Bandwidth", 454: "Session Not Found", 455: "Method Not Valid in This State",
    461: "Unsupported Transport", 501: "Not Implemented",
}  # fmt: skip

GARBAGE = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html><body>400</body></html>\r\n"
"""What lives at a wrong port is most often a web server."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Camera:
    """One path of the server."""

    player: Player
    fault: Fault = Fault.NONE
    verifier: Verifier | None = None
    tcp: bool = True
    """Whether it sends inside the connection."""
    udp: Weather | None = FAIR
    """What becomes of its datagrams; None: it sends none."""
    path: str = ""
    """Where it is on the server; `cut` knows it by this."""
    elsewhere: str = ""
    """Who asks is sent to this address instead."""


Resolve = Callable[[str], Camera | None]
"""From a path without its leading slash to a camera."""


class RtspServer:
    """Listens and answers; what the paths mean is the resolver's business."""

    def __init__(self, resolve: Resolve, clock: Clock) -> None:
        self._resolve = resolve
        self._clock = clock
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._dead: socket.socket | None = None

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def playing(self) -> int:
        return sum(1 for each in self._connections if each.viewer is not None)

    async def start(self, host: str, port: int, dead_port: int | None = None) -> tuple[int, int]:
        """Listen on `port` and hold `dead_port` so that it refuses connections. 0 means any free port.

        Returns both ports. Raises OSError when one is taken.
        """
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._dead = socket.socket(family, socket.SOCK_STREAM)
        try:
            # Bound and never listening: the kernel refuses, and nobody else can take the port meanwhile.
            self._dead.bind((host, dead_port or 0))
            self._server = await loop.create_server(self._accept, host, port, backlog=1024)
        except OSError:
            self._dead.close()
            raise
        return self._server.sockets[0].getsockname()[1], self._dead.getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for each in tuple(self._connections):
            each.abort()
        if self._server is not None:
            await self._server.wait_closed()
        if self._dead is not None:
            self._dead.close()

    def cut(self, paths: Collection[str]) -> int:
        """Break off the connections to these cameras; returns how many there were."""
        found = [each for each in self._connections if each.path in paths]
        for each in found:
            each.abort()
        return len(found)

    def _accept(self) -> "_Connection":
        return _Connection(self)

    def enter(self, connection: "_Connection") -> bool:
        """Count a connection; False when there are too many."""
        if len(self._connections) >= MAX_CONNECTIONS:
            return False
        self._connections.add(connection)
        return True

    def forget(self, connection: "_Connection") -> None:
        self._connections.discard(connection)

    def camera(self, url: str) -> Camera | None:
        path = urlsplit(url).path.strip("/").removesuffix("/" + CONTROL)
        return self._resolve(path)

    @property
    def clock(self) -> Clock:
        return self._clock


class _Connection(asyncio.Protocol):
    """One client. Answers are computed at once; only a slow camera answers later."""

    def __init__(self, server: RtspServer) -> None:
        self.viewer: Viewer | None = None
        self._server = server
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._camera: Camera | None = None
        self._session = ""
        self._channel = 0
        self._datagrams: DatagramSink | None = None
        self._idle: asyncio.TimerHandle | None = None

    @property
    def path(self) -> str:
        """Of the camera it was set up with, "" before."""
        return self._camera.path if self._camera is not None else ""

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._server.enter(self):
            transport.abort()
            return
        self._rearm()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._stop()
        self._forget_ports()
        if self._idle is not None:
            self._idle.cancel()
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        self._rearm()
        try:
            for message in self._reader.feed(data):
                if isinstance(message, Request):
                    self._request(message)
                elif isinstance(message, Interleaved):
                    pass  # receiver reports: their arrival has kept the session alive
        except WireError as error:
            log.debug("virtual_camera_bad_bytes", reason=str(error))
            self.abort()

    # requests

    def _request(self, request: Request) -> None:
        camera = self._server.camera(request.url) if request.url != "*" else self._camera
        if camera is not None and camera.fault is Fault.HUNG:
            return
        if camera is not None and camera.fault is Fault.GARBAGE:
            if self._transport is not None:
                self._transport.write(GARBAGE)
            return
        response = self._answer(request, camera)
        response.headers.add("CSeq", request.headers.get("cseq"))
        response.headers.add("Server", "commonsight virtual camera")
        if camera is not None and camera.fault is Fault.SLOW:
            loop = asyncio.get_running_loop()
            loop.call_later(SLOW_SECONDS, self._reply, request.method, response)
        else:
            self._reply(request.method, response)

    def _reply(self, method: str, response: Response) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(serialise(response))
        if response.status != 200:
            return
        if method == "PLAY" and self._camera is not None and self._camera.fault is not Fault.NO_VIDEO:
            self._stop()
            self.viewer = self._camera.player.join(self._datagrams or self._transport, self._channel)
        elif method == "TEARDOWN":
            self._transport.close()

    def _answer(self, request: Request, camera: Camera | None) -> Response:
        if request.method == "OPTIONS":
            return _response(200, ("Public", METHODS))
        if camera is None:
            return _response(404)
        if camera.elsewhere:
            return _response(302, ("Location", camera.elsewhere))
        if camera.verifier is not None and not camera.verifier.accepts(
            request.method, request.headers.get("authorization")
        ):
            return _response(401, *(("WWW-Authenticate", each) for each in camera.verifier.challenges()))
        handler = {
            "DESCRIBE": self._describe,
            "SETUP": self._set_up,
            "PLAY": self._play,
            "GET_PARAMETER": self._keep_alive,
            "TEARDOWN": self._tear_down,
        }.get(request.method)
        return handler(request, camera) if handler else _response(501)

    def _describe(self, request: Request, camera: Camera) -> Response:
        reel = camera.player.reel
        body = sdp.describe(
            reel.codec, reel.parameter_sets, name="virtual camera", control=CONTROL, frame_rate=reel.frame_rate
        )
        response = _response(200, ("Content-Base", request.url.rstrip("/") + "/"), ("Content-Type", "application/sdp"))
        response.body = body
        return response

    def _set_up(self, request: Request, camera: Camera) -> Response:
        asked = request.headers.get("transport").partition(",")[0]
        ssrc = f"ssrc={camera.player.reel.ssrc:08X}"
        if "tcp" in asked.lower():
            channel = _first_number(asked, "interleaved")
            if not camera.tcp or channel > 254:
                return _response(461)
            self._stop()
            self._forget_ports()
            transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};{ssrc}"
        else:
            channel, port = 0, _first_number(asked, "client_port")
            if camera.udp is None or "multicast" in asked.lower() or not 0 < port < 65_535 or self._transport is None:
                return _response(461)
            self._stop()
            self._forget_ports()
            local, remote = (self._transport.get_extra_info(name)[0] for name in ("sockname", "peername"))
            self._datagrams = DatagramSink(local, (remote, port, port + 1), camera.udp)
            ours = "{}-{}".format(*self._datagrams.ports)
            transport = f"RTP/AVP;unicast;client_port={port}-{port + 1};server_port={ours};{ssrc}"
        self._camera, self._channel = camera, channel
        self._session = secrets.token_hex(8)
        return _response(200, ("Transport", transport), ("Session", f"{self._session};timeout={SESSION_SECONDS}"))

    def _play(self, request: Request, camera: Camera) -> Response:
        if not self._session_matches(request):
            return _response(454)
        sequence, timestamp = camera.player.position()
        url = request.url.rstrip("/")
        if not url.endswith(CONTROL):
            url += "/" + CONTROL
        info = f"url={url};seq={sequence};rtptime={timestamp}"
        return _response(200, ("Session", self._session), ("Range", "npt=now-"), ("RTP-Info", info))

    def _keep_alive(self, request: Request, camera: Camera) -> Response:  # noqa: ARG002
        return _response(200, ("Session", self._session)) if self._session_matches(request) else _response(454)

    def _tear_down(self, request: Request, camera: Camera) -> Response:  # noqa: ARG002
        if not self._session_matches(request):
            return _response(454)
        self._stop()
        return _response(200)

    def _session_matches(self, request: Request) -> bool:
        return bool(self._session) and request.headers.get("session").partition(";")[0].strip() == self._session

    def _stop(self) -> None:
        if self.viewer is not None and self._camera is not None:
            self._camera.player.leave(self.viewer)
        self.viewer = None

    def _forget_ports(self) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
        self._datagrams = None

    def _rearm(self) -> None:
        """A client that says nothing for a session's time and a half is gone, even if its connection stands."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(SESSION_SECONDS * 1.5, self.abort)


def _first_number(transport: str, field: str) -> int:
    """The first number of a field such as `client_port=5000-5001`; 0 when it is not there."""
    for part in transport.split(";"):
        name, _, value = part.strip().partition("=")
        first = value.partition("-")[0]
        if name.lower() == field and first.isascii() and first.isdigit() and len(first) < 6:
            return int(first)
    return 0


def _response(status: int, *fields: tuple[str, str]) -> Response:
    return Response(status, _REASONS[status], Headers(fields))
