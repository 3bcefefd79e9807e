"""SQL of what was recorded: segments, how recording goes, and how much room there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.media.recordings.model import StoreState
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Recording:
    """One segment on file. `path`: below the node's directory of recordings."""

    id: UUID
    camera_id: UUID
    plan_id: UUID | None
    kind: str
    node: str
    path: str
    starts_at: datetime
    ends_at: datetime
    size: int
    sha256: bytes
    mime: str
    width: int
    height: int
    sound: bool


_COLUMNS: Final = (
    "id, camera_id, plan_id, kind, node, path, starts_at, ends_at, bytes, sha256, mime, width, height, sound"
)


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        row.id, row.camera_id, row.plan_id, row.kind, row.node, row.path, row.starts_at, row.ends_at, row.bytes,
        bytes(row.sha256), row.mime, row.width, row.height, row.sound,
    )  # fmt: skip


async def insert(session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """File segments; one whose file is on file already is left as it is."""
    if rows:
        await session.execute(
            text(f"""
                INSERT INTO recordings ({_COLUMNS}, least_until, keep_until) VALUES (
                    :id, :camera_id, :plan_id, :kind, :node, :path, :starts_at, :ends_at, :bytes, :sha256, :mime,
                    :width, :height, :sound, :least_until, :keep_until)
                ON CONFLICT (node, path) DO NOTHING
            """),  # noqa: S608
            list(rows),
        )


async def between(
    session: ReadSession, camera_id: UUID, begin: datetime, end: datetime, *, limit: int = 100_000
) -> list[Recording]:
    """The segments of a camera that touch a span, oldest first."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM recordings
            WHERE camera_id = :camera AND deleted_at IS NULL AND starts_at < :end AND ends_at > :begin
                AND starts_at > CAST(:begin AS timestamptz) - interval '1 hour'
            ORDER BY starts_at, id LIMIT :limit
        """),  # noqa: S608
        {"camera": camera_id, "begin": begin, "end": end, "limit": limit},
    )
    return [_recording(row) for row in found]


async def any_of(session: ReadSession, node: str) -> bool:
    """Whether a node has anything on the books."""
    query = "SELECT EXISTS (SELECT 1 FROM recordings WHERE node = :node AND removed_at IS NULL)"
    return bool(await session.scalar(text(query), {"node": node}))


async def newest(session: ReadSession, node: str) -> datetime | None:
    """When the last segment of a node ends."""
    found: datetime | None = await session.scalar(
        text("SELECT max(ends_at) FROM recordings WHERE node = :node AND deleted_at IS NULL"), {"node": node}
    )
    return found


async def paths(session: ReadSession, node: str, wanted: Sequence[str]) -> set[str]:
    """Which of these files are on file, deleted ones too."""
    found = await session.execute(
        text("SELECT path FROM recordings WHERE node = :node AND path = ANY(:paths)"),
        {"node": node, "paths": list(wanted)},
    )
    return set(found.scalars())


