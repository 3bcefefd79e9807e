"""HTTP: planned windows, and what maintenance knows of one camera."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from commonsight.catalog import service as catalog
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
    problems,
    requires,
)
from commonsight.places import store as places
from commonsight.respond.maintenance import order_lists, window_store, windows
from commonsight.respond.maintenance.choice_views import ChoiceIn, ChoiceOut
from commonsight.respond.maintenance.contract_routes import Strict
from commonsight.respond.maintenance.views import OrderOut
from commonsight.respond.maintenance.window_store import Window

router = APIRouter(tags=["maintenance"])

MayRead = Annotated[Caller, requires("maintenance.read")]
MayWrite = Annotated[Caller, requires("maintenance.write")]

ORDERS_SHOWN = 20


class WindowIn(Strict):
    """A planned window."""

    choice: ChoiceIn
    reason: str = Field(max_length=windows.REASON_MOST, examples=["民族大道杆件迁移"])
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class EndIn(Strict):
    """When a window ends: now without a time, else then, earlier or later than planned."""

    ends_at: AwareDatetime | None = None


class WindowOut(BaseModel):
    """A planned window as it is kept."""

    id: UUID
    reason: str
    choice: ChoiceOut
    cameras: int
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    state: Literal["coming", "open", "over"]
    by_name: str
    created_at: datetime

    @classmethod
    def of(cls, window: Window, now: datetime) -> Self:
        return cls(
            id=window.id, reason=window.reason, choice=ChoiceOut.of(window.choice), cameras=window.cameras,
            starts_at=window.starts_at, ends_at=window.ends_at, ended_at=window.ended_at,
            state="over" if window.over_at <= now else "open" if window.starts_at <= now else "coming",
            by_name=window.by_name, created_at=window.created_at,
        )  # fmt: skip


class CameraMaintenance(BaseModel):
    """What maintenance knows of one camera."""

    orders: list[OrderOut] = Field(description="the latest ones")
    windows: list[WindowOut] = Field(description="open or coming")


@router.get("/maintenance/windows", responses=problems(401, 403, 422))
async def every(
    request: Request, caller: MayRead, session: Reads, after: After = None, limit: Limit = 100
) -> Page[WindowOut]:
    """Windows within the caller's regions, the latest start first."""
    behind = None if after is None else cursor_decode("maintenance.windows", after, datetime, UUID)
    found = await window_store.page(session, caller.regions, behind, limit + 1)
    following = None
    if len(found) > limit:
        following = cursor_encode("maintenance.windows", found[limit - 1].starts_at, found[limit - 1].id)
    now = request.app.state.clock.now()
    return Page(items=[WindowOut.of(one, now) for one in found[:limit]], next=following)


@router.post("/maintenance/windows", status_code=201, responses=problems(401, 403, 422))
async def plan(request: Request, caller: MayWrite, session: Writes, once: OnceOnly, said: WindowIn) -> WindowOut:
    """Plan a window over the cameras the choice comes to now."""
    state = request.app.state
    now = state.clock.now()
    made = await windows.plan(
        session, caller, said.choice.meant(caller.regions), said.reason, said.starts_at, said.ends_at,
        state.settings.maintenance.window_most, now,
    )  # fmt: skip
    return await once.keep(WindowOut.of(made, now))


@router.post("/maintenance/windows/{window_id}/end", responses=problems(401, 403, 404, 409, 422))
async def end(
    request: Request, caller: MayWrite, session: Writes, once: OnceOnly, window_id: UUID, said: EndIn
) -> WindowOut:
    """End a window now, or let it end at another time; what is faulty then becomes orders."""
    now = request.app.state.clock.now()
    present = await windows.window(session, window_id, caller, for_update=True)
    return await once.keep(WindowOut.of(await windows.end(session, present, said.ends_at, now), now), 200)


@router.get("/cameras/{camera_id}/maintenance", responses=problems(401, 403, 404))
async def of_camera(request: Request, caller: MayRead, session: Reads, camera_id: UUID) -> CameraMaintenance:
    """Orders and planned windows of one camera."""
    await catalog.camera(session, camera_id, caller.regions)
    now, language = request.app.state.clock.now(), language_of(request)
    wanted = order_lists.Wanted(caller.regions, camera=camera_id)
    found = await order_lists.page(session, wanted, now, None, ORDERS_SHOWN)
    names = await places.names(session, {case.region for case, _ in found})
    return CameraMaintenance(
        orders=[OrderOut.of_order(case, order, names, language, now) for case, order in found],
        windows=[WindowOut.of(one, now) for one in await window_store.of_camera(session, camera_id, now)],
    )
