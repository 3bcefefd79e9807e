"""SQL of the desk's list of orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession
from commonsight.respond.lists import said, within
from commonsight.respond.maintenance.orders_store import ORDER, Order, order_of
from commonsight.respond.model import Case
from commonsight.respond.store import COLUMNS, LIVE_STATES, case_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders. `waits`: late rechecks and orders nobody has, which an operator must see to."""

    regions: Sequence[str]
    kind: str = "fault"
    states: tuple[str, ...] = ()
    live: bool = False
    late: bool = False
    waits: bool = False
    unit: UUID | None = None
    code: str = ""
    camera: UUID | None = None
    q: str = ""


async def page(
    session: ReadSession, wanted: Wanted, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[Case, Order]]:
    """Orders, the newest first."""
    where = within(wanted.regions)
    where.add("c.kind = :kind", kind=wanted.kind)
    if wanted.states:
        where.add("c.state = ANY(:states)", states=list(wanted.states))
    if wanted.live:
        where.add(f"c.{LIVE_STATES}")
    if wanted.late:
        where.add(f"c.deadline_at < :now AND c.{LIVE_STATES}", now=now)
    if wanted.waits:
        where.add("(c.state = 'open' OR (c.state = 'handled' AND o.recheck = 'late'))")
    if wanted.unit is not None:
        where.add("o.unit_id = :unit", unit=wanted.unit)
    if wanted.code:
        where.add("(o.code = :code OR starts_with(o.code, :code || '.'))", code=wanted.code)
    if wanted.camera is not None:
        where.add(
            "c.id IN (SELECT f.case_id FROM maintenance_faults AS f WHERE f.camera_id = :camera)", camera=wanted.camera
        )
    said(where, wanted.q)
    if after is not None:
        where.add("(c.opened_at, c.id) < (:after_at, :after_id)", after_at=after[0], after_id=after[1])
    rows = await session.execute(
        text(f"""
            SELECT {COLUMNS}, {ORDER} FROM maintenance_orders AS o JOIN cases AS c ON c.id = o.case_id
             WHERE {where} ORDER BY c.opened_at DESC, c.id DESC LIMIT :limit"""),  # noqa: S608
        where.values | {"limit": limit},
    )
    return [(case_of(row), order_of(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Sums:
    """What is to do: `waits` as in `Wanted`; `cameras`: faulty ones in live orders; `settling`: faults without order
    yet; `held`: faults of cameras within planned windows."""

    live: int
    late: int
    waits: int
    checking: int
    cameras: int
    settling: int
    held: int


async def sums(session: ReadSession, regions: Sequence[str], now: datetime) -> Sums:
    """How many orders and faults there are."""
    where = within(regions)
    found = await session.execute(
        text(f"""
            SELECT count(*) AS live, count(*) FILTER (WHERE c.deadline_at < :now) AS late,
                   count(*) FILTER (WHERE c.state = 'open' OR (c.state = 'handled' AND o.recheck = 'late')) AS waits,
                   count(*) FILTER (WHERE o.recheck = 'asked') AS checking,
                   coalesce(sum(o.members) FILTER (WHERE c.kind = 'fault'), 0) AS cameras
              FROM cases AS c JOIN maintenance_orders AS o ON o.case_id = c.id WHERE {where} AND c.{LIVE_STATES}"""),  # noqa: S608
        where.values | {"now": now},
    )
    row = found.one()
    faults = await session.execute(
        text(f"""
            SELECT count(*) FILTER (WHERE f.state = 'waiting') AS settling,
                   count(*) FILTER (WHERE f.state = 'held' AND f.window_id IS NOT NULL) AS held
              FROM maintenance_faults AS f JOIN cameras AS c ON c.id = f.camera_id
             WHERE f.state IN ('waiting', 'held') AND {where}"""),  # noqa: S608
        where.values,
    )
    rest = faults.one()
    return Sums(row.live, row.late, row.waits, row.checking, int(row.cameras), rest.settling, rest.held)
