"""HTTP of gate/: pictures (`view_routes`), grants, requests, emergencies, and the register, which is here."""

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
from commonsight.gate import emergency_routes, export, grant_routes, request_routes, store, view_routes
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    requires,
)

router = APIRouter(tags=["gate"])
router.include_router(view_routes.router)
router.include_router(grant_routes.router)
router.include_router(request_routes.router)
router.include_router(emergency_routes.router)

Reader = Annotated[Identity, requires("pictures.register")]
HolderKind = Literal["person", "system", "platform", "server"]
ActionName = Literal["live", "playback", "download", "snapshot", "control"]


class RetrievalOut(BaseModel):
    """One line of the register."""

    id: UUID
    permit_id: UUID
    grant_id: UUID | None
    door: Literal["retrieval", "sharing", "trade"]
    action: ActionName
    emergency: bool
    camera_id: UUID
    camera_name: str
    region: str
    holder_kind: HolderKind
    holder_id: UUID | None
    holder_name: str
    organisation: str
    purpose_code: str
    purpose_text: str
    footage_from: datetime | None
    footage_to: datetime | None
    asked_at: datetime
    opened_at: datetime | None
    first_frame_at: datetime | None
    closed_at: datetime | None
    seconds: float
    bytes: int
    node: str | None
    close_reason: str | None


class Wanted(BaseModel):
    """Which lines of the register."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=200, description="words in name, unit, camera or reason; all must be there")
    camera: UUID | None = None
    person: UUID | None = None
    holder_kind: HolderKind | None = Field(None, description="who held the permit")
    unit: str | None = Field(None, max_length=200, description="the holder's unit, by its whole name")
    purpose: str | None = Field(None, max_length=40)
    action: ActionName | None = None
    grant: UUID | None = None
    emergency: bool | None = None
    since: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = Field(None, alias="to")

    def within(self, caller: Caller) -> store.Filter:
        """The same for the store, within the caller's regions."""
        return store.Filter(
            caller.regions,
            camera=self.camera,
            person=self.person,
            holder_kind=self.holder_kind,
            purpose=self.purpose,
            unit=self.unit,
            action=self.action,
            grant=self.grant,
            emergency=self.emergency,
            words=self.q,
            since=self.since,
            until=self.until,
        )


class Paged(Wanted):
    """One page of them."""

    after: After = None
    limit: Limit = 100


@router.get("/retrievals", responses=problems(401, 403, 422))
async def register(caller: Reader, session: Reads, wanted: Annotated[Paged, Query()]) -> Page[RetrievalOut]:
    """The retrieval register within one's regions, newest first."""
    last = cursor_decode("retrievals", wanted.after, datetime, UUID) if wanted.after else None
    limit = wanted.limit
    rows = await store.register_page(
        session, wanted.within(caller), after=None if last is None else (last[0], last[1]), limit=limit + 1
    )
    more = cursor_encode("retrievals", rows[limit - 1].asked_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[RetrievalOut.model_validate(row, from_attributes=True) for row in rows[:limit]], next=more)


@router.get("/retrievals/export.csv", response_class=StreamingResponse, responses=problems(401, 403, 422))
async def export_register(request: Request, caller: Reader, wanted: Annotated[Wanted, Query()]) -> StreamingResponse:
    """The register as CSV under the same conditions, at most 100,000 lines. The export itself is audited."""
    database, now = request.app.state.database, request.app.state.clock.now()
    conditions = {key: value for key, value in request.query_params.items() if key not in ("after", "limit")}
    async with database.write() as session:
        await audit.record(
            session, Actor.of(caller), "gate.register_exported", now, kind="register", conditions=conditions
        )
    body: AsyncIterator[bytes] = export.register_csv(
        database,
        wanted.within(caller),
        language=language_of(request),
        at=now,
        by=f"{caller.display_name} ({caller.name})",
        under=" ".join(f"{key}={value}" for key, value in sorted(conditions.items())),
    )
    name = f"retrievals-{now:%Y%m%dT%H%M%SZ}.csv"
    return StreamingResponse(
        body, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
