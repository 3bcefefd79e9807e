"""SQL of orders: what a case of kind fault is beside a case, and its members."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance.grouping import Standing
from commonsight.respond.maintenance.store import COLUMNS, Kept

GATHERED_MOST: Final = 5_000
"""Waiting faults looked at in one run; the others wait for the next, seconds later."""

STANDING_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Order:
    """An order beside its case. Times are UTC; `arrived` is [lon, lat] WGS-84, only when the fitter gave it."""

    case_id: UUID
    code: str
    alike: str
    things: dict[str, str]
    shared: dict[str, Any] | None
    members: int
    first_at: datetime
    last_at: datetime
    contract_id: UUID | None
    unit_id: UUID | None
    agreed: dict[str, Any] | None
    taken_at: datetime | None
    taken_by: UUID | None
    taken_name: str
    arrived_at: datetime | None
    arrived: tuple[float, float] | None
    handled_at: datetime | None
    handled_name: str
    cause: str | None
    parts: str
    recheck: str
    recheck_from: datetime | None
    recheck_until: datetime | None
    said: dict[str, Any] | None
    rejected: int
    round_id: UUID | None


ORDER: Final = ", ".join(f"o.{name}" for name in Order.__slots__ if name != "arrived") + (
    ", o.arrived[0] AS arrived_lon, o.arrived[1] AS arrived_lat"
)


def order_of(row: Any) -> Order:
    """The order a row of `ORDER` holds."""
    kept = {name: getattr(row, name) for name in Order.__slots__ if name != "arrived"}
    return Order(**kept, arrived=None if row.arrived_lon is None else (row.arrived_lon, row.arrived_lat))


async def order(session: ReadSession, case_id: UUID, *, for_update: bool = False) -> Order | None:
    """The order of a case; None when the case is none."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {ORDER} FROM maintenance_orders AS o WHERE o.case_id = :id{lock}"),  # noqa: S608
        {"id": case_id},
    )
    row = found.first()
    return None if row is None else order_of(row)


async def orders(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, Order]:
    """The orders of several cases."""
    found = await session.execute(
        text(f"SELECT {ORDER} FROM maintenance_orders AS o WHERE o.case_id = ANY(:ids)"),  # noqa: S608
        {"ids": list(ids)},
    )
    return {row.case_id: order_of(row) for row in found}


async def add(
    session: WriteSession, case_id: UUID, code: str, alike: str, members: int, first_at: datetime, last_at: datetime,
    round_id: UUID | None = None,
) -> None:  # fmt: skip
    """Write an order beside its case."""
    await session.execute(
        text("""
            INSERT INTO maintenance_orders (case_id, code, alike, members, first_at, last_at, round_id)
            VALUES (:id, :code, :alike, :members, :first, :last, :round)"""),
        {
            "id": case_id, "code": code, "alike": alike, "members": members, "first": first_at, "last": last_at,
            "round": round_id,
        },
    )  # fmt: skip


_JSON: Final = frozenset({"things", "shared", "agreed", "said"})


async def update(session: WriteSession, case_id: UUID, fields: Mapping[str, Any]) -> None:
    """Change columns of an order. `arrived`: [lon, lat] or None."""
    if unknown := fields.keys() - set(Order.__slots__):
        raise ValueError(f"not columns of an order: {sorted(unknown)}")
    values: dict[str, Any] = {"id": case_id}
    sets = []
    for name, value in fields.items():
        if name == "arrived":
            sets.append("arrived = point(CAST(:lon AS float8), CAST(:lat AS float8))")
            values |= {"lon": value and value[0], "lat": value and value[1]}
        elif name in _JSON:
            sets.append(f"{name} = CAST(:{name} AS jsonb)")
            values[name] = None if value is None else json.dumps(value)
        else:
            sets.append(f"{name} = :{name}")
            values[name] = value
    await session.execute(
        text(f"UPDATE maintenance_orders SET {', '.join(sets)} WHERE case_id = :id"),  # noqa: S608
        values,
    )


