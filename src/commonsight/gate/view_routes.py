"""HTTP: ask for a picture with a purpose, in an emergency without a grant, give the permit back."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import emergency, service, store, viewers
from commonsight.gate.model import MINUTES_DEFAULT, MINUTES_MOST, Action, purposes
from commonsight.http import Page, Writes, problems, public, requires
from commonsight.problem import Refusal

router = APIRouter()

Viewer = Annotated[Identity, requires("pictures.view", pictures="live")]


class Span(BaseModel):
    """From when to when recordings are wanted."""

    model_config = ConfigDict(extra="forbid")

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime


class ViewIn(BaseModel):
    """Which picture, and why."""

    model_config = ConfigDict(extra="forbid")

    camera_id: UUID
    purpose_code: str | None = Field(None, max_length=40, examples=["public_order"])
    purpose_text: str | None = Field(None, max_length=2000, examples=["三月三民族广场活动保障"])
    minutes: int = Field(MINUTES_DEFAULT, ge=1, le=MINUTES_MOST, description="how long the permit runs")
    action: Literal["live", "playback", "snapshot"] = "live"
    footage: Span | None = Field(None, description="for playback: the recordings wanted")
    emergency: bool = Field(False, description="without a grant, at most 30 minutes, reviewed afterwards")
    player: bool = Field(
        False, description="for a player outside the browser: the ticket belongs to the first address that opens it"
    )


class Watermark(BaseModel):
    """What is written over the picture."""

    viewer: str = Field(examples=["李娜 · 南宁市公安局"])
    at: datetime


class ViewOut(BaseModel):
    """A permit for one camera and where its picture is."""

    retrieval_id: UUID
    permit_id: UUID
    grant_id: UUID | None = Field(description="the grant it was given under; null in an emergency")
    emergency: bool
    url: str = Field(examples=["ws://127.0.0.1:8620/live?ticket=…&camera=…"])
    outlets: dict[str, str] = Field(
        description="the same for what is no browser: `hls`, `snapshot`, `rtsp` and `server` where they are set up",
        examples=[{"hls": "http://127.0.0.1:8620/hls/0198…/live.m3u8?ticket=…"}],
    )
    proof: str | None = Field(
        description="when the media node is on another host than this API: offer `viewer.<proof>` beside `commonsight` "
        "as WebSocket subprotocols, or send it as X-Commonsight-Viewer; else a cookie does this"
    )
    open_by: datetime | None = Field(description="the address has to be opened by then")
    expires_at: datetime
    limits: dict[str, Any] = Field(description="mask, resolution (lines), fps, minutes, as far as they are limited")
    watermark: Watermark


class PurposeOut(BaseModel):
    """A reason that may be given."""

    code: str
    zh: str
    en: str
    needs_text: bool


@router.get("/purposes", dependencies=[public()])
async def all_purposes() -> Page[PurposeOut]:
    """The reasons a person may give for looking at a picture."""
    return Page(
        items=[
            PurposeOut(code=p.code, zh=p.zh, en=p.en, needs_text=p.needs_text)
            for p in purposes().values()
            if not p.system
        ]
    )


@router.post("/views", status_code=201, responses=problems(401, 403, 404, 409, 422, 503))
async def view(request: Request, response: Response, caller: Viewer, session: Writes, body: ViewIn) -> ViewOut:
    """Ask for a camera's pictures, live or recorded, under one of your grants; in an emergency without one.

    The retrieval is registered before the answer leaves; no reason, no frame. The address is for the caller alone and
    has to be opened within a minute.
    """
    base = await request.app.state.locate(session, body.camera_id, request)
    kept = viewers.keep(request, response, base or "", program=body.player or caller.token_id is not None)
    asked: dict[str, Any] = {
        "caller": caller,
        "cameras": [body.camera_id],
        "minutes": body.minutes,
        "action": Action(body.action),
        "footage": None if body.footage is None else (body.footage.from_, body.footage.to),
        "viewer": kept.secret,
    }
    if body.emergency:
        issued = await emergency.issue(session, reason=body.purpose_text, **asked)
    else:
        issued = await service.issue(session, purpose_code=body.purpose_code, purpose_text=body.purpose_text, **asked)
    if base is None:
        raise Refusal("gate.media_unavailable", status=503, rule="a media node is running", operand="camera_id")
    permit = issued.permit
    outlets = await request.app.state.outlets(session, body.camera_id, request, issued.ticket)
    query = {"ticket": issued.ticket, "camera": str(body.camera_id)}
    response.headers["Cache-Control"] = "no-store"
    return ViewOut(
        retrieval_id=issued.retrievals[body.camera_id],
        permit_id=permit.id,
        grant_id=permit.grant_id,
        emergency=permit.emergency,
        url=f"{_scheme(base, body.action)}/{body.action}?{urlencode(query)}",
        outlets={name: url for name, url in outlets.items() if body.action == "live" or name == body.action},
        proof=kept.proof,
        open_by=permit.binding.open_by,
        expires_at=permit.expires_at,
        limits=permit.limits.as_json(),
        watermark=Watermark(viewer=permit.holder, at=permit.issued_at),
    )


def _scheme(base: str, action: str) -> str:
    """Streams are WebSockets; a single picture is fetched."""
    return base.replace("ws", "http", 1) if action == "snapshot" else base


@router.delete("/views/{permit_id}", status_code=204, responses=problems(401, 403, 404))
async def give_back(caller: Annotated[Identity, requires("me.read")], session: Writes, permit_id: UUID) -> None:
    """End a permit, and the picture running under it: one's own, or with the right to read the register anybody's
    within one's regions."""
    permit = await store.permit_by_id(session, permit_id)
    own = permit is not None and permit.holder_id == caller.id
    if not own and not ("pictures.register" in caller.permissions and await service.reaches(session, permit, caller)):
        raise Refusal("gate.permit_unknown", status=404, operand="permit", actual=str(permit_id))
    reason = "returned" if own else f"revoked by {caller.name}"
    await service.revoke(session, permit_id, reason)
    if not own:
        now = await store.moment(session)
        await audit.record(session, Actor.of(caller), "gate.permit_revoked", now, kind="permit", subject_id=permit_id)
