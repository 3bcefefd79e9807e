"""All SQL of traits: kept apart from observations, found by criteria, forgotten in time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.traits.model import SCENE, Criteria, Trait, pattern
from commonsight.records.database import ReadSession, WriteSession

_PUT: Final = text("""
    INSERT INTO traits (id, camera_id, setup, began_at, ended_at, kind, score, box, colour, upper, lower, colour_share,
                        plate, plate_colour, plate_score, expires_at)
    SELECT r.id, :camera, r.setup, r.began_at, r.ended_at, r.kind, r.score, r.box, r.colour, r.upper, r.lower,
           r.colour_share, r.plate, r.plate_colour, r.plate_score, r.expires_at
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r
           (id uuid, setup text, began_at timestamptz, ended_at timestamptz, kind text, score real, box real[],
            colour text, upper text, lower text, colour_share real, plate text, plate_colour text, plate_score real,
            expires_at timestamptz)
    ON CONFLICT (id) DO NOTHING""")


async def put(session: WriteSession, camera_id: UUID, rows: Sequence[tuple[str, float, Trait]]) -> None:
    """Keep rows of one camera, each with its setup's id and the days it may be kept. Saying it twice changes nothing.

    Call it in the transaction that checks the lease's epoch.
    """
    if not rows:
        return
    given = [
        {
            "id": str(one.id),
            "setup": setup,
            "began_at": one.began_at.isoformat(),
            "ended_at": one.ended_at.isoformat(),
            "kind": one.kind,
            "score": one.score,
            "box": list(one.box),
            "colour": one.colour,
            "upper": one.upper,
            "lower": one.lower,
            "colour_share": one.colour_share,
            "plate": one.plate,
            "plate_colour": one.plate_colour,
            "plate_score": one.plate_score,
            "expires_at": (one.ended_at + timedelta(days=days)).isoformat(),
        }
        for setup, days, one in rows
    ]
    await session.execute(_PUT, {"camera": camera_id, "rows": json.dumps(given)})


async def forget(session: WriteSession, now: datetime, most: int) -> int:
    """Delete what may not be kept any longer, the oldest first; returns how many."""
    rows = await session.execute(
        text("""
            DELETE FROM traits WHERE id IN (
                SELECT id FROM traits WHERE expires_at <= :now ORDER BY expires_at LIMIT :most FOR UPDATE SKIP LOCKED)
            RETURNING id"""),
        {"now": now, "most": most},
    )
    return len(rows.all())


async def forget_searches(session: WriteSession, before: datetime) -> None:
    """Delete searches nobody can leaf through any more; the register and the audit keep that they were made."""
    await session.execute(text("DELETE FROM trait_searches WHERE made_at < :before"), {"before": before})


# --- searching ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """A search somebody may leaf through while its permit is good."""

    id: UUID
    holder_id: UUID
    permit_id: UUID
    cameras: tuple[UUID, ...]
    criteria: Criteria


async def add_search(session: WriteSession, made: Search, now: datetime) -> None:
    """Keep a search."""
    asked = made.criteria
    criteria = {
        "begin": asked.begin.isoformat(),
        "end": asked.end.isoformat(),
        "kinds": list(asked.kinds),
        "colour": asked.colour,
        "upper": asked.upper,
        "lower": asked.lower,
        "plate": asked.plate,
    }
    await session.execute(
        text("""
            INSERT INTO trait_searches (id, holder_id, permit_id, cameras, criteria, made_at)
            VALUES (:id, :holder, :permit, :cameras, CAST(:criteria AS jsonb), :now)"""),
        {
            "id": made.id, "holder": made.holder_id, "permit": made.permit_id, "cameras": list(made.cameras),
            "criteria": json.dumps(criteria), "now": now,
        },
    )  # fmt: skip


async def search(session: ReadSession, search_id: UUID, holder_id: UUID) -> Search | None:
    """Somebody's own search."""
    row = (
        await session.execute(
            text("SELECT * FROM trait_searches WHERE id = :id AND holder_id = :holder"),
            {"id": search_id, "holder": holder_id},
        )
    ).one_or_none()
    if row is None:
        return None
    asked = row.criteria
    criteria = Criteria(
        datetime.fromisoformat(asked["begin"]), datetime.fromisoformat(asked["end"]), tuple(asked["kinds"]),
        asked["colour"], asked["upper"], asked["lower"], asked["plate"],
    )  # fmt: skip
    return Search(row.id, row.holder_id, row.permit_id, tuple(row.cameras), criteria)


