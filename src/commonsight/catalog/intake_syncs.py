"""SQL of syncs: asked for, collected, filed, ended; and what a complete catalogue no longer names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.catalog.where import Where
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession, notify

if TYPE_CHECKING:
    from commonsight.catalog.intake import Tally

CHANNEL: Final = "syncs"
"""A note `{"sync": id}`: one was asked for, or is to be cancelled."""


@dataclass(frozen=True, slots=True)
class OpenSync:
    """A sync that is not over, as its collector needs it."""

    id: UUID
    source_id: UUID
    state: str
    attempt: int
    expected: int | None
    cancel: bool
    asked_at: datetime
    repeated: int
    pages: int
    unreadable: int


async def ask(
    session: WriteSession, source_id: UUID, reason: str, now: datetime, *, asked_by: str | None = None
) -> tuple[UUID, bool]:
    """The source's open sync and whether it is new: one at a time. The collector hears of it at the commit."""
    made = await session.execute(
        text(
            "INSERT INTO syncs (id, source_id, reason, asked_by, asked_at) VALUES (:id, :source, :reason, :by, :now) "
            "ON CONFLICT (source_id) WHERE ended_at IS NULL DO NOTHING RETURNING id"
        ),
        {"id": uuid7(), "source": source_id, "reason": reason, "by": asked_by, "now": now},
    )
    if (new := made.scalar_one_or_none()) is not None:
        await notify(session, CHANNEL, {"sync": str(new)})
        return new, True
    found = await session.execute(
        text("SELECT id FROM syncs WHERE source_id = :source AND ended_at IS NULL"), {"source": source_id}
    )
    return found.scalar_one(), False


async def ask_to_cancel(session: WriteSession, sync_id: UUID) -> None:
    """Let the collector end a sync; what came is filed."""
    await session.execute(
        text("UPDATE syncs SET cancel = true WHERE id = :id AND ended_at IS NULL AND NOT cancel"), {"id": sync_id}
    )
    await notify(session, CHANNEL, {"sync": str(sync_id)})


