"""The node's door to exported files: `GET /export?ticket=…&camera=<uuid>&export=<uuid>` gives that camera's MP4.

The ticket must allow the action `download` for this camera and the whole of the clip. What is being sent when the
permit is revoked is cut.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from aiohttp import web

from commonsight.gate.model import Action
from commonsight.media.admission import Grant
from commonsight.media.doors import viewer_of
from commonsight.media.hub import Hub
from commonsight.media.model import End
from commonsight.media.origins import guarded, pages_of
from commonsight.media.parting import camera_of
from commonsight.media.recordings.export_service import directory
from commonsight.media.recordings.library import Library
from commonsight.media.recordings.recorder import Count
from commonsight.media.refusals import refused
from commonsight.problem import Refusal
from commonsight.settings import Settings

CHUNK: Final = 262_144


def routes(hub: Hub, settings: Settings, library: Library | None) -> list[web.RouteDef]:
    """The route."""
    side = _Exports(hub, settings, library)
    return [web.get("/export", guarded(side.export, pages_of(settings)))]


class _Fetching:
    """Somebody who fetches a file."""

    browser = True

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.outlet = Count()
        self._on_first: Callable[[], None] | None = on_first

    def end(self, code: End) -> None:
        if not self.ended.done():
            self.ended.set_result(code)

    def sent(self, size: int) -> None:
        """So many bytes went out."""
        self.outlet.bytes += size
        if self._on_first is not None:
            self._on_first()
            self._on_first = None


class _Exports:
    def __init__(self, hub: Hub, settings: Settings, library: Library | None) -> None:
        self._hub, self._settings, self._library = hub, settings, library

    async def export(self, request: web.Request) -> web.StreamResponse:
        """One file."""
        made: list[_Fetching] = []

        def make(_: Grant, on_first: Callable[[], None]) -> _Fetching:
            made.append(_Fetching(on_first))
            return made[0]

        try:
            camera, export_id = camera_of(request.query.get("camera", "")), _uuid(request.query.get("export", ""))
            sitting = await self._hub.sit(
                request.query.get("ticket", ""), camera, make, action=Action.DOWNLOAD, viewer=viewer_of(request),
                limited=True,
            )  # fmt: skip
        except Exception as error:
            return refused(error)
        reason = "viewer_left"
        try:
            path = await self._path(export_id, camera, sitting.grant)
            response = await self._begun(request, path)
            made[0].ended.add_done_callback(lambda _: _cut(request))
            reason = await self._send(response, path, made[0])
        except Refusal as refusal:
            reason = refusal.code.rpartition(".")[2]
            return refused(refusal)
        finally:
            self._hub.leave(sitting, reason)
        return response

    async def _path(self, export_id: UUID, camera: UUID, grant: Grant) -> Path:
        library, span = self._library, grant.footage
        found = None if library is None else await library.exported(export_id, camera)
        if found is None or span is None or not (span[0] <= found.begins_at and found.ends_at <= span[1]):
            raise Refusal("media.export_unknown", status=404, operand="export", actual=str(export_id))
        if found.mask != grant.limits.mask:
            raise Refusal(
                "media.limit_unsupported", status=403, rule="limits", operand="mask", expected=str(grant.limits.mask)
            )
        path = directory(self._settings, export_id) / found.name
        if not await asyncio.to_thread(path.is_file):
            raise Refusal("media.export_elsewhere", status=410, operand="export", actual=str(export_id))
        return path

    async def _begun(self, request: web.Request, path: Path) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Content-Type": "video/mp4",
                "Content-Length": str((await asyncio.to_thread(path.stat)).st_size),
                "Content-Disposition": f'attachment; filename="export-{request.query["export"]}-{path.name}"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        return response

    async def _send(self, response: web.StreamResponse, path: Path, reader: _Fetching) -> str:
        with await asyncio.to_thread(path.open, "rb") as file:
            while data := await asyncio.to_thread(file.read, CHUNK):
                try:
                    await response.write(data)
                except ConnectionError:
                    return reader.ended.result() if reader.ended.done() else "viewer_left"
                if reader.ended.done():
                    return reader.ended.result()
                reader.sent(len(data))
        await response.write_eof()
        return "export_fetched"


def _cut(request: web.Request) -> None:
    """Send no more, however slowly the other side takes it."""
    if request.transport is not None:
        request.transport.abort()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("media.export_unknown", status=404, operand="export", actual=text[:40]) from None
