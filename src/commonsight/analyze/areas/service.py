"""Use cases of areas: set one up, enter a count, and bring the figure up to date each minute."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from commonsight.analyze import store as analyses
from commonsight.analyze.areas import store
from commonsight.analyze.areas.model import (
    MINUTE,
    Area,
    Gate,
    Level,
    Minute,
    Standing,
    advance,
    counted,
    last_zero,
    learned,
    level,
    turned,
    unknown,
    usual,
)
from commonsight.analyze.areas.store import Known
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.scenes.model import Phase, Setup, Sighting
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

log = structlog.get_logger(__name__)

AGAIN: Final = timedelta(minutes=15)
"""So far back a minute is worked out anew: what came late is in it."""
USUAL: Final = timedelta(hours=1)
"""What passes a gate that is not watched is what passed it in the last hour."""
CATCH_UP: Final = timedelta(hours=36)
"""After a longer rest, what lies before is given up; the figure is not settled then."""
GATES_MOST: Final = 64
ZERO_AT: Final = "empty"
CODES: Final = {Level.WARNING: "capacity_warning", Level.ALARM: "capacity_alarm"}


def refused(operand: str, rule: str, actual: object) -> Refusal:
    """What is wrong with an area somebody wrote."""
    return Refusal("areas.invalid", status=422, rule=rule, operand=operand, expected=rule, actual=str(actual)[:200])


async def checked(session: ReadSession, caller: Caller, area: Area) -> Area:
    """An area that may be stored.

    Raises:
        Refusal: `areas.invalid` (422), `analyze.camera_unknown` (404) for a gate's camera the caller does not see.
    """
    if not sees(caller, area.region):
        raise Refusal("http.region_outside_scope", status=403, operand="region", actual=area.region)
    try:
        ZoneInfo(area.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise refused("timezone", "a time zone's name, such as Asia/Shanghai", area.timezone) from error
    if not area.gates or len(area.gates) > GATES_MOST:
        raise refused("gates", f"1 to {GATES_MOST} gates", len(area.gates))
    seen: set[tuple[UUID, str]] = set()
    for place, gate in enumerate(area.gates):
        if (gate.camera, gate.line) in seen:
            raise refused(f"gates.{place}", "each line once", gate.line)
        seen.add((gate.camera, gate.line))
        region = await analyses.place_of(session, gate.camera)
        if region is None or not sees(caller, region):
            raise Refusal("analyze.camera_unknown", status=404, operand=f"gates.{place}", actual=str(gate.camera))
    return area


async def visible(session: ReadSession, caller: Caller, area_id: UUID, *, for_update: bool = False) -> Area:
    """The area, if the caller may see its region.

    Raises:
        Refusal: `areas.unknown` (404).
    """
    found = await store.one(session, area_id, for_update=for_update)
    if found is None or not sees(caller, found.region):
        raise Refusal("areas.unknown", status=404, operand="area", actual=str(area_id))
    return found


async def add(session: WriteSession, caller: Caller, area: Area) -> Area:
    """Set an area up."""
    made = await checked(session, caller, replace(area, id=uuid7()))
    await store.put(session, made)
    return made


async def change(session: WriteSession, caller: Caller, before: Area, area: Area) -> Area:
    """Change what people set of an area; what it has learned stays."""
    made = replace(
        area, id=before.id, created_at=before.created_at, balance=before.balance, drift=before.drift,
        level=before.level, version=before.version + 1,
    )  # fmt: skip
    await store.put(session, await checked(session, caller, made))
    return made


async def enter_count(session: WriteSession, area: Area, count: int, by: str, note: str, now: datetime) -> Known:
    """Somebody has counted: from this minute on, that many are inside."""
    at = floored(now)
    # What was worked out beyond this minute rests on the old figure: it is worked out anew by the next turn.
    thought = await store.last(session, area.id, at)
    known = Known(at, "count", count, None if thought is None else thought[0].inside, by, note)
    await store.know(session, area.id, known)
    if thought is not None:
        await store.learn(session, learned(area, thought[0], count))
    return known


async def tick(session: WriteSession, area_id: UUID, now: datetime) -> Standing | None:
    """Bring one area up to date, and report when it begins or ceases to be too full. Doing it twice changes nothing.

    Returns:
        Where it stands now; None for an area that was given up.
    """
    area = await store.one(session, area_id, for_update=True)
    if area is None:
        return None
    end = floored(now)
    area, emptied = await _empty(session, area, end)
    start = await _start(session, area, end) if emptied is None else counted(emptied, 0, exact=True)
    minutes = await walk(session, area, start, end)
    await store.write(session, area, minutes)
    standing = minutes[-1]
    after = level(area, standing.inside)
    await _report(session, area, after, standing, now)
    if after is not area.level:
        log.info("area_level", area=str(area.id), level=after.value, inside=round(standing.inside))
        await store.learn(session, replace(area, level=after))
    return standing


async def walk(session: ReadSession, area: Area, start: Standing, end: datetime) -> list[Standing]:
    """Every minute from `start` to `end`, both included."""
    figures = await store.figures(session, area.gates, min(start.at, end - USUAL) - MINUTE, end)

    def minute(gate: Gate, at: datetime) -> Minute | None:
        found = figures.get((gate.camera, gate.line, at))
        return None if found is None else turned(gate, found)

    lately = [usual(minute(gate, end - MINUTE * back) for back in range(1, int(USUAL / MINUTE))) for gate in area.gates]
    walked = [start]
    at = start.at
    while at < end:
        # The figures of a minute are under its beginning; the standing is that of its end.
        walked.append(advance(walked[-1], at + MINUTE, [minute(gate, at) for gate in area.gates], lately, area))
        at += MINUTE
    return walked


async def _empty(session: WriteSession, area: Area, end: datetime) -> tuple[Area, datetime | None]:
    """At the empty hour nobody is inside: write that down once a day, and learn from what the gates thought.

    Returns:
        The area with what it learned, and the empty hour if it is news: everything since is worked out anew.
    """
    zero = last_zero(area, end)
    if zero is None or zero <= area.created_at:
        return area, None
    if any(one.at >= zero for one in await store.known(session, area.id, end)):
        return area, None
    thought = await store.last(session, area.id, zero)
    await store.know(session, area.id, Known(zero, ZERO_AT, 0, None if thought is None else thought[0].inside))
    if thought is not None:
        area = learned(area, thought[0], 0)
        await store.learn(session, area)
    return area, zero


async def _start(session: ReadSession, area: Area, end: datetime) -> Standing:
    """Where to go on from: the last minute that nothing can change any more, or a count since then."""
    counts = await store.known(session, area.id, end)
    before = await store.last(session, area.id, end - AGAIN)
    latest = counts[0] if counts else None
    if latest is not None and (before is None or latest.at >= before[0].at):
        start = counted(latest.at, latest.count, exact=latest.kind == ZERO_AT)
    elif before is not None:
        start = before[0]
    else:
        start = unknown(area, floored(area.created_at))
    if end - start.at > CATCH_UP:
        return unknown(area, end - CATCH_UP)
    return start if start.at <= end else replace(start, at=end)


async def _report(session: WriteSession, area: Area, after: Level, standing: Standing, now: datetime) -> None:
    """Through incidents, at the camera of the first gate: they know notices, routing and quiet times."""
    camera = area.gates[0].camera
    epoch, region = await store.epoch_of(session, camera)
    if region is None:
        return
    key = f"area-{area.id}"
    setup = Setup(key, "visitors")
    inside, error = round(standing.inside), round(standing.error(area.drift))
    detail: dict[str, Any] = {"inside": inside, "error": error, "capacity": area.capacity, "area": area.name}
    sure = min(max(0.5 + (standing.inside / area.capacity - area.warn) / 2, 0.1), 1.0) * max(standing.coverage, 0.1)
    told: list[tuple[Setup, Sighting]] = []
    for what, code in CODES.items():
        # An alarm is a warning, too: the one does not end because the other began.
        holds = after is what or (what is Level.WARNING and after is Level.ALARM)
        held = area.level is what or (what is Level.WARNING and area.level is Level.ALARM)
        if holds or held:
            phase = Phase.ENDED if not holds else Phase.STILL if held else Phase.BEGAN
            told.append((setup, Sighting(f"{key}-{what.value}", code, key, phase, now, sure, (), detail)))
    await incidents.put(session, camera, region, epoch, "areas", told, now)


def floored(moment: datetime) -> datetime:
    """The minute a moment lies in."""
    return moment.replace(second=0, microsecond=0)


async def end(session: WriteSession, area: Area, now: datetime) -> None:
    """Give an area up; what it reported is over."""
    standing = await store.last(session, area.id, now)
    if standing is not None:
        await _report(session, area, Level.CALM, standing[0], now)
    await store.archive(session, area.id, now)
