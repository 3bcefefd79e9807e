"""SQL that finds the cameras behind rows: by identifier, by the id we gave upwards, by name and region."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import where as conditions
from commonsight.connect.gb28181.above import ids_store
from commonsight.inspect.assessment.model import DROPPED, Match, Said, plain_name
from commonsight.records.database import ReadSession

CONFIDENCE: Final = {"code": 1.0, "mapped": 0.98, "name_region": 0.9, "name": 0.7}

_PLAIN: Final = "regexp_replace(lower(normalize(c.name, NFKC)), :dropped, '', 'g')"


async def match(
    session: ReadSession, rows: Sequence[Said], scope: Sequence[str], upper: UUID | None
) -> dict[int, Match]:
    """The camera behind each row, by row number; rows without one are left out.

    Args:
        scope: division-code prefixes of who brought the list.
        upper: the upper platform whose list it is; None: ids given to any are looked at.
    """
    found: dict[int, Match] = {}
    by_code = await _by_code(session, [row.code for row in rows if row.code], scope)
    mapped = await ids_store.behind_codes(session, upper, [row.code for row in rows if row.code])
    seen = await _within(session, list(mapped.values()), scope)
    for row in rows:
        if row.code in by_code:
            found[row.row] = Match("code", CONFIDENCE["code"], by_code[row.code])
        elif mapped.get(row.code) in seen:
            found[row.row] = Match("mapped", CONFIDENCE["mapped"], mapped[row.code])
    unmatched = [row for row in rows if row.row not in found and plain_name(row.name)]
    named = await _by_name(session, {plain_name(row.name) for row in unmatched}, scope)
    for row in unmatched:
        candidates = named.get(plain_name(row.name), [])
        near = [camera for camera, region in candidates if row.region and region.startswith(row.region[:6])]
        if len(near) == 1:
            found[row.row] = Match("name_region", CONFIDENCE["name_region"], near[0])
        elif len(candidates) == 1:
            # The only one of that name; another region than they say makes it a guess.
            sure = CONFIDENCE["name"] if not row.region else CONFIDENCE["name"] / 2
            found[row.row] = Match("name", sure, candidates[0][0])
    return found


async def _by_code(session: ReadSession, codes: Sequence[str], scope: Sequence[str]) -> dict[str, UUID]:
    where = conditions.Where()
    conditions.regions(where, tuple(scope))
    found = await session.execute(
        # In use before out of use: an identifier may have been taken over by a new camera.
        text(f"""
            SELECT DISTINCT ON (c.code) c.code, c.id FROM cameras AS c WHERE c.code = ANY(:codes) AND {where}
            ORDER BY c.code, c.archived_at DESC NULLS FIRST
        """),  # noqa: S608 - names of this file, every value is bound
        where.values | {"codes": list(codes)},
    )
    return {row.code: row.id for row in found}


async def _within(session: ReadSession, cameras: Sequence[UUID], scope: Sequence[str]) -> set[UUID]:
    where = conditions.Where()
    conditions.regions(where, tuple(scope))
    found = await session.scalars(
        text(f"SELECT c.id FROM cameras AS c WHERE c.id = ANY(:ids) AND {where}"),  # noqa: S608
        where.values | {"ids": list(cameras)},
    )
    return set(found)


async def _by_name(session: ReadSession, names: set[str], scope: Sequence[str]) -> dict[str, list[tuple[UUID, str]]]:
    if not names:
        return {}
    where = conditions.Where()
    where.add(conditions.LIVE)
    conditions.regions(where, tuple(scope))
    found = await session.execute(
        text(f"""
            SELECT t.plain, t.id, t.region FROM (SELECT c.id, c.region, {_PLAIN} AS plain FROM cameras AS c
                WHERE {where}) AS t WHERE t.plain = ANY(:names) ORDER BY t.plain, t.id
        """),  # noqa: S608
        where.values | {"names": sorted(names), "dropped": DROPPED},
    )
    named: dict[str, list[tuple[UUID, str]]] = {}
    for row in found:
        named.setdefault(row.plain, []).append((row.id, row.region))
    return named
