"""HTTP: thresholds by kind of camera and light: see what a change would flag, make it, take it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.catalog.vocabulary import kinds as camera_kinds
from commonsight.http import IfMatch, Page, Reads, Writes, etag_of, match_or_refuse, problems, requires
from commonsight.inspect.diagnosis import said_store, store
from commonsight.inspect.diagnosis.model import ANY_KIND, Phase
from commonsight.inspect.diagnosis.routes import known, refuse_beyond
from commonsight.inspect.diagnosis.views import PreviewOut, ThresholdChangeOut, ThresholdIn
from commonsight.problem import Refusal

router = APIRouter(tags=["diagnosis"])

Sees = Annotated[Identity, requires("health.read")]
Changes = Annotated[Identity, requires("health.write")]
SHOWN = 100


@router.get("/diagnosis/thresholds", responses=problems(401, 403))
async def changes(response: Response, caller: Sees, session: Reads) -> Page[ThresholdChangeOut]:  # noqa: ARG001
    """The newest changes of thresholds, undone ones among them; what applies is told with the items."""
    response.headers["ETag"] = etag_of(*await said_store.threshold_version(session))
    return Page(items=[ThresholdChangeOut.of(row) for row in await said_store.threshold_changes(session, SHOWN)])


@router.get("/diagnosis/thresholds/preview", responses=problems(401, 403, 404, 422))
async def preview(
    caller: Sees,
    session: Reads,
    item: Annotated[str, Query(examples=["blur"])],
    phase: Phase,
    value: Annotated[float, Query(examples=[7.5])],
    kind: Annotated[str, Query(max_length=40)] = ANY_KIND,
) -> PreviewOut:
    """How many of the newest kept looks at one's cameras a threshold would flag, beside the one that applies."""
    meant = known(item)
    _refuse_kind(kind)
    refuse_beyond(meant, value)
    now = (await store.thresholds(session)).of(meant, kind, phase)
    would = await said_store.preview(session, meant, kind, phase, value, caller.regions)
    does = await said_store.preview(session, meant, kind, phase, now, caller.regions)
    return PreviewOut(
        looks=would.looks,
        flagged=would.flagged,
        flagged_now=does.flagged,
        cameras=would.cameras,
        flagged_cameras=would.flagged_cameras,
        value=value,
        value_now=now,
    )


@router.post("/diagnosis/thresholds", status_code=201, responses=problems(401, 403, 404, 412, 422, 428))
async def change(
    request: Request,
    response: Response,
    caller: Changes,
    session: Writes,
    said: ThresholdIn,
    if_match: IfMatch = None,
) -> ThresholdChangeOut:
    """Set a threshold. It applies from each camera's next look; verdicts there are change as that look says."""
    meant = known(said.item)
    _refuse_kind(said.kind)
    refuse_beyond(meant, said.value)
    match_or_refuse(if_match, etag_of(*await said_store.threshold_version(session)))
    now = request.app.state.clock.now()
    made = await said_store.set_threshold(
        session, item=said.item, kind=said.kind, phase=said.phase, value=said.value,
        person=(caller.id, caller.display_name), note=said.note, now=now,
    )  # fmt: skip
    await audit.record(
        session, Actor.of(caller), "inspect.threshold_changed", now, kind="threshold", subject_id=made,
        subject_name=said.item, camera_kind=said.kind, phase=said.phase.value, value=said.value, note=said.note,
    )  # fmt: skip
    return await _told(session, response, made)


@router.post("/diagnosis/thresholds/{change_id}/undo", responses=problems(401, 403, 404))
async def undo(
    request: Request, response: Response, caller: Changes, session: Writes, change_id: UUID
) -> ThresholdChangeOut:
    """Take a change back: what applied before it applies again."""
    now = request.app.state.clock.now()
    undone = await said_store.undo_threshold(session, change_id, caller.display_name, now)
    if undone is None:
        raise Refusal("inspect.threshold_unknown", status=404, operand="change", actual=str(change_id))
    await audit.record(
        session, Actor.of(caller), "inspect.threshold_undone", now, kind="threshold", subject_id=change_id,
        subject_name=undone.item, camera_kind=undone.kind, phase=undone.phase,
    )  # fmt: skip
    return await _told(session, response, change_id)


async def _told(session: Writes, response: Response, change_id: UUID) -> ThresholdChangeOut:
    response.headers["ETag"] = etag_of(*await said_store.threshold_version(session))
    found = [row for row in await said_store.threshold_changes(session, said_store.KEPT) if row.id == change_id]
    return ThresholdChangeOut.of(found[0])


def _refuse_kind(kind: str) -> None:
    kinds = [ANY_KIND, *camera_kinds()]
    if kind not in kinds:
        raise Refusal("inspect.diagnosis_kind_unknown", status=422, operand="kind", expected=kinds, actual=kind)
