"""SQL of rounds: what each pool had, what it was used for, what was shed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession

_NAMES: Final = (
    "at, pool, workers, capacity, available, used, measured, cameras, tiers, scenes, served, shed, value, bound, "
    "wanted, price, changed, seconds, curve"
)


@dataclass(frozen=True, slots=True)
class Round:
    """One pool in one round.

    Attributes:
        capacity: cores of its live workers that may be given away; available: what quota and loans leave of them.
        used: of it, as foreseen; measured: cores its cameras took in the half minute before.
        tiers: cameras by tier.
        scenes, served: scenes at work now, and those whose camera is given the cadence they need.
        shed: cameras that are given less than all their scenes need.
        value, bound, wanted: worth of what is given, of the best possible allocation at most, and of everything.
        price: worth per core of the best step that was refused; 0: nothing was.
        changed: cameras whose tier is another than before. seconds: the round took, all pools together.
        curve: see `allocate.Share`.
    """

    at: datetime
    pool: str
    workers: int
    capacity: float
    available: float
    used: float
    measured: float
    cameras: int
    tiers: Mapping[str, int]
    scenes: int
    served: int
    shed: int
    value: float
    bound: float
    wanted: float
    price: float
    changed: int
    seconds: float
    curve: Sequence[tuple[float, float]]


_LAST: Final = text(f"""
    SELECT {_NAMES} FROM compute_rounds WHERE at = (SELECT max(at) FROM compute_rounds) ORDER BY pool""")  # noqa: S608
_SERIES: Final = text("""
    SELECT to_timestamp(floor(extract(epoch FROM at) / :step) * :step) AS slot, avg(available)::float8 AS available,
           avg(used)::float8 AS used, avg(measured)::float8 AS measured,
           (sum(served)::float8 / nullif(sum(scenes), 0)) AS coverage,
           (sum(value)::float8 / nullif(sum(wanted), 0)) AS worth, max(shed) AS shed, sum(changed)::bigint AS changed
      FROM compute_rounds WHERE pool = :pool AND at >= :begin GROUP BY slot ORDER BY slot""")


async def last(session: ReadSession) -> list[Round]:
    """The newest round, by pool; empty before the first."""
    return [Round(**row._mapping) for row in await session.execute(_LAST)]


async def last_at(session: ReadSession) -> datetime | None:
    """When the newest round was."""
    found: datetime | None = await session.scalar(text("SELECT max(at) FROM compute_rounds"))
    return found


async def write(session: WriteSession, rounds: Sequence[Round], keep: timedelta) -> None:
    """Note a round, and drop those older than `keep`."""
    for each in rounds:
        values: dict[str, Any] = {name: getattr(each, name) for name in Round.__slots__}
        values |= {"tiers": json.dumps(dict(each.tiers)), "curve": json.dumps(list(each.curve))}
        await session.execute(
            text(f"""
                INSERT INTO compute_rounds ({_NAMES}) VALUES (:at, :pool, :workers, :capacity, :available, :used,
                    :measured, :cameras, CAST(:tiers AS jsonb), :scenes, :served, :shed, :value, :bound, :wanted,
                    :price, :changed, :seconds, CAST(:curve AS jsonb))
                ON CONFLICT DO NOTHING"""),  # noqa: S608
            values,
        )
    if rounds:
        oldest = {"oldest": max(each.at for each in rounds) - keep}
        await session.execute(text("DELETE FROM compute_rounds WHERE at < :oldest"), oldest)


async def series(session: ReadSession, pool: str, begin: datetime, step: int) -> list[dict[str, Any]]:
    """A pool's rounds in steps of `step` s: means, and how much was shed at most."""
    rows = await session.execute(_SERIES, {"pool": pool, "begin": begin, "step": step})
    return [dict(row._mapping) for row in rows]
