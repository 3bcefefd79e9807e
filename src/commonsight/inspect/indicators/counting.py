"""Counting what is kept: everything of today, the full hours, and what of yesterday's recording plans is on file.

Each may run again at any time: a day is replaced by what it is now, an hour stays as it was noted, and days that are
over are left alone, because nobody can look at yesterday's cameras any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.clock import Clock
from commonsight.inspect.indicators import day_store, store
from commonsight.inspect.indicators.day_store import Day, Run
from commonsight.inspect.indicators.definitions import indicators
from commonsight.inspect.indicators.model import Counted, ScopeKind
from commonsight.inspect.indicators.recorded import planned, seconds_of
from commonsight.inspect.indicators.service import kept_as, local_day
from commonsight.inspect.indicators.sources import HEALTH, SOURCES
from commonsight.media.recordings import plan_store
from commonsight.records.database import Database, ReadSession

Key = tuple[ScopeKind, str, str]
"""Kind, scope, and the region within which it is counted."""

CAMERAS_AT_ONCE: Final = 2_000


async def count_day(database: Database, clock: Clock, zone: ZoneInfo, keep_days: int) -> float:
    """Count every indicator and variant in every scope for the day it is; returns the seconds it took."""
    now, began = clock.now(), clock.monotonic()
    day = local_day(now, zone)
    start = datetime.combine(day, time(), zone)
    whole: dict[Key, dict[str, int]] = {}
    async with database.read() as session:
        for source in SOURCES:
            roll_up(await store.cells(session, source, now), whole)
        roll_up(await store.exempt_cells(session, now), whole)
        for key, said in (await day_store.hours(session, start, start + timedelta(days=1))).items():
            if key in whole:
                whole[key] |= said
    seconds = clock.monotonic() - began
    cameras = sum(said.get("total", 0) for key, said in whole.items() if key[0] is ScopeKind.SECTOR)
    async with database.write() as session:
        await day_store.put(session, rows(day, whole))
        await day_store.drop_vanished(session, day, list(whole))
        await day_store.put_run(session, Run(day, now, cameras, round(seconds * 1000)))
        await day_store.forget(session, day - timedelta(days=keep_days))
        await day_store.forget_hours(session, start)
    return seconds


def roll_up(cells: Iterable[tuple[store.Cell, Counted]], whole: dict[Key, dict[str, int]]) -> None:
    """Add the counts of the finest sets to every scope they are part of."""
    for cell, counted in cells:
        for key in cell.scopes():
            into = whole.setdefault(key, {})
            for count, number in counted.items():
                into[count] = into.get(count, 0) + number


def rows(day: date, whole: Mapping[Key, Counted]) -> list[Day]:
    """What is kept of a day: each indicator in each of its variants; what no camera is asked about is left out."""
    variants = [
        (kept_as(indicator, variant), variant)
        for indicator in indicators().values()
        for variant in indicator.variants.values()
    ]
    made = []
    for (kind, scope, region), counted in whole.items():
        for name, variant in variants:
            over, under, unknown = variant.sums(counted)
            if under or unknown:
                exempt = counted.get("exempt", 0)
                made.append(Day(day, kind, scope, region, name, over, under, unknown, exempt))
    return made


async def count_hour(database: Database, now: datetime, zone: ZoneInfo) -> None:
    """Note of every scope how many are online, of those checked, at the full hour before `now`."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    whole: dict[Key, dict[str, int]] = {}
    async with database.read() as session:
        roll_up(await store.cells(session, HEALTH, now), whole)
    noted = {
        key: (said["works"] + said["bad"], said["works"] + said["bad"] + said["offline"]) for key, said in whole.items()
    }
    async with database.write() as session:
        await day_store.put_hour(session, hour, {key: both for key, both in noted.items() if both[1]})
        await day_store.forget_hours(session, datetime.combine(local_day(now, zone), time(), zone))


async def count_recordings(database: Database, now: datetime, zone: ZoneInfo) -> int:
    """See what of the last whole day's plans is on file; returns how many cameras were planned."""
    day = local_day(now, zone) - timedelta(days=1)
    async with database.read() as session:
        plans = [plan for plan in await plan_store.plans(session) if plan.enabled]
        wanted: dict[UUID, list[tuple[datetime, datetime]]] = {}
        for plan in plans:
            spans = planned(plan.hours, day, zone, since=plan.updated_at)
            if spans:
                for camera in await plan_store.meant(session, plan.cameras, plan.scope):
                    wanted.setdefault(camera, []).extend(spans)
        found: dict[UUID, tuple[int, int]] = {}
        cameras = list(wanted)
        for first in range(0, len(cameras), CAMERAS_AT_ONCE):
            found |= await _on_file(session, cameras[first : first + CAMERAS_AT_ONCE], wanted, day, zone)
    async with database.write() as session:
        await day_store.put_recordings(session, day, found)
    return len(found)


async def _on_file(
    session: ReadSession, cameras: Sequence[UUID], wanted: Mapping[UUID, list[tuple[datetime, datetime]]],
    day: date, zone: ZoneInfo,
) -> dict[UUID, tuple[int, int]]:  # fmt: skip
    start = datetime.combine(day, time(), zone)
    held = await day_store.segments(session, cameras, start, start + timedelta(days=1))
    return {camera: seconds_of(wanted[camera], held.get(camera, [])) for camera in cameras}
