"""HTTP: how far the round over all cameras is, probes of single cameras."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from commonsight.catalog import service as catalog
from commonsight.http import Caller, Page, Reads, Writes, problems, requires
from commonsight.inspect import store
from commonsight.inspect.sweeps import store as rounds
from commonsight.inspect.tasks import ask_for_check
from commonsight.problem import Refusal

router = APIRouter(tags=["health"])

MayRead = Annotated[Caller, requires("health.read")]
MayWrite = Annotated[Caller, requires("health.write")]
PROBES_MOST = 1_000


class ProbeOut(BaseModel):
    """One try at a camera."""

    at: datetime
    reachable: bool = Field(description="something took the connection")
    answered: bool = Field(description="the device spoke the protocol")
    first_frame: bool = Field(description="a whole keyframe came and was decoded")
    milliseconds: int = Field(description="until the decoded frame, or until the failure")
    codec: str | None
    width: int | None
    height: int | None
    error: str | None
    fps: float | None = Field(description="pictures a second, by the stream's own times")
    kbps: int | None = Field(description="kilobits a second over what was received")
    keyframe_seconds: float | None = Field(description="from one keyframe to the next")
    clock_difference: float | None = Field(description="s, the device's clock minus ours")
    connect_ms: int | None = Field(description="until the connection stood")
    answer_ms: int | None = Field(description="until the first answer")
    first_frame_ms: int | None = Field(description="until the first keyframe was whole")
    received: int | None = Field(description="bytes of stream")
    stream: str | None = Field(description="which was proved: main or sub; null when there is no telling")


class AskedOut(BaseModel):
    """A check that will be made."""

    camera_id: UUID
    asked_at: datetime
    queued: bool = Field(description="false: one was waiting already")


class SweepOut(BaseModel):
    """The round over all cameras under way, or the last one."""

    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int


@router.get("/health/sweep", responses=problems(401, 403))
async def sweep(caller: MayRead, session: Reads) -> SweepOut | None:  # noqa: ARG001
    """How far the present round over all cameras is; null before the first."""
    found = await rounds.latest_sweep(session, whole=True)
    if found is None:
        return None
    return SweepOut(started_at=found.started_at, finished_at=found.finished_at, cameras=found.cameras, done=found.done)


@router.get("/cameras/{camera_id}/probes", responses=problems(401, 403, 404))
async def probes(
    caller: MayRead,
    session: Reads,
    camera_id: UUID,
    limit: Annotated[int, Query(ge=1, le=PROBES_MOST)] = 20,
) -> Page[ProbeOut]:
    """The last tries at a camera, newest first."""
    await catalog.camera(session, camera_id, caller.regions)
    return Page(
        items=[ProbeOut.model_validate(dict(row._mapping)) for row in await store.probes(session, camera_id, limit)]
    )


@router.post("/cameras/{camera_id}/probes", status_code=202, responses=problems(401, 403, 404, 409))
async def check(request: Request, caller: MayWrite, session: Writes, camera_id: UUID) -> AskedOut:
    """Check a camera now; its result appears among the probes in a moment."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    if camera.url is None or camera.archived_at is not None:
        raise Refusal(
            "inspect.no_source", status=409, rule="in use, with an address", operand="camera", actual=camera.row.name
        )
    queued = await ask_for_check(session, camera_id)
    return AskedOut(camera_id=camera_id, asked_at=request.app.state.clock.now(), queued=queued)
