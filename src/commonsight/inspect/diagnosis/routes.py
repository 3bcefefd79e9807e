"""HTTP: what pictures are diagnosed for, whose picture is faulty, what is normal at a camera, the kept picture."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.catalog import service as catalog
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.http import (
    After,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    narrow,
    problems,
    requires,
)
from commonsight.inspect.diagnosis import evidence, lists, said_store, store
from commonsight.inspect.diagnosis.figures import figures
from commonsight.inspect.diagnosis.model import Item, State, items
from commonsight.inspect.diagnosis.service import settle
from commonsight.inspect.diagnosis.tasks import ask_for_looks
from commonsight.inspect.diagnosis.views import (
    CameraFindingsOut,
    DiagnosisCountsOut,
    DiagnosisItemOut,
    DiagnosisItemsOut,
    EvidenceIn,
    FaultyOut,
    FeedbackIn,
    FeedbackOut,
    ItemCountOut,
    LookOut,
    LooksIn,
    LooksOut,
    VerdictOut,
)
from commonsight.media.shown import shown
from commonsight.places.model import checked
from commonsight.problem import Refusal

router = APIRouter(tags=["diagnosis"])

Sees = Annotated[Identity, requires("health.read")]
Changes = Annotated[Identity, requires("health.write")]
SeesPicture = Annotated[Identity, requires("pictures.view", pictures="snapshot")]


def known(code: str) -> Item:
    """The item with this code.

    Raises:
        Refusal: `inspect.diagnosis_item_unknown` (404).
    """
    found = items().get(code)
    if found is None:
        raise Refusal(
            "inspect.diagnosis_item_unknown", status=404, operand="item", expected=list(items()), actual=code[:64]
        )
    return found


@router.get("/diagnosis/items", responses=problems(401, 403))
async def all_items(caller: Sees, session: Reads) -> DiagnosisItemsOut:  # noqa: ARG001 - the guard needs the caller
    """What pictures are diagnosed for: definition, thresholds that apply, and how well each is found."""
    limits, measured = await store.thresholds(session), figures()
    made = [DiagnosisItemOut.of(item, limits, measured.items.get(code)) for code, item in items().items()]
    return DiagnosisItemsOut.made(made, measured)


@router.get("/diagnosis/counts", responses=problems(401, 403, 422))
async def counts(
    request: Request, caller: Sees, session: Reads, region: Annotated[str | None, Query(examples=["45"])] = None
) -> DiagnosisCountsOut:
    """Cameras of a region by what is held of their pictures, whole and by item."""
    found = await lists.counts(session, narrow(caller, None if region is None else checked(region)))
    by_item = [
        ItemCountOut(item=code, faulty=found.by_item.get(code, (0, 0))[0], well=found.by_item.get(code, (0, 0))[1])
        for code in items()
    ]
    return DiagnosisCountsOut(
        as_of=request.app.state.clock.now(),
        cameras=found.cameras,
        looked=found.looked,
        intact=found.intact,
        faulty=found.faulty,
        items=by_item,
    )


@router.get("/diagnosis/findings", responses=problems(401, 403, 404, 422))
async def findings(
    caller: Sees,
    session: Reads,
    region: Annotated[str | None, Query(examples=["45"])] = None,
    item: Annotated[str | None, Query(examples=["blur"])] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[FaultyOut]:
    """Cameras whose picture is faulty, those that went bad last first; one line for each item."""
    code = None if item is None else known(item).code
    order = f"findings:{code or ''}"
    last = cursor_decode(order, after, datetime, UUID, str) if after else None
    regions = narrow(caller, None if region is None else checked(region))
    found = await lists.faulty(session, regions, code, last and (last[0], last[1], last[2]), limit + 1)
    more = None
    if len(found) > limit:
        row = found[limit - 1]
        more = cursor_encode(order, row.since, row.camera_id, row.item)
    return Page(items=[FaultyOut.of(row) for row in found[:limit]], next=more)


@router.post("/diagnosis/looks", status_code=202, responses=problems(401, 403, 404, 422))
async def look(
    request: Request, response: Response, caller: Changes, session: Writes, once: OnceOnly, said: LooksIn
) -> LooksOut:
    """Open these cameras and look at their pictures now; verdicts follow in a moment."""
    chosen = list(dict.fromkeys(said.camera_ids))
    for camera_id in chosen:
        await catalog.camera(session, camera_id, caller.regions)
    job = await ask_for_looks(session, chosen)
    response.headers["Location"] = f"/api/v1/jobs/{job}"
    return await once.keep(LooksOut(job=job, cameras=len(chosen), asked_at=request.app.state.clock.now()), status=202)


@router.get("/cameras/{camera_id}/findings", responses=problems(401, 403, 404))
async def of_camera(caller: Sees, session: Reads, camera_id: UUID) -> CameraFindingsOut:
    """What is held of a camera's picture, its last looks, and what people said is normal there."""
    await catalog.camera(session, camera_id, caller.regions)
    order = {code: place for place, code in enumerate(items())}
    verdicts = [
        VerdictOut(
            item=row.item,
            state=State(row.state),
            score=row.score,
            threshold=row.threshold,
            streak=row.streak,
            since=row.since,
            at=row.at,
            has_evidence=row.evidence is not None,
            evidence_at=row.evidence_at,
            detail=row.detail,
        )
        for row in await store.of_camera(session, camera_id)
        if row.item in order
    ]
    return CameraFindingsOut(
        verdicts=sorted(verdicts, key=lambda one: order[one.item]),
        looks=[
            LookOut(at=row.at, phase=row.phase, scores=row.scores) for row in await store.history(session, camera_id)
        ],
        feedback=[FeedbackOut.of(row) for row in await said_store.feedback(session, camera_id)],
    )


