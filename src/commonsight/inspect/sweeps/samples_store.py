"""SQL of samples."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.sweeps.store import NO_PLATFORM
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample and its round. `strata`: name, size and drawn cameras of each; `result`: once the round is over."""

    id: UUID
    region: str
    share: float
    seed: int
    confidence: float
    population: int
    strata: list[dict[str, Any]]
    result: dict[str, Any] | None
    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int


async def population(session: ReadSession, region: str) -> dict[tuple[str, str], list[UUID]]:
    """The cameras of a region that can be checked, by county and platform."""
    found = await session.execute(
        text("""
            SELECT left(c.region, 6) AS county, coalesce(c.platform_id, :none)::text AS platform,
                array_agg(c.id ORDER BY c.id) AS ids
            FROM cameras AS c WHERE c.archived_at IS NULL AND c.url IS NOT NULL AND starts_with(c.region, :region)
            GROUP BY 1, 2
        """),
        {"none": NO_PLATFORM, "region": region},
    )
    return {(row.county, row.platform): list(row.ids) for row in found}


async def keep(
    session: WriteSession, sweep_id: UUID, region: str, share: float, seed: int, confidence: float, size: int,
    strata: Sequence[dict[str, Any]],
) -> None:  # fmt: skip
    """File a sample."""
    await session.execute(
        text("""
            INSERT INTO sweep_samples (sweep_id, region, share, seed, confidence, population, strata)
            VALUES (:id, :region, :share, :seed, :confidence, :size, CAST(:strata AS jsonb))
        """),
        {
            "id": sweep_id, "region": region, "share": share, "seed": seed, "confidence": confidence, "size": size,
            "strata": json.dumps(strata),
        },
    )  # fmt: skip


_SAMPLE = """
    SELECT m.sweep_id AS id, m.region, m.share, m.seed, m.confidence, m.population, m.strata, m.result, s.started_at,
        s.finished_at, s.cameras, (SELECT coalesce(sum(done), 0)::integer FROM sweep_shards AS h
            WHERE h.sweep_id = s.id) AS done
    FROM sweep_samples AS m JOIN sweeps AS s ON s.id = m.sweep_id
"""


def _sample(row: Row[Any]) -> Sample:
    return Sample(**row._mapping)


async def sample(session: ReadSession, sweep_id: UUID) -> Sample | None:
    """One of them."""
    row = (await session.execute(text(f"{_SAMPLE} WHERE m.sweep_id = :id"), {"id": sweep_id})).first()
    return None if row is None else _sample(row)


async def samples(
    session: ReadSession, regions: Sequence[str], before: tuple[datetime, UUID] | None, limit: int
) -> list[Sample]:
    """Those of these regions, the newest first."""
    beyond = "" if before is None else "AND (s.started_at, s.id) < (:at, :id)"
    found = await session.execute(
        text(f"""
            {_SAMPLE} WHERE EXISTS (SELECT 1 FROM unnest(CAST(:regions AS text[])) AS r WHERE starts_with(m.region, r))
            {beyond} ORDER BY s.started_at DESC, s.id DESC LIMIT :limit
        """),  # noqa: S608
        {"regions": list(regions), "limit": limit} | ({} if before is None else {"at": before[0], "id": before[1]}),
    )
    return [_sample(row) for row in found]


async def found_since(session: ReadSession, cameras: Sequence[UUID], since: datetime) -> dict[UUID, bool]:
    """Whether each camera plays, of those that were checked and settled since then."""
    found = await session.execute(
        text("""
            SELECT c.id, c.health = 1 AS plays FROM cameras AS c JOIN checks AS k ON k.camera_id = c.id
            WHERE c.id = ANY(:ids) AND k.checked_at >= :since AND c.health <> 0
        """),
        {"ids": list(cameras), "since": since},
    )
    return {row.id: row.plays for row in found}


async def conclude(session: WriteSession, sweep_id: UUID, result: dict[str, Any]) -> None:
    """Keep what a sample told."""
    found = result["estimate"]
    if found is not None and math.isinf(found["effective"]):
        result = result | {"estimate": found | {"effective": None}}
    await session.execute(
        text("UPDATE sweep_samples SET result = CAST(:result AS jsonb) WHERE sweep_id = :id"),
        {"result": json.dumps(result), "id": sweep_id},
    )
