"""HTTP: pools with what they have and do, loans, priorities of scenes, and why a camera is watched as it is."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.access.model import Identity
from commonsight.analyze.budget import pools as store
from commonsight.analyze.budget import rounds, tending
from commonsight.analyze.budget.model import COMMON, Pool, terms
from commonsight.analyze.budget.tending import Standing, Weighed
from commonsight.analyze.budget.views import (
    ExplainedOut,
    ForeseenOut,
    LoanIn,
    LoanOut,
    MemberOut,
    PoolIn,
    PoolOut,
    PoolsOut,
    PreviewOut,
    PrioritiesOut,
    PriorityIn,
    PriorityOut,
    RoundOut,
    SlotOut,
    SlotsOut,
    TierOut,
)
from commonsight.http import (
    After,
    IfMatch,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    problems,
    requires,
)

router = APIRouter(tags=["compute"])

CameraReader = Annotated[Identity, requires("cameras.read")]
Reader = Annotated[Identity, requires("compute.read")]
Coordinator = Annotated[Identity, requires("compute.write")]

SLOTS: Final = 288
"""Steps a series has, at most."""
_COMMON_IN_PATH: Final = "common"
"""How the common pool, whose name is empty, is called in an address."""


def _named(name: str) -> str:
    return COMMON if name == _COMMON_IN_PATH else name


@router.get("/compute/pools", responses=problems(401, 403))
async def pools(request: Request, caller: Reader, session: Reads) -> PoolsOut:
    """Pools with capacity, use, quota and what was shed in the newest round."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    shown, lost = await tending.standing(session, settings, caller, now)
    may = "compute.write" in caller.permissions
    return PoolsOut(
        items=[_pool(one, may and tending.may_change(caller, one.pool, settings.region.code)) for one in shown],
        tiers=[TierOut.of(tier) for tier in terms().tiers],
        enabled=settings.budget.enabled,
        every_seconds=settings.budget.every_seconds,
        reserve=terms().steady.reserve,
        idle_workers=lost,
    )


@router.put("/compute/pools/{name}", responses=problems(401, 403, 409, 412, 422, 428))
async def put_pool(
    request: Request, caller: Coordinator, name: str, body: PoolIn, session: Writes, if_match: IfMatch = None
) -> PoolOut:
    """Set up a pool, or change it. `If-Match: *` sets up a new one."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    made = Pool(name, body.label.strip(), body.region, body.quota)
    await tending.put_pool(session, caller, made, if_match, settings.region.code, now)
    shown, _ = await tending.standing(session, settings, caller, now)
    return _pool(next(one for one in shown if one.pool is not None and one.pool.name == name), True)


@router.delete("/compute/pools/{name}", status_code=204, responses=problems(401, 403, 404, 412, 428))
async def drop_pool(
    request: Request, caller: Coordinator, name: str, session: Writes, if_match: IfMatch = None
) -> Response:
    """Remove a pool: its cameras fall to the next larger one, its loans end."""
    state = request.app.state
    await tending.drop_pool(session, caller, name, if_match, state.settings.region.code, state.clock.now())
    return Response(status_code=204)


@router.get("/compute/pools/{name}/rounds", responses=problems(401, 403, 404, 422))
async def pool_rounds(
    request: Request,
    caller: Reader,
    name: str,
    session: Reads,
    hours: Annotated[float, Query(gt=0, le=24 * 14)] = 24,
) -> SlotsOut:
    """How a pool was used; `common` is the common one."""
    await tending.visible(session, caller, _named(name))
    step = max(int(hours * 3600 / SLOTS), 30)
    begin = request.app.state.clock.now() - timedelta(hours=hours)
    found = await rounds.series(session, _named(name), begin, step)
    return SlotsOut(step=step, items=[SlotOut(start=slot.pop("slot"), **slot) for slot in found])


@router.get("/compute/pools/{name}/cameras", responses=problems(401, 403, 404, 422))
async def pool_cameras(
    caller: Reader,
    name: str,
    session: Reads,
    tier: Annotated[str | None, Query(max_length=20)] = None,
    shed: Annotated[bool, Query(description="only those given less than their scenes need")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Page[MemberOut]:
    """A pool's cameras and what each is given, by name."""
    await tending.visible(session, caller, _named(name))
    key = cursor_decode("compute_cameras", after, str, UUID) if after else None
    order = [each.code for each in terms().tiers]
    rows = await store.cameras(
        session, pool=_named(name), tier=tier, shed=order if shed else None,
        scope=[f"{region}%" for region in caller.regions], after=key, most=limit + 1,
    )  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[MemberOut.model_validate(row, from_attributes=True) for row in rows[:limit]],
        next=cursor_encode("compute_cameras", last.name, last.id) if last else None,
    )


