"""What each camera was given, and what that was decided from: SQL of the budget."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.budget.inputs import Watched
from commonsight.analyze.budget.model import Given
from commonsight.analyze.scenes.model import Decoding
from commonsight.records.database import ReadSession, WriteSession
from commonsight.records.nodes import ALIVE_SECONDS

BATCH: Final = 5_000
"""Rows read or written by one statement."""

_GIVEN: Final = text("""
    SELECT pool, tier, every_seconds, decoding, cost, until FROM analysis_budget WHERE camera_id = :camera""")


async def given(session: ReadSession, camera_id: UUID) -> Given | None:
    """What a camera was given; None: nobody has decided yet, it is watched as its document says."""
    row = (await session.execute(_GIVEN, {"camera": camera_id})).one_or_none()
    return None if row is None else _given(row)


def _given(row: Any) -> Given:
    return Given(row.tier, row.every_seconds, Decoding(row.decoding), row.cost, row.pool, row.until)


# --- what is decided from -------------------------------------------------------------------------------------------

# The stream's size is asked of the checks only where it is not known: the last one that told it.
_CAMERAS: Final = """
    SELECT a.camera_id, c.region, a.fps, a.scenes,
           ARRAY(SELECT drawn->>'id' FROM jsonb_array_elements(a.lines || a.zones) AS drawn) AS drawn,
           coalesce(l.state, '{}') AS state, l.worker, b.pool, b.tier, b.every_seconds, b.decoding, b.cost, b.until,
           b.raised_at, coalesce(b.levels, '{}') AS levels,
           coalesce((b.reasons->>'afoot')::boolean, false) AS afoot, b.activity, b.uncertainty, b.looked_at,
           b.look_seconds, b.decode_factor, coalesce(b.pixels, p.pixels) AS pixels,
           coalesce(b.fps, p.fps) AS stream_fps,
           coalesce(b.hevc, p.hevc) AS hevc, coalesce(b.keyframe, p.keyframe) AS keyframe
      FROM analyses AS a
      JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL AND c.url IS NOT NULL
      LEFT JOIN analysis_leases AS l ON l.camera_id = a.camera_id AND l.until > now()
      LEFT JOIN analysis_budget AS b ON b.camera_id = a.camera_id
      LEFT JOIN LATERAL (
          SELECT width::real * height AS pixels, fps, codec ILIKE 'h265' OR codec ILIKE 'hevc' AS hevc,
                 keyframe_seconds AS keyframe
            FROM probes WHERE probes.camera_id = a.camera_id AND b.pixels IS NULL AND width > 0 AND height > 0
           ORDER BY at DESC LIMIT 1) AS p ON true
     WHERE a.enabled"""
_ALL: Final = text(f"{_CAMERAS} ORDER BY a.camera_id")
_ONE: Final = text(f"{_CAMERAS} AND a.camera_id = :camera")


async def cameras(session: ReadSession) -> AsyncIterator[Watched]:
    """All cameras that are to be watched, by id."""
    rows = await session.stream(_ALL, execution_options={"yield_per": BATCH})
    async for row in rows:
        yield _watched(row)


async def camera(session: ReadSession, camera_id: UUID) -> Watched | None:
    """One of them; None when it is not to be watched."""
    row = (await session.execute(_ONE, {"camera": camera_id})).one_or_none()
    return None if row is None else _watched(row)


def _watched(row: Any) -> Watched:
    return Watched(**row._mapping)


_WORKERS: Final = text("""
    SELECT n.name, coalesce(n.detail->>'pool', '') AS pool,
           coalesce((n.detail->'capacity'->>'available')::float8, w.available) AS available,
           coalesce(w.inference, 0) AS inference, coalesce(w.decoding, 0) AS decoding
      FROM nodes AS n
      LEFT JOIN (
          SELECT worker, max((state->'capacity'->>'available')::float8) AS available,
                 sum((state->'cost'->>'inference')::float8) AS inference,
                 sum((state->'cost'->>'decoding')::float8) AS decoding
            FROM analysis_leases WHERE until > now() GROUP BY worker) AS w ON w.worker = n.name
     WHERE n.kind = 'see' AND n.seen_at > now() - make_interval(secs => :alive)
     ORDER BY n.name""")


@dataclass(frozen=True, slots=True)
class Worker:
    """A live analysis worker. available: cores it has, None: not told yet; inference, decoding: cores used."""

    name: str
    pool: str
    available: float | None
    inference: float
    decoding: float


async def workers(session: ReadSession) -> list[Worker]:
    """The live analysis workers, by name."""
    rows = await session.execute(_WORKERS, {"alive": ALIVE_SECONDS})
    return [Worker(row.name, row.pool, row.available, row.inference, row.decoding) for row in rows]


async def priorities(session: ReadSession) -> dict[str, float]:
    """Factors people set, by scene."""
    rows = await session.execute(text("SELECT scene, factor FROM scene_priorities"))
    return {row.scene: row.factor for row in rows}


# --- what was decided -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of `analysis_budget` to be written; NaN is stored as empty."""

    camera_id: UUID
    pool: str
    tier: str
    every_seconds: float
    decoding: str
    score: float
    cost: float
    reasons: Mapping[str, Any]
    until: datetime | None
    raised_at: datetime | None
    levels: Mapping[str, str]
    activity: float
    uncertainty: float
    looked_at: datetime | None
    look_seconds: float | None
    decode_factor: float | None
    pixels: float | None
    fps: float | None
    hevc: bool | None
    keyframe: float | None


