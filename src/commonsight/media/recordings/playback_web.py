"""The node's door to recordings: `GET /playback`, a WebSocket that says what `/live` says, and listens.

`?ticket=…&camera=<uuid>&from=<RFC 3339>[&source=own|device][&sound=1][&gaps=keep]`. What it says beside the
messages of `/live` stands in `playback_out`. What a viewer may say, as text:

    {"type": "pause"}  {"type": "play"}  {"type": "seek", "at": <RFC 3339>}  {"type": "speed", "speed": 0.25 … 16}
    {"type": "step"}   one picture, then pause (own recordings)
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import WSMsgType, web

from commonsight.clock import Clock
from commonsight.gate.model import Action
from commonsight.media.admission import Grant
from commonsight.media.doors import PROTOCOL, viewer_of
from commonsight.media.hub import Hub, Sitting
from commonsight.media.masked.limits import variant
from commonsight.media.model import spoken
from commonsight.media.origins import origin_allowed, pages_of
from commonsight.media.parting import CLOSE_SECONDS, CUT, camera_of, goodbye
from commonsight.media.recordings.library import Library, nothing
from commonsight.media.recordings.playback_device import DevicePlayer, opener_of
from commonsight.media.recordings.playback_limits import Limiter
from commonsight.media.recordings.playback_own import OwnPlayer
from commonsight.media.refusals import explain
from commonsight.problem import Refusal
from commonsight.settings import Settings

PING_SECONDS: Final = 20.0
SAID_MAX: Final = 4_096
"""Largest command, bytes."""

log = structlog.get_logger(__name__)

AnyPlayer = OwnPlayer | DevicePlayer


def routes(hub: Hub, settings: Settings, clock: Clock, library: Library | None) -> list[web.RouteDef]:
    """The route. `library` None: this node has no recordings."""
    return [web.get("/playback", _Playback(hub, settings, clock, library).serve)]


class _Playback:
    def __init__(self, hub: Hub, settings: Settings, clock: Clock, library: Library | None) -> None:
        self._hub, self._settings, self._clock, self._library = hub, settings, clock, library
        self._pages = pages_of(settings)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Recordings of one camera. Refusals come as an `end` message."""
        if not origin_allowed(request.headers.get("Origin"), request.host, self._pages):
            return web.json_response({"code": "media.origin_refused"}, status=403)
        socket = web.WebSocketResponse(
            heartbeat=PING_SECONDS, compress=False, max_msg_size=SAID_MAX, timeout=CLOSE_SECONDS,
            protocols=(PROTOCOL,),
        )  # fmt: skip
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        try:
            sitting, player = await self._enter(request, transport)
        except Exception as error:
            await goodbye(socket, transport, explain(error), cut=False)
            return socket
        reason = "viewer_left"
        playing = asyncio.create_task(self._play(player, sitting.grant), name="playback")
        listening = asyncio.create_task(_listen(socket, player))
        either: list[asyncio.Future[Any]] = [listening, player.ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():
                reason = player.ended.result()
                self._hub.leave(sitting, reason)
                await goodbye(socket, transport, spoken("end", reason), cut=reason in CUT)
        finally:
            self._hub.leave(sitting, reason)
            player.end("source_lost")  # whatever waits inside it waits no more
            for task in (playing, listening):
                task.cancel()
            await asyncio.gather(playing, listening, return_exceptions=True)
        return socket

    async def _enter(self, request: web.Request, transport: asyncio.Transport) -> tuple[Sitting, AnyPlayer]:
        asked = request.query
        camera, at = camera_of(asked.get("camera", "")), _moment(asked.get("from", ""))
        device = asked.get("source", "own") == "device"
        made: list[AnyPlayer] = []

        def make(grant: Grant, on_first: Callable[[], None]) -> AnyPlayer:
            span = grant.footage
            if span is None or not span[0] <= at < span[1]:
                raise _outside(span, at)
            made.append(self._player(grant, on_first, transport, span, at, device=device, asked=asked))
            return made[0]

        sitting = await self._hub.sit(
            asked.get("ticket", ""), camera, make, action=Action.PLAYBACK, viewer=viewer_of(request), locate=device,
            limited=True,
        )  # fmt: skip
        return sitting, made[0]

    async def _play(self, player: AnyPlayer, grant: Grant) -> None:
        try:
            limits = variant(grant.limits)
            if limits is None:
                await player.run()
                return
            derived = self._hub.derived
            derived.playbacks += 1
            try:
                async with Limiter(derived.command(limits, ready=True), player, self._clock) as limiter:
                    player.through = limiter
                    await player.run()
            finally:
                derived.playbacks -= 1
        except Exception as error:
            log.error("playback_failed", exc_info=error)
            player.end("source_lost")

    def _player(
        self, grant: Grant, on_first: Callable[[], None], transport: asyncio.Transport,
        span: tuple[datetime, datetime], at: datetime, *, device: bool, asked: Mapping[str, str],
    ) -> AnyPlayer:  # fmt: skip
        if device:
            opener = opener_of(grant.address, self._clock, self._settings.media.open_timeout)
            return DevicePlayer(transport, self._clock, on_first, opener, span, at)
        library = self._library
        if library is None:
            raise nothing(*span)
        camera_id = grant.camera_id

        async def find(begin: datetime, end: datetime) -> Any:
            return await library.find(camera_id, begin, end)

        return OwnPlayer(
            transport, self._clock, on_first, find, span, at, hear=asked.get("sound") == "1",
            keep_gaps=asked.get("gaps") == "keep",
        )  # fmt: skip


async def _listen(socket: web.WebSocketResponse, player: AnyPlayer) -> None:
    """Return when the viewer has gone. What cannot be done is said, and playback goes on."""
    with contextlib.suppress(ConnectionError):
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                return
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                await player.command(_said(message.data))
            except Refusal as refusal:
                player.refuse(refusal)


def _said(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refusal("media.playback_command", status=422, operand="message", expected="JSON", actual=text[:40])
    return said


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal("media.playback_command", status=422, operand="from", expected="RFC 3339", actual=text[:40])
    return moment


def _outside(span: tuple[datetime, datetime] | None, at: datetime) -> Refusal:
    words = "" if span is None else f"{span[0].isoformat()} – {span[1].isoformat()}"
    return Refusal("media.playback_outside", status=403, operand="from", expected=words, actual=at.isoformat())
