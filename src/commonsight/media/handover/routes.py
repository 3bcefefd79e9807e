"""HTTP of the hand-over: the hook another media server asks, and the key it pulls cameras with."""

import json
import secrets
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import service as gate
from commonsight.gate import store as gate_store
from commonsight.gate.model import CAMERAS_MOST, Action
from commonsight.http import Writes, problems, public, requires
from commonsight.media.handover import service as handover
from commonsight.media.handover.model import Ask, from_form, from_json
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

router = APIRouter(tags=["media"])

Giver = Annotated[Identity, requires("shares.write", pictures="live")]
BODY_MOST = 8_192
FIELDS_MOST = 60


class ServerIn(BaseModel):
    """Which cameras a media server may pull, and for how long."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["MediaMTX 一号"])
    organisation: str = Field("", max_length=200, examples=["南宁市公安局"])
    camera_ids: list[UUID] = Field(min_length=1, max_length=CAMERAS_MOST)
    hours: float = Field(24, gt=0, le=24 * 31)


class Source(BaseModel):
    """Where the server pulls one camera."""

    camera_id: UUID
    url: str = Field(examples=["rtsp://127.0.0.1:8700/0198…?ticket=…"])


class ServerOut(BaseModel):
    """The server's permit. The ticket stands in the addresses and is not shown again."""

    permit_id: UUID
    expires_at: datetime
    sources: list[Source]


@router.post("/media/authorize", status_code=204, dependencies=[public()], responses=problems(401, 403, 404, 422))
async def authorize(request: Request, session: Writes, key: Annotated[str, Query(max_length=200)] = "") -> Response:
    """May this viewer of another media server watch? Asked by the server with `media.server_key` as `key`.

    Takes what MediaMTX posts to `authHTTPAddress` (JSON) and what nginx-rtmp posts to `on_play`, `on_update` and
    `on_play_done` (a form).
    """
    expected = request.app.state.settings.media.server_key
    given = key.encode()
    if expected is None or not secrets.compare_digest(given, expected.get_secret_value().encode()):
        raise Refusal("media.handover_key", status=403, rule="media.server_key", operand="key")
    now = await gate_store.moment(session)
    await handover.authorise(session, await _ask(request), now)
    return Response(status_code=204)


@router.post("/media/servers", status_code=201, responses=problems(401, 403, 404, 422, 503))
async def hand_over(request: Request, response: Response, caller: Giver, session: Writes, body: ServerIn) -> ServerOut:
    """Let a media server pull cameras by RTSP. Whoever gives this must be allowed to watch each of them live.

    `DELETE /views/{permit_id}` takes it back.
    """
    for camera_id in dict.fromkeys(body.camera_ids):
        await gate.refuse_without_grant(session, caller, camera_id, Action.LIVE)
    issued = await gate.issue_platform(
        session,
        platform_id=uuid7(),
        name=body.name,
        organisation=body.organisation,
        cameras=body.camera_ids,
        action=Action.LIVE,
        hours=body.hours,
        holder_kind="server",
    )
    sources = []
    for camera_id in dict.fromkeys(body.camera_ids):
        url = (await request.app.state.outlets(session, camera_id, request, issued.ticket)).get("rtsp")
        if url is None:
            raise Refusal("media.rtsp_off", status=503, rule="media.rtsp_port", operand="media.rtsp_port")
        sources.append(Source(camera_id=camera_id, url=url))
    now = await gate_store.moment(session)
    permit = issued.permit
    await audit.record(session, Actor.of(caller), "media.handed_over", now, kind="permit", subject_id=permit.id)
    response.headers["Cache-Control"] = "no-store"
    return ServerOut(permit_id=permit.id, expires_at=permit.expires_at, sources=sources)


async def _ask(request: Request) -> Ask:
    body = await request.body()  # bounded by the API for every route, and by far less here
    if len(body) > BODY_MOST:
        raise Refusal("media.handover_form", status=422, rule=f"at most {BODY_MOST} bytes", operand="body")
    try:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields = parse_qs(body.decode(), max_num_fields=FIELDS_MOST)
            return from_form({name: values[0] for name, values in fields.items()})
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal("media.handover_form", status=422, rule="JSON or a form", operand="body") from error
    return from_json(document)
