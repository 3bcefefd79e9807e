"""SQL of cases and their steps. What lists show is in `lists`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.model import Assignee, Case, Opening, State

LIVE_STATES: Final = "state IN ('open', 'assigned', 'handled')"

COLUMNS: Final = (
    "c.id, c.number, c.kind, c.severity, c.state, c.subject, c.words, c.source, c.key, c.scope, c.camera_id, c.device, "
    "c.channel, c.place, c.region, c.location[0] AS lon, c.location[1] AS lat, c.evidence, c.detail, c.occurrences, "
    "c.first_at, c.last_at, c.opened_at, c.changed_at, c.closed_at, c.deadline_at, c.level, c.escalate_at, "
    "c.assignee_id, c.assignee_unit, c.assignee_name, c.handler_id, c.merged_into, c.reopened, c.reset, c.version"
)


def case_of(row: Row[Any]) -> Case:
    """The case a row of `COLUMNS` holds."""
    assignee = None
    if row.assignee_id is not None:
        assignee = Assignee("person", row.assignee_id, row.assignee_name)
    elif row.assignee_unit is not None:
        assignee = Assignee("organisation", row.assignee_unit, row.assignee_name)
    return Case(
        id=row.id, number=row.number, kind=row.kind, severity=row.severity, state=State(row.state),
        subject=row.subject, words=row.words, source=row.source, key=row.key, scope=row.scope,
        camera_id=row.camera_id, device=row.device, channel=row.channel, place=row.place, region=row.region,
        point=None if row.lon is None else (row.lon, row.lat), evidence=row.evidence, detail=row.detail,
        occurrences=row.occurrences, first_at=row.first_at, last_at=row.last_at, opened_at=row.opened_at,
        changed_at=row.changed_at, closed_at=row.closed_at, deadline_at=row.deadline_at, level=row.level,
        escalate_at=row.escalate_at, assignee=assignee, handler_id=row.handler_id, merged_into=row.merged_into,
        reopened=row.reopened, reset=row.reset, version=row.version,
    )  # fmt: skip


async def one(session: ReadSession, case_id: UUID, *, for_update: bool = False) -> Case | None:
    """The case with this id."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(text(f"SELECT {COLUMNS} FROM cases AS c WHERE c.id = :id{lock}"), {"id": case_id})  # noqa: S608
    row = found.first()
    return None if row is None else case_of(row)


async def several(session: WriteSession, ids: Sequence[UUID]) -> list[Case]:
    """Cases, locked in the order of their ids, so that two writers wait for each other instead of deadlocking."""
    found = await session.execute(
        text(f"SELECT {COLUMNS} FROM cases AS c WHERE c.id = ANY(:ids) ORDER BY c.id FOR UPDATE"),  # noqa: S608
        {"ids": list(ids)},
    )
    return [case_of(row) for row in found]


async def live_by_key(session: WriteSession, key: str, since: datetime) -> Case | None:
    """The live case of this trouble that was last added to since then, locked."""
    found = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM cases AS c WHERE c.key = :key AND c.{LIVE_STATES} AND c.last_at >= :since
             ORDER BY c.last_at DESC, c.id DESC LIMIT 1 FOR UPDATE"""),  # noqa: S608
        {"key": key, "since": since},
    )
    row = found.first()
    return None if row is None else case_of(row)


async def opened_since(session: ReadSession, scope: str, since: datetime) -> int:
    """How many cases were opened within a scope."""
    found = await session.execute(
        text("SELECT count(*) FROM cases WHERE scope = :scope AND opened_at >= :since"),
        {"scope": scope, "since": since},
    )
    return int(found.scalar_one())


async def devices_opened_since(session: ReadSession, device: str, since: datetime) -> int:
    """How many cases were opened for what is behind one device."""
    found = await session.execute(
        text("SELECT count(*) FROM cases WHERE opened_at >= :since AND device = :device"),
        {"device": device, "since": since},
    )
    return int(found.scalar_one())


@dataclass(frozen=True, slots=True)
class Times:
    """When a new case is due."""

    deadline_at: datetime
    escalate_at: datetime | None


async def insert(session: WriteSession, given: Opening, times: Times, now: datetime) -> Case:
    """Write a new case."""
    found = await session.execute(
        text(f"""
            INSERT INTO cases AS c (id, kind, severity, state, subject, words, source, key, scope, camera_id, device,
                channel, place, region, location, evidence, detail, first_at, last_at, opened_at, changed_at,
                deadline_at, escalate_at)
            VALUES (:id, :kind, :severity, 'open', :subject, :words, :source, :key, :scope, :camera_id, :device,
                :channel, :place, :region, point(CAST(:lon AS float8), CAST(:lat AS float8)),
                CAST(:evidence AS jsonb), CAST(:detail AS jsonb), :at, :at, :now, :now, :deadline_at, :escalate_at)
            RETURNING {COLUMNS}"""),  # noqa: S608
        {
            "id": uuid7(), "kind": given.kind, "severity": given.severity, "subject": given.subject,
            "words": given.words, "source": given.source, "key": given.key, "scope": given.scope,
            "camera_id": given.camera_id, "device": given.device, "channel": given.channel, "place": given.place,
            "region": given.region, "lon": given.point and given.point[0], "lat": given.point and given.point[1],
            "evidence": json.dumps([given.evidence] if given.evidence else []), "detail": json.dumps(given.detail),
            "at": given.at, "now": now, "deadline_at": times.deadline_at, "escalate_at": times.escalate_at,
        },
    )  # fmt: skip
    return case_of(found.one())


_PLAIN: Final = frozenset({
    "severity", "state", "occurrences", "first_at", "last_at", "changed_at", "closed_at", "deadline_at", "level",
    "escalate_at", "assignee_id", "assignee_unit", "assignee_name", "handler_id", "merged_into", "reopened", "reset",
    "opened_at", "camera_id", "place", "words",
})  # fmt: skip
_JSON: Final = frozenset({"evidence", "detail"})


async def update(session: WriteSession, case_id: UUID, fields: Mapping[str, Any], *, edited: bool = True) -> None:
    """Change columns.

    Args:
        edited: people did it: the version counts up. What the platform adds by itself (an alarm that came again) leaves
            it, so that a storm does not refuse everybody who is just handling the case.
    """
    if unknown := fields.keys() - _PLAIN - _JSON:
        raise ValueError(f"not columns of a case that may be set: {sorted(unknown)}")
    values = {name: json.dumps(value) if name in _JSON else value for name, value in fields.items()}
    sets = "".join(f"{name} = {f'CAST(:{name} AS jsonb)' if name in _JSON else f':{name}'}, " for name in fields)
    await session.execute(
        text(f"UPDATE cases SET {sets}version = version + {int(edited)} WHERE id = :id"),  # noqa: S608
        values | {"id": case_id},
    )


async def merged_under(session: ReadSession, case_id: UUID) -> list[UUID]:
    """The cases merged into one, the oldest first."""
    found = await session.execute(text("SELECT id FROM cases WHERE merged_into = :id ORDER BY id"), {"id": case_id})
    return list(found.scalars())


# --- steps ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class By:
    """Who does something: a person, or the platform itself (id None)."""

    id: UUID | None
    name: str
    unit: str = ""


PLATFORM: Final = By(None, "")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history. `action`: an `Action`, or opened, comment, escalated, grown, reset."""

    id: UUID
    at: datetime
    action: str
    before: str
    after: str
    by: By
    words: str
    detail: dict[str, Any]


