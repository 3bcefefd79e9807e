"""Handing fan-out over to a media server that is there already (`media.server`), without handing over who may look.

The server pulls cameras from our RTSP out under a permit of its own (holder kind `server`) and asks us about each of
its viewers: no ticket, no picture. A view is a line of the register like any other. When a viewer's permit is revoked,
two things stop them: a server that asks while they watch (nginx-rtmp's `on_update`) is told no; and our node cuts the
server's own pull of that camera, so that servers which ask only once (MediaMTX) lose the picture for everybody and ask
anew for those who are still allowed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from commonsight.gate import service as gate
from commonsight.gate.model import Permit, Viewer
from commonsight.media.handover import store
from commonsight.media.handover.model import Ask, Call
from commonsight.media.hub import Hub
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession

log = structlog.get_logger(__name__)

NODE: Final = "media-server"
"""What the register names as the node of such a view."""
_CHANGING: Final = ("mask", "resolution", "fps")


async def authorise(session: WriteSession, ask: Ask, now: datetime) -> None:
    """Return when this viewer may watch, and write or close the retrieval.

    Raises:
        Refusal: what the gate says (403, 404), or `media.limit_unsupported` (403): another server hands on what it
            gets, so it cannot keep a permit's limits.
    """
    await _close_worthless(session, now)
    permit = await gate.check(session, ask.ticket, ask.camera_id, viewer=Viewer((), ask.address or None), now=now)
    if (permit.holder_kind == "server") is not (ask.call is Call.FEED):
        # The server's own key is for pulling, not for showing; and nobody else's is for feeding.
        raise Refusal("media.handover_action", status=403, rule=ask.call, operand="ticket", actual=permit.holder_kind)
    if ask.call is Call.FEED:
        return
    if ask.call is Call.GONE:
        await _gone(session, permit, ask, now)
        return
    for name in _CHANGING:
        limit = getattr(permit.limits, name)
        if limit is not None:
            raise Refusal("media.limit_unsupported", status=403, rule="limits", operand=name, expected=limit)
    if await store.touch(session, permit.id, ask, now):
        return
    viewer = Viewer((), ask.address or None)
    retrieval_id = await gate.open_retrieval(session, permit, ask.camera_id, node=NODE, viewer=viewer, now=now)
    await gate.first_frame(session, retrieval_id, now=now)
    await store.add(session, retrieval_id, permit.id, ask, now)


async def cut(hub: Hub, database: Database, now: datetime, permit_id: UUID | None = None) -> None:
    """Close the lines of views whose permit is over, and end the server's pull of the cameras among them.

    Args:
        permit_id: the permit that was just revoked; None when it is not known which.

    Raises:
        SQLAlchemyError, OSError, TimeoutError: the database is away.
    """
    async with database.write() as session:
        await _close_worthless(session, now)
        if permit_id is None:
            cameras = await store.cameras_of_revoked(session, now)
        else:
            cameras = await store.cameras_under(session, permit_id)
        held = [reading for reading in hub.readings if reading.grant.camera_id in cameras]
        servers = await store.servers_among(session, [reading.grant.permit_id for reading in held]) if held else set()
    for reading in held:
        if reading.grant.permit_id in servers:
            log.info("handed_view_cut", camera=str(reading.grant.camera_id))
            reading.reader.end("permit_revoked")


async def _gone(session: WriteSession, permit: Permit, ask: Ask, now: datetime) -> None:
    closed = await store.close(session, permit.id, ask, now)
    await _register(session, ((line, since, "viewer_left") for line, since in closed), now)


async def _close_worthless(session: WriteSession, now: datetime) -> None:
    closed = await store.close_worthless(session, now)
    ends = ((line, since, "permit_revoked" if revoked else "permit_expired") for line, since, revoked in closed)
    await _register(session, ends, now)


async def _register(session: WriteSession, ends: Iterable[tuple[UUID, datetime, str]], now: datetime) -> None:
    """Bytes stay 0: only the other server knows them."""
    for line, since, reason in ends:
        seconds = (now - since).total_seconds()
        await gate.close_retrieval(session, line, seconds=seconds, bytes=0, reason=reason, now=now)
