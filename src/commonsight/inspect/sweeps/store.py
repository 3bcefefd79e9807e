"""All SQL of rounds and their shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.model import Filters
from commonsight.inspect.model import Claim, bits
from commonsight.inspect.sweeps.schedule import Item
from commonsight.records.database import ReadSession, WriteSession

Kind = Literal["whole", "fresh", "asked", "recheck", "sample"]

URGENT: Final = ("asked", "recheck", "sample")
"""Rounds that somebody waits for; they have lanes of their own. In the order of their claim."""
BACKGROUND: Final = ("whole", "fresh")
SWEEPS_KEPT: Final = 50
"""Rounds of a kind; the oldest go."""
STALE: Final = timedelta(seconds=20)
"""A shard whose worker has not written for this long is given to another."""
NO_PLATFORM: Final = UUID(int=0)

_PLAN_LOCK: Final = 0x5377656570  # "Sweep": one planner at a time
_RANK: Final = "array_position(ARRAY['asked', 'recheck', 'sample', 'fresh', 'whole'], s.kind)"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One round over all cameras with a source (`whole`), over those filed since the one before (`fresh`), or over
    some that were asked for."""

    id: UUID
    kind: str
    title: str
    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int

    @property
    def fresh(self) -> bool:
        return self.kind == "fresh"


async def lock_planning(session: WriteSession) -> bool:
    """Be the one who plans until the transaction ends; False when somebody else is."""
    found = await session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _PLAN_LOCK})
    return bool(found.scalar_one())


async def wait_for_planning(session: WriteSession) -> None:
    """Like `lock_planning`, waiting for one's turn."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PLAN_LOCK})


_SWEEP = """
    SELECT s.id, s.kind, s.title, s.started_at, s.finished_at, s.cameras,
        (SELECT coalesce(sum(done), 0) FROM sweep_shards AS h WHERE h.sweep_id = s.id) AS done
    FROM sweeps AS s
"""


def _sweep(row: Row[Any]) -> Sweep:
    return Sweep(row.id, row.kind, row.title, row.started_at, row.finished_at, row.cameras, int(row.done))


async def latest_sweep(session: ReadSession, *, whole: bool = False) -> Sweep | None:
    """The background's round under way, else its last one; `whole`: of those over all cameras."""
    kinds = ["whole"] if whole else list(BACKGROUND)
    found = await session.execute(
        text(f"{_SWEEP} WHERE s.kind = ANY(:kinds) ORDER BY s.started_at DESC LIMIT 1"), {"kinds": kinds}
    )
    row = found.first()
    return None if row is None else _sweep(row)


async def sweep(session: ReadSession, sweep_id: UUID) -> Sweep | None:
    """One round."""
    row = (await session.execute(text(f"{_SWEEP} WHERE s.id = :id"), {"id": sweep_id})).first()
    return None if row is None else _sweep(row)


async def sweeps(
    session: ReadSession, kinds: Sequence[str], before: tuple[datetime, UUID] | None, limit: int
) -> list[Sweep]:
    """Rounds, the newest first."""
    beyond = "" if before is None else "AND (s.started_at, s.id) < (:at, :id)"
    at, sweep_id = before or (None, None)
    found = await session.execute(
        text(f"{_SWEEP} WHERE s.kind = ANY(:kinds) {beyond} ORDER BY s.started_at DESC, s.id DESC LIMIT :limit"),
        {"kinds": list(kinds), "limit": limit} | ({} if before is None else {"at": at, "id": sweep_id}),
    )
    return [_sweep(row) for row in found]


async def close_finished(session: WriteSession, now: datetime) -> list[Row[Any]]:
    """Close the open rounds whose shards are all done; returns them. Only the newest of a kind are kept."""
    found = await session.execute(
        text("""
            UPDATE sweeps AS s SET finished_at = :now WHERE s.finished_at IS NULL AND NOT EXISTS
                (SELECT 1 FROM sweep_shards AS h WHERE h.sweep_id = s.id AND h.finished_at IS NULL)
            RETURNING s.id, s.started_at, s.cameras, s.kind
        """),
        {"now": now},
    )
    closed = list(found)
    if closed:
        await session.execute(
            text("""
                DELETE FROM sweeps WHERE id IN (
                    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY kind ORDER BY started_at DESC) AS place
                        FROM sweeps WHERE finished_at IS NOT NULL) AS old WHERE place > :kept)
            """),
            {"kept": SWEEPS_KEPT},
        )
    return closed


