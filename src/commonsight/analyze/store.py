"""SQL of documents, leases and observations. Leases are judged by the database's clock alone: machines differ."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze import model
from commonsight.analyze.model import Analysis, Observation, State, Stored
from commonsight.analyze.scenes import document
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to watch one camera, until somebody else holds it under a higher epoch."""

    camera_id: UUID
    worker: str
    epoch: int
    place: str
    version: int
    analysis: Analysis


class LeaseLost(Exception):
    """Another worker holds the camera, or it is not to be watched any more: stop at once, nothing was written."""

    def __init__(self, camera_id: UUID) -> None:
        super().__init__(str(camera_id))
        self.camera_id = camera_id


# --- documents ------------------------------------------------------------------------------------------------------


def _analysis(row: Any) -> Analysis:
    return Analysis(
        row.enabled,
        row.model,
        row.fps,
        model.parse_lines(row.lines),
        model.parse_zones(row.zones),
        document.parse_scenes(row.scenes),
        document.parse_ground(row.ground),
    )


_PLACE: Final = text("SELECT region FROM cameras WHERE id = :camera AND archived_at IS NULL")


async def place_of(session: ReadSession, camera_id: UUID) -> str | None:
    """The region of a camera; None when there is no such camera."""
    found = await session.scalar(_PLACE, {"camera": camera_id})
    return None if found is None else str(found)


_READ: Final = text("""
    SELECT a.camera_id, a.enabled, a.enabled_by, a.model, a.fps, a.lines, a.zones, a.scenes, a.ground, a.version,
           l.worker, l.epoch, l.state, coalesce(l.until > now(), false) AS held
      FROM analyses AS a LEFT JOIN analysis_leases AS l USING (camera_id)
     WHERE a.camera_id = :camera""")


async def read(session: ReadSession, camera_id: UUID) -> Stored | None:
    """The stored analysis of a camera with its state; None when nobody has written one."""
    row = (await session.execute(_READ, {"camera": camera_id})).one_or_none()
    if row is None:
        return None
    state = row.state or {}
    if not row.held:
        # The worker is gone: what it last said about itself does not hold any more.
        return Stored(row.camera_id, _analysis(row), row.version, State(epoch=row.epoch or 0), row.enabled_by)
    return Stored(
        row.camera_id,
        _analysis(row),
        row.version,
        State(
            running=bool(state.get("running")),
            worker=row.worker,
            epoch=row.epoch,
            fps=float(state.get("fps", 0)),
            coverage=float(state.get("coverage", 0)),
            reason=state.get("reason"),
        ),
        row.enabled_by,
    )


_DOCUMENTS: Final = text("""
    SELECT camera_id, enabled, model, fps, lines, zones, scenes, ground
      FROM analyses WHERE camera_id = ANY(:cameras)""")


async def documents(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, Analysis]:
    """What each of these cameras is watched for; those nobody has set up are left out."""
    rows = await session.execute(_DOCUMENTS, {"cameras": list(cameras)})
    return {row.camera_id: _analysis(row) for row in rows}


_LOCK: Final = text("SELECT version FROM analyses WHERE camera_id = :camera FOR UPDATE")
_WRITE: Final = text("""
    INSERT INTO analyses (camera_id, enabled, enabled_by, model, fps, lines, zones, scenes, ground)
    VALUES (:camera, :enabled, :enabled_by, :model, :fps, CAST(:lines AS jsonb), CAST(:zones AS jsonb),
            CAST(:scenes AS jsonb), CAST(:ground AS jsonb))
    ON CONFLICT (camera_id) DO UPDATE SET enabled = excluded.enabled, enabled_by = excluded.enabled_by,
        model = excluded.model, fps = excluded.fps, lines = excluded.lines, zones = excluded.zones,
        scenes = excluded.scenes, ground = excluded.ground, version = analyses.version + 1, updated_at = now()
    RETURNING version""")
_MARK: Final = text("UPDATE cameras SET analysis = :enabled WHERE id = :camera AND analysis <> :enabled")


async def lock(session: WriteSession, camera_id: UUID) -> int:
    """Hold the document until the transaction ends; its version, 0 when there is none."""
    return int(await session.scalar(_LOCK, {"camera": camera_id}) or 0)


async def write(session: WriteSession, camera_id: UUID, analysis: Analysis, enabled_by: str | None = None) -> int:
    """Store the document and mark the camera; returns the new version."""
    version = await session.scalar(
        _WRITE,
        {
            "camera": camera_id,
            "enabled": analysis.enabled,
            "model": analysis.model,
            "fps": analysis.fps,
            "lines": json.dumps([model.dump_line(line) for line in analysis.lines]),
            "zones": json.dumps([model.dump_zone(zone) for zone in analysis.zones]),
            "scenes": json.dumps([document.dump_setup(setup) for setup in analysis.scenes]),
            "ground": json.dumps([document.dump_point(point) for point in analysis.ground]),
            "enabled_by": enabled_by if analysis.enabled else None,
        },
    )
    await session.execute(_MARK, {"camera": camera_id, "enabled": analysis.enabled})
    return int(version or 0)


