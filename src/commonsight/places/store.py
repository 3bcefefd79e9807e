"""All SQL of places/."""

from collections.abc import Iterable, Sequence

from psycopg import AsyncConnection
from sqlalchemy import text

from commonsight.places.model import Level, Region, after_prefix, ancestors
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS = "code, name, level, parent, children"


def _region(row: Sequence[object]) -> Region:
    code, name, level, parent, children = row
    return Region(
        str(code), str(name), Level(int(str(level))), None if parent is None else str(parent), int(str(children))
    )


async def one(session: ReadSession, code: str) -> Region | None:
    """The region with this code, None if there is none."""
    found = await session.execute(text(f"SELECT {_COLUMNS} FROM regions WHERE code = :code"), {"code": code})  # noqa: S608
    row = found.first()
    return None if row is None else _region(row)


async def below(session: ReadSession, parent: str | None) -> list[Region]:
    """The regions directly below `parent` by code; the provinces for None."""
    where = "parent IS NULL" if parent is None else "parent = :parent"
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM regions WHERE {where} ORDER BY code"),  # noqa: S608
        {} if parent is None else {"parent": parent},
    )
    return [_region(row) for row in found]


async def path(session: ReadSession, code: str) -> list[Region]:
    """The region and everything above it, from the top; shorter when some are not known."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM regions WHERE code = ANY(:codes) ORDER BY code"),  # noqa: S608
        {"codes": ancestors(code)},
    )
    return [_region(row) for row in found]


async def names(session: ReadSession, codes: Iterable[str]) -> dict[str, str]:
    """Code to name, for the codes that are known."""
    found = await session.execute(
        text("SELECT code, name FROM regions WHERE code = ANY(:codes)"), {"codes": sorted(set(codes))}
    )
    return {row.code: row.name for row in found}


async def search(session: ReadSession, words: str, scope: Sequence[str], limit: int) -> list[Region]:
    """Regions inside `scope` (prefixes) whose name holds `words`: whole names first, then beginnings, then by level."""
    if not scope:
        return []
    pattern = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    bounds = {f"{end}{n}": value for n, prefix in enumerate(scope) for end, value in _range(prefix)}
    inside = " OR ".join(f"(code >= :low{n} AND code < :high{n})" for n in range(len(scope)))
    found = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM regions WHERE name LIKE :anywhere AND ({inside}) "  # noqa: S608
            "ORDER BY (name = :words) DESC, (name LIKE :start) DESC, level, code LIMIT :limit"
        ),
        {"anywhere": f"%{pattern}%", "start": f"{pattern}%", "words": words, "limit": limit, **bounds},
    )
    return [_region(row) for row in found]


def _range(prefix: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("low", prefix), ("high", after_prefix(prefix))


async def loaded_digest(session: ReadSession, source: str) -> bytes | None:
    """The digest of the file that `source` was last loaded from."""
    found = await session.execute(text("SELECT digest FROM region_loads WHERE source = :source"), {"source": source})
    row = found.first()
    return None if row is None else bytes(row.digest)


async def load(session: WriteSession, source: str, digest: bytes, regions: Sequence[Region]) -> None:
    """Bring `regions` in by COPY. A region that the file no longer names stays: cameras and records may point to it."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, AsyncConnection)
    await session.execute(text("CREATE TEMPORARY TABLE arriving (LIKE regions) ON COMMIT DROP"))
    async with driver.cursor() as cursor, cursor.copy(f"COPY arriving ({_COLUMNS}) FROM STDIN") as copy:
        for region in regions:
            await copy.write_row((region.code, region.name, int(region.level), region.parent, region.children))
    await session.execute(
        text(
            f"INSERT INTO regions ({_COLUMNS}) SELECT {_COLUMNS} FROM arriving "  # noqa: S608
            "ON CONFLICT (code) DO UPDATE SET name = excluded.name, children = excluded.children"
        )
    )
    await session.execute(
        text(
            "INSERT INTO region_loads (source, digest, rows) VALUES (:source, :digest, :rows) ON CONFLICT (source) "
            "DO UPDATE SET digest = excluded.digest, rows = excluded.rows, at = now()"
        ),
        {"source": source, "digest": digest, "rows": len(regions)},
    )