@router.get("/compute/loans", responses=problems(401, 403, 422))
async def loans(
    request: Request, caller: Reader, session: Reads, after: After = None, limit: Limit = 50
) -> Page[LoanOut]:  # fmt: skip
    """Loans between pools the caller may see, the newest first."""
    now = request.app.state.clock.now()
    names = [COMMON, *(pool.name for pool in await store.pools(session) if tending.may_see(caller, pool))]
    key = cursor_decode("compute_loans", after, UUID) if after else None
    rows = await store.loans(session, names, key[0] if key else None, limit + 1)
    following = cursor_encode("compute_loans", rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[LoanOut.of(row, now) for row in rows[:limit]], next=following)


@router.post("/compute/loans/preview", responses=problems(401, 403, 409, 422))
async def preview_loan(request: Request, caller: Coordinator, body: LoanIn, session: Reads) -> PreviewOut:
    """What a loan would do to both pools, weighed against the cameras as they are now."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    span = (body.starts_at or now, body.ends_at)
    loan = tending.loan_of(caller, body.lender, body.borrower, body.cores, span, body.words)
    pairs, _ = await tending.foresee(session, settings, caller, loan, now)
    return PreviewOut(
        as_of=now,
        items=[ForeseenOut.of(before, after) for before, after in pairs],
        worth_before=sum(before.value for before, _ in pairs),
        worth_after=sum(after.value for _, after in pairs),
    )


@router.post("/compute/loans", status_code=201, responses=problems(401, 403, 409, 422))
async def lend(request: Request, caller: Coordinator, body: LoanIn, session: Writes, once: OnceOnly) -> LoanOut:
    """Lend cores for a time. They are used from the next round on."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    span = (body.starts_at or now, body.ends_at)
    loan = tending.loan_of(caller, body.lender, body.borrower, body.cores, span, body.words)
    made = await tending.lend(session, settings, caller, loan, now)
    return await once.keep(LoanOut.of(made, now))


@router.post("/compute/loans/{loan_id}/take-back", responses=problems(401, 403, 404))
async def take_back(request: Request, caller: Coordinator, loan_id: UUID, session: Writes) -> LoanOut:
    """End a loan now: the lender has its cores back from the next round on."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    return LoanOut.of(await tending.take_back(session, settings, caller, loan_id, now), now)


@router.get("/compute/priorities", responses=problems(401, 403))
async def priorities(caller: Reader, session: Reads) -> PrioritiesOut:  # noqa: ARG001
    """How much each scene is worth: by its gravest incident, times what people set."""
    return PrioritiesOut(items=[_priority(each) for each in await tending.weighed(session)])


@router.put("/compute/priorities/{scene}", responses=problems(401, 403, 404, 412, 422, 428))
async def set_priority(
    request: Request, caller: Coordinator, scene: str, body: PriorityIn, session: Writes, if_match: IfMatch = None
) -> PriorityOut:
    """Say how many times its base a scene is worth, on the whole platform."""
    state = request.app.state
    made = await tending.weigh(
        session, caller, scene, body.factor, if_match, state.settings.region.code, state.clock.now()
    )  # fmt: skip
    return _priority(made)


@router.get("/cameras/{camera_id}/budget", responses=problems(401, 403, 404))
async def camera_budget(request: Request, caller: CameraReader, camera_id: UUID, session: Reads) -> ExplainedOut:
    """Why a camera is watched as closely as it is, and what it would take to have it watched more closely."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    found = await tending.why(session, settings, caller, camera_id, now)
    return ExplainedOut.unwatched() if found is None else ExplainedOut.of(*found)


def _pool(one: Standing, editable: bool) -> PoolOut:
    pool, room = one.pool, one.room
    return PoolOut(
        name=pool.name if pool else COMMON,
        label=pool.label if pool else "",
        region=pool.region if pool else None,
        quota=pool.quota if pool else None,
        workers=room.workers,
        capacity=room.measured,
        lent=room.lent,
        borrowed=room.borrowed,
        available=room.available,
        etag=tending.pool_etag(pool) if pool else None,
        editable=editable,
        round=RoundOut.of(one.round) if one.round else None,
    )


def _priority(each: Weighed) -> PriorityOut:
    return PriorityOut.model_validate(each, from_attributes=True)
