"""HTTP: proposals of repair, batches of them with preview and undo, and rules that repair by themselves."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access.audit import Actor
from commonsight.catalog.repair import service, store, tasks
from commonsight.catalog.repair.model import Batch
from commonsight.catalog.repair.store import Chosen
from commonsight.catalog.rules.model import rule_set
from commonsight.catalog.rules.views import CameraNamed
from commonsight.http import (
    After,
    Caller,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    narrow,
    problems,
    requires,
)
from commonsight.places.model import checked
from commonsight.text import say

router = APIRouter(tags=["records"])

MayRead = Annotated[Caller, requires("cameras.read")]
MayWrite = Annotated[Caller, requires("cameras.write")]
IDS_MOST = 10_000


class ChosenIn(BaseModel):
    """Which open proposals are meant; every condition that is set must hold."""

    model_config = ConfigDict(extra="forbid")

    region: str | None = Field(default=None, examples=["4501"])
    rule: str | None = Field(default=None, max_length=60, examples=["point_swapped"])
    field: str | None = Field(default=None, max_length=60)
    certain: bool | None = Field(default=None, description="only what follows from the record itself")
    least: float | None = Field(default=None, ge=0, le=1, description="of at least this confidence")
    unit: str | None = Field(default=None, max_length=100, description="managing unit, by name")
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=IDS_MOST)

    def within(self, caller: Caller) -> Chosen:
        """Cut to what the caller may see."""
        regions = narrow(caller, None if not self.region else checked(self.region))
        ids = None if self.ids is None else tuple(self.ids)
        return Chosen(regions, self.rule, self.field, self.certain, self.least, ids, self.unit)


class RepairIn(ChosenIn):
    """A batch to be applied."""

    why: str = Field(min_length=2, max_length=200, examples=["核对后统一更正经纬度"])


class SwitchIn(BaseModel):
    """Whether certain repairs of a rule are applied without asking."""

    model_config = ConfigDict(extra="forbid")

    auto: bool


class ProposalOut(BaseModel):
    """A value to be put right."""

    id: UUID
    camera: CameraNamed
    field: str
    rule: str
    was: str
    becomes: str
    reason: str = Field(description="in words")
    source: str
    confidence: float = Field(description="0..1")
    certain: bool
    at: datetime


class CountOut(BaseModel):
    """Proposals of one rule and field."""

    rule: str
    field: str
    certain: bool
    proposals: int
    cameras: int


class QuarrelOut(BaseModel):
    """A field for which more than one value is proposed; the first is applied."""

    camera: UUID
    code: str
    name: str
    field: str
    values: list[str]


class PreviewOut(BaseModel):
    """What a batch would do."""

    proposals: int
    cameras: int
    by_rule: list[CountOut]
    sample: list[ProposalOut]
    quarrels: list[QuarrelOut]


class BatchOut(BaseModel):
    """Proposals that were applied together."""

    id: UUID
    state: str = Field(description="applying, applied, undoing, undone")
    by: str
    why: str
    total: int
    applied: int
    conflicts: int = Field(description="left alone: something else stood there by then")
    undone: int
    kept: int = Field(description="not taken back: changed since")
    progress: float = Field(description="0..1, of what the state asks for")
    made_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        done = batch.applied + batch.conflicts
        share = done / batch.total if batch.total else 1.0
        if batch.state.value in ("undoing", "undone"):
            share = (batch.undone + batch.kept) / batch.applied if batch.applied else 1.0
        said = {name: getattr(batch, name) for name in cls.model_fields if name not in ("by", "progress", "state")}
        return cls(**said, by=batch.by_name, state=batch.state.value, progress=round(min(1.0, share), 3))


class ItemOut(BaseModel):
    """One value of a batch."""

    camera: CameraNamed
    field: str
    rule: str
    was: str
    becomes: str
    outcome: str = Field(description="waiting, applied, conflict, undone, kept")


class Refused(BaseModel):
    """Proposals that will not be made again while they would be the same."""

    refused: int


_OUTCOMES = ("waiting", "applied", "conflict", "undone", "kept")


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))


def _proposal(row: Any, language: str) -> ProposalOut:
    return ProposalOut(
        id=row.id,
        camera=CameraNamed(id=row.camera_id, code=row.code, name=row.name, region=row.region),
        field=row.field,
        rule=row.rule,
        was=row.was,
        becomes=row.becomes,
        reason=" ".join(say(f"catalog.repair_{row.reason}", language, source=row.source).split()),
        source=row.source,
        confidence=round(row.confidence, 2),
        certain=row.certain,
        at=row.at,
    )


@router.get("/records/proposals", responses=problems(401, 403, 422))
async def proposals(
    request: Request,
    caller: MayRead,
    session: Reads,
    region: Annotated[str | None, Query(examples=["4501"])] = None,
    rule: Annotated[str | None, Query(max_length=60)] = None,
    certain: Annotated[bool | None, Query()] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ProposalOut]:
    """What is proposed and not decided, by rule."""
    chosen = ChosenIn(region=region, rule=rule, certain=certain).within(caller)
    behind = None if after is None else cursor_decode("records.proposals", after, str, UUID)
    rows = await store.page(session, chosen, behind, limit)
    language = language_of(request)
    following = None
    if len(rows) > limit:
        following = cursor_encode("records.proposals", rows[limit - 1].rule, rows[limit - 1].id)
    return Page(items=[_proposal(row, language) for row in rows[:limit]], next=following)


@router.post("/records/repairs/preview", responses=problems(401, 403, 422))
async def preview(request: Request, caller: MayRead, session: Reads, said: ChosenIn) -> PreviewOut:
    """What applying these proposals would do: counts, values before and after, fields with more than one proposal."""
    found = await service.preview(session, said.within(caller))
    language = language_of(request)
    return PreviewOut(
        proposals=found.proposals,
        cameras=found.cameras,
        by_rule=[CountOut.model_validate(row._asdict()) for row in found.by_rule],
        sample=[_proposal(row, language) for row in found.sample],
        quarrels=[
            QuarrelOut(camera=row.camera_id, code=row.code, name=row.name, field=row.field, values=row.values)
            for row in found.quarrels
        ],
    )


@router.post("/records/repairs", status_code=202, responses=problems(401, 403, 422))
async def begin(request: Request, caller: MayWrite, session: Writes, once: OnceOnly, said: RepairIn) -> BatchOut:
    """Apply these proposals as one batch; follow it at GET /records/repairs/{id}. It can be taken back as a whole."""
    batch = await service.begin(
        session,
        said.within(caller),
        _actor(caller),
        said.why,
        request.app.state.clock.now(),
        convert="cameras.convert" in caller.permissions,
    )
    await tasks.enqueue(session, batch.id)
    return await once.keep(BatchOut.of(batch), 202)


@router.get("/records/repairs", responses=problems(401, 403, 422))
async def batches(caller: MayRead, session: Reads, after: After = None, limit: Limit = 50) -> Page[BatchOut]:
    """Batches of the caller's regions, newest first."""
    behind = None if after is None else cursor_decode("records.repairs", after, datetime, UUID)
    found = await store.batches(session, caller.regions, behind, limit)
    following = None
    if len(found) > limit:
        following = cursor_encode("records.repairs", found[limit - 1].made_at, found[limit - 1].id)
    return Page(items=[BatchOut.of(batch) for batch in found[:limit]], next=following)


