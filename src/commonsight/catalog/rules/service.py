"""Use cases of the rules: have everything checked, keep what was read from a picture."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from commonsight import jobs
from commonsight.access.audit import Actor, record
from commonsight.catalog.rules import fields, store
from commonsight.catalog.rules.model import rule_set
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession

TASK = "catalog:check_records"
LOCK = "catalog.records"


async def note_label(session: WriteSession, camera_id: UUID, label: str) -> None:
    """Keep the label that was read from a camera's picture, to be compared with its name."""
    label = fields.tidy(label)[: fields.VALUE_MOST]
    await session.execute(
        text(
            "UPDATE cameras SET file = file || jsonb_build_object('osd_label', CAST(:label AS text)), "
            "version = version + 1 WHERE id = :id AND file ->> 'osd_label' IS DISTINCT FROM :label"
        ),
        {"id": camera_id, "label": label},
    )


async def ask_check(session: WriteSession, by: Actor, now: datetime) -> UUID:
    """Have every camera checked; a job does it. Asked for twice, it is the same run.

    Raises:
        Refusal: `catalog.check_running` (409) while one runs.
    """
    made = await store.open_run(session, uuid7(), by.name, rule_set().digest, now)
    if made is None:
        running = await store.latest_run(session)
        raise Refusal(
            "catalog.check_running", status=409, rule="one check at a time", operand="check",
            actual=None if running is None else running.done,
        )  # fmt: skip
    await jobs.enqueue(session, TASK, {"run_id": str(made)}, lock=LOCK, queueing_lock=f"{LOCK}.{made}")
    await record(session, by, "catalog.check_asked", now, kind="records")
    return made
