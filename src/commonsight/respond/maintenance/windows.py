"""Planned windows: from when until when cameras are worked on. Their faults are noted, and open no order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from commonsight.http import Caller, within
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.maintenance import chosen, things_store, window_store
from commonsight.respond.maintenance.contracts import Choice
from commonsight.respond.maintenance.window_store import Window

REASON_MOST: Final = 300
LONGEST: Final = timedelta(days=31)
"""What lasts longer is no maintenance: it is reported as an exemption, which a second person approves."""

REGIONS_MOST: Final = 60


async def plan(
    session: WriteSession, caller: Caller, choice: Choice, reason: str, starts_at: datetime, ends_at: datetime,
    most: int, now: datetime,
) -> Window:  # fmt: skip
    """Plan a window over the cameras the choice comes to now.

    Raises:
        Refusal: `respond.window_invalid` (422), and what `chosen` refuses.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MOST:
        raise _invalid("reason", "length", f"1..{REASON_MOST}", len(reason))
    _check(starts_at, ends_at, now)
    cameras = await chosen.chosen(session, caller.regions, choice, most)
    shown = await things_store.regions(session, cameras)
    made = Window(
        uuid7(), reason, choice, len(cameras), starts_at, ends_at, None, shown[:REGIONS_MOST], caller.id,
        caller.display_name or caller.name, now, 1,
    )  # fmt: skip
    await window_store.add(session, made, cameras)
    return made


def _check(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= max(starts_at, now):
        raise _invalid("ends_at", "after its start and now", max(starts_at, now).isoformat(), ends_at.isoformat())
    if ends_at - starts_at > LONGEST:
        raise _invalid("ends_at", "days", LONGEST.days, (ends_at - starts_at).days)


def _invalid(operand: str, rule: str, expected: object, actual: object) -> Refusal:
    return Refusal(
        "respond.window_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
    )  # fmt: skip


async def window(
    session: ReadSession, window_id: UUID, caller: Caller, *, for_update: bool = False
) -> Window:  # fmt: skip
    """A window that touches the caller's regions.

    Raises:
        Refusal: `respond.window_unknown` (404).
    """
    found = await window_store.one(session, window_id, for_update=for_update)
    if found is None or not any(within(caller.regions, region) for region in found.regions):
        raise Refusal("respond.window_unknown", status=404, operand="window", actual=str(window_id))
    return found


async def end(session: WriteSession, found: Window, ends_at: datetime | None, now: datetime) -> Window:
    """End a window now (None), or let it end at another time: earlier or later, as the work goes.

    Raises:
        Refusal: `respond.window_over` (409), `respond.window_invalid` (422).
    """
    if found.over_at <= now:
        raise Refusal(
            "respond.window_over", status=409, rule="a window not over", operand="window",
            actual=found.over_at.isoformat(),
        )  # fmt: skip
    if ends_at is None:
        await window_store.set_end(session, found.id, found.ends_at, now)
        return replace(found, ended_at=now, version=found.version + 1)
    _check(found.starts_at, ends_at, now)
    await window_store.set_end(session, found.id, ends_at, None)
    return replace(found, ends_at=ends_at, version=found.version + 1)