async def live_paths(session: ReadSession, node: str, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
    """Segments that a node should have, in the order of their ids."""
    found = await session.execute(
        text("""
            SELECT id, path FROM recordings WHERE node = :node AND deleted_at IS NULL
                AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :limit
        """),
        {"node": node, "after": after, "limit": limit},
    )
    return [(row.id, row.path) for row in found]


# --- what may go ------------------------------------------------------------------------------------------------------

_DUE: Final = """
    coalesce(r.keep_until, r.ends_at + make_interval(days => coalesce(p.retention_days, :least_days))) <= :now
    AND r.least_until <= :now
"""


async def mark_due(session: WriteSession, node: str, now: datetime, least_days: int, limit: int) -> int:
    """Delete from the books what has been kept as long as it had to be. Returns how many segments."""
    done = await session.execute(
        text(f"""
            UPDATE recordings SET deleted_at = :now, deleted_because = 'retention' WHERE id IN (
                SELECT r.id FROM recordings AS r LEFT JOIN recording_plans AS p ON p.id = r.plan_id
                WHERE r.node = :node AND r.deleted_at IS NULL AND r.least_until <= :now AND {_DUE}
                ORDER BY r.ends_at LIMIT :limit FOR UPDATE OF r SKIP LOCKED)
        """),  # noqa: S608
        {"node": node, "now": now, "least_days": least_days, "limit": limit},
    )
    return int(getattr(done, "rowcount", 0))


async def mark_early(
    session: WriteSession, node: str, now: datetime, because: str, limit: int, *, plan_id: UUID | None = None
) -> int:
    """Delete from the books, before their plan's time, segments that the law no longer asks for: of the least important
    plans first, the oldest first. `plan_id`: of this plan only. Returns their bytes."""
    done = await session.execute(
        text("""
            UPDATE recordings SET deleted_at = :now, deleted_because = :because WHERE id IN (
                SELECT r.id FROM recordings AS r LEFT JOIN recording_plans AS p ON p.id = r.plan_id
                WHERE r.node = :node AND r.deleted_at IS NULL AND r.least_until <= :now
                    AND (r.keep_until IS NULL OR r.keep_until <= :now)
                    AND (CAST(:plan AS uuid) IS NULL OR r.plan_id = CAST(:plan AS uuid))
                ORDER BY coalesce(p.priority, 0) DESC, r.ends_at LIMIT :limit FOR UPDATE OF r SKIP LOCKED)
            RETURNING bytes
        """),
        {"node": node, "now": now, "because": because, "limit": limit, "plan": plan_id},
    )
    return sum(done.scalars())


async def mark_lost(session: WriteSession, ids: Sequence[UUID], now: datetime) -> None:
    """Delete from the books what should be on the disk and is not."""
    await session.execute(
        text("UPDATE recordings SET deleted_at = :now, deleted_because = 'lost' WHERE id = ANY(:ids)"),
        {"ids": list(ids), "now": now},
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """A segment that counts no more, and whose file is to go."""

    recording: Recording
    because: str


async def marked(session: ReadSession, node: str, limit: int) -> list[Marked]:
    """What is deleted from a node's books and not yet from its disk."""
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS}, deleted_because FROM recordings
            WHERE node = :node AND deleted_at IS NOT NULL AND removed_at IS NULL
            ORDER BY camera_id, starts_at LIMIT :limit
        """),  # noqa: S608
        {"node": node, "limit": limit},
    )
    return [Marked(_recording(row), row.deleted_because) for row in found]


async def mark_removed(session: WriteSession, ids: Sequence[UUID], now: datetime) -> None:
    """Their files are gone."""
    await session.execute(
        text("UPDATE recordings SET removed_at = :now WHERE id = ANY(:ids)"), {"ids": list(ids), "now": now}
    )


async def forget(session: WriteSession, before: datetime, limit: int) -> int:
    """Let go of the rows of what was removed long ago: the outbox keeps the proof."""
    done = await session.execute(
        text(
            "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings WHERE removed_at < :before "
            "ORDER BY removed_at LIMIT :limit)"
        ),
        {"before": before, "limit": limit},
    )
    return int(getattr(done, "rowcount", 0))


# --- how it goes ------------------------------------------------------------------------------------------------------


async def used(session: ReadSession, node: str) -> int:
    """Bytes of a node's recordings that are on its disk."""
    found = await session.scalar(
        text("SELECT coalesce(sum(bytes), 0) FROM recordings WHERE node = :node AND removed_at IS NULL"),
        {"node": node},
    )
    return int(found or 0)


async def used_by_plans(session: ReadSession, node: str | None = None) -> dict[UUID, int]:
    """Bytes by plan; of one node, or of all."""
    found = await session.execute(
        text("""
            SELECT plan_id, sum(bytes) AS bytes FROM recordings
            WHERE deleted_at IS NULL AND plan_id IS NOT NULL AND node = coalesce(CAST(:node AS text), node)
            GROUP BY plan_id
        """),
        {"node": node},
    )
    return {row.plan_id: int(row.bytes) for row in found}


async def put_states(session: WriteSession, node: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """How each camera of a node does now; cameras it names no more are left out."""
    await session.execute(
        text("DELETE FROM recording_states WHERE node = :node AND NOT (camera_id = ANY(:cameras))"),
        {"node": node, "cameras": [row["camera_id"] for row in rows]},
    )
    if rows:
        await session.execute(
            text("""
                INSERT INTO recording_states (camera_id, node, plan_id, kind, state, reason, since, seen_at)
                VALUES (:camera_id, :node, :plan_id, :kind, :state, :reason, :since, now())
                ON CONFLICT (camera_id) DO UPDATE SET node = excluded.node, plan_id = excluded.plan_id,
                    kind = excluded.kind, state = excluded.state, reason = excluded.reason, since = excluded.since,
                    seen_at = excluded.seen_at
            """),
            list(rows),
        )


async def states(session: ReadSession, cameras: Sequence[UUID]) -> list[Row[Any]]:
    """How these cameras do, as far as somebody records them."""
    found = await session.execute(
        text(
            "SELECT camera_id, node, plan_id, kind, state, reason, since, seen_at FROM recording_states "
            "WHERE camera_id = ANY(:cameras) AND seen_at > now() - interval '30 seconds'"
        ),
        {"cameras": list(cameras)},
    )
    return list(found.all())


async def states_by_plan(session: ReadSession) -> dict[UUID, dict[str, int]]:
    """Cameras of each plan by how they do."""
    found = await session.execute(
        text(
            "SELECT plan_id, state, count(*) AS cameras FROM recording_states "
            "WHERE plan_id IS NOT NULL AND seen_at > now() - interval '30 seconds' GROUP BY plan_id, state"
        )
    )
    made: dict[UUID, dict[str, int]] = {}
    for row in found:
        made.setdefault(row.plan_id, {})[row.state] = row.cameras
    return made


async def put_store(
    session: WriteSession, node: str, *, path: str, used: int, free: int, total: int, state: StoreState, stopped: int
) -> None:
    """How a node's disk does."""
    await session.execute(
        text("""
            INSERT INTO recording_stores
                (node, path, used_bytes, free_bytes, total_bytes, state, stopped_priority, seen_at)
            VALUES (:node, :path, :used, :free, :total, :state, :stopped, now())
            ON CONFLICT (node) DO UPDATE SET path = excluded.path, used_bytes = excluded.used_bytes,
                free_bytes = excluded.free_bytes, total_bytes = excluded.total_bytes, state = excluded.state,
                stopped_priority = excluded.stopped_priority, seen_at = excluded.seen_at
        """),
        {
            "node": node, "path": path, "used": used, "free": free, "total": total, "state": state.value,
            "stopped": stopped,
        },
    )  # fmt: skip


async def stores(session: ReadSession) -> list[Row[Any]]:
    """All nodes' disks, by name."""
    found = await session.execute(text("SELECT * FROM recording_stores ORDER BY node"))
    return list(found.all())


@dataclass(frozen=True, slots=True)
class Rate:
    """What recording a set of cameras costs, measured: `cameras` of them were recorded for `seconds` in all."""

    cameras: int
    seconds: float
    size: int

    @property
    def bytes_per_second(self) -> float | None:
        """Of one camera; None: nothing was measured."""
        return self.size / self.seconds if self.seconds else None


async def rate(session: ReadSession, cameras: Sequence[UUID], since: datetime) -> Rate:
    """What these cameras took since then."""
    found = (
        await session.execute(
            text("""
                SELECT count(DISTINCT camera_id) AS cameras, coalesce(sum(bytes), 0) AS bytes,
                    coalesce(sum(extract(epoch FROM ends_at - starts_at)), 0) AS seconds
                FROM recordings WHERE camera_id = ANY(:cameras) AND starts_at >= :since AND deleted_at IS NULL
            """),
            {"cameras": list(cameras), "since": since},
        )
    ).one()
    return Rate(int(found.cameras), float(found.seconds), int(found.bytes))


async def rate_of_all(session: ReadSession, since: datetime) -> Rate:
    """What all cameras took since then: an estimate for those that were never recorded."""
    found = (
        await session.execute(
            text("""
                SELECT count(DISTINCT camera_id) AS cameras, coalesce(sum(bytes), 0) AS bytes,
                    coalesce(sum(extract(epoch FROM ends_at - starts_at)), 0) AS seconds
                FROM (SELECT * FROM recordings WHERE starts_at >= :since AND deleted_at IS NULL
                    ORDER BY ends_at DESC LIMIT 10000) AS lately
            """),
            {"since": since},
        )
    ).one()
    return Rate(int(found.cameras), float(found.seconds), int(found.bytes))


async def states_of_plan(session: ReadSession, plan_id: UUID, after: UUID | None, limit: int) -> list[Row[Any]]:
    """How the cameras of a plan do that somebody records now, those in trouble and all others, by id."""
    found = await session.execute(
        text("""
            SELECT s.camera_id, c.name, c.code, c.region, s.node, s.kind, s.state, s.reason, s.since
            FROM recording_states AS s JOIN cameras AS c ON c.id = s.camera_id
            WHERE s.plan_id = :plan AND s.seen_at > now() - interval '30 seconds'
                AND (CAST(:after AS uuid) IS NULL OR s.camera_id > CAST(:after AS uuid))
            ORDER BY s.camera_id LIMIT :limit
        """),
        {"plan": plan_id, "after": after, "limit": limit},
    )
    return list(found.all())
