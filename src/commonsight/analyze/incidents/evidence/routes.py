"""HTTP: looking at an incident's picture or clip. That is a retrieval: under a grant, with a reason, registered."""

import asyncio
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from commonsight.access.model import Identity
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.incidents.evidence import files, showing, store
from commonsight.analyze.incidents.evidence.draw import boxed
from commonsight.analyze.incidents.evidence.model import Evidence, Kind, State, covers
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.incidents.views import ViewIn
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Limits
from commonsight.http import problems, requires, sees
from commonsight.media.shown import shown
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession

router = APIRouter(tags=["incidents"])

SeesStill = Annotated[Identity, requires("pictures.view", pictures="snapshot")]
SeesClip = Annotated[Identity, requires("pictures.view", pictures="playback")]

MINUTES = 1
MARGIN = timedelta(seconds=1)


@router.post(
    "/incidents/{incident_id}/still",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422, 502, 503)
    | {200: {"content": {"image/jpeg": {}}, "description": "the picture with its boxes, who looks written into it"}},
)
async def still(request: Request, caller: SeesStill, incident_id: UUID, said: ViewIn) -> Response:
    """The picture of an incident."""
    return await _shown(request, caller, incident_id, said, Kind.STILL)


@router.post(
    "/incidents/{incident_id}/clip",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422, 502, 503)
    | {200: {"content": {"video/mp4": {}}, "description": "the clip, who looks written into every picture"}},
)
async def clip(request: Request, caller: SeesClip, incident_id: UUID, said: ViewIn) -> Response:
    """The clip of an incident."""
    return await _shown(request, caller, incident_id, said, Kind.CLIP)


async def _shown(request: Request, caller: Identity, incident_id: UUID, said: ViewIn, kind: Kind) -> Response:
    state = request.app.state
    action = Action.SNAPSHOT if kind is Kind.STILL else Action.PLAYBACK
    async with state.database.write() as session:
        incident, piece = await _found(session, caller, incident_id, kind)
        await gate.refuse_without_grant(session, caller, incident.camera_id, action)
        path = files.path_of(files.place_of(state.settings.data_dir), piece.name)
        if path is None or not await asyncio.to_thread(path.is_file):
            raise _gone(kind)
        footage = None if kind is Kind.STILL else (piece.began_at - MARGIN, piece.ended_at + MARGIN)
        issued = await gate.issue(
            session, caller=caller, cameras=[incident.camera_id], purpose_code=said.purpose_code,
            purpose_text=said.purpose_text, minutes=MINUTES, action=action, footage=footage,
        )  # fmt: skip
        limits = issued.permit.limits
        if kind is Kind.CLIP and not covers(piece.masked, limits.mask):
            raise Refusal(
                "media.limit_unsupported", status=403, rule="limits", operand="mask", expected=str(limits.mask)
            )
        line = await gate.open_retrieval(session, issued.permit, incident.camera_id, node="api", action=action)
    zone = ZoneInfo(state.settings.region.timezone)
    text = "  ".join(
        (
            f"{caller.display_name} · {caller.organisation}".strip(" ·"),
            f"{state.clock.now().astimezone(zone):%Y-%m-%d %H:%M:%S}",
            f"[{piece.began_at.astimezone(zone):%Y-%m-%d %H:%M:%S}]",
        )
    )
    reason, size, seconds = f"{kind.value}_failed", 0, 0.0
    try:
        if kind is Kind.STILL:
            data = await asyncio.to_thread(path.read_bytes)
            plain = Limits(None if covers(piece.masked, limits.mask) else limits.mask, limits.resolution)
            held = await shown(data, plain, state.settings.models_dir, text)
            # Boxes as they were when it began: the picture is of then.
            made = await asyncio.to_thread(boxed, held, incident.first.get("boxes") or incident.boxes)
        else:
            made = await showing.film(path, limits, text, state.settings)
            seconds = (piece.ended_at - piece.began_at).total_seconds()
        reason, size = f"incident_{kind.value}", len(made)
    finally:
        async with state.database.write() as session:
            if size:
                await gate.first_frame(session, line)
            await gate.close_retrieval(session, line, seconds=seconds, bytes=size, reason=reason)
    return Response(made, media_type=piece.media_type, headers={"Cache-Control": "no-store"})


async def _found(
    session: WriteSession, caller: Identity, incident_id: UUID, kind: Kind
) -> tuple[Incident, Evidence]:  # fmt: skip
    incident = await incidents.one(session, incident_id)
    if incident is None or not sees(caller, incident.place):
        raise Refusal("analyze.incident_unknown", status=404, operand="incident", actual=str(incident_id))
    piece = await store.one(session, incident_id, kind)
    if piece is None or piece.state is not State.KEPT:
        raise _gone(kind)
    return incident, piece


def _gone(kind: Kind) -> Refusal:
    return Refusal("analyze.evidence_gone", status=404, operand="evidence", actual=kind.value)
