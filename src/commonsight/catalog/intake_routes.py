"""HTTP: syncs with their progress, cameras that vanished, and what was reported beside what is in force."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from commonsight.access.audit import Actor, record
from commonsight.catalog import intake_reported, intake_syncs, intake_vanished, service
from commonsight.catalog.intake_views import (
    ArchivedOut,
    ArchiveIn,
    MarkedOut,
    ReportedOut,
    RestoredOut,
    RestoreIn,
    SyncOut,
    TakeIn,
    VanishedOut,
)
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    narrow,
    problems,
    requires,
)
from commonsight.places.model import checked
from commonsight.problem import Refusal

router = APIRouter(tags=["gather"])
"""Mounted before the camera list: `/cameras/vanished` is no camera's id."""

MayGather = Annotated[Caller, requires("gather.read")]
MaySync = Annotated[Caller, requires("gather.write")]
MayRead = Annotated[Caller, requires("cameras.read")]
MayEdit = Annotated[Caller, requires("cameras.write")]

Step = Literal["asked", "waiting", "collecting", "filing", "complete", "incomplete", "cancelled"]


@router.get("/syncs", responses=problems(401, 403, 422))
async def syncs(
    request: Request,
    caller: MayGather,
    session: Reads,
    device: Annotated[UUID | None, Query(description="only of this device")] = None,
    state: Annotated[Step | None, Query(description="only in this step")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[SyncOut]:
    """Syncs of devices that the caller may see, the newest first."""
    behind = None if after is None else cursor_decode("syncs", after, datetime, UUID)
    found = await intake_syncs.page(
        session, caller.regions, device, state, None if behind is None else (behind[0], behind[1]), limit + 1
    )
    now = request.app.state.clock.now()
    following = cursor_encode("syncs", found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None
    return Page(items=[SyncOut.of(sync, now) for sync in found[:limit]], next=following)


@router.get("/syncs/{sync_id}", responses=problems(401, 403, 404))
async def sync(request: Request, caller: MayGather, session: Reads, sync_id: UUID) -> SyncOut:
    """One sync: progress, remaining time, findings."""
    found = await intake_syncs.one(session, caller.regions, sync_id)
    return SyncOut.of(found, request.app.state.clock.now())


@router.post("/syncs/{sync_id}/cancel", status_code=202, responses=problems(401, 403, 404))
async def cancel(request: Request, caller: MaySync, session: Writes, sync_id: UUID) -> SyncOut:
    """End a sync early. What came is filed, and nothing is marked vanished. Doing it twice changes nothing."""
    now = request.app.state.clock.now()
    found = await intake_syncs.one(session, caller.regions, sync_id)
    if found.ended_at is None and not found.cancel:
        await intake_syncs.ask_to_cancel(session, sync_id)
        await record(
            session,
            _actor(caller),
            "catalog.sync_cancelled",
            now,
            kind="sync",
            subject_id=sync_id,
            subject_name=found.source_name,
        )
    return SyncOut.of(await intake_syncs.one(session, caller.regions, sync_id), now)


@router.post("/syncs/{sync_id}/vanish", responses=problems(401, 403, 404, 409))
async def vanish(request: Request, caller: MaySync, session: Writes, sync_id: UUID) -> MarkedOut:
    """Mark what a complete catalogue no longer named, although it is so much that the sync itself did not."""
    now = request.app.state.clock.now()
    found = await intake_syncs.one(session, caller.regions, sync_id)
    if found.state != "complete" or await intake_syncs.newest(session, found.source_id) != sync_id:
        raise Refusal(
            "catalog.sync_not_latest",
            status=409,
            rule="the source's last sync, complete",
            operand="sync",
            expected="complete",
            actual=found.state,
        )
    marked = await intake_syncs.mark_vanished(session, found.source_id, sync_id, now)
    await intake_syncs.add_vanished(session, sync_id, marked)
    await record(
        session,
        _actor(caller),
        "catalog.cameras_vanished",
        now,
        kind="sync",
        subject_id=sync_id,
        subject_name=found.source_name,
        cameras=marked,
    )
    return MarkedOut(vanished=marked)


@router.get("/cameras/vanished", responses=problems(401, 403, 422))
async def vanished(
    caller: MayRead,
    session: Reads,
    region: Annotated[str | None, Query(examples=["4501"], description="division code prefix")] = None,
    platform: Annotated[UUID | None, Query(description="only cameras of this platform")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[VanishedOut]:
    """Cameras in use that a complete catalogue of their platform no longer named, the newest first."""
    prefixes = narrow(caller, None if not region else checked(region))
    behind = None if after is None else cursor_decode("vanished", after, datetime, UUID)
    found = await intake_vanished.page(
        session, prefixes, platform, None if behind is None else (behind[0], behind[1]), limit + 1
    )
    following = None
    if len(found) > limit:
        following = cursor_encode("vanished", found[limit - 1].vanished_at, found[limit - 1].id)
    return Page(items=[VanishedOut.of(camera) for camera in found[:limit]], next=following)


@router.post("/cameras/vanished/archive", responses=problems(401, 403, 422))
async def archive(request: Request, caller: MaySync, session: Writes, said: ArchiveIn) -> ArchivedOut:
    """Take vanished cameras out of use, together. Those that have come back meanwhile stay."""
    now = request.app.state.clock.now()
    batch, count = await intake_vanished.archive(session, said.cameras, caller.regions, _actor(caller), now)
    return ArchivedOut(archived=count, undo=batch)


@router.post("/cameras/vanished/restore", responses=problems(401, 403, 404, 409, 422))
async def restore(request: Request, caller: MaySync, session: Writes, said: RestoreIn) -> RestoredOut:
    """Undo an archiving: the cameras are in use again, and still marked vanished."""
    now = request.app.state.clock.now()
    return RestoredOut(restored=await intake_vanished.restore(session, said.undo, caller.regions, _actor(caller), now))


@router.get("/cameras/{camera_id}/reported", responses=problems(401, 403, 404))
async def reported(caller: MayRead, session: Reads, camera_id: UUID) -> ReportedOut:
    """What a platform reported about a camera, beside what people made of it."""
    await service.camera(session, camera_id, caller.regions)
    found = await intake_reported.of_camera(session, camera_id)
    if found is None:
        raise Refusal("catalog.not_reported", status=404, operand="camera", actual=str(camera_id))
    return ReportedOut.of(found)


@router.post("/cameras/{camera_id}/reported/take", status_code=202, responses=problems(401, 403, 404, 422))
async def take(request: Request, caller: MayEdit, session: Writes, camera_id: UUID, said: TakeIn) -> ReportedOut:
    """Let reported values hold again where a person had changed them; filed within seconds."""
    await service.camera(session, camera_id, caller.regions)
    now = request.app.state.clock.now()
    return ReportedOut.of(await intake_reported.take(session, camera_id, said.fields, _actor(caller), now))


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))
