"""All SQL of exemptions: which cameras are exempt at a time, and the exemptions themselves."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog.lists import plan_each_time
from commonsight.catalog.where import Where
from commonsight.inspect.exemptions.model import Exemption, State
from commonsight.places.model import after_prefix
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

EXEMPT_AT: Final = """
    SELECT x.camera_id FROM exemption_members AS x JOIN exemptions AS e ON e.id = x.exemption_id
    WHERE e.state = 'approved' AND e.starts_at <= :exempt_at AND e.ends_at > :exempt_at"""
"""SQL of the ids of cameras exempt at `:exempt_at`, for `c.id NOT IN (…)` in other statements of this floor."""

_COLUMNS: Final = (
    "id, number, version, kind, words, chosen, regions, total, starts_at, ends_at, state, asked_by, asked_by_name, "
    "organisation, asked_at, decided_by, decided_by_name, decided_words, decided_at, extend_to, extend_words, "
    "extend_by, extend_by_name, extend_at, file_name, file_type"
)


# --- who is exempt --------------------------------------------------------------------------------------------------


async def exempt(session: ReadSession, at: datetime) -> frozenset[UUID]:
    """The cameras that are exempt at a time. Within other SQL use `EXEMPT_AT`; for a few cameras `exempt_among`."""
    return frozenset(await session.scalars(text(EXEMPT_AT), {"exempt_at": at}))


async def exempt_among(session: ReadSession, cameras: Sequence[UUID], at: datetime) -> frozenset[UUID]:
    """Those of `cameras` that are exempt at a time."""
    found = await session.scalars(
        text(f"{EXEMPT_AT} AND x.camera_id = ANY(:cameras)"), {"exempt_at": at, "cameras": list(cameras)}
    )
    return frozenset(found)


# --- choosing and foreseeing ----------------------------------------------------------------------------------------


async def members_of(session: ReadSession, where: Where, most: int) -> list[UUID]:
    """The cameras that are meant, by id; one more than `most` when there are more."""
    await plan_each_time(session)
    query = text(f"SELECT c.id FROM cameras AS c WHERE {where} ORDER BY c.id LIMIT {most + 1:d}")  # noqa: S608
    return list(await session.scalars(query, where.values))


async def unknown_codes(session: ReadSession, codes: Sequence[str], cameras: Sequence[UUID]) -> tuple[str, ...]:
    """Those of `codes` that none of `cameras` has, in their order."""
    if not codes:
        return ()
    found = await session.scalars(
        text("SELECT code FROM cameras WHERE id = ANY(:ids) AND code = ANY(:codes)"),
        {"ids": list(cameras), "codes": list(codes)},
    )
    known = set(found)
    return tuple(code for code in codes if code not in known)


async def counties_of(session: ReadSession, cameras: Sequence[UUID]) -> list[str]:
    """The counties these cameras lie in."""
    found = await session.scalars(
        text("SELECT DISTINCT left(c.region, 6) AS code FROM cameras AS c WHERE c.id = ANY(:ids) ORDER BY code"),
        {"ids": list(cameras)},
    )
    return list(found)


async def by_health(
    session: ReadSession, regions: Sequence[str], without: Sequence[UUID], at: datetime
) -> dict[str, int]:
    """Cameras in use in these regions by health, those exempt at `at` and those of `without` left out.

    `meant`: how many of `without` are in these regions and not exempt already; `exempt`: those left out as exempt.
    """
    where = Where()
    _within(where, regions)
    await plan_each_time(session)
    found = await session.execute(
        text(f"""
            WITH out AS MATERIALIZED ({EXEMPT_AT}), more AS MATERIALIZED (SELECT unnest(CAST(:more AS uuid[])) AS id),
            told AS (
                SELECT c.health, EXISTS (SELECT 1 FROM out WHERE out.camera_id = c.id) AS exempt,
                    EXISTS (SELECT 1 FROM more WHERE more.id = c.id) AS meant
                FROM cameras AS c WHERE c.archived_at IS NULL AND {where}
            )
            SELECT count(*) FILTER (WHERE exempt) AS exempt, count(*) FILTER (WHERE meant AND NOT exempt) AS meant,
                count(*) FILTER (WHERE NOT exempt AND NOT meant) AS total,
                count(*) FILTER (WHERE NOT exempt AND NOT meant AND health = 1) AS works,
                count(*) FILTER (WHERE NOT exempt AND NOT meant AND health = 2) AS bad,
                count(*) FILTER (WHERE NOT exempt AND NOT meant AND health = 3) AS offline,
                count(*) FILTER (WHERE NOT exempt AND NOT meant AND health = 0) AS unknown
            FROM told
        """),  # noqa: S608 - names of this file, every value is bound
        where.values | {"exempt_at": at, "more": list(without)},
    )
    return {key: int(value) for key, value in found.one()._mapping.items()}


def _within(where: Where, regions: Sequence[str]) -> None:
    ranges = []
    for number, prefix in enumerate(regions):
        ranges.append(f"(c.region >= :within{number} AND c.region < :beyond{number})")
        where.values |= {f"within{number}": prefix, f"beyond{number}": after_prefix(prefix)}
    where.conditions.append("(" + " OR ".join(ranges) + ")" if ranges else "false")


# --- exemptions -----------------------------------------------------------------------------------------------------


def _of(row: Row[Any]) -> Exemption:
    return Exemption(**(dict(row._mapping) | {"regions": tuple(row.regions), "state": State(row.state)}))


async def file(session: WriteSession, made: Mapping[str, Any], cameras: Sequence[UUID]) -> Exemption:
    """Write a new exemption with its cameras."""
    values = dict(made) | {"chosen": json.dumps(made["chosen"], ensure_ascii=False)}
    found = await session.execute(
        text(f"""
            INSERT INTO exemptions (id, kind, words, chosen, regions, total, starts_at, ends_at, state, asked_by,
                asked_by_name, organisation, asked_at)
            VALUES (:id, :kind, :words, CAST(:chosen AS jsonb), :regions, :total, :starts_at, :ends_at, 'asked',
                :asked_by, :asked_by_name, :organisation, :asked_at) RETURNING {_COLUMNS}
        """),  # noqa: S608
        values,
    )
    exemption = _of(found.one())
    await session.execute(
        text("INSERT INTO exemption_members SELECT :id, unnest(CAST(:cameras AS uuid[]))"),
        {"id": exemption.id, "cameras": list(cameras)},
    )
    return exemption


async def one(session: ReadSession, exemption_id: UUID, *, lock: bool = False) -> Exemption | None:
    """An exemption; `lock`: held until the transaction ends."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM exemptions WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": exemption_id},
    )
    row = found.first()
    return None if row is None else _of(row)


