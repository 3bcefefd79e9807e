"""SQL of evidence: what is wanted, what is kept, what may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.incidents.evidence.model import Evidence, Kind, State
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = (
    "e.id, e.incident_id, e.kind, e.state, e.reason, e.name, e.media_type, e.bytes, e.sha256, e.masked, e.began_at, "
    "e.ended_at, e.made_at"
)


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        row.id, row.incident_id, Kind(row.kind), State(row.state), row.reason, row.name, row.media_type, row.bytes,
        row.sha256, row.masked, row.began_at, row.ended_at, row.made_at,
    )  # fmt: skip


async def want(session: WriteSession, incident_id: UUID, kind: Kind, begin: datetime, end: datetime) -> None:
    """Ask for a piece; asked twice it is one."""
    await session.execute(
        text("""
            INSERT INTO incident_evidence (id, incident_id, kind, began_at, ended_at)
            VALUES (:id, :incident, :kind, :begin, :end) ON CONFLICT (incident_id, kind) DO NOTHING"""),
        {"id": uuid7(), "incident": incident_id, "kind": kind.value, "begin": begin, "end": end},
    )


async def of_incidents(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, list[Evidence]]:
    """The pieces of incidents, the still first."""
    rows = await session.execute(
        text(f"SELECT {_COLUMNS} FROM incident_evidence AS e WHERE e.incident_id = ANY(:ids) ORDER BY e.kind DESC"),  # noqa: S608
        {"ids": list(ids)},
    )
    found: dict[UUID, list[Evidence]] = {}
    for row in rows:
        found.setdefault(row.incident_id, []).append(_evidence(row))
    return found


async def one(session: ReadSession, incident_id: UUID, kind: Kind) -> Evidence | None:
    """One piece."""
    return next(
        (each for each in (await of_incidents(session, [incident_id])).get(incident_id, ()) if each.kind is kind), None
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its name below the evidence, and what it shows."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    masked: str
    permit_id: UUID | None
    begin: datetime
    end: datetime


async def keep(session: WriteSession, incident_id: UUID, kind: Kind, made: Made, now: datetime) -> str:
    """Write a piece down; returns the name of the file it replaces, "" for none."""
    former = await session.scalar(
        text("SELECT name FROM incident_evidence WHERE incident_id = :incident AND kind = :kind FOR UPDATE"),
        {"incident": incident_id, "kind": kind.value},
    )
    await session.execute(
        text("""
            UPDATE incident_evidence SET state = 'kept', reason = '', name = :name, media_type = :type, bytes = :bytes,
                   sha256 = :sha256, masked = :masked, permit_id = :permit, began_at = :begin, ended_at = :end,
                   made_at = :now
             WHERE incident_id = :incident AND kind = :kind"""),
        {
            "incident": incident_id, "kind": kind.value, "name": made.name, "type": made.media_type,
            "bytes": made.bytes, "sha256": made.sha256, "masked": made.masked, "permit": made.permit_id,
            "begin": made.begin, "end": made.end, "now": now,
        },
    )  # fmt: skip
    return str(former or "")


async def lack(session: WriteSession, incident_id: UUID, kind: Kind, reason: str, now: datetime) -> None:
    """Write down why there is no piece; one that is kept stays."""
    await session.execute(
        text("""
            UPDATE incident_evidence SET state = 'none', reason = :reason, made_at = :now
             WHERE incident_id = :incident AND kind = :kind AND state <> 'kept'"""),
        {"incident": incident_id, "kind": kind.value, "reason": reason, "now": now},
    )


_OVER: Final = text("""
    UPDATE incident_evidence AS e SET state = 'gone', name = ''
     WHERE e.id IN (
        SELECT e.id FROM incident_evidence AS e JOIN incidents AS i ON i.id = e.incident_id
               LEFT JOIN cases AS c ON c.id = i.case_id
         WHERE e.state = 'kept'
           AND coalesce(CASE WHEN c.id IS NULL THEN coalesce(i.ended_at, i.told_at)
                             WHEN c.state IN ('closed', 'false_alarm', 'merged') THEN c.closed_at END, 'infinity')
               < :before
         ORDER BY e.made_at LIMIT :most)""")


async def expire(session: WriteSession, before: datetime, most: int = 1_000) -> int:
    """Let evidence go whose case ended before then, or which has no case and is as old."""
    done = await session.execute(_OVER, {"before": before, "most": most})
    return int(getattr(done, "rowcount", 0))


_ROOM: Final = text("""
    UPDATE incident_evidence SET state = 'gone', name = '', reason = 'analyze.evidence_room'
     WHERE id IN (SELECT id FROM (
        SELECT id, sum(bytes) OVER (ORDER BY made_at DESC, id DESC) AS held FROM incident_evidence
         WHERE state = 'kept') AS each WHERE held > :room)""")


async def make_room(session: WriteSession, room: int) -> int:
    """Let the oldest evidence go beyond so many bytes."""
    done = await session.execute(_ROOM, {"room": room})
    return int(getattr(done, "rowcount", 0))


async def names(session: ReadSession) -> frozenset[str]:
    """Names of all files that are kept."""
    return frozenset((await session.execute(text("SELECT name FROM incident_evidence WHERE state = 'kept'"))).scalars())
