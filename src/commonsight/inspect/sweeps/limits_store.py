"""SQL of limits: those that are set for a platform or a network, beside the settings' own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from commonsight.inspect.sweeps.limits import Limit, Rule, Rules
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Inspect


@dataclass(frozen=True, slots=True)
class Kept:
    """A limit as somebody set it."""

    id: UUID
    kind: str
    platform_id: UUID | None
    platform_name: str | None
    prefix: str | None
    concurrency: int
    rate: float
    kbps: int
    note: str
    version: int
    updated_at: datetime


_COLUMNS = """
    SELECT l.id, l.kind, l.platform_id, p.name AS platform_name, l.prefix::text AS prefix, l.concurrency, l.rate,
        l.kbps, l.note, l.version, l.updated_at
    FROM sweep_limits AS l LEFT JOIN platforms AS p ON p.id = l.platform_id
"""
LIMITS_MOST = 1_000


def defaults(settings: Inspect) -> dict[str, Limit]:
    """What the settings say: of everything together, of each platform, of each network of 256 addresses."""
    return {
        "all": Limit(settings.concurrency, settings.rate, settings.kbps),
        "platform": Limit(settings.platform_concurrency, settings.platform_rate, settings.platform_kbps),
        "prefix": Limit(settings.link_concurrency, settings.link_rate, settings.link_kbps),
    }


async def rules(session: ReadSession, settings: Inspect) -> Rules:
    """All limits that hold now."""
    named = [
        Rule(kept.kind, Limit(kept.concurrency, kept.rate, kept.kbps), kept.platform_id, kept.prefix or "")
        for kept in await limits(session)
    ]
    return Rules([*(Rule(kind, limit) for kind, limit in defaults(settings).items()), *named])


async def limits(session: ReadSession) -> list[Kept]:
    """Those that somebody set, platforms first."""
    found = await session.execute(
        text(f"{_COLUMNS} ORDER BY l.kind, p.name, l.prefix LIMIT :most"), {"most": LIMITS_MOST}
    )
    return [Kept(*row) for row in found]


async def one(session: ReadSession, limit_id: UUID, *, lock: bool = False) -> Kept | None:
    """One of them."""
    row = (
        await session.execute(
            text(f"{_COLUMNS} WHERE l.id = :id" + (" FOR UPDATE OF l" if lock else "")), {"id": limit_id}
        )
    ).first()
    return None if row is None else Kept(*row)


async def put(
    session: WriteSession, limit_id: UUID, platform_id: UUID | None, prefix: str | None, limit: Limit, note: str
) -> UUID:
    """Set the limit of a platform or a network, the one it has already being changed."""
    target = "platform_id" if platform_id is not None else "prefix"
    found: UUID = (
        await session.execute(
            text(f"""
                INSERT INTO sweep_limits AS l (id, kind, platform_id, prefix, concurrency, rate, kbps, note)
                VALUES (:id, :kind, :platform, CAST(:prefix AS cidr), :concurrency, :rate, :kbps, :note)
                ON CONFLICT ({target}) DO UPDATE SET concurrency = excluded.concurrency, rate = excluded.rate,
                    kbps = excluded.kbps, note = excluded.note, version = l.version + 1, updated_at = now()
                RETURNING id
            """),  # noqa: S608
            {
                "id": limit_id, "kind": "platform" if platform_id is not None else "prefix", "platform": platform_id,
                "prefix": prefix, "concurrency": limit.concurrency, "rate": limit.rate, "kbps": limit.kbps,
                "note": note,
            },
        )
    ).scalar_one()  # fmt: skip
    return found


async def drop(session: WriteSession, limit_id: UUID) -> None:
    """The settings' own limit holds again."""
    await session.execute(text("DELETE FROM sweep_limits WHERE id = :id"), {"id": limit_id})


async def of(session: ReadSession, platform_id: UUID | None, prefix: str | None) -> Kept | None:
    """The limit that was set for a platform or a network."""
    row = (
        await session.execute(
            text(f"{_COLUMNS} WHERE l.platform_id = :platform OR l.prefix = CAST(:prefix AS cidr)"),
            {"platform": platform_id, "prefix": prefix},
        )
    ).first()
    return None if row is None else Kept(*row)


async def is_platform(session: ReadSession, platform_id: UUID) -> bool:
    """Whether there is such a platform."""
    found = await session.execute(text("SELECT 1 FROM platforms WHERE id = :id"), {"id": platform_id})
    return found.first() is not None