async def change(session: WriteSession, exemption_id: UUID, **values: Any) -> Exemption:
    """Set columns (names come from this package only) and count the version up."""
    said = ", ".join(f"{name} = :{name}" for name in values)
    found = await session.execute(
        text(f"UPDATE exemptions SET version = version + 1, {said} WHERE id = :id RETURNING {_COLUMNS}"),  # noqa: S608
        values | {"id": exemption_id},
    )
    return _of(found.one())


async def page(
    session: ReadSession,
    *,
    regions: Sequence[str],
    person: UUID,
    phase: str | None,
    camera: UUID | None,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Exemption]:
    """Exemptions that touch the regions or that this person asked for, newest first."""
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {_COLUMNS} FROM exemptions AS e
            WHERE (e.asked_by = :person OR {_TOUCHES})
              AND (CAST(:phase AS text) IS NULL OR {_PHASE} = :phase OR (:phase = 'waiting' AND {_WAITS}))
              AND (CAST(:camera AS uuid) IS NULL OR EXISTS (
                    SELECT 1 FROM exemption_members AS m WHERE m.exemption_id = e.id AND m.camera_id = :camera))
              AND (CAST(:at AS timestamptz) IS NULL OR (e.asked_at, e.id) < (:at, CAST(:key AS uuid)))
            ORDER BY e.asked_at DESC, e.id DESC LIMIT :limit
        """),  # noqa: S608
        {"person": person, "regions": list(regions), "phase": phase, "camera": camera, "now": now, "at": at,
         "key": key, "limit": limit},
    )  # fmt: skip
    return [_of(row) for row in found]


_TOUCHES: Final = """EXISTS (SELECT 1 FROM unnest(e.regions) AS place (code), unnest(CAST(:regions AS text[])) AS mine
    (code) WHERE starts_with(place.code, mine.code) OR starts_with(mine.code, place.code))"""
_PHASE: Final = """(CASE WHEN e.state <> 'approved' THEN e.state WHEN :now < e.starts_at THEN 'coming'
    WHEN :now < e.ends_at THEN 'running' ELSE 'over' END)"""
_WAITS: Final = "(e.state = 'asked' OR e.extend_to IS NOT NULL)"


async def waiting(session: ReadSession, regions: Sequence[str]) -> int:
    """How many exemptions or extensions in these regions wait for a decision."""
    found = await session.scalar(
        text(f"SELECT count(*) FROM exemptions AS e WHERE {_WAITS} AND {_TOUCHES}"),  # noqa: S608
        {"regions": list(regions)},
    )
    return int(found or 0)


async def cameras_page(
    session: ReadSession, exemption_id: UUID, regions: Sequence[str], after: tuple[str, UUID] | None, limit: int
) -> list[Row[Any]]:
    """The cameras of an exemption within these regions, by identifier."""
    where = Where()
    _within(where, regions)
    code, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT c.id, c.code, c.name, c.region, c.health FROM exemption_members AS m
            JOIN cameras AS c ON c.id = m.camera_id
            WHERE m.exemption_id = :id AND {where}
              AND (CAST(:code AS text) IS NULL OR (c.code, c.id) > (CAST(:code AS text), CAST(:key AS uuid)))
            ORDER BY c.code, c.id LIMIT :limit
        """),  # noqa: S608
        where.values | {"id": exemption_id, "code": code, "key": key, "limit": limit},
    )
    return list(found)


