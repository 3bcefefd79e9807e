"""SQL of references."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row, text

from commonsight.inspect.diagnosis.model import Phase
from commonsight.inspect.references.model import Kept, Seen
from commonsight.records.database import ReadSession, WriteSession
from commonsight.vision.quality.reference import GRID, Reference


@dataclass(frozen=True, slots=True)
class Subject:
    """What holding a camera's picture against its reference must know. `trusted`: no fault is known or suspected."""

    id: UUID
    kind: str
    point: tuple[float, float] | None
    trusted: bool
    kept: dict[Phase, Kept]


async def subjects(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, Subject]:
    """Those of the cameras that are there."""
    found = await session.execute(
        text("""
            SELECT c.id, c.kind, c.location[0] AS lon, c.location[1] AS lat, NOT EXISTS (
                SELECT 1 FROM diagnoses AS d WHERE d.camera_id = c.id AND d.item NOT IN ('osd_clock', 'osd_label')
                AND (d.state = 'fault' OR d.streak > 0)) AS trusted
            FROM cameras AS c WHERE c.id = ANY(:ids)
        """),
        {"ids": list(cameras)},
    )
    known = {
        row.id: Subject(row.id, row.kind, None if row.lon is None else (row.lon, row.lat), row.trusted, {})
        for row in found
    }
    kept = await session.execute(
        text("""
            SELECT camera_id, phase, version, edges, spread, level, looks, restarts, vouched
            FROM camera_references WHERE camera_id = ANY(:ids) AND replaced_at IS NULL
        """),
        {"ids": list(cameras)},
    )
    for row in kept:
        if row.camera_id in known:
            phase = Phase(row.phase)
            known[row.camera_id].kept[phase] = Kept(
                row.camera_id, phase, row.version, _reference(row), row.restarts, row.vouched
            )
    return known


def _reference(row: Row[Any]) -> Reference | None:
    """None before the first look, and for what an older version wrote."""
    if row.edges is None:
        return None
    planes = [np.frombuffer(zlib.decompress(bytes(packed)), np.uint8) for packed in (row.edges, row.spread)]
    if any(plane.size != GRID[0] * GRID[1] for plane in planes):
        return None
    return Reference(planes[0].reshape(GRID), planes[1].reshape(GRID), row.level, row.looks)


async def write(session: WriteSession, seen: Sequence[Seen]) -> None:
    """Keep what looks made of references. A version that was replaced meanwhile stays as it was."""
    for one in sorted(seen, key=lambda each: (str(each.kept.camera_id), each.kept.phase)):
        kept, made = one.kept, one.kept.reference
        said = one.as_json()
        values = {
            "camera": kept.camera_id, "phase": kept.phase.value, "version": kept.version, "at": one.at,
            "edges": None if made is None else zlib.compress(made.edges.tobytes()),
            "spread": None if made is None else zlib.compress(made.spread.tobytes()),
            "level": None if made is None else made.level, "looks": 0 if made is None else made.looks,
            "restarts": kept.restarts, "seen": None if said is None else json.dumps(said), "changed": one.changed,
        }  # fmt: skip
        await session.execute(
            text("""
                INSERT INTO camera_references AS r (camera_id, phase, version, edges, spread, level, looks, restarts,
                    made_at, updated_at, seen_at, seen)
                SELECT CAST(:camera AS uuid), :phase, :version, :edges, :spread, :level, :looks, :restarts, :at, :at,
                    CASE WHEN CAST(:seen AS jsonb) IS NOT NULL THEN CAST(:at AS timestamptz) END, CAST(:seen AS jsonb)
                FROM cameras WHERE id = :camera AND (CAST(:changed AS boolean) OR EXISTS (
                    SELECT 1 FROM camera_references
                    WHERE camera_id = :camera AND phase = :phase AND version = :version))
                ON CONFLICT (camera_id, phase, version) DO UPDATE SET
                    edges = excluded.edges, spread = excluded.spread, level = excluded.level, looks = excluded.looks,
                    restarts = excluded.restarts,
                    updated_at = CASE WHEN :changed THEN excluded.updated_at ELSE r.updated_at END,
                    seen_at = coalesce(excluded.seen_at, r.seen_at), seen = coalesce(excluded.seen, r.seen)
                WHERE r.replaced_at IS NULL
            """),
            values,
        )


async def versions(session: ReadSession, camera_id: UUID) -> Sequence[Row[Any]]:
    """All versions of a camera's references, the newest first."""
    found = await session.execute(
        text("""
            SELECT phase, version, level, looks, restarts, vouched, made_at, updated_at, person, note, replaced_at,
                seen_at, seen, edges IS NOT NULL AS begun
            FROM camera_references WHERE camera_id = :id ORDER BY phase, version DESC
        """),
        {"id": camera_id},
    )
    return found.all()


async def begin_anew(
    session: WriteSession, camera_id: UUID, at: datetime, person: UUID, name: str, note: str, keep: int
) -> None:
    """Put empty references, which the next look fills, in place of those in force; keep the `keep` newest replaced."""
    values = {"id": camera_id, "at": at, "person": person, "name": name, "note": note, "keep": keep}
    await session.execute(
        text("UPDATE camera_references SET replaced_at = :at WHERE camera_id = :id AND replaced_at IS NULL"), values
    )
    await session.execute(
        text("""
            INSERT INTO camera_references
                (camera_id, phase, version, vouched, made_at, updated_at, person_id, person, note)
            SELECT :id, phase, 1 + coalesce((
                SELECT max(version) FROM camera_references AS r WHERE r.camera_id = :id AND r.phase = p.phase), 0),
                true, :at, :at, :person, :name, :note
            FROM (VALUES ('day'), ('night')) AS p (phase)
        """),
        values,
    )
    await session.execute(
        text("""
            DELETE FROM camera_references AS r USING (
                SELECT phase, version, row_number() OVER (PARTITION BY phase ORDER BY version DESC) AS n
                FROM camera_references WHERE camera_id = :id AND replaced_at IS NOT NULL) AS old
            WHERE r.camera_id = :id AND r.phase = old.phase AND r.version = old.version AND old.n > :keep
        """),
        values,
    )


async def put_back(session: WriteSession, camera_id: UUID, at: datetime) -> int:
    """Put what was in force before the last replacement in force again, for day and night; returns how many."""
    values = {"id": camera_id, "at": at}
    before = await session.execute(
        text("""
            SELECT DISTINCT ON (o.phase) o.phase, o.version FROM camera_references AS o
            JOIN camera_references AS n ON n.camera_id = o.camera_id AND n.phase = o.phase AND n.replaced_at IS NULL
            WHERE o.camera_id = :id AND o.replaced_at IS NOT NULL AND o.version < n.version
            ORDER BY o.phase, o.version DESC
        """),
        values,
    )
    chosen = before.all()
    for row in chosen:
        one = values | {"phase": row.phase, "version": row.version}
        await session.execute(
            text("""
                UPDATE camera_references SET replaced_at = :at
                WHERE camera_id = :id AND phase = :phase AND replaced_at IS NULL
            """),
            one,
        )
        await session.execute(
            text("""
                UPDATE camera_references SET replaced_at = NULL
                WHERE camera_id = :id AND phase = :phase AND version = :version
            """),
            one,
        )
    return len(chosen)