# --- leases ---------------------------------------------------------------------------------------------------------

# What the budget has switched off nobody takes; what it gave to another pool only workers that lend to it.
_WATCHED: Final = """
      FROM analyses AS a
      JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL AND c.url IS NOT NULL
      LEFT JOIN analysis_budget AS b ON b.camera_id = a.camera_id
     WHERE a.enabled AND coalesce(b.tier, '') <> 'off' AND (b.pool IS NULL OR b.pool = ANY(:pools))"""

_COUNT: Final = text(f"""
    SELECT count(*) AS cameras, count(*) FILTER (WHERE b.camera_id IS NULL) AS undecided {_WATCHED}""")

_TAKE: Final = text(f"""
    WITH wanted AS (
        SELECT a.camera_id, b.pool = :own AS own, coalesce(b.cost, 0) AS cost, coalesce(b.score, 0) AS score {_WATCHED}
           AND NOT EXISTS (SELECT FROM analysis_leases AS l WHERE l.camera_id = a.camera_id AND l.until > now())
         ORDER BY own DESC NULLS FIRST, score DESC, a.camera_id LIMIT :most FOR UPDATE OF a SKIP LOCKED),
    fitting AS (
        SELECT camera_id FROM (
            SELECT camera_id, cost, sum(cost) OVER (ORDER BY own DESC NULLS FIRST, score DESC, camera_id) AS spent
              FROM wanted) AS each
         WHERE spent <= :cores OR cost = 0),
    taken AS (
        INSERT INTO analysis_leases AS l (camera_id, worker, epoch, until)
        SELECT camera_id, :worker, 1, now() + make_interval(secs => :seconds) FROM fitting
        ON CONFLICT (camera_id) DO UPDATE
            SET worker = excluded.worker, epoch = l.epoch + 1, until = excluded.until, state = '{{}}'
          WHERE l.until <= now()
        RETURNING l.camera_id, l.epoch)
    SELECT t.camera_id, t.epoch, c.region, a.version, a.enabled, a.model, a.fps, a.lines, a.zones, a.scenes,
           a.ground
      FROM taken AS t JOIN analyses AS a USING (camera_id) JOIN cameras AS c ON c.id = t.camera_id
     ORDER BY t.camera_id""")  # noqa: S608 - no part of it is given from outside


async def watched(session: ReadSession, pools: Sequence[str] = ("",)) -> tuple[int, int]:
    """How many cameras are to be watched by workers of these pools, and of how many the budget has not decided yet."""
    row = (await session.execute(_COUNT, {"pools": list(pools)})).one()
    return row.cameras, row.undecided


async def take(
    session: WriteSession,
    worker: str,
    most: int,
    seconds: float,
    pools: Sequence[str] = ("",),
    cores: float = math.inf,
) -> list[Lease]:
    """Take up to `most` cameras nobody watches, for `seconds`, each under a new epoch.

    Args:
        pools: whose cameras this worker takes, its own first; the most valuable of them first.
        cores: what the budget expects them to take at most, together.

    Workers that take at the same time do not wait for each other and get different cameras.
    """
    if most < 1:
        return []
    given = {"worker": worker, "most": most, "seconds": seconds, "own": pools[0], "pools": list(pools), "cores": cores}
    rows = await session.execute(_TAKE, given)
    return [Lease(r.camera_id, worker, r.epoch, r.region, r.version, _analysis(r)) for r in rows]


_RENEW: Final = text("""
    UPDATE analysis_leases AS l
       SET until = now() + make_interval(secs => :seconds), state = CAST(:state AS jsonb)
      FROM analyses AS a JOIN cameras AS c ON c.id = a.camera_id
     WHERE l.camera_id = :camera AND l.worker = :worker AND l.epoch = :epoch AND a.camera_id = l.camera_id
    RETURNING a.version, a.enabled AND c.archived_at IS NULL AS wanted""")


async def renew(
    session: WriteSession,
    lease: Lease,
    seconds: float,
    state: State,
    present: Mapping[str, int] | None = None,
    told: Mapping[str, Any] | None = None,
) -> int:
    """Prolong a lease and say how it goes; locks it until the transaction ends. Returns the document's version.

    Args:
        told: what the budget decides by: cost, looks, activity, uncertainty, afoot, capacity.

    Raises:
        LeaseLost: the lease is another's, or the camera is not to be watched any more.
    """
    said: dict[str, object] = {
        "running": state.running,
        "fps": state.fps,
        "coverage": state.coverage,
        "reason": state.reason,
        "now": dict(present or {}),
    }
    said |= told or {}
    row = (await session.execute(_RENEW, _key(lease) | {"seconds": seconds, "state": json.dumps(said)})).one_or_none()
    if row is None or not row.wanted:
        raise LeaseLost(lease.camera_id)
    return int(row.version)


