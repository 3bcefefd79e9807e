"""Use cases of the rules, for other rooms: how complete and how accurate the records of a scope are.

complete = cameras with every field that is mandatory for their point class / cameras checked
accurate = cameras without an error or a warning of the rules / cameras checked
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from commonsight import jobs
from commonsight.access.audit import Actor, record
from commonsight.catalog.rules import counts, fields, store
from commonsight.catalog.rules.counts import Group, GroupFigures
from commonsight.catalog.rules.model import Accuracy, Completeness, FieldCount, Scope, rule_set
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

TASK = "catalog:check_records"
LOCK = "catalog.records"


async def completeness(session: ReadSession, scope: Scope) -> Completeness:
    """How complete the records of a scope are."""
    return (await counts.figures(session, scope))[0]


async def accuracy(session: ReadSession, scope: Scope) -> Accuracy:
    """How accurate the records of a scope are."""
    return (await counts.figures(session, scope))[1]


async def league(session: ReadSession, scope: Scope, by: Group) -> list[GroupFigures]:
    """Both figures for each city, county, unit, platform or sector of a scope, in one query."""
    return await counts.grouped(session, scope, by)


async def by_field(session: ReadSession, scope: Scope) -> list[FieldCount]:
    """Missing and wrong values by field."""
    return await counts.by_field(session, scope)


async def file_of(session: ReadSession, camera_ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """The fields of these cameras' files that have no column of their own (maintenance unit, switch, pole …)."""
    found = await session.execute(text("SELECT id, file FROM cameras WHERE id = ANY(:ids)"), {"ids": list(camera_ids)})
    return {row.id: {name: value for name, value in row.file.items() if value} for row in found}


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