# A document may be deleted, or switched off, while it is decided about: such a row is left out, not an error.
_WRITE: Final = text("""
    INSERT INTO analysis_budget AS b
           (camera_id, pool, tier, every_seconds, decoding, score, cost, reasons, until, raised_at, levels, at,
            activity, uncertainty, looked_at, look_seconds, decode_factor, pixels, fps, hevc, keyframe)
    SELECT r.camera_id, r.pool, r.tier, r.every_seconds, r.decoding, r.score, r.cost, r.reasons, r.until,
           r.raised_at, r.levels, :at, r.activity, r.uncertainty, r.looked_at, r.look_seconds, r.decode_factor,
           r.pixels, r.fps, r.hevc, r.keyframe
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r
           (camera_id uuid, pool text, tier text, every_seconds real, decoding text, score real, cost real,
            reasons jsonb, until timestamptz, raised_at timestamptz, levels jsonb, activity real, uncertainty real,
            looked_at timestamptz, look_seconds real, decode_factor real, pixels real, fps real,
            hevc boolean, keyframe real)
      JOIN analyses AS a ON a.camera_id = r.camera_id AND a.enabled
     ORDER BY r.camera_id
    ON CONFLICT (camera_id) DO UPDATE SET
        pool = excluded.pool, tier = excluded.tier, every_seconds = excluded.every_seconds,
        decoding = excluded.decoding, score = excluded.score, cost = excluded.cost, reasons = excluded.reasons,
        until = excluded.until, raised_at = excluded.raised_at, levels = excluded.levels,
        at = excluded.at, activity = excluded.activity, uncertainty = excluded.uncertainty,
        looked_at = excluded.looked_at, look_seconds = excluded.look_seconds,
        decode_factor = excluded.decode_factor, pixels = excluded.pixels, fps = excluded.fps, hevc = excluded.hevc,
        keyframe = excluded.keyframe""")
_FORGET: Final = text("""
    DELETE FROM analysis_budget AS b WHERE NOT EXISTS (
        SELECT FROM analyses AS a JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL
         WHERE a.camera_id = b.camera_id AND a.enabled)""")


async def write(session: WriteSession, decisions: Sequence[Decision], at: datetime) -> None:
    """Store decisions, in batches."""
    for begin in range(0, len(decisions), BATCH):
        rows = json.dumps([_row(decision) for decision in decisions[begin : begin + BATCH]], ensure_ascii=False)
        await session.execute(_WRITE, {"rows": rows, "at": at})


async def forget(session: WriteSession) -> None:
    """Drop what was decided about cameras nobody wants watched any more."""
    await session.execute(_FORGET)


async def lift(session: WriteSession) -> None:
    """Drop all decisions: every camera is watched as its document says."""
    await session.execute(text("DELETE FROM analysis_budget"))


def _row(decision: Decision) -> dict[str, Any]:
    made = {name: getattr(decision, name) for name in Decision.__slots__}
    made["camera_id"] = str(decision.camera_id)
    for name in ("until", "looked_at", "raised_at"):
        made[name] = made[name].isoformat() if made[name] else None
    return {name: None if value != value else value for name, value in made.items()}