_RELEASE: Final = text("""
    UPDATE analysis_leases SET until = now(), state = '{}'
     WHERE camera_id = :camera AND worker = :worker AND epoch = :epoch""")


_RECLAIM: Final = text("UPDATE analysis_leases SET until = now() WHERE worker = :worker AND until > now()")


async def reclaim(session: WriteSession, worker: str) -> None:
    """A worker starts: whatever a former process of that name held is free again, without waiting for it to run out."""
    await session.execute(_RECLAIM, {"worker": worker})


async def release(session: WriteSession, lease: Lease) -> None:
    """Give a camera back so that another worker need not wait for the lease to run out."""
    await session.execute(_RELEASE, _key(lease))


def _key(lease: Lease) -> dict[str, Any]:
    return {"camera": lease.camera_id, "worker": lease.worker, "epoch": lease.epoch}


# --- observations ---------------------------------------------------------------------------------------------------

_UPSERT: Final = text("""
    INSERT INTO observations AS o
           (camera_id, target, measure, class, start, seconds, place, scene, value, coverage)
    SELECT :camera, r.target, r.measure, r.class, r.start, r.seconds, :place, r.scene, r.value, r.coverage
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r
           (target text, measure text, class text, start timestamptz, seconds smallint, scene text,
            value double precision, coverage real)
    ON CONFLICT (camera_id, target, measure, class, start)
    DO UPDATE SET value = excluded.value, coverage = excluded.coverage, place = excluded.place""")

_UPSERT_DAY: Final = text("""
    INSERT INTO observation_days AS d (day, camera_id, class, place, crossings_in, crossings_out, since)
    SELECT :day, :camera, r.class, :place, r.crossings_in, r.crossings_out, :now
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (class text, crossings_in bigint, crossings_out bigint)
    ON CONFLICT (day, camera_id, class)
    DO UPDATE SET crossings_in = excluded.crossings_in, crossings_out = excluded.crossings_out,
                  place = excluded.place""")


async def put(session: WriteSession, camera_id: UUID, place: str, observations: Iterable[Observation]) -> None:
    """Write absolute values: the same rows again change nothing. Call `renew` first in the same transaction."""
    rows = [
        {
            "target": o.target,
            "measure": str(o.measure),
            "class": o.kind,
            "start": o.start.isoformat(),
            "seconds": o.seconds,
            "scene": o.scene,
            "value": o.value,
            "coverage": o.coverage,
        }
        for o in observations
    ]
    if rows:
        await session.execute(_UPSERT, {"camera": camera_id, "place": place, "rows": json.dumps(rows)})


async def put_day(
    session: WriteSession,
    camera_id: UUID,
    place: str,
    day: date,
    totals: Mapping[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Write a camera's crossings (in, out) of a day by class, absolute."""
    rows = [{"class": kind, "crossings_in": t[0], "crossings_out": t[1]} for kind, t in sorted(totals.items())]
    if rows:
        values = {"day": day, "camera": camera_id, "place": place, "now": now, "rows": json.dumps(rows)}
        await session.execute(_UPSERT_DAY, values)


_MINUTE: Final = text("""
    SELECT target, measure, class, value, coverage FROM observations
     WHERE camera_id = :camera AND start = :start""")
_DAY: Final = text("""
    SELECT class, crossings_in, crossings_out FROM observation_days WHERE camera_id = :camera AND day = :day""")


async def running(
    session: ReadSession, camera_id: UUID, start: datetime
) -> dict[tuple[str, str, str], tuple[float, float]]:
    """What is already written of the interval from `start`: {(target, measure, class): (value, coverage)}."""
    rows = await session.execute(_MINUTE, {"camera": camera_id, "start": start})
    return {(r.target, r.measure, r._mapping["class"]): (r.value, r.coverage) for r in rows}


_LINES: Final = text("""
    SELECT target, coalesce(sum(value) FILTER (WHERE measure = 'crossings_in'), 0)::bigint AS into,
           coalesce(sum(value) FILTER (WHERE measure = 'crossings_out'), 0)::bigint AS outof
      FROM observations WHERE camera_id = :camera AND start >= :begin AND start < :end AND measure <> 'recognised'
     GROUP BY target""")


async def line_totals(
    session: ReadSession, camera_id: UUID, begin: datetime, end: datetime
) -> dict[str, tuple[int, int]]:
    """Crossings (in, out) by target over a span."""
    rows = await session.execute(_LINES, {"camera": camera_id, "begin": begin, "end": end})
    return {r.target: (r.into, r.outof) for r in rows}


async def day_totals(session: ReadSession, camera_id: UUID, day: date) -> dict[str, tuple[int, int]]:
    """A camera's crossings (in, out) of a day by class, as written so far."""
    rows = await session.execute(_DAY, {"camera": camera_id, "day": day})
    return {r._mapping["class"]: (r.crossings_in, r.crossings_out) for r in rows}
