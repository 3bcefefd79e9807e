"""HTTP: a camera's references; taking the present picture as the new one, and undoing that."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from commonsight.access.model import Identity
from commonsight.catalog import service as catalog
from commonsight.catalog.model import Camera
from commonsight.http import OnceOnly, Reads, Writes, problems, requires
from commonsight.inspect.diagnosis.model import Phase
from commonsight.inspect.references import service, store
from commonsight.inspect.references.model import HEAT, TURNING, Kept, State
from commonsight.records.database import ReadSession

router = APIRouter(tags=["diagnosis"])

Sees = Annotated[Identity, requires("health.read")]
Changes = Annotated[Identity, requires("health.write")]


class SeenOut(BaseModel):
    """The last look, held against the reference. Nothing of the picture itself is kept."""

    at: datetime
    alike: float = Field(description="0 to 1: how alike the detail is laid out")
    shift: tuple[float, float] | None = Field(description="right and down, shares of the picture; null: not turned")
    lost: float | None = Field(description="share of the detail that is gone in large patches; null: cannot be told")
    gained: float | None = Field(description="by the same measure, detail that is new")
    heat: list[int] | None = Field(description="where it is gone: rows x columns values 0 to 9")


class ReferenceOut(BaseModel):
    """The reference of one phase."""

    phase: Phase
    state: State
    version: int
    looks: int = Field(description="pictures it is made of")
    made_at: datetime
    updated_at: datetime
    person: str = Field(description="who said that the picture is right; empty: it was built by itself")
    note: str
    seen: SeenOut | None


class ReferencesOut(BaseModel):
    """What a camera's picture is held against."""

    state: State = Field(description="`turning`: not judged, the camera is turned on purpose")
    needed: int = Field(description="looks a reference is made of before it is used")
    rows: int = HEAT[0]
    columns: int = HEAT[1]
    items: list[ReferenceOut] = Field(description="those in force")
    can_undo: bool = Field(description="there is one before that can be put back")


class TakeIn(BaseModel):
    """Why the present picture is the right one."""

    note: str = Field("", max_length=200, examples=["按计划调整了角度"])


@router.get("/cameras/{camera_id}/references", responses=problems(401, 403, 404))
async def references(request: Request, caller: Sees, session: Reads, camera_id: UUID) -> ReferencesOut:
    """What the camera's picture is held against, and how the last look was."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    return await _out(request, session, camera)


@router.post("/cameras/{camera_id}/references", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def take(
    request: Request, caller: Changes, session: Writes, once: OnceOnly, camera_id: UUID, said: TakeIn
) -> ReferencesOut:
    """After a planned move: the next picture is the reference. The camera is looked at now; it can be undone."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    state = request.app.state
    await service.take(
        session, caller, camera, said.note.strip(), state.clock.now(), state.settings.references.versions
    )
    return await once.keep(await _out(request, session, camera))


@router.post("/cameras/{camera_id}/references/undo", responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: Changes, session: Writes, once: OnceOnly, camera_id: UUID) -> ReferencesOut:
    """Put the references before the last replacement in force again."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    await service.undo(session, caller, camera, request.app.state.clock.now())
    return await once.keep(await _out(request, session, camera), 200)


async def _out(request: Request, session: ReadSession, camera: Camera) -> ReferencesOut:
    settings = request.app.state.settings.references
    rows = await store.versions(session, camera.row.id)
    known = (await store.subjects(session, [camera.row.id]))[camera.row.id].kept
    items = [_item(row, known[Phase(row.phase)], settings.looks) for row in rows if row.replaced_at is None]
    turning = camera.row.kind in TURNING
    states = {item.state for item in items}
    best = next((one for one in (State.READY, State.PLAIN, State.UNSTEADY, State.BUILDING) if one in states), None)
    replaced = {(row.phase, row.version) for row in rows if row.replaced_at is not None}
    return ReferencesOut(
        state=State.TURNING if turning else best or (State.WAITING if items else State.NONE),
        needed=settings.looks,
        items=items,
        can_undo=any(phase == item.phase and version < item.version for item in items for phase, version in replaced),
    )


def _item(row: Any, kept: Kept, needed: int) -> ReferenceOut:
    return ReferenceOut(
        phase=kept.phase,
        state=kept.state(needed),
        version=row.version,
        looks=row.looks,
        made_at=row.made_at,
        updated_at=row.updated_at,
        person=row.person,
        note=row.note,
        seen=None if row.seen is None else SeenOut(at=row.seen_at, **row.seen),
    )
