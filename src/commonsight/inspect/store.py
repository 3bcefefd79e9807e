"""All SQL of inspect/."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.model import Claim, Tried
from commonsight.records.database import ReadSession, WriteSession

_PLAN_LOCK: Final = 0x5377656570  # "Sweep": one planner at a time
SWEEPS_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class Sweep:
    """One round over all cameras with a source, or (`fresh`) over those filed since the sweep before began."""

    id: UUID
    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int
    fresh: bool


async def lock_planning(session: WriteSession) -> bool:
    """Be the one who plans until the transaction ends; False when somebody else is."""
    found = await session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _PLAN_LOCK})
    return bool(found.scalar_one())


async def wait_for_planning(session: WriteSession) -> None:
    """Like `lock_planning`, waiting for one's turn."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PLAN_LOCK})


async def latest_sweep(session: ReadSession, *, whole: bool = False) -> Sweep | None:
    """The sweep under way, else the last one; `whole`: of those over all cameras."""
    found = await session.execute(
        text("""
            SELECT s.id, s.started_at, s.finished_at, s.cameras, s.fresh,
                (SELECT coalesce(sum(done), 0) FROM sweep_shards AS h WHERE h.sweep_id = s.id) AS done
            FROM sweeps AS s WHERE NOT (s.fresh AND :whole) ORDER BY s.started_at DESC LIMIT 1
        """),
        {"whole": whole},
    )
    row = found.first()
    if row is None:
        return None
    return Sweep(row.id, row.started_at, row.finished_at, row.cameras, int(row.done), row.fresh)


async def close_finished(session: WriteSession, now: datetime) -> Row[Any] | None:
    """Close the open sweep when all its shards are done; returns it then. Only the newest sweeps are kept."""
    found = await session.execute(
        text("""
            UPDATE sweeps AS s SET finished_at = :now WHERE s.finished_at IS NULL AND NOT EXISTS
                (SELECT 1 FROM sweep_shards AS h WHERE h.sweep_id = s.id AND h.finished_at IS NULL)
            RETURNING s.id, s.started_at, s.cameras, s.fresh
        """),
        {"now": now},
    )
    closed = found.first()
    if closed is not None:
        await session.execute(
            text("""
                DELETE FROM sweeps WHERE id IN (
                    SELECT id FROM sweeps WHERE fresh = :fresh ORDER BY started_at DESC OFFSET :kept)
            """),
            {"kept": SWEEPS_KEPT, "fresh": closed.fresh},
        )
    return closed


async def next_cameras(session: ReadSession) -> list[UUID]:
    """Cameras with a source, never-checked first, then the longest unchecked; among equals scattered over the map."""
    found = await session.execute(
        text("""
            SELECT c.id FROM cameras AS c LEFT JOIN checks AS k ON k.camera_id = c.id
            WHERE c.archived_at IS NULL AND c.url IS NOT NULL
            ORDER BY date_trunc('hour', k.checked_at) NULLS FIRST, hashtextextended(c.id::text, 0), c.id
        """)
    )
    return list(found.scalars())


async def fresh_cameras(session: ReadSession, since: datetime) -> list[UUID]:
    """Cameras with a source that were filed since then and never checked.

    Those filed before had their turn: what could not be checked then is not asked for again every few seconds.
    """
    found = await session.execute(
        text("""
            SELECT c.id FROM cameras AS c
            WHERE c.archived_at IS NULL AND c.url IS NOT NULL AND coalesce(c.health_at, '-infinity') = '-infinity'
                AND c.created_at >= :since
                AND NOT EXISTS (SELECT 1 FROM checks AS k WHERE k.camera_id = c.id)
            ORDER BY hashtextextended(c.id::text, 0), c.id
        """),
        {"since": since},
    )
    return list(found.scalars())


async def open_sweep(
    session: WriteSession, sweep_id: UUID, now: datetime, cut: Sequence[Sequence[UUID]], *, fresh: bool = False
) -> None:
    """Write a new sweep with its shards."""
    await session.execute(
        text("INSERT INTO sweeps (id, started_at, cameras, fresh) VALUES (:id, :now, :cameras, :fresh)"),
        {"id": sweep_id, "now": now, "cameras": sum(map(len, cut)), "fresh": fresh},
    )
    await session.execute(
        text("INSERT INTO sweep_shards (sweep_id, number, cameras) VALUES (:id, :number, :cameras)"),
        [{"id": sweep_id, "number": number, "cameras": list(cameras)} for number, cameras in enumerate(cut)],
    )


async def held_and_waiting(session: ReadSession, stale_before: datetime) -> tuple[int, int]:
    """Shards of the open sweep in living hands, and those that can be taken."""
    found = await session.execute(
        text("""
            SELECT count(*) FILTER (WHERE h.beat_at >= :stale) AS held,
                count(*) FILTER (WHERE h.beat_at IS NULL OR h.beat_at < :stale) AS waiting
            FROM sweep_shards AS h JOIN sweeps AS s ON s.id = h.sweep_id
            WHERE s.finished_at IS NULL AND h.finished_at IS NULL
        """),
        {"stale": stale_before},
    )
    row = found.one()
    return int(row.held), int(row.waiting)


