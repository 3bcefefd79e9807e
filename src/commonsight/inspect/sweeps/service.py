"""Rounds that somebody asks for, samples among them, and how far a round is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight import jobs
from commonsight.catalog.model import Filters
from commonsight.clock import Clock
from commonsight.inspect.model import shards
from commonsight.inspect.sweeps import samples, store
from commonsight.inspect.sweeps.store import STALE
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Inspect

SHARD: Final = "inspect:shard"
"""The job that works through a shard."""
NOW_PRIORITY: Final = 10
"""A person waits for a check asked for now; nobody waits for a sweep."""
URGENT_LANES: Final = 1
"""Shards of rounds that somebody asked for, worked beside those of the background."""
ASKED_MOST: Final = 100_000
"""Cameras of one round that somebody asked for."""


async def ask_for_lanes(session: WriteSession, settings: Inspect, clock: Clock) -> None:
    """Have the shards that nobody holds worked on, as many at once as there are lanes."""
    stale = clock.now() - STALE
    if settings.enabled:
        held, waiting = await store.held_and_waiting(session, stale, store.BACKGROUND)
        for lane in range(min(waiting, settings.shards - held)):
            await jobs.enqueue(session, SHARD, queueing_lock=f"inspect.shard.{lane}")
    held, waiting = await store.held_and_waiting(session, stale, store.URGENT)
    for lane in range(min(waiting, URGENT_LANES - held)):
        await jobs.enqueue(
            session, SHARD, {"urgent": True}, queueing_lock=f"inspect.urgent.{lane}", priority=NOW_PRIORITY
        )


async def open_round(
    session: WriteSession, settings: Inspect, clock: Clock, cameras: Collection[UUID], kind: store.Kind, *,
    title: str = "", asked_by: UUID | None = None,
) -> UUID:  # fmt: skip
    """Have these cameras checked at once, before and beside the background's round. Returns the round."""
    made = uuid7()
    await store.open_sweep(session, made, clock.now(), shards(cameras), kind=kind, title=title, asked_by=asked_by)
    await ask_for_lanes(session, settings, clock)
    return made


async def ask(
    session: WriteSession, settings: Inspect, clock: Clock, filters: Filters, ids: Sequence[UUID] | None, title: str,
    person: UUID | None,
) -> UUID:  # fmt: skip
    """Check the cameras of `filters` now, of those only `ids` when they are named.

    Raises:
        Refusal: `inspect.round_empty` (409), `inspect.round_large` (422).
    """
    cameras = await store.chosen(session, filters, ids, ASKED_MOST + 1)
    if not cameras:
        raise Refusal("inspect.round_empty", status=409, rule="cameras in use with an address", operand="cameras")
    if len(cameras) > ASKED_MOST:
        raise Refusal(
            "inspect.round_large", status=422, rule="cameras of one round", operand="cameras", expected=ASKED_MOST,
            actual=f"> {ASKED_MOST}",
        )  # fmt: skip
    return await open_round(session, settings, clock, cameras, "asked", title=title, asked_by=person)


async def ask_for_sample(
    session: WriteSession, settings: Inspect, clock: Clock, region: str, share: float, seed: int, confidence: float,
    person: UUID | None,
) -> UUID:  # fmt: skip
    """Draw a sample of a region and check it now. Raises Refusal as `samples.drawn`."""
    strata = await samples.drawn(session, region, share, seed)
    cameras = [camera for one in strata for camera in one.drawn]
    made = await open_round(session, settings, clock, cameras, "sample", title=region, asked_by=person)
    await samples.keep(session, made, region, share, seed, confidence, strata)
    return made


@dataclass(slots=True)
class OnPlatform:
    """How far a round is on one platform. `causes`: cameras that do not play, by what their last try ended in."""

    id: UUID | None
    name: str | None
    region: str | None
    planned: int = 0
    plays: int = 0
    causes: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return self.plays + sum(self.causes.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round is. `rate`: cameras a second since it began, or over all of it; `remaining`: seconds at that."""

    platforms: list[OnPlatform]
    rate: float | None
    remaining: float | None


async def progress(session: ReadSession, sweep: store.Sweep, now: datetime) -> Progress:
    """How far a round is, by platform."""
    platforms: dict[UUID, OnPlatform] = {}
    for row in await store.tallies(session, sweep.id):
        known = row.platform_id != store.NO_PLATFORM
        one = platforms.setdefault(
            row.platform_id, OnPlatform(row.platform_id if known else None, row.name, row.region)
        )
        if row.cause == "planned":
            one.planned = row.cameras
        elif row.cause == "":
            one.plays = row.cameras
        else:
            one.causes[row.cause] = row.cameras
    passed = ((sweep.finished_at or now) - sweep.started_at).total_seconds()
    rate = sweep.done / passed if sweep.done and passed > 0 else None
    left = None if rate is None or sweep.finished_at is not None else (sweep.cameras - sweep.done) / rate
    return Progress(list(platforms.values()), rate, left)
