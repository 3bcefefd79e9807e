"""Grants written directly in the database, for tests that are about something else."""

import os
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from commonsight.clock import SystemClock
from commonsight.gate.tables import GrantRow
from commonsight.records.base import uuid7
from commonsight.records.database import Database

ALL = ("live", "playback", "download", "snapshot", "control")


async def give(
    database: Database,
    holder: object = None,
    *,
    kind: str = "person",
    cameras: dict[str, Any] | None = None,
    actions: tuple[str, ...] = ALL,
    purposes: tuple[str, ...] = (),
    limits: dict[str, Any] | None = None,
    hours: dict[str, Any] | None = None,
    scope: tuple[str, ...] = ("",),
    starts_at: datetime | None = None,
    days: float = 30,
) -> UUID:
    """`await give(database, officer)`: everything, for that person; `await give(database, "officer", kind="role")`."""
    now = SystemClock().now()
    who = str(getattr(holder, "id", holder))
    row = GrantRow(
        id=uuid7(),
        version=1,
        holder_kind=kind,
        holder=who,
        holder_name=getattr(holder, "name", who),
        door="retrieval",
        cameras={"everything": True} if cameras is None else cameras,
        scope=list(scope),
        actions=list(actions),
        purposes=list(purposes),
        hours=hours,
        starts_at=starts_at or now - timedelta(days=1),
        expires_at=(starts_at or now) + timedelta(days=days),
        limits=limits or {},
        basis="test",
        granted_by_name="test",
        granted_at=now,
        salt=os.urandom(16),
    )
    async with database.write() as session:
        session.add(row)
    return row.id
