"""The check: all cameras batch by batch, or only those that changed since they were checked.

Memory is bounded by one batch and, for the rules that compare cameras with each other, about 200 bytes a camera.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import polars as pl
import structlog

from commonsight.catalog.rules import checks, store
from commonsight.catalog.rules.checks.values import due
from commonsight.catalog.rules.frame import Context, Outlines
from commonsight.catalog.rules.model import rule_set
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession, WriteSession

log = structlog.get_logger(__name__)

BATCH: Final = 20_000
"""Cameras of one look: some 40 MB as columns."""

SOME_MOST: Final = 5_000
"""Changed cameras looked at together; when there are more, they come in turns."""

COUNTING: Final = tuple(code for code, rule in rule_set().rules.items() if rule.counts)
ROWS, PAIRS = tuple(checks.ROWS), tuple(checks.PAIRS)

EAST: Final = timedelta(hours=8)
"""Dates in a file are days of the region, all of which keeps Beijing time."""

Propose = Callable[[WriteSession, pl.DataFrame, pl.DataFrame, Sequence[str], Context, datetime], Awaitable[None]]
"""Hears what is found: session, cameras, findings on them, the rules that were applied, what they compare with, now."""


async def learn(session: ReadSession, province: str, now: datetime) -> Context:
    """What rules compare cameras with, as it is now."""
    try:
        outlines = await asyncio.to_thread(Outlines.packaged, province[:2])
    except Refusal:
        outlines = None  # without outlines, places are not compared with regions
    return Context(await store.regions(session), (now + EAST).date(), await store.units(session), outlines)


async def check_all(
    database: Database,
    clock: Clock,
    province: str,
    propose: Propose | None = None,
    told: Callable[[int], Awaitable[None]] | None = None,
) -> int:
    """Check every camera in use; returns how many. Done again, it finds the same."""
    async with database.read() as session:
        context = await learn(session, province, clock.now())
    keys: list[pl.DataFrame] = []
    last: UUID | None = None
    done = 0
    while True:
        async with database.read() as session:
            frame = await store.batch(session, last, BATCH)
        if frame.is_empty():
            break
        last = UUID(frame["id"][-1])
        found = await asyncio.to_thread(checks.rows, frame, context)
        keys.append(checks.keys(frame))
        async with database.write() as session:
            await _keep_rows(session, frame, found, context, propose, clock.now())
        done += frame.height
        if told is not None:
            await told(done)
    if keys:
        found = await asyncio.to_thread(checks.pairs, pl.concat(keys))
        keys.clear()
        async with database.write() as session:
            before = await store.found_by(session, PAIRS)
            now = clock.now()
            await store.merge(session, None, PAIRS, found, now)
            await store.recount(session, COUNTING, PAIRS, before)
            if propose is not None:
                frame = await store.named(session, sorted({*found["id"].to_list(), *before}))
                await propose(session, frame, found, PAIRS, context, now)
            await store.forget_archived(session)
    log.info("records_checked", cameras=done)
    return done


async def _keep_rows(
    session: WriteSession,
    frame: pl.DataFrame,
    found: pl.DataFrame,
    context: Context,
    propose: Propose | None,
    now: datetime,
) -> None:
    await store.merge(session, frame["id"].to_list(), ROWS, found, now)
    await store.put_checks(session, due(frame), COUNTING, now)
    if propose is not None:
        await propose(session, frame, found, ROWS, context, now)


async def check_some(
    database: Database, clock: Clock, province: str, ids: Sequence[UUID], propose: Propose | None = None
) -> int:
    """Check these cameras, `SOME_MOST` at most, and those they might be confused with; returns how many of them."""
    if not ids:
        return 0
    async with database.read() as session:
        context = await learn(session, province, clock.now())
        again = await store.affected(session, ids)
        frame = await store.named(session, ids)
        around = await store.named(session, await store.mates(session, again))
    found = await asyncio.to_thread(checks.rows, frame, context)
    twins = await asyncio.to_thread(checks.pairs, checks.keys(around))
    asked = [str(each) for each in again]
    twins = twins.filter(pl.col("id").is_in(asked))
    async with database.write() as session:
        now = clock.now()
        await store.merge(session, asked, PAIRS, twins, now)
        await _keep_rows(session, frame, found, context, propose, now)
        await store.recount(session, COUNTING, (), asked)
        if propose is not None:
            await propose(session, around.filter(pl.col("id").is_in(asked)), twins, PAIRS, context, now)
        await store.forget_archived(session)
    return frame.height
