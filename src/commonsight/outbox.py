"""What happened, written in the same transaction as the change, and handed on in order, at least once.

`append` is called by a room beside its own rows. The `work` processes run a `Dispatcher`, which gives
each entry its `sequence` and then to each `Subscription` in that order.

Why a sequence of its own: an identity column is taken when a row is inserted, but rows become visible
when their transactions commit, in another order. A reader that remembers "I have seen up to id 7" would
skip id 6 that commits later. So one dispatcher at a time numbers what has become visible, without gaps;
readers follow those numbers. (A snapshot's xmin would do too, until a dump is restored into a cluster
whose transaction numbers are lower.) Cause comes before effect: who saw an entry committed gets a higher
number. Nothing is deleted: the ledger reads from number one, and a gap would be a proof of tampering.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import BigInteger, Identity, LargeBinary, Text, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from commonsight.records.base import Base, UtcDateTime
from commonsight.records.canonical import digest
from commonsight.records.database import Database, WriteSession
from commonsight.records.notify import listen

log = structlog.get_logger(__name__)

CHANNEL: Final = "outbox"
BATCH: Final = 200
"""Entries one transaction hands to one subscription."""

NUMBERED: Final = 1_000
"""Entries numbered in one transaction."""

LOST_SECONDS: Final = 1.0
"""Between attempts while the database is away."""

POLL_SECONDS: Final = 5.0
"""Looked at this often even when no notification came."""

RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Waits after a handler failed; the last repeats. The entry is not skipped: order is part of the promise."""

NUMBERING_LOCK: Final = 0x4F7574626F78  # "Outbox"

DELIVERED = Counter("commonsight_outbox_delivered", "Entries handed to a subscription", ["subscription"])
FAILED = Counter("commonsight_outbox_failed", "Handlers that raised", ["subscription"])
BEHIND = Gauge("commonsight_outbox_behind", "Entries a subscription has not had yet", ["subscription"])


class Row(Base):
    """One entry as stored."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=text("clock_timestamp()"))
    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sequence: Mapped[int | None] = mapped_column(BigInteger)


class Cursor(Base):
    """How far a subscription has come, and what stops it."""

    __tablename__ = "outbox_cursors"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime, server_default=text("now()"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `digest` is SHA-256 over the canonical JSON of `{"payload": …, "topic": …}`."""

    sequence: int
    at: datetime
    topic: str
    payload: dict[str, Any]
    digest: bytes


Handler = Callable[[WriteSession, Entry], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to know.

    Args:
        name: stable; the position is kept under it. Renaming starts over.
        topics: exact topics; empty = every entry.
        handler: runs in the transaction that moves the position: what it writes there happens exactly once; what it
            does elsewhere may happen again. It must be short; long work belongs in a job, queued in the same session.
        from_now: a new subscription begins at the present end instead of entry one.
    """

    name: str
    topics: tuple[str, ...]
    handler: Handler
    from_now: bool = False


async def append(session: WriteSession, topic: str, payload: Mapping[str, Any]) -> None:
    """Record that `topic` happened; it stands or falls with the caller's transaction.

    Raises:
        ValueError: `payload` has no canonical JSON form (see `records.canonical`).
    """
    body = dict(payload)
    await session.execute(
        insert(Row).values(topic=topic, payload=body, digest=digest({"topic": topic, "payload": body}))
    )
    # An empty body: notifications of one transaction that are alike are sent once.
    await session.execute(select(func.pg_notify(CHANNEL, "")))


async def number(db: Database) -> int:
    """Number entries that have become visible; returns how many. One caller at a time, others return 0."""
    async with db.write() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(NUMBERING_LOCK))):
            return 0
        done = await session.execute(
            text("""
            WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS place
                             FROM (SELECT id FROM outbox WHERE sequence IS NULL ORDER BY id LIMIT :batch) AS waiting),
                 top AS (SELECT coalesce(max(sequence), 0) AS last FROM outbox WHERE sequence IS NOT NULL)
            UPDATE outbox SET sequence = top.last + fresh.place FROM fresh, top WHERE outbox.id = fresh.id
            RETURNING outbox.id"""),
            {"batch": NUMBERED},
        )
        return len(done.all())


async def deliver(db: Database, subscription: Subscription) -> int:
    """Hand the next batch to one subscription; returns how many it took, 0 when there are none or another has it.

    A handler's exception keeps the position before its entry and is raised, after what went well has been committed.
    """
    async with db.write() as session:
        cursor = await _cursor(session, subscription)
        if cursor is None:
            return 0
        end = await session.scalar(select(func.coalesce(func.max(Row.sequence), 0))) or 0
        query = select(Row).where(Row.sequence > cursor.position, Row.sequence <= end).order_by(Row.sequence)
        if subscription.topics:
            query = query.where(Row.topic.in_(subscription.topics))
        rows = (await session.scalars(query.limit(BATCH))).all()
        failure: Exception | None = None
        taken = 0
        position = cursor.position
        for row in rows:
            assert row.sequence is not None
            entry = Entry(row.sequence, row.at, row.topic, row.payload, row.digest)
            try:
                async with session.begin_nested():
                    await subscription.handler(session, entry)
            except Exception as error:
                failure = error
                break
            position = entry.sequence
            taken += 1
        if failure is None and len(rows) < BATCH:
            position = end  # nothing of ours lies between
        BEHIND.labels(subscription.name).set(max(0, end - position))
        if position != cursor.position or failure is not None:
            await session.execute(
                update(Cursor)
                .where(Cursor.name == subscription.name)
                .values(
                    position=position,
                    failures=0 if failure is None else (cursor.failures if taken == 0 else 0) + 1,
                    error=None if failure is None else f"{type(failure).__name__}: {failure}"[:1000],
                    moved_at=func.now(),
                )
            )
    DELIVERED.labels(subscription.name).inc(taken)
    if failure is not None:
        FAILED.labels(subscription.name).inc()
        raise HandlerFailed(subscription.name, position) from failure
    return taken


class HandlerFailed(Exception):
    """A subscription's handler raised on the entry after `position`; the cause is chained."""

    def __init__(self, name: str, position: int) -> None:
        super().__init__(f"subscription {name!r} failed on the entry after {position}")
        self.name = name
        self.position = position


