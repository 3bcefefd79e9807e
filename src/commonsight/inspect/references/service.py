"""Use cases of references: what stands, taking the present picture as the new one, and back."""

from datetime import datetime
from uuid import UUID

from commonsight.access import audit
from commonsight.access.audit import Actor
from commonsight.access.model import Identity
from commonsight.catalog.model import Camera
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.references import store
from commonsight.inspect.references.model import TURNING
from commonsight.inspect.tasks import ask_for_check
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession


async def take(session: WriteSession, caller: Identity, camera: Camera, note: str, now: datetime, keep: int) -> None:
    """Make the next picture of each phase, day and night, the camera's reference, and have it looked at now.

    Args:
        keep: replaced versions that are kept.

    Raises:
        Refusal: `inspect.reference_turning` (409), `inspect.no_source` (409).
    """
    if camera.row.kind in TURNING:
        raise Refusal(
            "inspect.reference_turning", status=409, rule="a camera that stands still", operand="kind",
            actual=camera.row.kind,
        )  # fmt: skip
    if camera.url is None or camera.archived_at is not None:
        raise Refusal(
            "inspect.no_source", status=409, rule="in use, with an address", operand="camera", actual=camera.row.name
        )
    await store.begin_anew(session, camera.row.id, now, caller.id, caller.display_name, note, keep)
    await _look_again(session, camera.row.id)
    await _audited(session, caller, camera, "inspect.reference_taken", now)


async def undo(session: WriteSession, caller: Identity, camera: Camera, now: datetime) -> None:
    """Put the references before the last replacement in force again.

    Raises:
        Refusal: `inspect.reference_none_before` (409).
    """
    if not await store.put_back(session, camera.row.id, now):
        raise Refusal("inspect.reference_none_before", status=409, rule="a replaced version", operand="camera")
    await _look_again(session, camera.row.id)
    await _audited(session, caller, camera, "inspect.reference_put_back", now)


async def _look_again(session: WriteSession, camera_id: UUID) -> None:
    await diagnoses.doubt(session, [camera_id])
    await ask_for_check(session, camera_id)


async def _audited(session: WriteSession, caller: Identity, camera: Camera, action: str, now: datetime) -> None:
    await audit.record(
        session, Actor.of(caller), action, now, kind="camera", subject_id=camera.row.id, subject_name=camera.row.name
    )
