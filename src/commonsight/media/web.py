"""The node's HTTP side: `/live` for browsers, `/healthz`, `/metrics`; `/hls` is `hls.web`, `/snapshot`
is `snapshot`, `/playback` is `recordings.playback_web`,
`/export` is `recordings.export_web`.

`GET /live?ticket=…&camera=<uuid>[&sound=1]` is a WebSocket without compression. What the node says on it:

    text    {"type": "stream", "mime", "codec", "width", "height", "start", "live", "sound"}   first, and again when the
            camera is back or changes its parameters; `start`, `live`: seconds of the oldest and newest picture sent at
            once; `sound`: whether the camera has sound, which is sent (AAC, a second track of the same fragments, and
            `mime` says so) to who asked with `sound=1`; a page that turns sound on connects anew
    text    {"type": "sound"}    the camera has begun to send sound
    binary  the init segment, then one `moof`+`mdat` a message, each one picture; the first is a keyframe
            With codec `jpeg` (mime `image/jpeg`) there is no init segment: each picture is
            text {"type": "picture", "time"} and then binary, one JPEG file
    text    {"type": "boxes", "time", "boxes": [[x0, y0, x1, y1, class, score, track]], "lines": [{"id", "in", "out"}]}
    text    {"type": "skip", "frames"}    the viewer was too slow; the next binary is a keyframe, a hole lies before it
    text    {"type": "state", "code", "zh", "en"}    `reconnecting`: the camera is away; `stream` says when it is back
    text    {"type": "end", "code", "zh", "en"}      why nothing follows (`model.End`, or a refusal); then it closes

All times are seconds on the camera's one timeline, which goes on while the camera is away: after `skip` a player jumps
to the next buffered range.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import WSMsgType, web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from commonsight.clock import Clock
from commonsight.media import headers, snapshot
from commonsight.media.doors import PROTOCOL, viewer_of
from commonsight.media.hls import web as hls_web
from commonsight.media.hub import Hub
from commonsight.media.metrics import Collector
from commonsight.media.model import spoken
from commonsight.media.origins import origin_allowed, pages_of
from commonsight.media.parting import CLOSE_SECONDS, CUT, camera_of, goodbye
from commonsight.media.recordings import export_web, playback_web
from commonsight.media.recordings.library import Library
from commonsight.media.refusals import explain
from commonsight.media.viewer import BrowserViewer
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

PING_SECONDS = 20.0
SAID_MAX = 4_096
"""Largest message taken from a browser, bytes; browsers have nothing to say here."""


def make_app(hub: Hub, settings: Settings, clock: Clock, library: Library | None = None) -> web.Application:
    """The application; runs nothing by itself. `library`: recordings; None: there are none to play."""
    registry = CollectorRegistry()
    registry.register(Collector(hub))
    ProcessCollector(registry=registry)
    web_side = _Web(hub, settings, clock, registry)
    app = web.Application()
    app.on_response_prepare.append(headers.dress)
    app.add_routes(
        [
            web.get("/live", web_side.live),
            web.get("/healthz", web_side.healthz),
            web.get("/metrics", web_side.metrics),
            *hls_web.routes(hub, settings, clock),
            *snapshot.routes(hub, settings, clock),
            *playback_web.routes(hub, settings, clock, library),
            *export_web.routes(hub, settings, library),
        ]
    )
    return app


class _Web:
    def __init__(self, hub: Hub, settings: Settings, clock: Clock, registry: CollectorRegistry) -> None:
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._registry = registry
        self._pages = pages_of(settings)

    async def healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "cameras": len(self._hub.relays), "readers": len(self._hub.readings)})

    async def metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Pictures of one camera. Refusals come as an `end` message: a browser sees no status of a refused upgrade."""
        if not origin_allowed(request.headers.get("Origin"), request.host, self._pages):
            return web.json_response({"code": "media.origin_refused"}, status=403)
        socket = web.WebSocketResponse(
            heartbeat=PING_SECONDS,
            compress=False,
            max_msg_size=SAID_MAX,
            timeout=CLOSE_SECONDS,
            protocols=(PROTOCOL,),
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        limit = self._settings.media.viewer_bytes
        sound = request.query.get("sound") == "1"

        def make(on_first: Callable[[], None]) -> BrowserViewer:
            return BrowserViewer(transport, limit, self._clock, on_first=on_first, sound=sound)

        try:
            ticket, camera = request.query.get("ticket", ""), request.query.get("camera", "")
            reading = await self._hub.enter(ticket, camera_of(camera), make, viewer=viewer_of(request))
        except Exception as error:
            await goodbye(socket, transport, explain(error), cut=False)
            return socket
        gone = asyncio.create_task(_until_gone(socket))
        reason = "viewer_left"
        either: list[asyncio.Future[Any]] = [gone, reading.reader.ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done():
                reason = reading.reader.ended.result()
                self._hub.leave(reading, reason)
                await goodbye(socket, transport, spoken("end", reason), cut=reason in CUT)
        finally:
            self._hub.leave(reading, reason)
            gone.cancel()
        return socket


async def _until_gone(socket: web.WebSocketResponse) -> None:
    """Return when the browser has gone. What it says is not listened to."""
    with contextlib.suppress(ConnectionError):
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                return
