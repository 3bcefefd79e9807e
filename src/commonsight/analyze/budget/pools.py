"""SQL of pools, loans and the priorities people set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.budget.model import COMMON, Loan, Pool
from commonsight.records.database import ReadSession, WriteSession

_LOAN: Final = "id, lender, borrower, cores, starts_at, ends_at, words, by_name, made_at, taken_back_at, taken_back_by"


async def pools(session: ReadSession) -> list[Pool]:
    """All pools but the common one, by name."""
    rows = await session.execute(text("SELECT name, label, region, quota, version FROM compute_pools ORDER BY name"))
    return [Pool(**row._mapping) for row in rows]


async def lock(session: WriteSession, name: str) -> Pool | None:
    """One pool, held until the transaction ends."""
    found = await session.execute(
        text("SELECT name, label, region, quota, version FROM compute_pools WHERE name = :name FOR UPDATE"),
        {"name": name},
    )
    row = found.one_or_none()
    return None if row is None else Pool(**row._mapping)


async def write(session: WriteSession, pool: Pool, by: str, now: datetime) -> int:
    """Store a pool; returns its version."""
    version = await session.scalar(
        text("""
            INSERT INTO compute_pools AS p (name, label, region, quota, updated_at, updated_by)
            VALUES (:name, :label, :region, :quota, :now, :by)
            ON CONFLICT (name) DO UPDATE SET label = excluded.label, region = excluded.region,
                quota = excluded.quota, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
                version = p.version + 1
            RETURNING version"""),
        {
            "name": pool.name, "label": pool.label, "region": pool.region, "quota": pool.quota, "now": now, "by": by,
        },
    )  # fmt: skip
    return int(version or 0)


async def drop(session: WriteSession, name: str) -> None:
    """Remove a pool; its cameras fall to the pool of the next larger region, or to the common one."""
    await session.execute(text("DELETE FROM compute_pools WHERE name = :name"), {"name": name})


# --- loans ----------------------------------------------------------------------------------------------------------


async def running(session: ReadSession, now: datetime) -> list[Loan]:
    """Loans that are in force or will be, the oldest first."""
    rows = await session.execute(
        text(f"""
            SELECT {_LOAN} FROM compute_loans WHERE ends_at > :now AND taken_back_at IS NULL
             ORDER BY starts_at, id"""),  # noqa: S608
        {"now": now},
    )
    return [Loan(**row._mapping) for row in rows]


async def loans(
    session: ReadSession, names: Sequence[str], after: UUID | None, most: int
) -> list[Loan]:  # fmt: skip
    """Loans from or to these pools, the newest first, those that are over among them."""
    rows = await session.execute(
        text(f"""
            SELECT {_LOAN} FROM compute_loans
             WHERE (lender = ANY(:names) OR borrower = ANY(:names)) AND (CAST(:after AS uuid) IS NULL OR id < :after)
             ORDER BY id DESC LIMIT :most"""),  # noqa: S608
        {"names": list(names), "after": after, "most": most},
    )
    return [Loan(**row._mapping) for row in rows]


async def served_by(session: ReadSession, pool: str, now: datetime) -> list[str]:
    """Pools whose cameras a pool's workers take: their own first, then those it lends to; a pool nobody has set up
    stands for the common one."""
    rows = await session.execute(
        text("""
            SELECT DISTINCT borrower FROM compute_loans
             WHERE lender = :pool AND starts_at <= :now AND ends_at > :now AND taken_back_at IS NULL
             ORDER BY borrower"""),
        {"pool": pool, "now": now},
    )
    known = not pool or await session.scalar(text("SELECT true FROM compute_pools WHERE name = :pool"), {"pool": pool})
    own = pool if known else COMMON
    return [own, *(row.borrower for row in rows if row.borrower != own)]


async def loan(session: WriteSession, loan_id: UUID) -> Loan | None:
    """One loan, held until the transaction ends."""
    found = await session.execute(
        text(f"SELECT {_LOAN} FROM compute_loans WHERE id = :id FOR UPDATE"),  # noqa: S608
        {"id": loan_id},
    )
    row = found.one_or_none()
    return None if row is None else Loan(**row._mapping)


async def lend(session: WriteSession, made: Loan, by_id: UUID, now: datetime) -> None:
    """Store a loan."""
    await session.execute(
        text("""
            INSERT INTO compute_loans (id, lender, borrower, cores, starts_at, ends_at, words, by_id, by_name, made_at)
            VALUES (:id, :lender, :borrower, :cores, :starts_at, :ends_at, :words, :by_id, :by_name, :now)"""),
        {
            "id": made.id, "lender": made.lender, "borrower": made.borrower, "cores": made.cores,
            "starts_at": made.starts_at, "ends_at": made.ends_at, "words": made.words, "by_id": by_id,
            "by_name": made.by_name, "now": now,
        },
    )  # fmt: skip


async def take_back(session: WriteSession, loan_id: UUID, by: str, now: datetime) -> None:
    """A loan ends now."""
    await session.execute(
        text("""
            UPDATE compute_loans SET taken_back_at = :now, taken_back_by = :by
             WHERE id = :id AND taken_back_at IS NULL"""),
        {"id": loan_id, "now": now, "by": by},
    )


# --- priorities -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Priority:
    """How much more than usual a scene is worth, set by people."""

    scene: str
    factor: float
    version: int
    updated_at: datetime
    updated_by: str


async def priorities(session: ReadSession) -> list[Priority]:
    """All that were set, by scene."""
    rows = await session.execute(
        text("SELECT scene, factor, version, updated_at, updated_by FROM scene_priorities ORDER BY scene")
    )
    return [Priority(**row._mapping) for row in rows]


async def set_priority(session: WriteSession, scene: str, factor: float, by: str, now: datetime) -> None:
    """Set one; 1 is what nobody set."""
    await session.execute(
        text("""
            INSERT INTO scene_priorities AS p (scene, factor, updated_at, updated_by)
            VALUES (:scene, :factor, :now, :by)
            ON CONFLICT (scene) DO UPDATE SET factor = excluded.factor, updated_at = excluded.updated_at,
                updated_by = excluded.updated_by, version = p.version + 1"""),
        {"scene": scene, "factor": factor, "now": now, "by": by},
    )


# --- cameras of a pool ----------------------------------------------------------------------------------------------


async def cameras(
    session: ReadSession,
    *,
    pool: str,
    tier: str | None,
    shed: Sequence[str] | None,
    scope: Sequence[str],
    after: tuple[str, UUID] | None,
    most: int,
) -> list[Any]:
    """Cameras of a pool with what they are given, by name: (id, name, region, tier, every_seconds, need, cost, until).

    Args:
        shed: codes of all tiers in order: only cameras below the tier their scenes need; None: all.
        scope: prefixes of division codes with `%`.
    """
    rows = await session.execute(
        text("""
            SELECT c.id, c.name, c.region, b.tier, b.every_seconds, b.reasons->>'need' AS need, b.cost, b.until
              FROM analysis_budget AS b JOIN cameras AS c ON c.id = b.camera_id AND c.archived_at IS NULL
             WHERE b.pool = :pool AND (CAST(:tier AS text) IS NULL OR b.tier = :tier) AND c.region LIKE ANY (:scope)
               AND (CAST(:shed AS text[]) IS NULL
                    OR array_position(:shed, b.tier) < array_position(:shed, b.reasons->>'need'))
               AND (CAST(:name AS text) IS NULL OR (c.name, c.id) > (:name, CAST(:id AS uuid)))
             ORDER BY c.name, c.id LIMIT :most"""),
        {
            "pool": pool, "tier": tier, "shed": list(shed) if shed else None, "scope": list(scope), "most": most,
            "name": after[0] if after else None, "id": after[1] if after else None,
        },
    )  # fmt: skip
    return list(rows)
