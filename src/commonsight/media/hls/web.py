"""`/hls`: a camera as a low-latency HLS playlist, for players that know no WebSocket of ours.

`GET /hls/<camera>/live.m3u8?ticket=…` is the playlist; `_HLS_msn` and `_HLS_part` make it wait for what they name. The
addresses inside it carry a token of this viewer's session, never the ticket. Delta updates are not offered: a list is
some three kilobytes. Refusals are JSON with a status a player gives up on: 403 for permits, 503 for what may pass.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from aiohttp import web

from commonsight.clock import Clock
from commonsight.media.doors import viewer_of
from commonsight.media.hls.desk import Desk
from commonsight.media.hls.playlist import TARGET_SECONDS, Shelf
from commonsight.media.hub import Hub
from commonsight.media.origins import guarded, pages_of
from commonsight.problem import Refusal
from commonsight.settings import Settings

BLOCK_SECONDS: Final = 3.0 * TARGET_SECONDS
"""A blocked request is answered after this at the latest (draft, 6.2.5.2: three target durations)."""
FIRST_SECONDS: Final = 20.0
"""The first list may take so much longer than the camera: a whole segment, and masking is a process that must start."""
_NAME: Final = re.compile(r"(init|seg|part)(\d{1,12})\.(mp4|m4s)")
_NUMBER: Final = re.compile(r"\d{1,12}")
_PLAYLIST: Final = "application/vnd.apple.mpegurl"


def routes(hub: Hub, settings: Settings, clock: Clock) -> list[web.RouteDef]:
    """The routes, over a desk of their own."""
    desk = Desk(hub, clock, most=settings.media.hls_bytes, wait=settings.media.open_timeout + FIRST_SECONDS)
    hls, pages = _Hls(desk), pages_of(settings)
    return [
        web.get("/hls/{camera}/live.m3u8", guarded(hls.playlist, pages)),
        web.get("/hls/{camera}/{name}", guarded(hls.media, pages)),
    ]


class _Hls:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def playlist(self, request: web.Request) -> web.StreamResponse:
        camera_id = camera_of(request)
        number, part = _asked(request)
        watch = await self._desk.watch(request.query.get("ticket", ""), camera_id, viewer_of(request))
        await _blocked(self._desk.until(watch, lambda shelf: shelf.ready), "media.no_video")
        if number is not None:
            if watch.shelf.ahead(number):
                raise Refusal("media.hls_ahead", status=400, operand="_HLS_msn", actual=number)
            await _blocked(self._desk.until(watch, _has(number, part), BLOCK_SECONDS))
        text = watch.shelf.playlist(f"s={watch.token}")
        return web.Response(body=text.encode(), headers={"Content-Type": _PLAYLIST})

    async def media(self, request: web.Request) -> web.StreamResponse:
        found = _NAME.fullmatch(request.match_info["name"])
        if found is None:
            raise _gone(request)
        watch = self._desk.find(request.query.get("s", ""), camera_of(request), viewer_of(request))
        kind, number = found[1], int(found[2])
        if kind == "part" and watch.shelf.coming(number):
            await _blocked(self._desk.until(watch, lambda shelf: shelf.part(number) is not None, BLOCK_SECONDS))
        data = _data(watch.shelf, kind, number)
        if data is None:
            raise _gone(request)
        if kind != "init":
            watch.viewer.given(data)
        return web.Response(body=data, headers={"Content-Type": "video/mp4"})


async def _blocked(waiting: Awaitable[None], code: str = "media.reconnecting") -> None:
    """Wait, and say `code` when it takes too long."""
    try:
        await waiting
    except TimeoutError as error:
        raise Refusal(code, status=503) from error


def camera_of(request: web.Request) -> UUID:
    """The camera in the address.

    Raises:
        Refusal: `media.camera_invalid`.
    """
    text = request.match_info["camera"]
    try:
        return UUID(text)
    except ValueError as error:
        raise Refusal("media.camera_invalid", operand="camera", expected="UUID", actual=text[:64]) from error


def _asked(request: web.Request) -> tuple[int | None, int | None]:
    """The segment and part a blocking request names."""
    values: list[int | None] = []
    for name in ("_HLS_msn", "_HLS_part"):
        text = request.query.get(name)
        if text is not None and not _NUMBER.fullmatch(text):
            raise Refusal("media.hls_number", status=400, operand=name, expected="a whole number", actual=text[:20])
        values.append(None if text is None else int(text))
    number, part = values
    if part is not None and number is None:
        raise Refusal("media.hls_number", status=400, operand="_HLS_msn", expected="with _HLS_part", actual="missing")
    return number, part


def _has(number: int, part: int | None) -> Callable[[Shelf], bool]:
    return lambda shelf: shelf.has(number, part)


def _data(shelf: Shelf, kind: str, number: int) -> bytes | None:
    if kind == "init":
        return shelf.init(number)
    if kind == "seg":
        segment = shelf.segment(number)
        return None if segment is None else segment.body()
    part = shelf.part(number)
    return None if part is None else part.data


def _gone(request: web.Request) -> Refusal:
    return Refusal("media.hls_gone", status=404, operand="name", actual=request.match_info["name"][:40])