@dataclass(frozen=True, slots=True)
class Found:
    """A row with its camera."""

    camera_id: UUID
    camera_name: str
    trait: Trait


async def rows(
    session: ReadSession, cameras: Sequence[UUID], asked: Criteria, now: datetime,
    after: tuple[datetime, UUID] | None, limit: int,
) -> list[Found]:  # fmt: skip
    """What fits, the newest first; nothing that should be forgotten already."""
    where = ["t.camera_id = ANY(:cameras)", "t.began_at >= :begin", "t.began_at < :end", "t.expires_at > :now"]
    values: dict[str, Any] = {
        "cameras": list(cameras), "begin": asked.begin, "end": asked.end, "now": now, "limit": limit,
    }  # fmt: skip
    if asked.kinds:
        where.append("t.kind = ANY(:kinds)")
        values["kinds"] = list(asked.kinds)
    for name in ("colour", "upper", "lower"):
        if getattr(asked, name) is not None:
            where.append(f"t.{name} = :{name}")
            values[name] = getattr(asked, name)
    if asked.plate is not None:
        where.append("t.plate LIKE :plate")
        values["plate"] = pattern(asked.plate)
    if after is not None:
        where.append("(t.began_at, t.id) < (:at, CAST(:key AS uuid))")
        values |= {"at": after[0], "key": after[1]}
    found = await session.execute(
        text(f"""
            SELECT t.*, c.name AS camera_name FROM traits AS t JOIN cameras AS c ON c.id = t.camera_id
             WHERE {" AND ".join(where)} ORDER BY t.began_at DESC, t.id DESC LIMIT :limit"""),  # noqa: S608
        values,
    )
    return [Found(row.camera_id, row.camera_name, _trait(row)) for row in found]


def _trait(row: Any) -> Trait:
    x0, y0, x1, y1 = row.box
    return Trait(
        row.id, row.began_at, row.ended_at, row.kind, row.score, (x0, y0, x1, y1), row.colour, row.upper, row.lower,
        row.colour_share, row.plate, row.plate_colour, row.plate_score,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collecting:
    """A camera on which traits are collected. `days`: how long they are kept."""

    camera_id: UUID
    name: str
    region: str
    enabled: bool
    plates: bool
    days: float


async def collecting(
    session: ReadSession, regions: Sequence[str], words: str, after: tuple[str, UUID] | None, limit: int
) -> list[Collecting]:
    """Cameras with a setup of the scene, by name."""
    name, key = after or (None, None)
    found = await session.execute(
        text("""
            SELECT c.id, c.name, c.region, bool_or(a.enabled AND (s->>'enabled')::boolean) AS enabled,
                   bool_or(coalesce((s->'settings'->>'plates')::real, 0) > 0) AS plates,
                   max(coalesce((s->'settings'->>'days')::real, 3)) AS days
              FROM analyses AS a
              JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL AND c.region LIKE ANY (:places)
             CROSS JOIN LATERAL jsonb_array_elements(a.scenes) AS s
             WHERE s->>'scene' = :scene AND strpos(lower(c.name), lower(:words)) > 0
               AND (CAST(:name AS text) IS NULL OR (c.name, c.id) > (:name, CAST(:key AS uuid)))
             GROUP BY c.id, c.name, c.region ORDER BY c.name, c.id LIMIT :limit"""),
        {
            "places": [f"{region}%" for region in regions], "scene": SCENE, "words": words, "name": name, "key": key,
            "limit": limit,
        },
    )  # fmt: skip
    return [Collecting(row.id, row.name, row.region, row.enabled, row.plates, float(row.days)) for row in found]