# --- members --------------------------------------------------------------------------------------------------------


async def members(session: ReadSession, case_id: UUID, *, for_update: bool = False) -> list[Kept]:
    """The faults of an order, the earliest first; those that ended too."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {COLUMNS} FROM maintenance_faults AS f WHERE f.case_id = :id ORDER BY f.at, f.id{lock}"),  # noqa: S608
        {"id": case_id},
    )
    return [Kept(*row) for row in found]


async def move(session: WriteSession, faults: Sequence[UUID], case_id: UUID, *, for_good: bool = False) -> None:
    """Make faults members of an order; where they were first is kept, so that a merge can be taken back.

    Args:
        for_good: this is where they are from now on, whatever is taken back.
    """
    await session.execute(
        text("""
            UPDATE maintenance_faults SET state = CASE WHEN state = 'ended' THEN 'ended' ELSE 'ordered' END,
                case_id = :case, origin_id = CASE WHEN :good THEN :case ELSE coalesce(origin_id, :case) END,
                window_id = NULL, weighed = true
             WHERE id = ANY(:ids)"""),
        {"ids": list(faults), "case": case_id, "good": for_good},
    )


async def move_all(session: WriteSession, ordered: Sequence[UUID], into: UUID) -> None:
    """Give all members of orders to another."""
    await session.execute(
        text("UPDATE maintenance_faults SET case_id = :into, weighed = false WHERE case_id = ANY(:ids)"),
        {"ids": list(ordered), "into": into},
    )


async def move_back(session: WriteSession, origin: UUID) -> None:
    """Give an order the members back that it had before it was merged; both orders are weighed anew."""
    await session.execute(
        text("""
            WITH gone AS (
                SELECT id, case_id FROM maintenance_faults WHERE origin_id = :origin AND case_id <> :origin
            ), back AS (
                UPDATE maintenance_faults SET case_id = :origin, weighed = false
                 WHERE id IN (SELECT id FROM gone)
            ) UPDATE maintenance_faults SET weighed = false
               WHERE case_id IN (SELECT case_id FROM gone) AND id NOT IN (SELECT id FROM gone)"""),
        {"origin": origin},
    )


async def moved_orders(session: WriteSession, most: int) -> list[UUID]:
    """Orders whose members were reported on since they were looked at; marked as looked at now.

    Members that a check is just reporting on are left to the next look: nobody waits for anybody here.
    """
    found = await session.execute(
        text("""
            UPDATE maintenance_faults SET weighed = true WHERE id IN (
                SELECT id FROM maintenance_faults WHERE NOT weighed AND case_id IS NOT NULL
                 ORDER BY case_id LIMIT :most FOR UPDATE SKIP LOCKED)
            RETURNING case_id"""),
        {"most": most},
    )
    return sorted(set(found.scalars()))


async def end_members(session: WriteSession, case_id: UUID, how: str, now: datetime) -> None:
    """A person ended the order: its members are no longer anybody's work. `dismissed` ones stay quiet until well."""
    await session.execute(
        text("""
            UPDATE maintenance_faults SET
                state = CASE WHEN :how = 'dismissed' THEN 'held' ELSE 'ended' END,
                ended_at = CASE WHEN :how = 'dismissed' THEN NULL ELSE CAST(:now AS timestamptz) END, ended_how = :how
             WHERE case_id = :case AND state = 'ordered'"""),
        {"case": case_id, "how": how, "now": now},
    )


