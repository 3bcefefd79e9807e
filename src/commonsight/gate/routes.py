"""HTTP: ask for a picture with a purpose, give the permit back, read the register."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.gate import export, service, store
from commonsight.gate.model import MINUTES_DEFAULT, MINUTES_MOST, purposes
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    public,
    requires,
)
from commonsight.problem import Refusal

router = APIRouter(tags=["gate"])

Viewer = Annotated[Caller, requires("pictures.view")]
Reader = Annotated[Identity, requires("pictures.register")]


class ViewIn(BaseModel):
    """Which picture, and why."""

    model_config = ConfigDict(extra="forbid")

    camera_id: UUID
    purpose_code: str | None = Field(None, max_length=40, examples=["public_order"])
    purpose_text: str | None = Field(None, max_length=2000, examples=["三月三民族广场活动保障"])
    minutes: int = Field(MINUTES_DEFAULT, ge=1, le=MINUTES_MOST, description="how long the permit runs")


class Watermark(BaseModel):
    """What is written over the picture."""

    viewer: str = Field(examples=["李娜 · 南宁市公安局"])
    at: datetime


class ViewOut(BaseModel):
    """A permit for one camera and where its picture is."""

    retrieval_id: UUID
    permit_id: UUID
    url: str = Field(examples=["ws://127.0.0.1:8620/live?ticket=…&camera=…"])
    expires_at: datetime
    watermark: Watermark


class PurposeOut(BaseModel):
    """A reason that may be given."""

    code: str
    zh: str
    en: str
    needs_text: bool


class RetrievalOut(BaseModel):
    """One line of the register."""

    id: UUID
    permit_id: UUID
    door: Literal["retrieval", "sharing", "trade"]
    camera_id: UUID
    camera_name: str
    region: str
    holder_kind: Literal["person", "system"]
    holder_id: UUID | None
    holder_name: str
    organisation: str
    purpose_code: str
    purpose_text: str
    asked_at: datetime
    opened_at: datetime | None
    first_frame_at: datetime | None
    closed_at: datetime | None
    seconds: float
    bytes: int
    node: str | None
    close_reason: str | None


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


@router.post("/views", status_code=201, responses=problems(401, 403, 404, 422, 503))
async def view(request: Request, caller: Viewer, session: Writes, body: ViewIn) -> ViewOut:
    """Ask for a camera's live picture. The retrieval is registered before the answer leaves; no reason, no frame."""
    issued = await service.issue(
        session,
        caller=caller,
        cameras=[body.camera_id],
        purpose_code=body.purpose_code,
        purpose_text=body.purpose_text,
        minutes=body.minutes,
    )
    base = await request.app.state.locate(session, body.camera_id, request)
    if base is None:
        raise Refusal("gate.media_unavailable", status=503, rule="a media node is running", operand="camera_id")
    shown = caller.display_name or caller.name
    return ViewOut(
        retrieval_id=issued.retrievals[body.camera_id],
        permit_id=issued.permit.id,
        url=f"{base}/live?ticket={issued.ticket}&camera={body.camera_id}",
        expires_at=issued.permit.expires_at,
        watermark=Watermark(
            viewer=f"{shown} · {caller.organisation}" if caller.organisation else shown, at=issued.permit.issued_at
        ),
    )


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


Camera = Annotated[UUID | None, Query()]
Person = Annotated[UUID | None, Query()]
Kind = Annotated[Literal["person", "system"] | None, Query(description="who held the permit")]
PurposeCode = Annotated[str | None, Query(max_length=40)]
Since = Annotated[AwareDatetime | None, Query(alias="from")]
Until = Annotated[AwareDatetime | None, Query(alias="to")]


@router.get("/retrievals", responses=problems(401, 403, 422))
async def register(
    caller: Reader,
    session: Reads,
    camera: Camera = None,
    person: Person = None,
    holder_kind: Kind = None,
    purpose: PurposeCode = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[RetrievalOut]:
    """The retrieval register within one's regions, newest first."""
    last = cursor_decode("retrievals", after, datetime, UUID) if after else None
    wanted = store.Filter(caller.regions, camera, person, holder_kind, purpose, since, until)
    rows = await store.register_page(
        session, wanted, after=None if last is None else (last[0], last[1]), limit=limit + 1
    )
    more = cursor_encode("retrievals", rows[limit - 1].asked_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[RetrievalOut.model_validate(row, from_attributes=True) for row in rows[:limit]], next=more)


@router.get("/retrievals/export.csv", response_class=StreamingResponse, responses=problems(401, 403, 422))
async def export_register(
    request: Request,
    caller: Reader,
    camera: Camera = None,
    person: Person = None,
    holder_kind: Kind = None,
    purpose: PurposeCode = None,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """The register as CSV under the same conditions, at most 100,000 lines. The export itself is audited."""
    database, now = request.app.state.database, request.app.state.clock.now()
    conditions = {key: value for key, value in request.query_params.items() if key not in ("after", "limit")}
    async with database.write() as session:
        await audit.record(
            session, Actor.of(caller), "gate.register_exported", now, kind="register", conditions=conditions
        )
    body: AsyncIterator[bytes] = export.register_csv(
        database,
        store.Filter(caller.regions, camera, person, holder_kind, purpose, since, until),
        language=language_of(request),
        at=now,
        by=f"{caller.display_name} ({caller.name})",
        under=" ".join(f"{key}={value}" for key, value in sorted(conditions.items())),
    )
    name = f"retrievals-{now:%Y%m%dT%H%M%SZ}.csv"
    return StreamingResponse(
        body, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