async def claim(session: WriteSession, now: datetime, stale_before: datetime) -> Claim | None:
    """Take the next shard that nobody living holds, under a new epoch."""
    found = await session.execute(
        text("""
            UPDATE sweep_shards AS h SET epoch = h.epoch + 1, beat_at = :now
            WHERE (h.sweep_id, h.number) = (
                SELECT w.sweep_id, w.number FROM sweep_shards AS w JOIN sweeps AS s ON s.id = w.sweep_id
                WHERE s.finished_at IS NULL AND w.finished_at IS NULL AND (w.beat_at IS NULL OR w.beat_at < :stale)
                ORDER BY w.number LIMIT 1 FOR UPDATE OF w SKIP LOCKED
            ) RETURNING h.sweep_id, h.number, h.epoch, h.cameras, h.done
        """),
        {"now": now, "stale": stale_before},
    )
    row = found.first()
    return None if row is None else Claim(row.sweep_id, row.number, row.epoch, tuple(row.cameras), row.done)


async def advance(session: WriteSession, held: Claim, done: int, now: datetime, *, release: bool = False) -> bool:
    """Note how far a shard is; False when it is in other hands by now. `release` lets others take it at once."""
    found = await session.execute(
        text("""
            UPDATE sweep_shards SET done = greatest(done, :done), beat_at = CASE WHEN :release THEN NULL ELSE :now END,
                finished_at = CASE WHEN :done >= cardinality(cameras) THEN :now END
            WHERE sweep_id = :sweep AND number = :number AND epoch = :epoch RETURNING number
        """),
        {
            "sweep": held.sweep_id,
            "number": held.number,
            "epoch": held.epoch,
            "done": done,
            "now": now,
            "release": release,
        },
    )
    return found.first() is not None


async def failures(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, int]:
    """Failed tries in a row until now."""
    found = await session.execute(
        text("SELECT camera_id, failures FROM checks WHERE camera_id = ANY(:ids) AND failures > 0"),
        {"ids": list(cameras)},
    )
    return {row.camera_id: row.failures for row in found}


async def write_tries(session: WriteSession, tries: Sequence[Tried], keep: int) -> dict[UUID, int]:
    """Note tries, at most one a camera; returns the failed tries in a row after them.

    The last `keep` results of a camera stay: each is written over the one `keep` tries before it.
    """
    if not tries:
        return {}
    results = [tried.result for tried in tries]
    found = await session.execute(
        _WRITE,
        {
            "keep": keep,
            "ids": [tried.camera_id for tried in tries],
            "times": [tried.at for tried in tries],
            "reachable": [result.reachable for result in results],
            "answered": [result.answered for result in results],
            "first_frame": [result.first_frame for result in results],
            "milliseconds": [result.milliseconds for result in results],
            "codec": [result.codec for result in results],
            "width": [result.width for result in results],
            "height": [result.height for result in results],
            "error": [result.error for result in results],
        },
    )
    return {row.camera_id: row.failures for row in found}


_WRITE = text("""
    WITH told AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]), CAST(:reachable AS boolean[]),
            CAST(:answered AS boolean[]), CAST(:first_frame AS boolean[]), CAST(:milliseconds AS integer[]),
            CAST(:codec AS text[]), CAST(:width AS integer[]), CAST(:height AS integer[]), CAST(:error AS text[]))
            AS t (camera_id, at, reachable, answered, first_frame, milliseconds, codec, width, height, error)
    ), kept AS (
        INSERT INTO checks AS k (camera_id, checked_at, probes, failures)
        SELECT camera_id, at, 1, CASE WHEN first_frame THEN 0 ELSE 1 END FROM told ORDER BY camera_id
        ON CONFLICT (camera_id) DO UPDATE SET checked_at = excluded.checked_at, probes = k.probes + 1,
            failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE k.failures + 1 END
        RETURNING camera_id, probes, failures
    ), ring AS (
        INSERT INTO probes (camera_id, slot, at, reachable, answered, first_frame, milliseconds, codec, width, height,
            error)
        SELECT camera_id, kept.probes % :keep, at, reachable, answered, first_frame, milliseconds, codec, width, height,
            error
        FROM told JOIN kept USING (camera_id) ORDER BY camera_id
        ON CONFLICT (camera_id, slot) DO UPDATE SET at = excluded.at, reachable = excluded.reachable,
            answered = excluded.answered, first_frame = excluded.first_frame, milliseconds = excluded.milliseconds,
            codec = excluded.codec, width = excluded.width, height = excluded.height, error = excluded.error
    )
    SELECT camera_id, failures FROM kept
""")


async def probes(session: ReadSession, camera_id: UUID, limit: int) -> list[Row[Any]]:
    """The last results of a camera, newest first."""
    found = await session.execute(
        text(
            "SELECT at, reachable, answered, first_frame, milliseconds, codec, width, height, error FROM probes "
            "WHERE camera_id = :id ORDER BY at DESC, slot DESC LIMIT :limit"
        ),
        {"id": camera_id, "limit": limit},
    )
    return list(found)


async def keep_conversation(session: WriteSession, camera_id: UUID, at: datetime, said: Mapping[str, Any]) -> None:
    """Keep what was said with a camera at the last check that a person asked for."""
    await session.execute(
        text("""
            INSERT INTO check_conversations VALUES (:id, :at, CAST(:said AS jsonb))
            ON CONFLICT (camera_id) DO UPDATE SET at = excluded.at, said = excluded.said
        """),
        {"id": camera_id, "at": at, "said": json.dumps(said)},
    )


async def conversation(session: ReadSession, camera_id: UUID) -> dict[str, Any] | None:
    """What `keep_conversation` kept."""
    found = await session.scalar(text("SELECT said FROM check_conversations WHERE camera_id = :id"), {"id": camera_id})
    return None if found is None else dict(found)