async def _cursor(session: WriteSession, subscription: Subscription) -> Cursor | None:
    """The subscription's position, locked; None while another process holds it."""
    query = select(Cursor).where(Cursor.name == subscription.name).with_for_update(skip_locked=True)
    found = (await session.scalars(query)).one_or_none()
    if found is not None:
        return found
    start = select(func.coalesce(func.max(Row.sequence), 0)).scalar_subquery() if subscription.from_now else 0
    made = insert(Cursor).values(name=subscription.name, position=start).on_conflict_do_nothing()
    await session.execute(made)
    return (await session.scalars(query)).one_or_none()


class Dispatcher:
    """Hands entries on until told to stop. Several may run, on several machines: one at a time serves a subscriber."""

    def __init__(self, db: Database, subscriptions: Sequence[Subscription]) -> None:
        self._db = db
        self._subscriptions = subscriptions
        self._wake = asyncio.Event()
        self._failures = dict.fromkeys((s.name for s in subscriptions), 0)
        self._due = dict.fromkeys(self._failures, 0.0)
        self._away = False

    async def run(self, stop: asyncio.Event) -> None:
        """Serve every subscription; a lost database is waited for.

        Without subscriptions entries get their numbers all the same: later subscribers start at one.
        """
        listener = asyncio.create_task(self._listen())
        stopper = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._wake.clear()
                try:
                    more = await self._round()
                    self._away = False
                except (DBAPIError, OSError, TimeoutError) as error:
                    if not self._away:
                        log.warning("outbox_waits_for_database", error=type(error).__name__)
                    self._away = True
                    more = False
                if not more:
                    await self._pause(stopper)
        finally:
            stopper.cancel()
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _round(self) -> bool:
        """Number what is new and give each subscription its next batch; True when there is more at once."""
        more = await number(self._db) >= NUMBERED
        now = asyncio.get_running_loop().time
        for subscription in self._subscriptions:
            name = subscription.name
            if now() < self._due[name]:
                continue
            try:
                more |= await deliver(self._db, subscription) >= BATCH
                self._failures[name] = 0
            except HandlerFailed as failed:
                wait = RETRY_SECONDS[min(self._failures[name], len(RETRY_SECONDS) - 1)]
                self._failures[name] += 1
                self._due[name] = now() + wait
                log.error("outbox_handler_failed", subscription=name, after=failed.position, exc_info=failed.__cause__)
        return more

    async def _pause(self, stopper: "asyncio.Task[bool]") -> None:
        """Until a notification, a retry that falls due, or the next look."""
        now = asyncio.get_running_loop().time()
        retries = [at - now for at in self._due.values() if at > now]
        longest = LOST_SECONDS if self._away else POLL_SECONDS
        waker = asyncio.create_task(self._wake.wait())
        await asyncio.wait([waker, stopper], timeout=min([longest, *retries]), return_when=asyncio.FIRST_COMPLETED)
        waker.cancel()

    async def _listen(self) -> None:
        async for _ in listen(self._db.dsn, [CHANNEL]):
            self._wake.set()
