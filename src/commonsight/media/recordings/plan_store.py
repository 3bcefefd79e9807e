"""SQL of plans and orders: what should be recorded, and which cameras that means."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.gate.grant_model import Selection
from commonsight.gate.selection import openable
from commonsight.media.recordings.model import Hours, Kind, Plan, Wanted
from commonsight.records.database import ReadSession, WriteSession

MEANT_MOST: Final = 20_000
"""Cameras one plan may come to: recording more takes more nodes than one database follows."""

_COLUMNS: Final = (
    "id, name, cameras, scope, hours, retention_days, quota_bytes, priority, enabled, by_name, created_at, updated_at, "
    "version"
)


def plan_of(row: Row[Any]) -> Plan:
    """The plan a row holds."""
    hours: Hours = tuple(tuple((begin, end) for begin, end in day) for day in row.hours)
    return Plan(
        row.id, row.name, row.cameras, tuple(row.scope), hours, row.retention_days, row.quota_bytes, row.priority,
        row.enabled, row.by_name, row.created_at, row.updated_at, row.version,
    )  # fmt: skip


async def plans(
    session: ReadSession,
    *,
    scope: Sequence[str] | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 10_000,
) -> list[Plan]:
    """Plans in use, newest first. `scope`: only those of which a part lies within these regions."""
    overlap = "true"
    if scope is not None:
        overlap = (
            "EXISTS (SELECT 1 FROM unnest(scope) AS s, unnest(CAST(:scope AS text[])) AS mine "
            "WHERE starts_with(s, mine) OR starts_with(mine, s))"
        )
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM recording_plans WHERE deleted_at IS NULL AND {overlap}
                AND (CAST(:at AS timestamptz) IS NULL
                    OR (created_at, id) < (CAST(:at AS timestamptz), CAST(:id AS uuid)))
            ORDER BY created_at DESC, id DESC LIMIT :limit
        """),  # noqa: S608
        {
            "limit": limit,
            "at": None if after is None else after[0],
            "id": None if after is None else after[1],
        } | ({} if scope is None else {"scope": list(scope)}),
    )  # fmt: skip
    return [plan_of(row) for row in found]


async def plan(session: ReadSession, plan_id: UUID, *, lock: bool = False) -> Plan | None:
    """The plan with this id, while it is in use."""
    tail = " FOR UPDATE" if lock else ""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM recording_plans WHERE id = :id AND deleted_at IS NULL{tail}"),  # noqa: S608
        {"id": plan_id},
    )
    row = found.first()
    return None if row is None else plan_of(row)


async def insert_plan(session: WriteSession, made: Plan) -> None:
    """File a plan."""
    await session.execute(
        text(f"""
            INSERT INTO recording_plans ({_COLUMNS}) VALUES (
                :id, :name, CAST(:cameras AS jsonb), :scope, CAST(:hours AS jsonb), :retention_days, :quota_bytes,
                :priority, :enabled, :by_name, :created_at, :updated_at, :version)
        """),  # noqa: S608
        _values(made),
    )


async def update_plan(session: WriteSession, made: Plan) -> None:
    """Write a plan as it is now."""
    await session.execute(
        text("""
            UPDATE recording_plans SET name = :name, cameras = CAST(:cameras AS jsonb), scope = :scope,
                hours = CAST(:hours AS jsonb), retention_days = :retention_days, quota_bytes = :quota_bytes,
                priority = :priority, enabled = :enabled, updated_at = :updated_at, version = :version
            WHERE id = :id
        """),
        _values(made),
    )


async def drop_plan(session: WriteSession, plan_id: UUID, now: datetime) -> None:
    """Take a plan out of use. Its row stays: what it recorded is kept as long as it said."""
    await session.execute(
        text("UPDATE recording_plans SET deleted_at = :now, enabled = false, version = version + 1 WHERE id = :id"),
        {"id": plan_id, "now": now},
    )


def _values(made: Plan) -> dict[str, Any]:
    return {
        "id": made.id, "name": made.name, "cameras": json.dumps(made.cameras), "scope": list(made.scope),
        "hours": json.dumps(made.hours), "retention_days": made.retention_days, "quota_bytes": made.quota_bytes,
        "priority": made.priority, "enabled": made.enabled, "by_name": made.by_name, "created_at": made.created_at,
        "updated_at": made.updated_at, "version": made.version,
    }  # fmt: skip


async def meant(
    session: ReadSession, chosen: Mapping[str, Any], scope: Sequence[str], *, most: int = MEANT_MOST
) -> list[UUID]:
    """The cameras in use, with a source, that a choice comes to within `scope`; at most `most`, by identifier.

    A plan means what a grant of the same words means.
    """
    return await openable(session, scope, Selection.of(chosen), most)


# --- orders -----------------------------------------------------------------------------------------------------------


async def insert_order(
    session: WriteSession, order_id: UUID, camera_id: UUID, kind: Kind, begins: datetime, ends: datetime, reason: str,
    by_id: UUID | None, by_name: str,
) -> None:  # fmt: skip
    """Note that a camera is to be recorded for a while."""
    await session.execute(
        text("""
            INSERT INTO recording_orders (id, camera_id, kind, begins_at, ends_at, reason, by_id, by_name)
            VALUES (:id, :camera, :kind, :begins, :ends, :reason, :by_id, :by_name)
        """),
        {
            "id": order_id, "camera": camera_id, "kind": kind.value, "begins": begins, "ends": ends, "reason": reason,
            "by_id": by_id, "by_name": by_name,
        },
    )  # fmt: skip


async def end_order(session: WriteSession, camera_id: UUID, now: datetime) -> int:
    """End what was ordered for a camera and still runs. Returns how many orders that were."""
    done = await session.execute(
        text(
            "UPDATE recording_orders SET ends_at = greatest(:now, begins_at + interval '1 second') "
            "WHERE camera_id = :camera AND ends_at > :now AND begins_at <= :now"
        ),
        {"camera": camera_id, "now": now},
    )
    return int(getattr(done, "rowcount", 0))


async def ordered(session: ReadSession, now: datetime, keep_days: int) -> list[Wanted]:
    """What is to be recorded now on order, beside all plans: the most important of all."""
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (o.camera_id) o.camera_id, o.kind FROM recording_orders AS o
            JOIN cameras AS c ON c.id = o.camera_id AND c.archived_at IS NULL AND c.url IS NOT NULL
            WHERE o.ends_at > :now AND o.begins_at <= :now ORDER BY o.camera_id, o.ends_at DESC
        """),
        {"now": now},
    )
    return [Wanted(row.camera_id, None, Kind(row.kind), 0, keep_days) for row in found]