async def to_collect(session: ReadSession) -> list[OpenSync]:
    """Syncs whose collection is not over, in the order they were asked for."""
    found = await session.execute(
        text(
            "SELECT id, source_id, state, attempt, expected, cancel, asked_at, repeated, pages, unreadable "
            "FROM syncs WHERE ended_at IS NULL AND collected_at IS NULL ORDER BY asked_at, id"
        )
    )
    return [
        OpenSync(
            row.id,
            row.source_id,
            row.state,
            row.attempt,
            row.expected,
            row.cancel,
            row.asked_at,
            row.repeated,
            row.pages,
            row.unreadable,
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync as people see it. `received`: different items so far; `filed`: words of the log, repetitions included."""

    id: UUID
    source_id: UUID
    source_code: str
    source_name: str
    state: str
    reason: str
    asked_by: str | None
    cancel: bool
    attempt: int
    expected: int | None
    received: int
    repeated: int
    pages: int
    unreadable: int
    filed: int
    added: int
    changed: int
    returned: int
    deleted: int
    vanished: int
    cameras: int | None
    asked_at: datetime
    started_at: datetime | None
    heard_at: datetime | None
    due_at: datetime | None
    collected_at: datetime | None
    ended_at: datetime | None
    findings: list[dict[str, Any]]
    left: int


_SEEN: Final = """
    SELECT s.id, s.source_id, o.code AS source_code, o.name AS source_name, s.state, s.reason, s.asked_by, s.cancel,
        s.attempt, s.expected, s.received, s.repeated, s.pages, s.unreadable, s.filed, s.added, s.changed, s.returned,
        s.deleted, s.vanished, s.cameras, s.asked_at, s.started_at, s.heard_at, s.due_at, s.collected_at, s.ended_at,
        s.findings, CASE WHEN s.ended_at IS NULL THEN greatest(0, s.received + s.repeated - s.filed) ELSE 0 END AS left
    FROM syncs AS s JOIN intake_sources AS o ON o.id = s.source_id
"""


async def page(
    session: ReadSession,
    prefixes: tuple[str, ...],
    source_id: UUID | None,
    state: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Sync]:
    """Syncs of sources inside `prefixes`, newest first."""
    where = Where()
    conditions.regions(where, prefixes, "o.region")
    if source_id is not None:
        where.add("s.source_id = :source", source=source_id)
    if state is not None:
        where.add("s.state = :state", state=state)
    if after is not None:
        where.add("(s.asked_at, s.id) < (:after_at, :after_id)", after_at=after[0], after_id=after[1])
    found = await session.execute(
        text(f"{_SEEN} WHERE {where} ORDER BY s.asked_at DESC, s.id DESC LIMIT :limit"),
        where.values | {"limit": limit},
    )
    return [Sync(*row) for row in found]


async def one(session: ReadSession, prefixes: tuple[str, ...], sync_id: UUID) -> Sync:
    """The sync.

    Raises:
        Refusal: `catalog.sync_unknown` (404), also for one of a source outside `prefixes`.
    """
    where = Where()
    conditions.regions(where, prefixes, "o.region")
    where.add("s.id = :id", id=sync_id)
    row = (await session.execute(text(f"{_SEEN} WHERE {where}"), where.values)).first()
    if row is None:
        raise Refusal("catalog.sync_unknown", status=404, operand="sync", actual=str(sync_id))
    return Sync(*row)


async def newest(session: ReadSession, source_id: UUID) -> UUID | None:
    """The source's last sync."""
    found = await session.execute(
        text("SELECT id FROM syncs WHERE source_id = :source ORDER BY asked_at DESC, id DESC LIMIT 1"),
        {"source": source_id},
    )
    return found.scalar_one_or_none()


_PROGRESS: Final = frozenset(
    {
        "state",
        "attempt",
        "expected",
        "received",
        "repeated",
        "pages",
        "unreadable",
        "started_at",
        "heard_at",
        "due_at",
        "collected_at",
    }
)


async def progress(session: WriteSession, sync_id: UUID, values: Mapping[str, Any]) -> None:
    """Write how far a collection is."""
    unknown = values.keys() - _PROGRESS
    if unknown:
        raise ValueError(f"not columns of a collection: {sorted(unknown)}")
    settings = ", ".join(
        f"{name} = coalesce(started_at, :{name})" if name == "started_at" else f"{name} = :{name}" for name in values
    )
    await session.execute(
        text(f"UPDATE syncs SET {settings} WHERE id = :id AND ended_at IS NULL"),  # noqa: S608
        dict(values) | {"id": sync_id},
    )


async def collected(session: ReadSession, source_id: UUID, sync_id: UUID) -> set[str]:
    """Identifiers that came in this sync so far, filed or still in the log."""
    found = await session.execute(
        text(
            "SELECT code FROM gb_channels WHERE device_id = :source AND seen_sync = :sync "
            "UNION SELECT code FROM intake_log WHERE source_id = :source AND sync_id = :sync AND event = ''"
        ),
        {"source": source_id, "sync": sync_id},
    )
    return set(found.scalars())


async def count(session: WriteSession, tallies: "Mapping[UUID, Tally]") -> None:
    """Add what a batch did."""
    for sync_id, tally in tallies.items():
        await session.execute(
            text(
                "UPDATE syncs SET filed = filed + :filed, added = added + :added, changed = changed + :changed, "
                "returned = returned + :returned, deleted = deleted + :deleted WHERE id = :id"
            ),
            {name: getattr(tally, name) for name in ("filed", "added", "changed", "returned", "deleted")}
            | {"id": sync_id},
        )


async def seen(session: ReadSession, source_id: UUID, sync_id: UUID) -> int:
    """How many channels this sync's pages named."""
    found = await session.execute(
        text("SELECT count(*) FROM gb_channels WHERE device_id = :source AND seen_sync = :sync"),
        {"source": source_id, "sync": sync_id},
    )
    return int(found.scalar_one())


# Not named by this sync's pages, nor by any event since it was asked for, and not said to be deleted.
_MISSING: Final = """
    ch.device_id = :source AND ch.seen_sync IS DISTINCT FROM :sync AND ch.vanished_at IS NULL
    AND (ch.deleted_at IS NULL OR ch.deleted_at < ch.record_at)
    AND (ch.event_at IS NULL OR ch.event_at < (SELECT started_at FROM syncs WHERE id = :sync))
"""


async def missing(session: ReadSession, source_id: UUID, sync_id: UUID) -> tuple[int, int]:
    """Cameras that a complete catalogue does not name, and cameras of the source in all."""
    found = await session.execute(
        text(f"""
            SELECT count(*) FILTER (WHERE {_MISSING}), count(*)
            FROM gb_channels AS ch JOIN cameras AS c ON c.id = ch.camera_id
            WHERE ch.device_id = :source AND c.archived_at IS NULL
        """),  # noqa: S608
        {"source": source_id, "sync": sync_id},
    )
    row = found.one()
    return int(row[0]), int(row[1])


async def add_vanished(session: WriteSession, sync_id: UUID, count: int) -> None:
    """Note that a person had more marked after the sync's end."""
    await session.execute(
        text("UPDATE syncs SET vanished = vanished + :count WHERE id = :id"), {"count": count, "id": sync_id}
    )


async def mark_vanished(session: WriteSession, source_id: UUID, sync_id: UUID, now: datetime) -> int:
    """Mark what this sync did not name; returns how many cameras in use that were."""
    found = await session.execute(
        text(f"""
            WITH gone AS (
                UPDATE gb_channels AS ch SET vanished_at = :now WHERE {_MISSING} RETURNING ch.code, ch.camera_id
            ), groups AS (
                UPDATE camera_groups AS g SET vanished_at = :now FROM gone
                WHERE g.source_id = :source AND g.code = gone.code
            ), locked AS (
                SELECT c.id FROM cameras AS c WHERE c.id IN (SELECT camera_id FROM gone)
                ORDER BY c.id FOR NO KEY UPDATE
            )
            UPDATE cameras AS c SET vanished_at = :now FROM locked
            WHERE c.id = locked.id AND c.archived_at IS NULL RETURNING c.id
        """),  # noqa: S608
        {"source": source_id, "sync": sync_id, "now": now},
    )
    return len(found.all())


async def close(
    session: WriteSession,
    sync_id: UUID,
    state: str,
    vanished: int,
    findings: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """End a sync."""
    await session.execute(
        text("""
            UPDATE syncs AS s SET state = :state, vanished = :vanished, ended_at = :now,
                findings = CAST(:findings AS jsonb),
                cameras = (SELECT count(*) FROM gb_channels AS ch
                    WHERE ch.device_id = s.source_id AND ch.seen_sync = s.id AND ch.kind = 'camera')
            WHERE id = :id AND ended_at IS NULL
        """),
        {
            "state": state,
            "vanished": vanished,
            "now": now,
            "findings": json.dumps(findings, ensure_ascii=False),
            "id": sync_id,
        },
    )
    await notify(session, CHANNEL, {"sync": str(sync_id)})
