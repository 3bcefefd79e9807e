"""Use cases of recordings: plans, orders, what a plan costs, and one timeline out of several sources."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import service as catalog
from commonsight.connect.gb28181 import signalling
from commonsight.gate.grant_model import Selection
from commonsight.gate.grant_rules import check_selection
from commonsight.http import within
from commonsight.media.recordings import plan_store, store
from commonsight.media.recordings.crew import CHANGED
from commonsight.media.recordings.model import (
    NAME_MOST,
    ORDER_MINUTES_MOST,
    Held,
    Hours,
    Kind,
    Plan,
    clipped,
    gaps,
    joined,
    week_share,
)
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession, notify

MEASURED: Final = timedelta(days=1)
"""What a plan costs is measured over so long."""
DEVICE_SECONDS: Final = 75.0
"""Devices send long lists of recordings in many messages."""
SECONDS_A_DAY: Final = 86_400
TIMELINE_MOST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody wants a plan to be."""

    name: str
    cameras: Selection
    hours: Hours
    retention_days: int
    quota_bytes: int | None
    priority: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan takes.

    `cameras`: those it means. `measured`: how many of them were recorded in the last day. `bytes_per_second`: of one
    camera while it is recorded, as measured (of others where none of its own was); None: nothing was ever measured.
    `bytes_per_day`: of all, by the plan's hours. `bytes_kept`: once its retention has been reached.
    """

    cameras: int
    measured: int
    bytes_per_second: float | None
    bytes_per_day: float | None
    bytes_kept: float | None


# --- plans ------------------------------------------------------------------------------------------------------------


async def add_plan(
    session: WriteSession, given: Given, scope: Sequence[str], by: Actor, by_name: str, now: datetime
) -> Plan:
    """Make a plan. Raises Refusal as `checked`."""
    await checked(session, given, scope)
    made = Plan(
        uuid7(), given.name, given.cameras.as_json(), tuple(scope), given.hours, given.retention_days,
        given.quota_bytes, given.priority, given.enabled, by_name, now, now, 1,
    )  # fmt: skip
    await plan_store.insert_plan(session, made)
    await _told(session, by, "added", made, now)
    return made


async def change_plan(
    session: WriteSession, plan_id: UUID, change: Callable[[Plan], Given], scope: Sequence[str], by: Actor,
    now: datetime,
) -> Plan:  # fmt: skip
    """Change a plan to what `change` makes of it. What it recorded is from now on kept as long as it now says.

    Raises:
        Refusal: `media.plan_unknown` (404), what `change` refuses, and as `checked`.
    """
    present = await known_plan(session, plan_id, scope, write=True)
    given = change(present)
    await checked(session, given, present.scope)
    made = replace(
        present, name=given.name, cameras=given.cameras.as_json(), hours=given.hours,
        retention_days=given.retention_days, quota_bytes=given.quota_bytes, priority=given.priority,
        enabled=given.enabled, updated_at=now, version=present.version + 1,
    )  # fmt: skip
    await plan_store.update_plan(session, made)
    await _told(session, by, "changed", made, now)
    return made


async def drop_plan(
    session: WriteSession, plan_id: UUID, expected: Callable[[Plan], None], scope: Sequence[str], by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Record under this plan no more; what it recorded is kept as long as it said. Raises Refusal."""
    present = await known_plan(session, plan_id, scope, write=True)
    expected(present)
    await plan_store.drop_plan(session, plan_id, now)
    await _told(session, by, "dropped", present, now)


async def known_plan(session: ReadSession, plan_id: UUID, scope: Sequence[str], *, write: bool = False) -> Plan:
    """A plan within `scope`: overlapping it to read, wholly inside to `write`.

    Raises:
        Refusal: `media.plan_unknown` (404), `media.plan_wider` (403).
    """
    found = await plan_store.plan(session, plan_id, lock=write)
    if found is None or not any(within(scope, each) or within((each,), mine) for each in found.scope for mine in scope):
        raise Refusal("media.plan_unknown", status=404, operand="plan", actual=str(plan_id))
    if write and not all(within(scope, each) for each in found.scope):
        raise Refusal(
            "media.plan_wider", status=403, rule="scope", operand="plan", expected=list(scope), actual=list(found.scope)
        )
    return found


async def checked(session: ReadSession, given: Given, scope: Sequence[str]) -> None:
    """Raise a Refusal unless a plan may be like this.

    Raises:
        Refusal: `media.plan_name`, `catalog.camera_unknown` (404), and what a choice of cameras is refused for.
    """
    if not 1 <= len(given.name) <= NAME_MOST:
        raise Refusal(
            "media.plan_name", status=422, rule=f"1..{NAME_MOST} characters", operand="name", expected=NAME_MOST,
            actual=len(given.name),
        )  # fmt: skip
    check_selection(given.cameras, scope)
    for camera_id in given.cameras.cameras:
        await catalog.camera(session, camera_id, scope)


async def cost(session: ReadSession, plan: Plan | Given, scope: Sequence[str], now: datetime) -> Cost:
    """What a plan takes, or would take."""
    chosen = plan.cameras.as_json() if isinstance(plan, Given) else plan.cameras
    cameras = await plan_store.meant(session, chosen, scope)
    rate = await store.rate(session, cameras, now - MEASURED)
    each = rate.bytes_per_second
    if each is None:
        each = (await store.rate_of_all(session, now - MEASURED)).bytes_per_second
    a_day = None if each is None else each * SECONDS_A_DAY * week_share(plan.hours) * len(cameras)
    kept = None if a_day is None else a_day * plan.retention_days
    return Cost(len(cameras), rate.cameras, each, a_day, kept)


