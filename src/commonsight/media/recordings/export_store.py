"""SQL of exports."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.media.recordings.model import ExportState
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `files`: what came of it, a camera each."""

    id: UUID
    permit_id: UUID
    retrievals: list[UUID]
    by_id: UUID
    viewer: str
    cameras: list[UUID]
    region: str
    begins_at: datetime
    ends_at: datetime
    source: str
    purpose_code: str
    purpose_text: str
    mask: str | None
    state: ExportState
    progress: float
    problem: dict[str, Any] | None
    files: list[dict[str, Any]]
    certificate: dict[str, Any] | None
    asked_at: datetime
    begun_at: datetime | None
    beat_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None


_COLUMNS: Final = (
    "id, permit_id, retrievals, by_id, viewer, cameras, region, begins_at, ends_at, source, purpose_code, "
    "purpose_text, mask, state, progress, problem, files, certificate, asked_at, begun_at, beat_at, ended_at, "
    "expires_at"
)


def _export(row: Row[Any]) -> Export:
    return Export(**(dict(row._mapping) | {"state": ExportState(row.state)}))


async def insert(session: WriteSession, values: Mapping[str, Any]) -> None:
    """File an export that is to be made."""
    await session.execute(
        text("""
            INSERT INTO exports (id, permit_id, retrievals, by_id, viewer, cameras, region, begins_at, ends_at, source,
                purpose_code, purpose_text, mask, state, asked_at)
            VALUES (:id, :permit_id, :retrievals, :by_id, :viewer, :cameras, :region, :begins_at, :ends_at, :source,
                :purpose_code, :purpose_text, :mask, 'queued', :asked_at)
        """),
        dict(values),
    )


async def one(session: ReadSession, export_id: UUID, *, lock: bool = False) -> Export | None:
    """The export with this id."""
    tail = " FOR UPDATE" if lock else ""
    found = await session.execute(text(f"SELECT {_COLUMNS} FROM exports WHERE id = :id{tail}"), {"id": export_id})  # noqa: S608
    row = found.first()
    return None if row is None else _export(row)


async def page(
    session: ReadSession, *, by_id: UUID | None, regions: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Export]:
    """Exports, newest first: one person's, or with `by_id` None those within `regions`."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM exports
            WHERE (CAST(:by AS uuid) IS NOT NULL AND by_id = CAST(:by AS uuid)
                OR CAST(:by AS uuid) IS NULL
                AND EXISTS (SELECT 1 FROM unnest(CAST(:regions AS text[])) AS r WHERE starts_with(region, r)))
              AND (CAST(:at AS timestamptz) IS NULL
                OR (asked_at, id) < (CAST(:at AS timestamptz), CAST(:id AS uuid)))
            ORDER BY asked_at DESC, id DESC LIMIT :limit
        """),  # noqa: S608
        {
            "by": by_id, "regions": list(regions), "at": None if after is None else after[0],
            "id": None if after is None else after[1], "limit": limit,
        },
    )  # fmt: skip
    return [_export(row) for row in found]


async def begin(session: WriteSession, export_id: UUID, now: datetime) -> bool:
    """Take an export to make it; False when there is nothing (more) to make."""
    done = await session.execute(
        text(
            "UPDATE exports SET state = 'running', begun_at = coalesce(begun_at, :now), beat_at = :now, progress = 0 "
            "WHERE id = :id AND state IN ('queued', 'running')"
        ),
        {"id": export_id, "now": now},
    )
    return bool(getattr(done, "rowcount", 0))


async def beat(session: WriteSession, export_id: UUID, progress: float, now: datetime) -> bool:
    """Say how far it is; False when nobody wants it any more."""
    done = await session.execute(
        text("UPDATE exports SET progress = :progress, beat_at = :now WHERE id = :id AND state = 'running'"),
        {"id": export_id, "progress": progress, "now": now},
    )
    return bool(getattr(done, "rowcount", 0))


async def finish(
    session: WriteSession, export_id: UUID, now: datetime, expires: datetime, files: Sequence[Mapping[str, Any]],
    certificate: Mapping[str, Any],
) -> None:  # fmt: skip
    """It is made."""
    await session.execute(
        text("""
            UPDATE exports SET state = 'done', progress = 1, ended_at = :now, expires_at = :expires,
                files = CAST(:files AS jsonb), certificate = CAST(:certificate AS jsonb)
            WHERE id = :id AND state = 'running'
        """),
        {
            "id": export_id, "now": now, "expires": expires, "files": json.dumps(list(files)),
            "certificate": json.dumps(dict(certificate)),
        },
    )  # fmt: skip


async def end(
    session: WriteSession, export_id: UUID, state: ExportState, now: datetime, problem: Mapping[str, Any] | None = None
) -> bool:
    """It is over without a file; False when it was over already."""
    done = await session.execute(
        text(
            "UPDATE exports SET state = :state, ended_at = :now, problem = CAST(:problem AS jsonb) "
            "WHERE id = :id AND state IN ('queued', 'running')"
        ),
        {
            "id": export_id, "state": state.value, "now": now,
            "problem": None if problem is None else json.dumps(dict(problem)),
        },
    )  # fmt: skip
    return bool(getattr(done, "rowcount", 0))


async def due(session: WriteSession, now: datetime, limit: int) -> list[Export]:
    """Exports whose files have been kept long enough, marked as expired."""
    found = await session.execute(
        text(f"""
            UPDATE exports SET state = 'expired' WHERE id IN (
                SELECT id FROM exports WHERE state = 'done' AND expires_at <= :now ORDER BY expires_at LIMIT :limit
                FOR UPDATE SKIP LOCKED)
            RETURNING {_COLUMNS}
        """),  # noqa: S608
        {"now": now, "limit": limit},
    )
    return [_export(row) for row in found]


async def expire(session: WriteSession, export_id: UUID, now: datetime) -> None:
    """Let its files go with the next round of tidying."""
    await session.execute(
        text("UPDATE exports SET expires_at = :now WHERE id = :id AND state = 'done'"), {"id": export_id, "now": now}
    )


async def lost(session: ReadSession, before: datetime) -> list[UUID]:
    """Exports that nobody works on though they are not over."""
    found = await session.execute(
        text("SELECT id FROM exports WHERE state IN ('queued', 'running') AND coalesce(beat_at, asked_at) < :before"),
        {"before": before},
    )
    return list(found.scalars())


async def room_taken(session: ReadSession) -> int:
    """Bytes of all exported files that are kept."""
    found = await session.scalar(
        text(
            "SELECT coalesce(sum((file->>'bytes')::bigint), 0) FROM exports, jsonb_array_elements(files) AS file "
            "WHERE state = 'done'"
        )
    )
    return int(found or 0)


async def keep_key(session: WriteSession, public: bytes, node: str, now: datetime) -> None:
    """Note a key that certificates are signed with."""
    await session.execute(
        text(
            "INSERT INTO signing_keys (public_key, node, made_at) VALUES (:key, :node, :now) "
            "ON CONFLICT (public_key) DO NOTHING"
        ),
        {"key": public, "node": node, "now": now},
    )


async def signing_keys(session: ReadSession) -> list[Row[Any]]:
    """All keys that ever signed, newest first."""
    found = await session.execute(text("SELECT public_key, node, made_at FROM signing_keys ORDER BY made_at DESC"))
    return list(found.all())