async def add_step(
    session: WriteSession, case_id: UUID, action: str, before: State, after: State, by: By, now: datetime,
    words: str = "", detail: Mapping[str, Any] | None = None,
) -> Step:  # fmt: skip
    """Write a line of history."""
    step = Step(uuid7(), now, action, before.value, after.value, by, words, dict(detail or {}))
    await session.execute(
        text("""
            INSERT INTO case_steps (id, case_id, at, action, before, after, by_id, by_name, unit, words, detail)
            VALUES (:id, :case, :at, :action, :before, :after, :by_id, :by_name, :unit, :words,
                    CAST(:detail AS jsonb))"""),
        {
            "id": step.id, "case": case_id, "at": now, "action": action, "before": step.before, "after": step.after,
            "by_id": by.id, "by_name": by.name, "unit": by.unit, "words": words, "detail": json.dumps(step.detail),
        },
    )  # fmt: skip
    return step


async def steps(
    session: ReadSession, case_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Step]:  # fmt: skip
    """A case's history, the oldest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text("""
            SELECT id, at, action, before, after, by_id, by_name, unit, words, detail FROM case_steps
             WHERE case_id = :case AND (CAST(:at AS timestamptz) IS NULL OR (at, id) > (:at, CAST(:key AS uuid)))
             ORDER BY at, id LIMIT :limit"""),
        {"case": case_id, "at": at, "key": key, "limit": limit},
    )
    return [
        Step(r.id, r.at, r.action, r.before, r.after, By(r.by_id, r.by_name, r.unit), r.words, r.detail) for r in rows
    ]


# --- deadlines ------------------------------------------------------------------------------------------------------


async def late(session: WriteSession, now: datetime, most: int) -> list[Case]:
    """Cases whose next escalation has fallen due, locked; those another process holds are left to it."""
    found = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM cases AS c WHERE c.escalate_at <= :now AND c.{LIVE_STATES}
             ORDER BY c.escalate_at, c.id LIMIT :most FOR UPDATE SKIP LOCKED"""),  # noqa: S608
        {"now": now, "most": most},
    )
    return [case_of(row) for row in found]


async def give_up_resets(session: WriteSession, before: datetime, code: str) -> int:
    """Devices of cases that ended before then could not be asked in time; how many."""
    done = await session.execute(
        text("UPDATE cases SET reset = :code WHERE reset = 'asked' AND closed_at < :before"),
        {"code": code, "before": before},
    )
    return int(getattr(done, "rowcount", 0))


# --- bulk changes that can be taken back ----------------------------------------------------------------------------


async def keep_batch(session: WriteSession, by: UUID, changes: Sequence[Mapping[str, Any]], now: datetime) -> UUID:
    """Remember what a bulk assignment changed."""
    batch = uuid7()
    await session.execute(
        text("INSERT INTO case_batches (id, at, by_id, changes) VALUES (:id, :at, :by, CAST(:changes AS jsonb))"),
        {"id": batch, "at": now, "by": by, "changes": json.dumps(list(changes))},
    )
    return batch


async def take_batch(session: WriteSession, batch: UUID, by: UUID, now: datetime) -> list[dict[str, Any]] | None:
    """What somebody's bulk assignment changed, once; None when it is not theirs or was taken back already."""
    found = await session.execute(
        text("""
            UPDATE case_batches SET undone_at = :now WHERE id = :id AND by_id = :by AND undone_at IS NULL
            RETURNING changes"""),
        {"id": batch, "by": by, "now": now},
    )
    row = found.first()
    return None if row is None else list(row.changes)


async def forget_batches(session: WriteSession, before: datetime) -> None:
    """Drop what can be taken back no more."""
    await session.execute(text("DELETE FROM case_batches WHERE at < :before"), {"before": before})
