"""SQL of lists and counts: whose picture has which fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.records.database import ReadSession


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the cameras in use in some regions: how many were looked at, what came of it, and faults by item."""

    cameras: int
    looked: int
    intact: int
    faulty: int
    by_item: dict[str, tuple[int, int]]


async def counts(session: ReadSession, regions: tuple[str, ...]) -> Counts:
    """Counts of verdicts. By item: (faulty, well)."""
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, regions)
    whole = await session.execute(
        text(f"""
            SELECT count(*) AS cameras, count(d.camera_id) AS looked, count(*) FILTER (WHERE d.intact) AS intact,
                count(*) FILTER (WHERE d.intact IS FALSE) AS faulty
            FROM cameras AS c LEFT JOIN diagnosed AS d ON d.camera_id = c.id WHERE {where}
        """),  # noqa: S608 - conditions name only columns of ours; values are bound
        where.values,
    )
    items = await session.execute(
        text(f"""
            SELECT d.item, count(*) FILTER (WHERE d.state = 'fault') AS faulty,
                count(*) FILTER (WHERE d.state = 'well') AS well
            FROM diagnoses AS d JOIN cameras AS c ON c.id = d.camera_id WHERE {where} GROUP BY d.item
        """),  # noqa: S608
        where.values,
    )
    row = whole.one()
    return Counts(row.cameras, row.looked, row.intact, row.faulty, {one.item: (one.faulty, one.well) for one in items})


async def faulty(
    session: ReadSession,
    regions: tuple[str, ...],
    item: str | None,
    after: tuple[datetime, UUID, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Cameras whose picture is faulty, those that went bad last first; one line for each item."""
    where = conditions.Where()
    where.add(conditions.LIVE)
    where.add("d.state = 'fault'")
    conditions.regions(where, regions)
    if item is not None:
        where.add("d.item = :item", item=item)
    if after is not None:
        where.add(
            "(d.since, d.camera_id, d.item) < (CAST(:since AS timestamptz), CAST(:camera AS uuid), :after_item)",
            since=after[0],
            camera=after[1],
            after_item=after[2],
        )
    found = await session.execute(
        text(f"""
            SELECT d.camera_id, d.item, d.score, d.threshold, d.since, d.at, d.evidence IS NOT NULL AS has_evidence,
                d.evidence_at, d.detail, c.name, c.code, c.region, r.name AS region_name, c.address, c.kind
            FROM diagnoses AS d JOIN cameras AS c ON c.id = d.camera_id LEFT JOIN regions AS r ON r.code = c.region
            WHERE {where} ORDER BY d.since DESC, d.camera_id DESC, d.item DESC LIMIT :limit
        """),  # noqa: S608
        where.values | {"limit": limit},
    )
    return found.all()