@router.post("/cameras/{camera_id}/findings/{item}/feedback", status_code=201, responses=problems(401, 403, 404, 422))
async def normal_here(
    request: Request, caller: Changes, session: Writes, once: OnceOnly, camera_id: UUID, item: str, said: FeedbackIn
) -> FeedbackOut:
    """This is normal here: give the camera a threshold of its own for an item, or mute it, until a day or for good."""
    camera, meant = await catalog.camera(session, camera_id, caller.regions), known(item)
    now = request.app.state.clock.now()
    refuse_beyond(meant, said.value)
    if said.until is not None and said.until <= now:
        raise Refusal(
            "inspect.diagnosis_until_past", status=422, rule="in the future", operand="until",
            actual=said.until.isoformat(),
        )  # fmt: skip
    held = {row.item: row for row in await store.of_camera(session, camera_id)}
    made = await said_store.add_feedback(
        session, camera_id=camera_id, item=item, value=said.value, until=said.until,
        score=held[item].score if item in held else None, person=(caller.id, caller.display_name), note=said.note,
        now=now,
    )  # fmt: skip
    await settle(session, camera_id, item, now)
    await audit.record(
        session, Actor.of(caller), "inspect.feedback_given", now, kind="camera", subject_id=camera_id,
        subject_name=camera.row.name, item=item, value=said.value, note=said.note,
    )  # fmt: skip
    return await once.keep(await _feedback(session, camera_id, made))


@router.post("/cameras/{camera_id}/feedback/{feedback_id}/undo", responses=problems(401, 403, 404))
async def undo(request: Request, caller: Changes, session: Writes, camera_id: UUID, feedback_id: UUID) -> FeedbackOut:
    """Take back what was said; the last look is held against what applied before, at once."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    now = request.app.state.clock.now()
    item = await said_store.undo_feedback(session, feedback_id, camera_id, caller.display_name, now)
    if item is None:
        raise Refusal("inspect.feedback_unknown", status=404, operand="feedback", actual=str(feedback_id))
    if item in items():
        await settle(session, camera_id, item, now)
    await audit.record(
        session, Actor.of(caller), "inspect.feedback_undone", now, kind="camera", subject_id=camera_id,
        subject_name=camera.row.name, item=item,
    )  # fmt: skip
    return await _feedback(session, camera_id, feedback_id)


async def _feedback(session: Reads, camera_id: UUID, said: UUID) -> FeedbackOut:
    return next(FeedbackOut.of(row) for row in await said_store.feedback(session, camera_id) if row.id == said)


@router.post(
    "/cameras/{camera_id}/findings/{item}/evidence",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422, 502, 503)
    | {200: {"content": {"image/jpeg": {}}, "description": "the picture, with who looks written into it"}},
)
async def picture(request: Request, caller: SeesPicture, camera_id: UUID, item: str, said: EvidenceIn) -> Response:
    """The picture kept of a fault. Looking at it is a retrieval: it needs a grant and a reason, and is registered."""
    state = request.app.state
    async with state.database.write() as session:
        await gate.refuse_without_grant(session, caller, camera_id, Action.SNAPSHOT)
        row = await store.evidence_of(session, camera_id, known(item).code)
        place = evidence.place_of(state.settings.data_dir)
        data = None if row is None else await asyncio.to_thread(evidence.read, place, row.evidence)
        if row is None or data is None:
            raise Refusal("inspect.evidence_gone", status=404, operand="evidence", actual=item)
        issued = await gate.issue(
            session, caller=caller, cameras=[camera_id], purpose_code=said.purpose_code,
            purpose_text=said.purpose_text, minutes=1, action=Action.SNAPSHOT,
        )  # fmt: skip
        line = await gate.open_retrieval(session, issued.permit, camera_id, node="api", action=Action.SNAPSHOT)
    zone = ZoneInfo(state.settings.region.timezone)
    text = "  ".join(
        (
            f"{caller.display_name} · {caller.organisation}".strip(" ·"),
            f"{state.clock.now().astimezone(zone):%Y-%m-%d %H:%M:%S}",
            f"[{row.evidence_at.astimezone(zone):%Y-%m-%d %H:%M:%S}]",
        )
    )
    reason, size = "snapshot_failed", 0
    try:
        made = await shown(data, issued.permit.limits, state.settings.models_dir, text)
        reason, size = "snapshot", len(made)
    finally:
        async with state.database.write() as session:
            if size:
                await gate.first_frame(session, line)
            await gate.close_retrieval(session, line, seconds=0, bytes=size, reason=reason)
    return Response(made, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def refuse_beyond(item: Item, value: float | None) -> None:
    """Refuse a threshold that means nothing.

    Raises:
        Refusal: `inspect.diagnosis_value` (422).
    """
    if value is not None and not item.least <= value <= item.most:
        raise Refusal(
            "inspect.diagnosis_value", status=422, rule="within the item's range", operand="value",
            expected=[item.least, item.most], actual=value,
        )  # fmt: skip
