"""HTTP: contracts with firms."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.access.audit import Actor, record
from commonsight.http import (
    After,
    Caller,
    IfMatch,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    match_or_refuse,
    problems,
    requires,
    within,
)
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance import chosen, contract_store, things_store, work_store
from commonsight.respond.maintenance.choice_views import ChoiceIn, ChoiceOut, ComesTo
from commonsight.respond.maintenance.contracts import Contract, Level, WorkingTime, check
from commonsight.respond.maintenance.model import sort_of

router = APIRouter(tags=["maintenance"])

MayRead = Annotated[Caller, requires("maintenance.read")]
MayWrite = Annotated[Caller, requires("maintenance.write")]

COUNTED_MOST = 250_000


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class LevelIO(Strict):
    """How fast, in hours of the contract's calendar; empty codes or severities: any."""

    codes: list[Annotated[str, Field(max_length=60)]] = Field(default=[], max_length=40, examples=[["offline"]])
    severities: list[Annotated[int, Field(ge=1, le=4)]] = Field(default=[], max_length=4, examples=[[1, 2]])
    respond: float = Field(gt=0, description="until somebody has taken it, h", examples=[2])
    repair: float = Field(gt=0, description="until it is repaired, h", examples=[24])


class CalendarIO(Strict):
    """Hours somebody works."""

    days: list[int] = Field(default=[1, 2, 3, 4, 5], max_length=7, description="1 is Monday")
    from_: time = Field(alias="from", examples=["08:30"])
    to: time = Field(examples=["17:30"])
    closed: list[date] = Field(default=[], max_length=400, description="days nobody works all the same")
    opened: list[date] = Field(default=[], max_length=400, description="days somebody works all the same")


class ContractIn(Strict):
    """A contract."""

    name: str = Field(min_length=1, max_length=200, examples=["2026 年青秀区视频监控运维"])
    number: str = Field("", max_length=100, description="as the camera file names it")
    unit_id: UUID = Field(description="the firm")
    choice: ChoiceIn
    valid_from: date
    valid_to: date
    levels: list[LevelIO] = Field(max_length=40, description="the first that fits a fault counts")
    calendar: CalendarIO | None = Field(None, description="none: day and night")
    warranty: dict[Annotated[str, Field(max_length=100)], Annotated[float, Field(gt=0, le=30)]] = Field(
        default={}, max_length=100, description="years from installation by maker; under an empty name for all others"
    )
    words: str = Field("", max_length=2_000)


class ContractOut(BaseModel):
    """A contract as it is kept."""

    id: UUID
    name: str
    number: str
    unit_id: UUID
    unit_name: str
    choice: ChoiceOut
    valid_from: date
    valid_to: date
    levels: list[LevelIO]
    calendar: CalendarIO | None
    warranty: dict[str, float]
    words: str
    by_name: str
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    running: bool

    @classmethod
    def of(cls, contract: Contract, today: date) -> Self:
        calendar = contract.calendar
        return cls(
            id=contract.id, name=contract.name, number=contract.number, unit_id=contract.unit_id,
            unit_name=contract.unit_name, choice=ChoiceOut.of(contract.choice), valid_from=contract.valid_from,
            valid_to=contract.valid_to,
            levels=[
                LevelIO(codes=list(one.codes), severities=list(one.severities), respond=one.respond, repair=one.repair)
                for one in contract.levels
            ],
            calendar=None if calendar is None else CalendarIO(
                days=sorted(calendar.days), from_=calendar.begin, to=calendar.end, closed=sorted(calendar.closed),
                opened=sorted(calendar.opened),
            ),
            warranty=dict(contract.warranty), words=contract.words, by_name=contract.by_name,
            created_at=contract.created_at, updated_at=contract.updated_at, ended_at=contract.ended_at,
            running=contract.runs(today),
        )  # fmt: skip


@router.get("/maintenance/contracts", responses=problems(401, 403, 422))
async def contracts(
    request: Request, caller: MayRead, session: Reads, after: After = None, limit: Limit = 100
) -> Page[ContractOut]:
    """Contracts that touch the caller's regions, the youngest first."""
    behind = None if after is None else cursor_decode("maintenance.contracts", after, datetime, UUID)
    found = await contract_store.page(session, caller.regions, behind, limit + 1)
    following = None
    if len(found) > limit:
        following = cursor_encode("maintenance.contracts", found[limit - 1].created_at, found[limit - 1].id)
    return Page(items=[ContractOut.of(one, _today(request)) for one in found[:limit]], next=following)


@router.post("/maintenance/choices", responses=problems(401, 403, 422))
async def comes_to(caller: MayRead, session: Reads, said: ChoiceIn) -> ComesTo:
    """How many cameras a choice comes to now, before anything is made of it."""
    found = await chosen.chosen(session, caller.regions, said.meant(caller.regions), COUNTED_MOST)
    names = await things_store.names(session, found[:5], 5)
    return ComesTo(cameras=len(found), names=names)


