"""Jobs of inspect/: plan rounds, work through shards, check single cameras now."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.catalog.source import Source
from commonsight.gate import service as gate
from commonsight.inspect import store as checks
from commonsight.inspect.attention import Attention
from commonsight.inspect.diagnosis.looking import Diagnoser
from commonsight.inspect.model import Claim, Tried, health_after, shards
from commonsight.inspect.readers import readers
from commonsight.inspect.sweep import CLOCKS_GOOD, Look, ShardLost, ShardRun, looked_at
from commonsight.inspect.sweeps import samples, store
from commonsight.inspect.sweeps.service import NOW_PRIORITY, URGENT_LANES, ask_for_lanes, open_round
from commonsight.inspect.sweeps.substreams import Probe, substream_first
from commonsight.inspect.verdicts import write_tries
from commonsight.jobs import Blueprint, House
from commonsight.media import probe as probing
from commonsight.media.probe import ProbeResult
from commonsight.outbox import Entry, Subscription
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession
from commonsight.respond.maintenance.service import HANDLED

log = structlog.get_logger(__name__)

PURPOSE: Final = "health_check"
FRESH_EVERY: Final = timedelta(seconds=20)
LONGEST_FILING: Final = timedelta(minutes=10)
"""A camera carries the time its transaction began; one that files many is seen only when it ends."""
CHANGED_LATELY: Final = timedelta(days=1)
"""Faults that appeared since then are looked at first in a round: some are over already."""
PICTURES_PER_PLACE: Final = 4
"""Pictures under way or waiting, for each that may wait before the diagnosis: most are still on the wire."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * * */10")
@tasks.task(queueing_lock="inspect.plan", retry=False)
async def plan(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Open the next sweep when it is time, and see to it that the open ones are worked on."""
    house = jobs.house()
    async with house.database.write() as session:
        await plan_sweep(session, house)


async def plan_sweep(session: WriteSession, house: House) -> None:
    """What `plan` does, in the caller's transaction."""
    if not await store.lock_planning(session):
        return
    now = house.clock.now()
    for closed in await store.close_finished(session, now):
        seconds = round((now - closed.started_at).total_seconds(), 1)
        log.info("sweep_finished", kind=closed.kind, cameras=closed.cameras, seconds=seconds)
        if closed.kind == "sample":
            await samples.conclude(session, closed.id)
    latest = await store.latest_sweep(session)
    if house.settings.inspect.enabled and (latest is None or latest.finished_at is not None):
        kind, cameras = await next_round(session, house, latest, now)
        cut = shards(cameras)
        if cut:
            await store.open_sweep(session, uuid7(), now, cut, kind=kind)
            log.info("sweep_started", cameras=len(cameras), shards=len(cut), kind=kind)
    await ask_for_lanes(session, house.settings.inspect, house.clock)


async def next_round(
    session: WriteSession, house: House, latest: store.Sweep | None, now: datetime
) -> tuple[store.Kind, list[UUID]]:
    """Which cameras are due: all of them, or those filed lately, or none yet.

    What a sync or an import has just filed does not stay unknown until the next round over everything.
    """
    whole = await store.latest_sweep(session, whole=True)
    if (
        latest is None
        or whole is None
        or now - whole.started_at >= timedelta(seconds=house.settings.inspect.interval_seconds)
    ):
        return "whole", await store.next_cameras(session, now - CHANGED_LATELY)
    if now - latest.started_at < FRESH_EVERY:
        return "fresh", []
    return "fresh", await store.fresh_cameras(session, latest.started_at - LONGEST_FILING)


@tasks.task(retry=False)
async def shard(urgent: bool = False) -> None:
    """Work through the next shard that nobody holds, then ask for the one after it."""
    house = jobs.house()
    now = house.clock.now()
    kinds = store.URGENT if urgent else store.BACKGROUND
    async with house.database.write() as session:
        await store.wait_for_planning(session)
        held_already, _ = await store.held_and_waiting(session, now - store.STALE, kinds)
        if held_already >= (URGENT_LANES if urgent else house.settings.inspect.shards):
            return
        held = await store.claim(session, now, now - store.STALE, kinds)
    if held is None:
        return
    began = house.clock.monotonic()
    try:
        waited = held.kind in ("asked", "recheck")
        async with Diagnoser(
            house.database, house.clock, house.settings, readers=readers(house), decisive=waited
        ) as diagnoser:
            due = await diagnoser.due(held.cameras)
            attention = Attention(due, PICTURES_PER_PLACE * house.settings.diagnosis.waiting, patient=waited)
            tries = await _work(house, held, diagnoser.look, attention)
    except ShardLost:
        log.warning("shard_lost", sweep=str(held.sweep_id), number=held.number, epoch=held.epoch)
        return
    seconds = house.clock.monotonic() - began
    log.info(
        "shard_done", number=held.number, cameras=len(held.cameras), tries=tries, seconds=round(seconds, 1),
        looks_postponed=attention.postponed,
    )  # fmt: skip
    async with house.database.write() as session:
        await plan_sweep(session, house)


async def _work(house: House, held: Claim, look: Look, attention: Attention) -> int:
    settings = house.settings.inspect
    measuring: set[UUID] = set()
    async with house.database.read() as session:
        subs = await store.substreams(session, held.cameras)
        if settings.measure_seconds:
            since = house.clock.now() - timedelta(days=settings.measure_days)
            most = ceil(len(held.cameras) * settings.measure_share)
            measuring = await store.unmeasured(session, held.cameras, since, most)
    probe = await prober(house, measuring=measuring, subs=subs)
    return await ShardRun(house.database, house.clock, settings, held, probe, look, attention, measuring).run()


async def prober(
    house: House, *, traced: bool = False, measuring: Collection[UUID] = (), subs: Collection[UUID] = ()
) -> Probe:  # fmt: skip
    """Tries under a permit of our own, which says in the register who looks and why.

    Args:
        traced: as for `probe`.
        measuring: cameras that are stayed with for a second keyframe.
        subs: cameras behind GB/T 28181 whose substream can be asked for by its number.
    """
    secrets.install(house.settings.data_dir)
    async with house.database.write() as session:
        issued = await gate.issue_system(session, name="inspect", purpose_code=PURPOSE, hours=12)
    permit, settings = issued.permit, house.settings.inspect

    async def once(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
        # A source has the fields of the address that connect opens; this room may not name connect's types.
        return await probing.probe(
            permit, camera_id, source, timeout=settings.timeout_seconds, clock=house.clock, traced=traced,
            patience=settings.patience_seconds, keep_picture=picture,
            measure=settings.measure_seconds if camera_id in measuring else 0.0,
        )  # fmt: skip

    return substream_first(once, subs) if settings.substream else once


@tasks.task()
async def check(camera_id: str) -> None:
    """Check one camera now, as often as it takes to be sure."""
    house = jobs.house()
    only = {UUID(camera_id)}
    async with house.database.read() as session:
        subs = await store.substreams(session, list(only))
    async with Diagnoser(
        house.database, house.clock, house.settings, readers=readers(house), decisive=True
    ) as diagnoser:
        probe = await prober(
            house, traced=True, measuring=only if house.settings.inspect.measure_seconds else (), subs=subs,
        )  # fmt: skip
        look = diagnoser.look if await diagnoser.due(list(only)) else None
        await check_now(house, UUID(camera_id), probe, look)


async def check_now(house: House, camera_id: UUID, probe: Probe, look: Look | None = None) -> None:
    """What `check` does, with any way of trying."""
    settings = house.settings.inspect
    async with house.database.read() as session:
        source = await catalog.camera_source(session, camera_id)
        before = (await checks.failures(session, [camera_id])).get(camera_id, 0)
        clocks = await store.device_clocks(session, [camera_id], house.clock.now() - CLOCKS_GOOD)
    if source is None:
        return
    for failures in range(before + 1, max(before + 1, settings.offline_after) + 1):
        try:
            result = await probe(camera_id, source, look is not None)
        except Refusal as refusal:
            if refusal.code != "media.probe_not_possible":
                raise
            # We lack something ourselves; whoever asked reads it from the diagnosis, and the next sweep tries again.
            log.warning("check_not_possible", camera=str(camera_id), reason=refusal.values.get("reason"))
            return
        result = await looked_at(camera_id, result, house.clock.now(), look)
        if result.clock_difference is None:
            result = replace(result, clock_difference=clocks.get(camera_id))
        async with house.database.write() as session:
            tried = Tried(camera_id, house.clock.now(), result, result.keyframe_seconds is not None)
            await write_tries(session, [tried], settings)
            if result.conversation is not None and result.conversation.said:
                await checks.keep_conversation(session, camera_id, house.clock.now(), result.conversation.as_json())
        if health_after(result, failures, settings.offline_after) is not None:
            return
        await house.clock.sleep(settings.retry_seconds)


async def check_new(session: WriteSession, entry: Entry) -> None:
    """Check a camera that was filed, or whose address changed, without waiting for the next sweep."""
    if entry.topic == "catalog.camera_added" or "url" in entry.payload.get("fields", ()):
        await ask_for_check(session, UUID(entry.payload["camera"]))


async def ask_for_check(session: WriteSession, camera_id: UUID) -> bool:
    """Queue a check; False when one is waiting already."""
    queued = await jobs.enqueue(
        session,
        check,
        {"camera_id": str(camera_id)},
        queueing_lock=f"inspect.check.{camera_id}",
        priority=NOW_PRIORITY,
    )
    return queued is not None


async def recheck(session: WriteSession, entry: Entry) -> None:
    """The firm says these cameras are repaired: check just them, at once, and tell maintenance what was found."""
    cameras = [UUID(one) for one in entry.payload["cameras"]]
    if cameras:
        house = jobs.house()
        number = entry.payload.get("number")
        title = "" if number is None else str(number)
        await open_round(session, house.settings.inspect, house.clock, cameras, "recheck", title=title)


subscriptions = (
    Subscription("inspect.check_new", ("catalog.camera_added", "catalog.camera_changed"), check_new, from_now=True),
    Subscription("inspect.recheck", (HANDLED,), recheck, from_now=True),
)