async def members(session: ReadSession, exemption_id: UUID) -> list[UUID]:
    """All cameras of an exemption."""
    found = await session.scalars(
        text("SELECT camera_id FROM exemption_members WHERE exemption_id = :id ORDER BY camera_id"),
        {"id": exemption_id},
    )
    return list(found)


# --- evidence and history -------------------------------------------------------------------------------------------


async def keep_file(session: WriteSession, exemption_id: UUID, name: str, kind: str, body: bytes, sha: bytes) -> None:
    """Keep the file of evidence, in place of one before."""
    await session.execute(
        text("""
            UPDATE exemptions SET version = version + 1, file_name = :name, file_type = :kind, file_sha256 = :sha,
                file_body = :body WHERE id = :id
        """),
        {"id": exemption_id, "name": name, "kind": kind, "sha": sha, "body": body},
    )


async def file_of(session: ReadSession, exemption_id: UUID) -> bytes | None:
    """The file of evidence."""
    body = await session.scalar(text("SELECT file_body FROM exemptions WHERE id = :id"), {"id": exemption_id})
    return None if body is None else bytes(body)


async def note(
    session: WriteSession,
    exemption_id: UUID,
    at: datetime,
    what: str,
    by: tuple[UUID | None, str],
    words: str = "",
    **detail: Any,
) -> None:
    """One line of an exemption's history."""
    await session.execute(
        text("""
            INSERT INTO exemption_events (id, exemption_id, at, what, by_id, by_name, words, detail)
            VALUES (:id, :exemption, :at, :what, :by, :name, :words, CAST(:detail AS jsonb))
        """),
        {"id": uuid7(), "exemption": exemption_id, "at": at, "what": what, "by": by[0], "name": by[1],
         "words": words, "detail": json.dumps(detail, ensure_ascii=False)},
    )  # fmt: skip


async def history(session: ReadSession, exemption_id: UUID) -> list[Row[Any]]:
    """What became of an exemption, in order."""
    found = await session.execute(
        text("""
            SELECT at, what, by_name, words, detail FROM exemption_events WHERE exemption_id = :id
            ORDER BY at, id LIMIT 1000
        """),
        {"id": exemption_id},
    )
    return list(found)
