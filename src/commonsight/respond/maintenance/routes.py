"""HTTP for the desk: orders, what they are made of, and what is done with them beside the steps of a case."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

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
from commonsight.jobs import House
from commonsight.places import store as places
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession
from commonsight.respond import service as cases
from commonsight.respond.maintenance import (
    contract_routes,
    desk,
    firm_routes,
    order_lists,
    orders_store,
    round_routes,
    statistics_routes,
    window_routes,
    work_store,
)
from commonsight.respond.maintenance.detail import detail
from commonsight.respond.maintenance.firm_routes import Strict, answer
from commonsight.respond.maintenance.model import codes, sort_of
from commonsight.respond.maintenance.orders_store import Order
from commonsight.respond.maintenance.views import OrderDetail, OrderOut, WordOut, cause_words
from commonsight.respond.model import Case
from commonsight.respond.views import StateWord

router = APIRouter(tags=["maintenance"])

MayRead = Annotated[Caller, requires("maintenance.read")]
MayWrite = Annotated[Caller, requires("maintenance.write")]


class SumsOut(BaseModel):
    """How much there is to do."""

    live: int
    late: int
    waits: int = Field(description="without a unit, or a repair nobody could check: an operator must see to it")
    checking: int
    cameras: int = Field(description="faulty cameras in live orders")
    settling: int = Field(description="faults that wait for those that belong to them, before they become an order")
    held: int = Field(description="faults of cameras within planned windows")


class UnitOut(BaseModel):
    """An organisation that can be given orders."""

    id: UUID
    name: str
    people: int = Field(description="its people who may work on orders")


class WordsOut(BaseModel):
    """The words maintenance chooses from."""

    codes: list[WordOut]
    causes: list[WordOut]
    units: list[UnitOut]


class SplitIn(Strict):
    """Cameras that are to be an order of their own."""

    cameras: list[UUID] = Field(min_length=1, max_length=2_000)


@router.get("/maintenance/orders", responses=problems(401, 403, 422))
async def orders(
    request: Request,
    caller: MayRead,
    session: Reads,
    state: Annotated[list[StateWord], Query(max_length=7)] = [],  # noqa: B006 - FastAPI copies it
    live: bool = False,
    late: bool = False,
    waits: Annotated[bool, Query(description="what an operator must see to")] = False,
    unit: UUID | None = None,
    code: Annotated[str, Query(max_length=60, description="of the fault; a stem stands for all below it")] = "",
    camera: UUID | None = None,
    region: Annotated[str | None, Query(max_length=12, pattern=r"^\d+$")] = None,
    q: Annotated[str, Query(max_length=60)] = "",
    rounds: Annotated[bool, Query(description="rounds instead of faults")] = False,
    after: After = None,
    limit: Limit = 100,
) -> Page[OrderOut]:
    """Orders within the caller's regions, the newest first."""
    now, language = request.app.state.clock.now(), language_of(request)
    behind = None if after is None else cursor_decode("maintenance.orders", after, datetime, UUID)
    wanted = order_lists.Wanted(
        narrow(caller, region), "round" if rounds else "fault", tuple(state), live, late, waits, unit, code, camera, q
    )
    found = await order_lists.page(session, wanted, now, behind, limit + 1)
    following = None
    if len(found) > limit:
        following = cursor_encode("maintenance.orders", found[limit - 1][0].opened_at, found[limit - 1][0].id)
    names = await places.names(session, {case.region for case, _ in found})
    items = [OrderOut.of_order(case, order, names, language, now) for case, order in found[:limit]]
    return Page(items=items, next=following)


@router.get("/maintenance/summary", responses=problems(401, 403))
async def summary(request: Request, caller: MayRead, session: Reads) -> SumsOut:
    """How much there is to do within the caller's regions."""
    found = await order_lists.sums(session, caller.regions, request.app.state.clock.now())
    return SumsOut(**asdict(found))


@router.get("/maintenance/words", responses=problems(401, 403))
async def words(caller: MayRead, session: Reads) -> WordsOut:  # noqa: ARG001
    """Kinds of faults, causes, and units that can be given orders."""
    plain = [code for code in codes() if not code.endswith(".*")]
    return WordsOut(
        codes=[WordOut(code=code, zh=sort_of(code).zh, en=sort_of(code).en) for code in plain],
        causes=cause_words(),
        units=[UnitOut(**one) for one in await work_store.units(session)],
    )


@router.get("/maintenance/orders/{case_id}", responses=problems(401, 403, 404))
async def order(request: Request, caller: MayRead, session: Reads, case_id: UUID) -> OrderDetail:
    """One order."""
    return await _detail(request, session, *await _order(session, caller, case_id))


@router.post("/maintenance/orders/{case_id}/give", responses=problems(401, 403, 404, 409))
async def give(request: Request, caller: MayWrite, session: Writes, once: OnceOnly, case_id: UUID) -> OrderDetail:
    """Look for the contract anew, after one was added or changed, and give the order to its unit."""
    await _order(session, caller, case_id)
    await desk.give(session, _house(request), case_id, request.app.state.clock.now())
    return await once.keep(await _detail(request, session, *await _order(session, caller, case_id)), 200)


@router.post("/maintenance/orders/{case_id}/recheck", responses=problems(401, 403, 404, 409))
async def recheck(request: Request, caller: MayWrite, session: Writes, once: OnceOnly, case_id: UUID) -> OrderDetail:
    """Have the cameras of an order checked once more."""
    await _order(session, caller, case_id)
    await desk.recheck(session, _house(request), case_id, request.app.state.clock.now())
    return await once.keep(await _detail(request, session, *await _order(session, caller, case_id)), 200)


@router.post("/maintenance/orders/{case_id}/split", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def split(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, case_id: UUID, said: SplitIn
) -> OrderDetail:
    """Make cameras of an order an order of their own; merging the two again (a step of a case) takes it back."""
    await _order(session, caller, case_id)
    made = await desk.split(session, _house(request), case_id, caller, said.cameras, request.app.state.clock.now())
    return await once.keep(await _detail(request, session, *await _order(session, caller, made)))


@router.get("/maintenance/orders/{case_id}/photos/{photo_id}", responses=problems(401, 403, 404, 410))
async def photo(request: Request, caller: MayRead, session: Reads, case_id: UUID, photo_id: UUID) -> Response:
    """A photo of a repair."""
    await _order(session, caller, case_id)
    return answer(request, await work_store.photo(session, photo_id), case_id, photo_id)


async def _order(session: ReadSession, caller: Caller, case_id: UUID) -> tuple[Case, Order]:
    case = await cases.case(session, case_id, caller)
    found = await orders_store.order(session, case_id)
    if found is None:
        raise Refusal("respond.order_unknown", status=404, operand="order", actual=str(case_id))
    return case, found


async def _detail(request: Request, session: Any, case: Case, found: Order) -> OrderDetail:
    return await detail(session, case, found, language_of(request), request.app.state.clock.now())


def _house(request: Request) -> House:
    state = request.app.state
    return House(state.settings, state.database, state.clock)


router.include_router(firm_routes.router)
router.include_router(contract_routes.router)
router.include_router(round_routes.router)
router.include_router(window_routes.router)
router.include_router(statistics_routes.router)
