"""HTTP: regular rounds."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from commonsight.http import (
    Caller,
    IfMatch,
    OnceOnly,
    Page,
    Reads,
    Writes,
    etag_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance import chosen, contract_store, round_store, work_store
from commonsight.respond.maintenance.choice_views import ChoiceIn, ChoiceOut
from commonsight.respond.maintenance.contract_routes import Strict, touches
from commonsight.respond.maintenance.round_store import Round

router = APIRouter(tags=["maintenance"])

MayRead = Annotated[Caller, requires("maintenance.read")]
MayWrite = Annotated[Caller, requires("maintenance.write")]


class RoundIn(Strict):
    """A plan of a regular round."""

    name: str = Field(min_length=1, max_length=100, examples=["青秀区一类点月度巡检"])
    contract_id: UUID | None = Field(None, description="whose unit goes; or name the unit")
    unit_id: UUID | None = None
    choice: ChoiceIn
    every_days: int = Field(30, ge=1, le=366)
    within_days: int = Field(7, ge=1, le=366, description="the order is due after so many days")
    checklist: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default=[], max_length=20, examples=[["擦拭护罩", "检查机箱与接地"]]
    )
    next_on: date = Field(description="when the first (or next) order is made")


class ProgressOut(BaseModel):
    """The latest order of a plan."""

    case_id: UUID
    number: int
    state: str
    opened_at: datetime
    deadline_at: datetime | None
    overdue: bool
    cameras: int
    looked: int
    found: int = Field(description="cameras that were faulty or could not be reached")


class RoundOut(BaseModel):
    """A plan as it is kept."""

    id: UUID
    name: str
    contract_id: UUID | None
    unit_id: UUID | None
    choice: ChoiceOut
    every_days: int
    within_days: int
    checklist: list[str]
    next_on: date
    by_name: str
    updated_at: datetime
    ended_at: datetime | None
    latest: ProgressOut | None

    @classmethod
    def of(cls, plan: Round, latest: dict[str, Any] | None, now: datetime) -> Self:
        shown = None
        if latest is not None:
            live = latest["state"] in ("open", "assigned", "handled")
            overdue = live and latest["deadline_at"] is not None and latest["deadline_at"] < now
            shown = ProgressOut(case_id=latest["id"], overdue=overdue, **{
                name: latest[name]
                for name in ("number", "state", "opened_at", "deadline_at", "cameras", "looked", "found")
            })  # fmt: skip
        return cls(
            id=plan.id, name=plan.name, contract_id=plan.contract_id, unit_id=plan.unit_id,
            choice=ChoiceOut.of(plan.choice), every_days=plan.every_days, within_days=plan.within_days,
            checklist=list(plan.checklist), next_on=plan.next_on, by_name=plan.by_name, updated_at=plan.updated_at,
            ended_at=plan.ended_at, latest=shown,
        )  # fmt: skip


@router.get("/maintenance/rounds", responses=problems(401, 403))
async def rounds(request: Request, caller: MayRead, session: Reads) -> Page[RoundOut]:
    """Plans in force within the caller's regions, the next first, each with how far its latest order is."""
    found = await round_store.every(session, caller.regions)
    latest = await round_store.progress(session, [one.id for one in found])
    now = request.app.state.clock.now()
    return Page(items=[RoundOut.of(one, latest.get(one.id), now) for one in found])


@router.post("/maintenance/rounds", status_code=201, responses=problems(401, 403, 404, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: RoundIn
) -> RoundOut:
    """Plan a round."""
    now = request.app.state.clock.now()
    made = await _meant(request, session, caller, said, uuid7(), now)
    await round_store.put(session, made)
    response.headers["ETag"] = _etag(made)
    return await once.keep(RoundOut.of(made, None, now))


@router.get("/maintenance/rounds/{round_id}", responses=problems(401, 403, 404))
async def one(request: Request, response: Response, caller: MayRead, session: Reads, round_id: UUID) -> RoundOut:
    """One plan."""
    found = await _visible(session, caller, round_id)
    response.headers["ETag"] = _etag(found)
    latest = await round_store.progress(session, [found.id])
    return RoundOut.of(found, latest.get(found.id), request.app.state.clock.now())


@router.put("/maintenance/rounds/{round_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    round_id: UUID,
    said: RoundIn,
    if_match: IfMatch = None,
) -> RoundOut:
    """Change a plan, from the version one has seen; orders made of it already stay as they are."""
    present = await _visible(session, caller, round_id, for_update=True)
    match_or_refuse(if_match, _etag(present))
    now = request.app.state.clock.now()
    made = await _meant(request, session, caller, said, round_id, now)
    made = replace(made, created_at=present.created_at, version=present.version + 1)
    await round_store.put(session, made)
    response.headers["ETag"] = _etag(made)
    return RoundOut.of(made, None, now)


@router.delete("/maintenance/rounds/{round_id}", responses=problems(401, 403, 404))
async def end(request: Request, caller: MayWrite, session: Writes, round_id: UUID) -> RoundOut:
    """Make no further orders of a plan; asked again, it goes on."""
    present = await _visible(session, caller, round_id, for_update=True)
    now = request.app.state.clock.now()
    made = replace(present, ended_at=now if present.ended_at is None else None, updated_at=now)
    await round_store.put(session, made)
    return RoundOut.of(made, None, now)


async def _meant(
    request: Request, session: ReadSession, caller: Caller, said: RoundIn, round_id: UUID, now: datetime
) -> Round:
    if said.contract_id is not None and await contract_store.one(session, said.contract_id) is None:
        raise Refusal("respond.contract_unknown", status=404, operand="contract_id", actual=str(said.contract_id))
    if said.unit_id is not None and await work_store.unit_name(session, said.unit_id) is None:
        raise Refusal("respond.unit_unknown", status=422, operand="unit_id", actual=str(said.unit_id))
    choice = said.choice.meant(caller.regions)
    await chosen.chosen(session, caller.regions, choice, request.app.state.settings.maintenance.round_most)
    return Round(
        round_id, said.name.strip(), said.contract_id, said.unit_id, caller.regions, choice, said.every_days,
        said.within_days, tuple(one.strip() for one in said.checklist), said.next_on,
        caller.display_name or caller.name, now, now, None, 1,
    )  # fmt: skip


async def _visible(session: ReadSession, caller: Caller, round_id: UUID, *, for_update: bool = False) -> Round:
    found = await round_store.one(session, round_id, for_update=for_update)
    if found is None or not touches(caller.regions, found.regions):
        raise Refusal("respond.round_unknown", status=404, operand="round", actual=str(round_id))
    return found


def _etag(found: Round) -> str:
    return etag_of("round", found.id, found.version)