async def next_cameras(session: ReadSession, changed_since: datetime | None = None) -> list[UUID]:
    """Cameras with a source: those whose state changed lately and is not well, then never-checked ones, then the
    longest unchecked; among equals scattered over the map."""
    found = await session.execute(
        text("""
            SELECT c.id FROM cameras AS c LEFT JOIN checks AS k ON k.camera_id = c.id
            WHERE c.archived_at IS NULL AND c.url IS NOT NULL
            ORDER BY coalesce(c.health IN (2, 3) AND c.health_at > :since, false) DESC,
                date_trunc('hour', k.checked_at) NULLS FIRST, hashtextextended(c.id::text, 0), c.id
        """),
        {"since": changed_since},
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


async def chosen(session: ReadSession, filters: Filters, ids: Sequence[UUID] | None, most: int) -> list[UUID]:
    """The cameras of `filters` that can be checked, of those only `ids` when they are named."""
    where = conditions.of(filters)
    where.add("c.archived_at IS NULL AND c.url IS NOT NULL")
    if ids is not None:
        where.add("c.id = ANY(:named)", named=list(ids))
    await plan_each_time(session)
    found = await session.execute(
        text(f"SELECT c.id FROM cameras AS c WHERE {where} ORDER BY hashtextextended(c.id::text, 0) LIMIT :most"),  # noqa: S608
        where.values | {"most": most},
    )
    return list(found.scalars())


async def open_sweep(
    session: WriteSession,
    sweep_id: UUID,
    now: datetime,
    cut: Sequence[Sequence[UUID]],
    *,
    kind: Kind = "whole",
    title: str = "",
    asked_by: UUID | None = None,
) -> None:
    """Write a new round with its shards, and what there is to do on each platform."""
    await session.execute(
        text("""
            INSERT INTO sweeps (id, started_at, cameras, kind, title, asked_by)
            VALUES (:id, :now, :cameras, :kind, :title, :by)
        """),
        {"id": sweep_id, "now": now, "cameras": sum(map(len, cut)), "kind": kind, "title": title, "by": asked_by},
    )
    await session.execute(
        text("INSERT INTO sweep_shards (sweep_id, number, cameras) VALUES (:id, :number, :cameras)"),
        [{"id": sweep_id, "number": number, "cameras": list(cameras)} for number, cameras in enumerate(cut)],
    )
    await session.execute(
        text("""
            INSERT INTO sweep_tallies (sweep_id, platform_id, cause, cameras)
            SELECT h.sweep_id, coalesce(c.platform_id, :none), 'planned', count(*)
            FROM sweep_shards AS h CROSS JOIN unnest(h.cameras) AS u (id) JOIN cameras AS c ON c.id = u.id
            WHERE h.sweep_id = :id GROUP BY 1, 2
        """),
        {"id": sweep_id, "none": NO_PLATFORM},
    )


async def held_and_waiting(session: ReadSession, stale_before: datetime, kinds: Sequence[str]) -> tuple[int, int]:
    """Shards of open rounds of these kinds in living hands, and those that can be taken."""
    found = await session.execute(
        text("""
            SELECT count(*) FILTER (WHERE h.beat_at >= :stale) AS held,
                count(*) FILTER (WHERE h.beat_at IS NULL OR h.beat_at < :stale) AS waiting
            FROM sweep_shards AS h JOIN sweeps AS s ON s.id = h.sweep_id
            WHERE s.finished_at IS NULL AND h.finished_at IS NULL AND s.kind = ANY(:kinds)
        """),
        {"stale": stale_before, "kinds": list(kinds)},
    )
    row = found.one()
    return int(row.held), int(row.waiting)


async def claim(
    session: WriteSession, now: datetime, stale_before: datetime, kinds: Sequence[str] = BACKGROUND
) -> Claim | None:
    """Take the next shard that nobody living holds, under a new epoch; what is most urgent first."""
    found = await session.execute(
        text(f"""
            UPDATE sweep_shards AS h SET epoch = h.epoch + 1, beat_at = :now, links = '{{}}'
            FROM sweeps AS o WHERE o.id = h.sweep_id AND (h.sweep_id, h.number) = (
                SELECT w.sweep_id, w.number FROM sweep_shards AS w JOIN sweeps AS s ON s.id = w.sweep_id
                WHERE s.finished_at IS NULL AND w.finished_at IS NULL AND (w.beat_at IS NULL OR w.beat_at < :stale)
                    AND s.kind = ANY(:kinds)
                ORDER BY {_RANK}, s.number, w.number LIMIT 1 FOR UPDATE OF w SKIP LOCKED
            ) RETURNING h.sweep_id, h.number, h.epoch, h.cameras, h.done, h.settled, o.kind
        """),  # noqa: S608
        {"now": now, "stale": stale_before, "kinds": list(kinds)},
    )
    row = found.first()
    if row is None:
        return None
    return Claim(row.sweep_id, row.number, row.epoch, tuple(row.cameras), row.done, bytes(row.settled), row.kind)


async def advance(
    session: WriteSession, held: Claim, settled: set[int], links: Sequence[str], now: datetime, *, release: bool = False
) -> bool:
    """Note which cameras of a shard are settled and which links are still needed; False when it is in other hands by
    now. `release` lets others take it at once."""
    found = await session.execute(
        text("""
            UPDATE sweep_shards SET done = :done, settled = :settled, links = CASE WHEN :over THEN '{}' ELSE
                CAST(:links AS text[]) END, beat_at = CASE WHEN :release THEN NULL ELSE CAST(:now AS timestamptz) END,
                finished_at = CASE WHEN :done >= cardinality(cameras) THEN CAST(:now AS timestamptz) END
            WHERE sweep_id = :sweep AND number = :number AND epoch = :epoch RETURNING number
        """),
        {
            "sweep": held.sweep_id,
            "number": held.number,
            "epoch": held.epoch,
            "done": len(settled),
            "settled": bits(settled),
            "links": list(links),
            "over": release,
            "now": now,
            "release": release,
        },
    )
    return found.first() is not None


async def lanes(session: ReadSession, stale_before: datetime) -> dict[tuple[UUID, int], frozenset[str]]:
    """The links that shards in living hands still need, by (round, shard)."""
    found = await session.execute(
        text("""
            SELECT h.sweep_id, h.number, h.links FROM sweep_shards AS h JOIN sweeps AS s ON s.id = h.sweep_id
            WHERE s.finished_at IS NULL AND h.finished_at IS NULL AND h.beat_at >= :stale ORDER BY 1, 2
        """),
        {"stale": stale_before},
    )
    return {(row.sweep_id, row.number): frozenset(row.links) for row in found}


async def items(session: ReadSession, held: Claim) -> tuple[list[Item], set[int]]:
    """The cameras of a shard that are still to be tried, and the positions of those that cannot be."""
    found = await session.execute(
        text("""
            SELECT c.id, c.platform_id, c.url, k.failures, k.received FROM cameras AS c
            LEFT JOIN checks AS k ON k.camera_id = c.id
            WHERE c.id = ANY(:ids) AND c.archived_at IS NULL AND c.url IS NOT NULL
        """),
        {"ids": list(held.cameras)},
    )
    known = {row.id: row for row in found}
    ready, gone = [], set()
    for position, camera_id in enumerate(held.cameras):
        if held.is_settled(position):
            continue
        row = known.get(camera_id)
        if row is None:
            gone.add(position)
            continue
        host = urlsplit(row.url).hostname or ""
        ready.append(Item(position, camera_id, row.platform_id, host, row.failures or 0, row.received or 0))
    return ready, gone


async def device_clocks(session: ReadSession, cameras: Sequence[UUID], since: datetime) -> dict[UUID, float]:
    """How far the clocks of GB/T 28181 devices before these cameras were off, as they were asked since then."""
    found = await session.execute(
        text("""
            SELECT c.id, d.clock_difference FROM cameras AS c
            JOIN gb_devices AS d ON d.code = split_part(c.url, '/', 3)
            WHERE c.id = ANY(:ids) AND c.protocol = 'gb28181' AND d.clock_difference IS NOT NULL
                AND d.clock_checked_at >= :since
        """),
        {"ids": list(cameras), "since": since},
    )
    return {row.id: row.clock_difference for row in found}


async def substreams(session: ReadSession, cameras: Sequence[UUID]) -> set[UUID]:
    """The GB/T 28181 cameras among these whose file says that they have a stream number 1 (`StreamNumberList`)."""
    found = await session.execute(
        text("""
            SELECT c.id FROM cameras AS c WHERE c.id = ANY(:ids) AND c.protocol = 'gb28181'
                AND '1' = ANY(string_to_array(c.file->>'streams', '/'))
        """),
        {"ids": list(cameras)},
    )
    return set(found.scalars())


async def unmeasured(session: ReadSession, cameras: Sequence[UUID], since: datetime, most: int) -> set[UUID]:
    """Those of the cameras whose keyframes nobody has waited for since then, the longest forgotten first."""
    found = await session.execute(
        text("""
            SELECT u.id FROM unnest(CAST(:ids AS uuid[])) AS u (id)
            LEFT JOIN checks AS k ON k.camera_id = u.id WHERE k.measured_at IS NULL OR k.measured_at < :since
            ORDER BY k.measured_at NULLS FIRST, u.id LIMIT :most
        """),
        {"ids": list(cameras), "since": since, "most": most},
    )
    return set(found.scalars())


async def count_settled(session: WriteSession, sweep_id: UUID, counts: Mapping[tuple[UUID, str], int]) -> None:
    """Add settled cameras: (platform, cause) -> how many."""
    if not counts:
        return
    keys = sorted(counts)
    await session.execute(
        text("""
            INSERT INTO sweep_tallies AS t (sweep_id, platform_id, cause, cameras)
            SELECT :sweep, p, c, n FROM unnest(CAST(:platforms AS uuid[]), CAST(:causes AS text[]),
                CAST(:counts AS integer[])) AS u (p, c, n) ORDER BY p, c
            ON CONFLICT (sweep_id, platform_id, cause) DO UPDATE SET cameras = t.cameras + excluded.cameras
        """),
        {
            "sweep": sweep_id,
            "platforms": [platform for platform, _ in keys],
            "causes": [cause for _, cause in keys],
            "counts": [counts[key] for key in keys],
        },
    )


async def tallies(session: ReadSession, sweep_id: UUID) -> list[Row[Any]]:
    """(platform_id, name, cause, cameras) of a round."""
    found = await session.execute(
        text("""
            SELECT t.platform_id, p.name, p.region, t.cause, t.cameras FROM sweep_tallies AS t
            LEFT JOIN platforms AS p ON p.id = t.platform_id WHERE t.sweep_id = :id ORDER BY p.name, t.cause
        """),
        {"id": sweep_id},
    )
    return list(found)