async def _told(session: WriteSession, by: Actor, done: str, plan: Plan, now: datetime) -> None:
    await record(
        session, by, f"media.plan_{done}", now, kind="recording_plan", subject_id=plan.id, subject_name=plan.name,
        retention_days=plan.retention_days, enabled=plan.enabled, priority=plan.priority, cameras=plan.cameras,
    )  # fmt: skip
    await outbox.append(session, f"media.plan_{done}", {"plan": str(plan.id), "version": plan.version, "by": by.name})
    await notify(session, CHANGED, {"plan": str(plan.id)})


# --- orders -----------------------------------------------------------------------------------------------------------


async def order(
    session: WriteSession, camera_id: UUID, minutes: int, kind: Kind, reason: str, scope: Sequence[str], by: Actor,
    now: datetime,
) -> datetime:  # fmt: skip
    """Have a camera recorded from now on, whatever the plans say. Returns until when.

    Raises:
        Refusal: `media.order_minutes`, `catalog.camera_unknown` (404), `media.camera_without_source`.
    """
    if not 1 <= minutes <= ORDER_MINUTES_MOST:
        raise Refusal(
            "media.order_minutes", status=422, rule=f"1..{ORDER_MINUTES_MOST}", operand="minutes",
            expected=ORDER_MINUTES_MOST, actual=minutes,
        )  # fmt: skip
    await catalog.camera(session, camera_id, scope)
    brief = await catalog.camera_brief(session, camera_id)
    if brief is None or not brief.has_source:
        raise Refusal("media.camera_without_source", status=409, operand="camera", actual=str(camera_id))
    ends = now + timedelta(minutes=minutes)
    await plan_store.insert_order(session, uuid7(), camera_id, kind, now, ends, reason, by.id, by.name)
    await record(
        session, by, "media.recording_ordered", now, kind="camera", subject_id=camera_id, subject_name=brief.name,
        minutes=minutes, reason=reason,
    )  # fmt: skip
    await notify(session, CHANGED, {"camera": str(camera_id)})
    return ends


async def end_order(session: WriteSession, camera_id: UUID, scope: Sequence[str], by: Actor, now: datetime) -> None:
    """Record a camera no longer than the plans say. Ending what was not ordered changes nothing."""
    await catalog.camera(session, camera_id, scope)
    if await plan_store.end_order(session, camera_id, now):
        await record(session, by, "media.recording_order_ended", now, kind="camera", subject_id=camera_id)
        await notify(session, CHANGED, {"camera": str(camera_id)})


# --- the timeline -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceSide:
    """What a device says it has recorded. `complete`: its answer was whole. `refused`: why it could not be asked."""

    spans: tuple[Held, ...]
    complete: bool
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is recorded of a camera between two moments, and by whom. `device` None: it was not asked."""

    own: tuple[Held, ...]
    device: DeviceSide | None
    gaps: tuple[tuple[datetime, datetime], ...]


async def timeline(
    database: Database, camera_id: UUID, scope: Sequence[str], begin: datetime, end: datetime, *, device: bool,
    now: datetime,
) -> Timeline:  # fmt: skip
    """Own recordings and, on demand, those of the device, as spans; and where there is neither.

    A device that does not answer leaves gaps unknown, which is said (`DeviceSide.refused`), not gaps.

    Raises:
        Refusal: `catalog.camera_unknown` (404).
    """
    async with database.read() as session:
        await catalog.camera(session, camera_id, scope)
        found = await store.between(session, camera_id, begin, end)
        source = await catalog.camera_source(session, camera_id)
    pieces = [
        Held("own", one.starts_at, one.ends_at, frozenset({one.kind}), one.size, frozenset({one.node})) for one in found
    ]
    own = clipped(joined(pieces), begin, end)
    side = None
    if device and source is not None and source.protocol == "gb28181":
        side = await _asked(database, source.url, begin, min(end, now))
    held = own + list(side.spans if side else ())
    return Timeline(tuple(own), side, tuple(gaps(held, begin, min(end, now))))


async def _asked(database: Database, url: str, begin: datetime, end: datetime) -> DeviceSide:
    """What a GB/T 28181 device lists."""
    device, _, channel = url.partition("://")[2].partition("?")[0].partition("/")
    if not begin < end:
        return DeviceSide((), complete=True)
    try:
        async with signalling.connect(database, "api") as line:
            answer: dict[str, Any] = await line.call(
                "records", seconds=DEVICE_SECONDS, device=device, channel=channel or device,
                start=begin.isoformat(), end=end.isoformat(), kind="all",
            )  # fmt: skip
    except Refusal as refusal:
        return DeviceSide((), complete=False, refused=refusal)
    pieces = []
    for one in answer["items"]:
        starts, ends = _moment(one["start"]), _moment(one["end"])
        if starts is not None and ends is not None and starts < ends:
            pieces.append(Held("device", starts, ends, frozenset({one["kind"] or "time"}), one["bytes"] or 0))
    spans = clipped(joined(pieces), begin, end)
    return DeviceSide(tuple(spans), bool(answer["complete"]))


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