@router.get("/records/repairs/{repair_id}", responses=problems(401, 403, 404))
async def batch(caller: MayRead, session: Reads, repair_id: UUID) -> BatchOut:
    """How far a batch is."""
    return BatchOut.of(await service.seen(session, repair_id, caller.regions))


@router.get("/records/repairs/{repair_id}/items", responses=problems(401, 403, 404, 422))
async def items(
    caller: MayRead,
    session: Reads,
    repair_id: UUID,
    outcome: Annotated[str | None, Query(pattern="^(waiting|applied|conflict|undone|kept)$")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ItemOut]:
    """What a batch changed, and what it left alone."""
    await service.seen(session, repair_id, caller.regions)
    behind = 0 if after is None else cursor_decode("records.items", after, int)[0]
    rows = await store.items(session, repair_id, None if outcome is None else _OUTCOMES.index(outcome), behind, limit)
    shown = [
        ItemOut(
            camera=CameraNamed(id=row.camera_id, code=row.code, name=row.name, region=row.region),
            field=row.field,
            rule=row.rule,
            was=row.was,
            becomes=row.becomes,
            outcome=_OUTCOMES[row.outcome],
        )
        for row in rows[:limit]
    ]
    return Page(items=shown, next=cursor_encode("records.items", rows[limit - 1].number) if len(rows) > limit else None)


@router.post("/records/repairs/{repair_id}/undo", status_code=202, responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: MayWrite, session: Writes, repair_id: UUID) -> BatchOut:
    """Take a batch back. Fields that somebody changed since are kept, and named among its items."""
    batch = await service.begin_undo(session, repair_id, caller.regions, _actor(caller), request.app.state.clock.now())
    await tasks.enqueue(session, batch.id)
    return BatchOut.of(batch)


@router.post("/records/proposals/refuse", responses=problems(401, 403, 422))
async def refuse(request: Request, caller: MayWrite, session: Writes, said: ChosenIn) -> Refused:
    """Do not propose these again while they would be the same."""
    now = request.app.state.clock.now()
    return Refused(refused=await store.refuse(session, said.within(caller), caller.name, now))


@router.put("/records/rules/{code}", responses=problems(401, 403, 404, 422))
async def switch(request: Request, caller: MayWrite, session: Writes, code: str, said: SwitchIn) -> SwitchIn:
    """Let the certain repairs of a rule be applied without asking, as a batch that can be taken back, or not any more.

    Rules hold everywhere: this needs the regions of the whole installation.
    """
    narrow_to = request.app.state.settings.region.code
    service.whole(caller.regions, narrow_to)
    await service.switch(
        session, code, _actor(caller), request.app.state.clock.now(), auto=said.auto,
        convert="cameras.convert" in caller.permissions,
    )  # fmt: skip
    return SwitchIn(auto=said.auto and rule_set().rules[code].repair == "certain")