async def revive_members(session: WriteSession, case_id: UUID) -> int:
    """A person reopened the order: its members count as faulty again, unless their cameras are faulty elsewhere."""
    done = await session.execute(
        text("""
            UPDATE maintenance_faults AS f SET state = 'ordered', ended_at = NULL, ended_how = NULL
             WHERE f.case_id = :case AND f.state IN ('ended', 'held') AND NOT EXISTS (
                SELECT 1 FROM maintenance_faults AS o
                 WHERE o.camera_id = f.camera_id AND o.family = f.family AND o.state <> 'ended' AND o.id <> f.id)
               AND f.id = (SELECT n.id FROM maintenance_faults AS n
                            WHERE n.case_id = :case AND n.camera_id = f.camera_id AND n.family = f.family
                            ORDER BY n.at DESC, n.id DESC LIMIT 1)"""),
        {"case": case_id},
    )
    return int(getattr(done, "rowcount", 0))


# --- gathering ------------------------------------------------------------------------------------------------------


async def waiting(session: WriteSession) -> list[Kept]:
    """Faults without an order, the oldest first, locked; those a check is just reporting on are left out."""
    found = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM maintenance_faults AS f WHERE f.state = 'waiting'
             ORDER BY f.at, f.id LIMIT {GATHERED_MOST} FOR UPDATE SKIP LOCKED""")  # noqa: S608
    )
    return [Kept(*row) for row in found]


async def after_windows(session: WriteSession, now: datetime) -> int:
    """Faults whose planned window is over wait for an order from now on."""
    done = await session.execute(
        text("""
            UPDATE maintenance_faults AS f SET state = 'waiting', at = greatest(f.at, CAST(:now AS timestamptz)),
                window_id = NULL
              FROM maintenance_windows AS w
             WHERE f.state = 'held' AND w.id = f.window_id AND coalesce(w.ended_at, w.ends_at) <= :now"""),
        {"now": now},
    )
    return int(getattr(done, "rowcount", 0))


async def standing(session: ReadSession, since: datetime) -> list[Standing]:
    """Orders further faults may join: nobody has finished them, and something was added since then."""
    found = await session.execute(
        text(f"""
            SELECT o.case_id, o.alike, o.first_at, o.last_at, o.members, o.things, o.taken_at IS NOT NULL AS taken
              FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
             WHERE c.kind = 'fault' AND c.state IN ('open', 'assigned') AND o.last_at >= :since
             ORDER BY o.first_at, o.case_id LIMIT {STANDING_MOST}"""),  # noqa: S608
        {"since": since},
    )
    return [
        Standing(row.case_id, row.alike, row.first_at, row.last_at, row.members, row.things, row.taken) for row in found
    ]


async def unchecked(session: ReadSession, now: datetime) -> list[UUID]:
    """Orders whose recheck did not come in time."""
    found = await session.execute(
        text(
            "SELECT case_id FROM maintenance_orders WHERE recheck = 'asked' AND recheck_until <= :now ORDER BY case_id"
        ),
        {"now": now},
    )
    return list(found.scalars())


async def mark_apart(session: WriteSession, case_id: UUID) -> None:
    """A group was looked at anew: once is enough."""
    await session.execute(
        text("""
            UPDATE maintenance_orders SET shared = shared || '{"apart": true}' WHERE case_id = :id"""),
        {"id": case_id},
    )


async def half_recovered(session: ReadSession, share: float, quiet_since: datetime) -> list[UUID]:
    """Untaken group orders of which at least this share recovered, nothing having moved since then."""
    found = await session.execute(
        text("""
            SELECT o.case_id FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
              JOIN maintenance_faults AS f ON f.case_id = o.case_id
             WHERE o.shared ->> 'apart' = 'false' AND o.taken_at IS NULL AND c.kind = 'fault'
               AND c.state IN ('open', 'assigned')
             GROUP BY o.case_id
            HAVING count(*) FILTER (WHERE f.state = 'ended') >= :share * count(*)
               AND count(*) FILTER (WHERE f.state = 'ordered') > 0
               AND max(greatest(f.seen_at, f.ended_at)) <= :quiet
             ORDER BY o.case_id LIMIT 50"""),
        {"share": share, "quiet": quiet_since},
    )
    return list(found.scalars())
