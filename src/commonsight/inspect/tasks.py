"""Jobs of inspect/: plan sweeps, work through shards, check single cameras now."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from commonsight import jobs
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.catalog.source import Source
from commonsight.gate import service as gate
from commonsight.inspect import store
from commonsight.inspect.model import Tried, health_after, shards
from commonsight.inspect.sweep import Probe, ShardLost, ShardRun, write_tries
from commonsight.jobs import Blueprint, House
from commonsight.media import probe as probing
from commonsight.media.probe import ProbeResult
from commonsight.outbox import Entry, Subscription
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

PURPOSE: Final = "health_check"
STALE_SECONDS: Final = 20.0
"""A shard whose worker has not written for this long is given to another."""
FRESH_EVERY: Final = timedelta(seconds=20)
LONGEST_FILING: Final = timedelta(minutes=10)
"""A camera carries the time its transaction began; one that files many is seen only when it ends."""
NOW_PRIORITY: Final = 10
"""A person waits for a check asked for now; nobody waits for a sweep."""

tasks = Blueprint()


@tasks.periodic(cron="* * * * * */10")
@tasks.task(queueing_lock="inspect.plan", retry=False)
async def plan(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Open the next sweep when it is time, and see to it that the open one is worked on."""
    house = jobs.house()
    if house.settings.inspect.enabled:
        async with house.database.write() as session:
            await plan_sweep(session, house)


async def plan_sweep(session: WriteSession, house: House) -> None:
    """What `plan` does, in the caller's transaction."""
    if not await store.lock_planning(session):
        return
    now = house.clock.now()
    closed = await store.close_finished(session, now)
    if closed is not None:
        seconds = round((now - closed.started_at).total_seconds(), 1)
        log.info("sweep_finished", cameras=closed.cameras, seconds=seconds)
    latest = await store.latest_sweep(session)
    if latest is None or latest.finished_at is not None:
        fresh, cameras = await next_round(session, house, latest, now)
        cut = shards(cameras)
        if cut:
            await store.open_sweep(session, uuid7(), now, cut, fresh=fresh)
            log.info("sweep_started", cameras=len(cameras), shards=len(cut), fresh=fresh)
    held, waiting = await store.held_and_waiting(session, now - timedelta(seconds=STALE_SECONDS))
    for lane in range(min(waiting, house.settings.inspect.shards - held)):
        await jobs.enqueue(session, shard, queueing_lock=f"inspect.shard.{lane}")


async def next_round(
    session: WriteSession, house: House, latest: store.Sweep | None, now: datetime
) -> tuple[bool, list[UUID]]:
    """Which cameras are due: all of them, or (True) those filed lately, or none yet.

    What a sync or an import has just filed does not stay unknown until the next round over everything.
    """
    whole = await store.latest_sweep(session, whole=True)
    if (
        latest is None
        or whole is None
        or now - whole.started_at >= timedelta(seconds=house.settings.inspect.interval_seconds)
    ):
        return False, await store.next_cameras(session)
    if now - latest.started_at < FRESH_EVERY:
        return True, []
    return True, await store.fresh_cameras(session, latest.started_at - LONGEST_FILING)


@tasks.task(retry=False)
async def shard() -> None:
    """Work through the next shard that nobody holds, then ask for the one after it."""
    house = jobs.house()
    now = house.clock.now()
    stale = now - timedelta(seconds=STALE_SECONDS)
    async with house.database.write() as session:
        await store.wait_for_planning(session)
        held_already, _ = await store.held_and_waiting(session, stale)
        if held_already >= house.settings.inspect.shards:
            return
        held = await store.claim(session, now, stale)
    if held is None:
        return
    run = ShardRun(
        house.database,
        house.clock,
        house.settings.inspect,
        held,
        await prober(house),
        house.settings.inspect.shards,
    )
    began = house.clock.monotonic()
    try:
        tries = await run.run()
    except ShardLost:
        log.warning("shard_lost", sweep=str(held.sweep_id), number=held.number, epoch=held.epoch)
        return
    seconds = house.clock.monotonic() - began
    log.info("shard_done", number=held.number, cameras=len(held.cameras), tries=tries, seconds=round(seconds, 1))
    async with house.database.write() as session:
        await plan_sweep(session, house)


async def prober(house: House, *, traced: bool = False, keep_picture: bool = False) -> Probe:
    """Tries under a permit of our own, which says in the register who looks and why. The rest: as for `probe`."""
    secrets.install(house.settings.data_dir)
    async with house.database.write() as session:
        issued = await gate.issue_system(session, name="inspect", purpose_code=PURPOSE, hours=12)
    permit, timeout = issued.permit, house.settings.inspect.timeout_seconds

    async def probe(camera_id: UUID, source: Source) -> ProbeResult:
        # A source has the fields of the address that connect opens; this room may not name connect's types.
        return await probing.probe(
            permit, camera_id, source, timeout=timeout, clock=house.clock, traced=traced,
            keep_picture=keep_picture,
        )  # fmt: skip

    return probe


@tasks.task()
async def check(camera_id: str) -> None:
    """Check one camera now, as often as it takes to be sure."""
    house = jobs.house()
    await check_now(house, UUID(camera_id), await prober(house, traced=True))


async def check_now(house: House, camera_id: UUID, probe: Probe) -> None:
    """What `check` does, with any way of trying."""
    settings = house.settings.inspect
    async with house.database.read() as session:
        source = await catalog.camera_source(session, camera_id)
        before = (await store.failures(session, [camera_id])).get(camera_id, 0)
    if source is None:
        return
    for failures in range(before + 1, max(before + 1, settings.offline_after) + 1):
        try:
            result = await probe(camera_id, source)
        except Refusal as refusal:
            if refusal.code != "media.probe_not_possible":
                raise
            # We lack something ourselves; whoever asked reads it from the diagnosis, and the next sweep tries again.
            log.warning("check_not_possible", camera=str(camera_id), reason=refusal.values.get("reason"))
            return
        async with house.database.write() as session:
            await write_tries(session, [Tried(camera_id, house.clock.now(), result)], settings)
            if result.conversation is not None and result.conversation.said:
                await store.keep_conversation(session, camera_id, house.clock.now(), result.conversation.as_json())
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


subscriptions = (
    Subscription("inspect.check_new", ("catalog.camera_added", "catalog.camera_changed"), check_new, from_now=True),
)
