"""SQL of lists and sums of cases, within the regions a reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.places.model import after_prefix
from commonsight.records.database import ReadSession
from commonsight.respond.model import Case, State
from commonsight.respond.store import COLUMNS, LIVE_STATES, case_of

SUMMED_MOST = 20_000
"""Live cases that are counted exactly; beyond it the figure is a lower bound."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases. `regions`: prefixes the reader may see; the others None or empty to leave a condition out.

    `mine`: the person whose cases, or whose organisation's, are meant.
    """

    regions: tuple[str, ...]
    states: tuple[State, ...] = ()
    kinds: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    camera: UUID | None = None
    mine: UUID | None = None
    overdue: bool = False
    live: bool = False
    q: str = ""


@dataclass(slots=True)
class Conditions:
    """Text and values of a WHERE clause."""

    parts: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **values: Any) -> None:
        self.parts.append(condition)
        self.values |= values

    def __str__(self) -> str:
        return " AND ".join(self.parts) or "true"


def containing(words: str) -> str:
    """A LIKE pattern for what contains these words, whatever letters they are."""
    plain = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{plain}%"


def within(regions: Sequence[str], column: str = "c.region") -> Conditions:
    """Keep to the prefixes; none of them lets nothing through."""
    found, ranges = Conditions(), []
    for number, prefix in enumerate(regions):
        ranges.append(f"({column} >= :from{number} AND {column} < :to{number})")
        found.values |= {f"from{number}": prefix, f"to{number}": after_prefix(prefix)}
    found.parts.append(f"({' OR '.join(ranges)})" if ranges else "false")
    return found


def said(where: Conditions, q: str) -> None:
    """Only the case of this number, or those whose place or text has these words; nothing said: all."""
    words = q.strip()
    if words.lstrip("#").isdigit() and len(words) < 19:
        where.add("c.number = :number", number=int(words.lstrip("#")))
    elif words:
        where.add("(c.place ILIKE :like OR c.words ILIKE :like)", like=containing(words))


def of(wanted: Filter, now: datetime) -> Conditions:
    """All conditions of a filter."""
    where = within(wanted.regions)
    for column, values in (("state", wanted.states), ("kind", wanted.kinds), ("severity", wanted.severities)):
        if values:
            where.add(f"c.{column} = ANY(:{column})", **{column: [str(v) if column == "state" else v for v in values]})
    if wanted.live:
        where.add(f"c.{LIVE_STATES}")
    if wanted.camera is not None:
        where.add("c.camera_id = :camera", camera=wanted.camera)
    if wanted.mine is not None:
        where.add(
            "(c.assignee_id = :mine OR c.assignee_unit = (SELECT organisation_id FROM people WHERE id = :mine))",
            mine=wanted.mine,
        )
    if wanted.overdue:
        where.add(f"c.deadline_at < :now AND c.{LIVE_STATES}", now=now)
    said(where, wanted.q)
    return where


async def page(
    session: ReadSession, wanted: Filter, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[Case]:
    """Cases, the newest first."""
    where = of(wanted, now)
    if after is not None:
        where.add("(c.opened_at, c.id) < (:after_at, :after_id)", after_at=after[0], after_id=after[1])
    rows = await session.execute(
        text(f"SELECT {COLUMNS} FROM cases AS c WHERE {where} ORDER BY c.opened_at DESC, c.id DESC LIMIT :limit"),  # noqa: S608
        where.values | {"limit": limit},
    )
    return [case_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many live cases there are. `whole`: False when counting was given up and the figures are lower bounds."""

    states: dict[str, int]
    severities: dict[int, int]
    overdue: int
    unassigned: int
    whole: bool


async def summary(session: ReadSession, regions: Sequence[str], now: datetime) -> Summary:
    """Live cases by state and by severity."""
    where = within(regions)
    rows = await session.execute(
        text(f"""
            SELECT state, severity, deadline_at < :now AS late, count(*) AS cases FROM (
                SELECT c.state, c.severity, c.deadline_at FROM cases AS c
                 WHERE {where} AND c.{LIVE_STATES} LIMIT :most) AS found
             GROUP BY 1, 2, 3"""),  # noqa: S608
        where.values | {"now": now, "most": SUMMED_MOST},
    )
    states = dict.fromkeys(("open", "assigned", "handled"), 0)
    severities = dict.fromkeys((1, 2, 3, 4), 0)
    overdue = 0
    for row in rows:
        states[row.state] += row.cases
        severities[row.severity] += row.cases
        overdue += row.cases if row.late else 0
    return Summary(states, severities, overdue, states["open"], sum(states.values()) < SUMMED_MOST)