@router.post("/maintenance/contracts", status_code=201, responses=problems(401, 403, 422))
async def add(
    request: Request, response: Response, caller: MayWrite, session: Writes, once: OnceOnly, said: ContractIn
) -> ContractOut:
    """Write a contract down. Orders opened from now on are given under it; for others there is `give`."""
    now = request.app.state.clock.now()
    made = await _meant(request, session, caller, said, uuid7(), now)
    await contract_store.put(session, made)
    await _told(session, caller, "respond.contract_added", made, now)
    response.headers["ETag"] = _etag(made)
    return await once.keep(ContractOut.of(made, _today(request)))


@router.get("/maintenance/contracts/{contract_id}", responses=problems(401, 403, 404))
async def contract(
    request: Request, response: Response, caller: MayRead, session: Reads, contract_id: UUID
) -> ContractOut:
    """One contract."""
    found = await _visible(session, caller, contract_id)
    response.headers["ETag"] = _etag(found)
    return ContractOut.of(found, _today(request))


@router.put("/maintenance/contracts/{contract_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: MayWrite,
    session: Writes,
    contract_id: UUID,
    said: ContractIn,
    if_match: IfMatch = None,
) -> ContractOut:
    """Change a contract, from the version one has seen. Orders already given keep what was agreed when they were."""
    present = await _visible(session, caller, contract_id, for_update=True)
    match_or_refuse(if_match, _etag(present))
    now = request.app.state.clock.now()
    made = await _meant(request, session, caller, said, contract_id, now)
    made = replace(made, created_at=present.created_at, ended_at=present.ended_at, version=present.version + 1)
    await contract_store.put(session, made)
    await _told(session, caller, "respond.contract_changed", made, now)
    response.headers["ETag"] = _etag(made)
    return ContractOut.of(made, _today(request))


@router.delete("/maintenance/contracts/{contract_id}", responses=problems(401, 403, 404))
async def end(request: Request, caller: MayWrite, session: Writes, contract_id: UUID) -> ContractOut:
    """End a contract now. Nothing is forgotten; ending an ended one begins it again."""
    present = await _visible(session, caller, contract_id, for_update=True)
    now = request.app.state.clock.now()
    made = replace(present, ended_at=now if present.ended_at is None else None, updated_at=now)
    await contract_store.put(session, made)
    await _told(session, caller, "respond.contract_ended", made, now)
    return ContractOut.of(made, _today(request))


async def _meant(
    request: Request, session: ReadSession, caller: Caller, said: ContractIn, contract_id: UUID, now: datetime
) -> Contract:
    unit = await work_store.unit_name(session, said.unit_id)
    if unit is None:
        raise Refusal("respond.unit_unknown", status=422, operand="unit_id", actual=str(said.unit_id))
    calendar = said.calendar
    meant = None if calendar is None else WorkingTime(
        frozenset(calendar.days), calendar.from_, calendar.to, request.app.state.settings.region.timezone,
        frozenset(calendar.closed), frozenset(calendar.opened),
    )  # fmt: skip
    levels = tuple(Level(one.respond, one.repair, tuple(one.codes), tuple(one.severities)) for one in said.levels)
    for code in {code for level in levels for code in level.codes}:
        _known(code)
    choice = said.choice.meant(caller.regions)
    check(choice, said.valid_from, said.valid_to, levels, meant)
    return Contract(
        contract_id, said.name.strip(), said.number.strip(), said.unit_id, unit, caller.regions, choice,
        said.valid_from, said.valid_to, levels, meant, said.warranty, said.words.strip(),
        caller.display_name or caller.name, now, now, None, 1,
    )  # fmt: skip


def _known(code: str) -> None:
    try:
        sort_of(code.removesuffix("*") + "any" if code.endswith(".*") else code)
    except ValueError:
        raise Refusal(
            "respond.contract_invalid", status=422, rule="a known fault", operand="levels", expected="faults.toml",
            actual=code,
        ) from None  # fmt: skip


async def _visible(session: ReadSession, caller: Caller, contract_id: UUID, *, for_update: bool = False) -> Contract:
    found = await contract_store.one(session, contract_id, for_update=for_update)
    if found is None or not touches(caller.regions, found.regions):
        raise Refusal("respond.contract_unknown", status=404, operand="contract", actual=str(contract_id))
    return found


def touches(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether any of two scopes meet: one prefix begins with the other."""
    return any(within(mine, one) for one in theirs) or any(within(theirs, one) for one in mine)


def actor(caller: Caller) -> Actor:
    """Who a caller is in the audit log."""
    return Actor(caller.id, caller.name, getattr(caller, "address", None))


def _etag(found: Contract) -> str:
    return etag_of("contract", found.id, found.version)


def _today(request: Request) -> date:
    state = request.app.state
    today: date = state.clock.now().astimezone(ZoneInfo(state.settings.region.timezone)).date()
    return today


async def _told(session: Any, caller: Caller, action: str, made: Contract, now: datetime) -> None:
    await record(session, actor(caller), action, now, kind="contract", subject_id=made.id, subject_name=made.name)
