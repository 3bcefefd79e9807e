"""SQL of faults while they last, and after. What becomes of them is in `orders_store`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance.model import Fault, sort_of


@dataclass(frozen=True, slots=True)
class Kept:
    """A fault as it is now. `state`: waiting, held, ordered or ended."""

    id: UUID
    camera_id: UUID
    family: str
    code: str
    severity: int
    state: str
    at: datetime
    seen_at: datetime
    times: int
    detail: dict[str, Any]
    evidence: dict[str, Any] | None
    case_id: UUID | None
    window_id: UUID | None
    ended_at: datetime | None
    ended_how: str | None
    origin_id: UUID | None


COLUMNS: Final = ", ".join(f"f.{name}" for name in Kept.__slots__)


async def put(session: WriteSession, faults: Sequence[Fault]) -> list[UUID]:
    """Note faults, one a camera and family at most; the live ones of the same family are carried on.

    Returns the orders whose members were seen faulty again.
    """
    latest = {(fault.camera_id, sort_of(fault.code).family): fault for fault in sorted(faults, key=lambda f: f.at)}
    rows = sorted(latest.items(), key=lambda item: (item[0][0], item[0][1]))
    if not rows:
        return []
    found = await session.execute(
        _PUT,
        {
            "ids": [uuid7() for _ in rows],
            "cameras": [camera for (camera, _), _ in rows],
            "families": [family for (_, family), _ in rows],
            "codes": [fault.code for _, fault in rows],
            "severities": [sort_of(fault.code).severity for _, fault in rows],
            "times": [fault.at for _, fault in rows],
            "details": [json.dumps(fault.detail) for _, fault in rows],
            "evidence": [None if fault.evidence is None else json.dumps(fault.evidence) for _, fault in rows],
        },
    )
    return sorted({row.case_id for row in found if row.case_id is not None})


_PUT = text("""
    INSERT INTO maintenance_faults AS f (id, camera_id, family, code, severity, state, at, seen_at, detail, evidence,
        window_id)
    SELECT t.id, t.camera_id, t.family, t.code, t.severity, CASE WHEN w.id IS NULL THEN 'waiting' ELSE 'held' END,
        t.at, t.at, t.detail, t.evidence, w.id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:cameras AS uuid[]), CAST(:families AS text[]), CAST(:codes AS text[]),
        CAST(:severities AS smallint[]), CAST(:times AS timestamptz[]), CAST(:details AS jsonb[]),
        CAST(:evidence AS jsonb[])) AS t (id, camera_id, family, code, severity, at, detail, evidence)
    LEFT JOIN LATERAL (
        SELECT w.id FROM maintenance_window_cameras AS m JOIN maintenance_windows AS w ON w.id = m.window_id
         WHERE m.camera_id = t.camera_id AND w.starts_at <= t.at AND coalesce(w.ended_at, w.ends_at) > t.at
         ORDER BY w.ends_at DESC LIMIT 1) AS w ON true
    ON CONFLICT (camera_id, family) WHERE state <> 'ended' DO UPDATE SET
        code = excluded.code, severity = excluded.severity, seen_at = greatest(f.seen_at, excluded.seen_at),
        times = f.times + 1, detail = excluded.detail, evidence = coalesce(excluded.evidence, f.evidence),
        weighed = f.case_id IS NULL
    RETURNING f.case_id
""")


async def end(session: WriteSession, wells: Sequence[tuple[UUID, str, datetime]], how: str = "well") -> list[UUID]:
    """End the live faults of (camera, code, when seen well); returns the orders they belong to.

    A code may also name a whole family (`link`): whoever shows a picture is neither offline nor locked out.
    """
    rows = sorted(wells)
    if not rows:
        return []
    found = await session.execute(
        text("""
            UPDATE maintenance_faults AS f SET state = 'ended', ended_at = greatest(t.at, f.at), ended_how = :how,
                weighed = f.case_id IS NULL
            FROM unnest(CAST(:cameras AS uuid[]), CAST(:codes AS text[]), CAST(:times AS timestamptz[]))
                AS t (camera_id, code, at)
            WHERE f.camera_id = t.camera_id AND (f.code = t.code OR f.family = t.code) AND f.state <> 'ended'
            RETURNING f.case_id"""),
        {
            "cameras": [row[0] for row in rows], "codes": [row[1] for row in rows], "times": [row[2] for row in rows],
            "how": how,
        },
    )  # fmt: skip
    return sorted({row.case_id for row in found if row.case_id is not None})


async def in_window(session: ReadSession, camera_ids: Sequence[UUID], at: datetime) -> set[UUID]:
    """Which of the cameras are within a planned window at that time."""
    found = await session.execute(
        text("""
            SELECT DISTINCT m.camera_id FROM maintenance_window_cameras AS m
              JOIN maintenance_windows AS w ON w.id = m.window_id
             WHERE m.camera_id = ANY(:ids) AND w.starts_at <= :at AND coalesce(w.ended_at, w.ends_at) > :at"""),
        {"ids": list(camera_ids), "at": at},
    )
    return set(found.scalars())
