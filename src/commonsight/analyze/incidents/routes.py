"""HTTP: incidents, what people say of them, what that moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from commonsight.access.audit import Actor, record
from commonsight.access.model import Identity
from commonsight.analyze.incidents import lists, store
from commonsight.analyze.incidents.evidence import routes as evidence
from commonsight.analyze.incidents.evidence import store as pieces
from commonsight.analyze.incidents.feedback import service as feedback
from commonsight.analyze.incidents.feedback import store as tunings
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.incidents.routing import routes as routing
from commonsight.analyze.incidents.views import IncidentOut, LabelIn, LabelOut, TuningOut
from commonsight.catalog import service as catalog
from commonsight.http import (
    After,
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
    sees,
)
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession

router = APIRouter(tags=["incidents"])
router.include_router(routing.router)  # before the incidents themselves: "rules" is no incident's id

MayRead = Annotated[Identity, requires("cases.read")]
MayLabel = Annotated[Identity, requires("cases.write")]
MayTune = Annotated[Identity, requires("analysis.write")]

TUNINGS_MOST = 200


@router.get("/incidents", responses=problems(401, 403, 422))
async def incidents(
    request: Request,
    caller: MayRead,
    session: Reads,
    region: Annotated[str | None, Query(max_length=12, pattern=r"^\d+$")] = None,
    scene: Annotated[str | None, Query(max_length=40)] = None,
    incident: Annotated[str | None, Query(max_length=40)] = None,
    state: Literal["open", "over"] | None = None,
    label: Annotated[
        Literal["", "true", "false", "none"], Query(description="what people said; none: nothing yet")
    ] = "",
    held: Annotated[bool | None, Query(description="true: only those that opened no case of their own")] = None,
    camera: Annotated[UUID | None, Query(description="of one camera")] = None,
    case: Annotated[UUID | None, Query(description="of one case")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[IncidentOut]:
    """Incidents within the caller's regions, the newest first; also those that opened no case."""
    behind = None if after is None else cursor_decode("incidents", after, datetime, UUID)
    asked = lists.Filter(narrow(caller, region), scene, incident, state, camera, case, label, held)
    found = await lists.page(session, asked, None if behind is None else (behind[0], behind[1]), limit + 1)
    following = None
    if len(found) > limit:
        following = cursor_encode("incidents", found[limit - 1].began_at, found[limit - 1].id)
    return Page(items=await _out(request, session, found[:limit]), next=following)


@router.get("/incidents/tunings", responses=problems(401, 403, 404))
async def tuned(request: Request, caller: MayRead, session: Reads, camera: UUID) -> Page[TuningOut]:
    """What answers "false alarm" moved on a camera, the latest first; also where nothing was moved, and why."""
    await catalog.camera(session, camera, caller.regions)
    found = await tunings.of_camera(session, camera, TUNINGS_MOST)
    return Page(items=[TuningOut.of(one, language_of(request)) for one in found])


@router.post("/incidents/tunings/{tuning_id}/undo", responses=problems(401, 403, 404, 409))
async def undo(request: Request, caller: MayTune, session: Writes, once: OnceOnly, tuning_id: UUID) -> TuningOut:
    """Put the parameter back to what it was before, if nobody has moved it since."""
    found = await tunings.one(session, tuning_id, for_update=True)
    if found is None:
        raise Refusal("analyze.tuning_gone", status=404, operand="tuning", actual=str(tuning_id))
    camera = await catalog.camera(session, found.camera_id, caller.regions)
    now = request.app.state.clock.now()
    await feedback.take_back(session, found, caller.display_name or caller.name, now)
    await record(
        session, Actor.of(caller), "analyze.tuning_undone", now, kind="camera", subject_id=found.camera_id,
        subject_name=camera.row.name, parameter=found.parameter,
    )  # fmt: skip
    after = await tunings.one(session, tuning_id)
    assert after is not None
    return await once.keep(TuningOut.of(after, language_of(request)), 200)


@router.get("/incidents/{incident_id}", responses=problems(401, 403, 404))
async def incident_of(request: Request, caller: MayRead, session: Reads, incident_id: UUID) -> IncidentOut:
    """One incident."""
    return (await _out(request, session, [await known(session, caller, incident_id)]))[0]


@router.post("/incidents/{incident_id}/label", responses=problems(401, 403, 404))
async def label(
    request: Request, caller: MayLabel, session: Writes, once: OnceOnly, incident_id: UUID, said: LabelIn
) -> LabelOut:  # fmt: skip
    """Say what an incident was, without its case: for those that opened none, and to correct a label."""
    found = await known(session, caller, incident_id, for_update=True)
    now = request.app.state.clock.now()
    tuning = await feedback.say(session, found, said.real, caller.display_name or caller.name, found.case_id, now)
    shown = None if tuning is None else TuningOut.of(tuning, language_of(request))
    return await once.keep(LabelOut(label=said.real, tuning=shown), 200)


async def known(session: ReadSession, caller: Identity, incident_id: UUID, *, for_update: bool = False) -> Incident:
    """The incident, if it lies within the caller's regions.

    Raises:
        Refusal: `analyze.incident_unknown` (404), also for one outside.
    """
    found = await store.one(session, incident_id, for_update=for_update)
    if found is None or not sees(caller, found.place):
        raise Refusal("analyze.incident_unknown", status=404, operand="incident", actual=str(incident_id))
    return found


async def _out(request: Request, session: ReadSession, found: Sequence[Incident]) -> list[IncidentOut]:
    cameras = await lists.names_of(session, [one.camera_id for one in found])
    numbers = await lists.numbers_of(session, [one.case_id for one in found if one.case_id])
    kept = await pieces.of_incidents(session, [one.id for one in found])
    return [
        IncidentOut.of(
            one, language_of(request), camera=cameras.get(one.camera_id, ""),
            number=None if one.case_id is None else numbers.get(one.case_id), evidence=kept.get(one.id, ()),
        )
        for one in found
    ]  # fmt: skip


router.include_router(evidence.router)
