"""Collecting catalogues, in the signalling process: who is asked when, and what comes back goes to the camera file.

A sync is a row (`syncs`). Whoever wants one adds the row; this process takes it up, also after its own death: what came
before stands in the database, the query is sent anew, and both together count. Words of devices that nobody asked
(notifications, late pages) go the same way.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commonsight.catalog import intake_syncs
from commonsight.catalog.intake import Ended
from commonsight.catalog.intake_rules import Word
from commonsight.catalog.intake_syncs import OpenSync
from commonsight.clock import Clock
from commonsight.connect.gb28181 import sync_items, sync_store
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.gb28181.signalling import Connection
from commonsight.connect.gb28181.sync import Ask, Collection, Done, Rules, Wait
from commonsight.connect.gb28181.sync_writer import SyncWriter
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
"""Syncs that are asked for are heard of at once; this finds what a lost notification hid, and who is due."""

STEP_SECONDS: Final = 0.5
DUE_SECONDS: Final = 2.0
"""Between two searches for devices that are due."""
RETRY_INCOMPLETE: Final = timedelta(hours=1)
RUNS_MOST: Final = 10_000
"""Syncs held at once; most of them wait for a turn or for their device."""

SYNCS = Counter("commonsight_syncs", "Collections that ended", ["why"])
COLLECTING = Gauge("commonsight_syncs_collecting", "Catalogues being collected")


@dataclass(slots=True)
class Run:
    """One sync in this process.

    `asked`: when each of its queries was sent, by serial number. `said`: what each item said last (a hash of it), so
    that an answer that is repeated for a few lost messages is not filed again as a whole.
    """

    id: UUID
    device_id: UUID
    asked_at: datetime
    collection: Collection
    pages: int
    unreadable: int
    repeated: int
    asked: dict[str, datetime] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    serial: str = ""
    cancel: bool = False
    refused: int = 0
    task: asyncio.Task[None] | None = None


class Syncs:
    """Everything about catalogues of devices. `attach` before messages come, then `run` until cancelled."""

    def __init__(
        self, server: Gb28181, database: Database, clock: Clock, settings: Settings, *, rules: Rules | None = None
    ) -> None:
        self._server, self._database, self._clock = server, database, clock
        self._settings, self._region = settings.sync, settings.region.code
        self._rules = rules or Rules(
            gap_least=self._settings.silence_seconds,
            gap_most=max(30.0, self._settings.silence_seconds),
            attempts=self._settings.attempts,
        )
        self.writer = SyncWriter(server.devices, database.url, clock, self._region)
        self._runs: dict[UUID, Run] = {}
        self._slots = asyncio.Semaphore(self._settings.concurrency)
        self._look = asyncio.Event()
        self._last_query: dict[UUID, datetime] = {}
        self._stamp: datetime | None = None
        self._due_at = 0.0

    def attach(self) -> None:
        """Take what devices say about their catalogues."""
        self._server.on("Response", "Catalog", self._page)
        self._server.on("Notify", "Catalog", self._notice)
        self._server.on_online(lambda _: self._look.set())

    async def run(self) -> None:
        """Work until cancelled."""
        writer = asyncio.create_task(self.writer.run())
        listener = asyncio.create_task(self._listen())
        try:
            await self._after_restart()
            while True:
                await self._round()
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._look.wait()
                except TimeoutError:
                    pass
                self._look.clear()
                await self._clock.sleep(STEP_SECONDS)  # devices that come in a storm are one reason to look
                for part in (writer, listener):
                    if part.done():
                        part.result()  # a part that ends has failed, and its failure is the process's
        finally:
            tasks = [run.task for run in self._runs.values() if run.task is not None]
            for task in (listener, *tasks):
                task.cancel()
            await asyncio.gather(listener, *tasks, return_exceptions=True)
            writer.cancel()  # last: it writes what is left
            await asyncio.gather(writer, return_exceptions=True)

    async def op_sync(self, _: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """Signalling `sync{device, by?}` -> `{sync, new}`: ask for the catalogue of the device with this code.

        Raises:
            Refusal: `connect.gb_device_unknown`.
        """
        code, by = str(fields.get("device", "")), fields.get("by")
        device = self._server.devices.get(code)
        if device is None:
            raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=code[:40])
        sync_id, new = await self.ask(device.id, "asked", asked_by=None if by is None else str(by)[:200])
        return {"sync": str(sync_id), "new": new}

    async def ask(self, device_id: UUID, reason: str, *, asked_by: str | None = None) -> tuple[UUID, bool]:
        """Ask for a device's catalogue; the open sync and whether it is new.

        Raises:
            Refusal: `connect.gb_device_unknown`.
        """
        async with self._database.write() as session:
            return await sync_store.ask(session, device_id, reason, self._clock.now(), self._region, asked_by=asked_by)

    # --- what devices say -------------------------------------------------------------------------------------------

    async def _page(self, device: Device, message: Manscdp) -> None:
        run = self._runs.get(device.id)
        at = None if run is None else run.asked.get(message.serial)
        # Of a query no longer known (of an earlier life, or of a sync that gave up): true, but as old as it may be.
        at = at or (run.asked_at if run is not None else self._last_query.get(device.id)) or self._clock.now()
        page = sync_items.page(message, at, None if run is None else run.id)
        if run is None:
            await self.writer.put(device.id, page.words)
            return
        fresh = [(word, _content(word)) for word in page.words]
        fresh = [(word, content) for word, content in fresh if run.said.get(word.code) != content]
        await self.writer.put(device.id, [word for word, _ in fresh])
        run.said.update((word.code, content) for word, content in fresh)
        now = self._clock.monotonic()
        current = message.serial == run.serial
        if page.refused and current:
            run.refused += 1
            run.collection.failed(now)
            return
        run.pages += 1
        run.unreadable += page.unreadable
        run.collection.page(page.announced, [word.code for word in page.words], now, current=current)
        self._note(run, heard_at=self._clock.now())

    async def _notice(self, device: Device, message: Manscdp) -> None:
        run = self._runs.get(device.id)
        at = self._clock.now()
        if self._stamp is not None and at <= self._stamp:
            at = self._stamp + timedelta(microseconds=1)
        words, unreadable = sync_items.notice(message, at, None if run is None else run.id)
        self._stamp = words[-1].at if words else at
        if unreadable:
            log.info("catalogue_events_unreadable", device=device.code, count=unreadable)
        if run is not None:
            # An event stands between two answers: the next one is a later word, even if it says the same as before.
            for word in words:
                run.said.pop(word.code, None)
        await self.writer.put(device.id, words)

    # --- which syncs there are --------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for _ in listen(self._database.dsn, [intake_syncs.CHANNEL]):
            self._look.set()

    async def _after_restart(self) -> None:
        """What devices told while nobody listened is only found by asking again."""
        try:
            async with self._database.read() as session:
                devices = await sync_store.subscribed(session)
            for device_id in devices:
                await self.ask(device_id, "restarted")
        except (DBAPIError, OSError, TimeoutError, Refusal) as error:
            log.warning("restart_syncs_not_asked", error=type(error).__name__)

    async def _round(self) -> None:
        try:
            await self._ask_due()
            async with self._database.read() as session:
                found = await intake_syncs.to_collect(session)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("syncs_not_read", error=type(error).__name__)
            return
        for sync in found:
            held = self._runs.get(sync.source_id)
            if held is not None:
                held.cancel |= sync.cancel
            elif len(self._runs) < RUNS_MOST:
                await self._take_up(sync)

    async def _ask_due(self) -> None:
        monotonic = self._clock.monotonic()
        if not self._settings.every_hours or monotonic < self._due_at:
            return
        self._due_at = monotonic + DUE_SECONDS
        now = self._clock.now()
        every = timedelta(hours=self._settings.every_hours)
        async with self._database.read() as session:
            due = await sync_store.due(session, now - every, now - min(every, RETRY_INCOMPLETE))
        for device_id in due:
            try:
                await self.ask(device_id, "due")
            except Refusal:
                continue  # removed since

    async def _take_up(self, sync: OpenSync) -> None:
        async with self._database.read() as session:
            seen = await intake_syncs.collected(session, sync.source_id, sync.id) if sync.attempt else set()
        run = Run(
            sync.id,
            sync.source_id,
            sync.asked_at,
            Collection(self._rules, seen=seen, expected=sync.expected, attempt=sync.attempt),
            sync.pages,
            sync.unreadable,
            sync.repeated,
            cancel=sync.cancel,
        )
        self._runs[sync.source_id] = run
        run.task = asyncio.create_task(self._collect(run))

    # --- one sync ---------------------------------------------------------------------------------------------------

    async def _collect(self, run: Run) -> None:
        try:
            done = await self._collected(run)
            await self._end(run, done)
        except asyncio.CancelledError:
            raise
        except Exception:
            # The row stays open: the next look takes it up again from what is in the database.
            log.exception("sync_failed", sync=str(run.id))
            await self._clock.sleep(LOOK_SECONDS)
        finally:
            if self._runs.get(run.device_id) is run:
                del self._runs[run.device_id]

    async def _collected(self, run: Run) -> Done | None:
        """Ask until it is done; None when it was cancelled or the device stayed away."""
        while not run.cancel:
            action = run.collection.step(self._clock.monotonic())
            if isinstance(action, Done):
                return action
            if isinstance(action, Wait):
                await self._clock.sleep(min(action.seconds, STEP_SECONDS))
                continue
            device = await self._online(run)
            if device is None:
                return None
            async with self._slots:
                COLLECTING.inc()
                try:
                    await self._attempt(run, device)
                finally:
                    COLLECTING.dec()
        return None

    async def _online(self, run: Run) -> Device | None:
        """The device once it is online; None when that takes too long or people removed it."""
        until = self._clock.monotonic() + self._settings.patience_hours * 3_600
        told = False
        while not run.cancel and self._clock.monotonic() < until:
            device = self._server.devices.by_id(run.device_id)
            if device is None:
                return None
            if device.online:
                return device
            if not told:
                told = True
                self._note(run, state="waiting")
            await self._clock.sleep(STEP_SECONDS)
        return None

    async def _attempt(self, run: Run, device: Device) -> None:
        """One query and its answer, to the end of it."""
        now = self._clock.now()
        run.serial = self._server.next_serial()
        run.asked[run.serial] = self._last_query[run.device_id] = now
        run.collection.asked(self._clock.monotonic())
        self._note(run, state="collecting", started_at=now, due_at=None)
        # Before anything of the answer: that this sync has begun to ask is what a restart has to know.
        await self.writer.flushed()
        try:
            await self._server.command(device, manscdp.build("Query", "Catalog", run.serial, device.code))
        except Refusal as refusal:
            log.info("catalogue_not_asked", device=device.code, code=refusal.code, actual=refusal.actual)
            run.collection.failed(self._clock.monotonic())
        while not run.cancel:
            action = run.collection.step(self._clock.monotonic())
            if not isinstance(action, Wait) or not run.collection.asking:
                break
            await self._clock.sleep(min(action.seconds, STEP_SECONDS))
        if isinstance(action := run.collection.step(self._clock.monotonic()), Wait):
            self._note(run, due_at=self._clock.now() + timedelta(seconds=action.seconds))
        if not isinstance(action, Ask):
            log.info(
                "catalogue_attempt",
                device=device.code,
                attempt=run.collection.attempt,
                received=run.collection.received,
                expected=run.collection.expected,
            )

    async def _end(self, run: Run, done: Done | None) -> None:
        """Hand over the end behind the last word, in one transaction with the note that the collection is over."""
        collection, now = run.collection, self._clock.now()
        findings = []
        why = done.why if done is not None else "cancelled" if run.cancel else "away"
        if why != "complete" and why != "cancelled":
            missing = max(0, (collection.expected or 0) - collection.received)
            findings.append({"code": f"connect.gb_sync_{why}", "count": missing})
        if run.unreadable:
            findings.append({"code": "connect.gb_sync_unreadable", "count": run.unreadable})
        if run.refused:
            findings.append({"code": "connect.gb_sync_refused", "count": run.refused})
        ended = Ended(
            complete=done is not None and done.complete,
            expected=collection.expected,
            cancelled=run.cancel,
            findings=tuple(findings),
            vanish_share=self._settings.vanish_share,
        )
        await self.writer.put(run.device_id, [ended.word(run.id, now)])
        self._note(run, state="filing", collected_at=now, due_at=None)
        await self.writer.flushed()
        SYNCS.labels(why).inc()
        log.info(
            "catalogue_collected",
            sync=str(run.id),
            why=why,
            items=collection.received,
            attempts=collection.attempt,
            repeated=collection.repeated,
        )

    def _note(self, run: Run, **values: object) -> None:
        collection = run.collection
        self.writer.note(
            run.id,
            {
                "attempt": collection.attempt,
                "expected": collection.expected,
                "received": collection.received,
                "repeated": run.repeated + collection.repeated,
                "pages": run.pages,
                "unreadable": run.unreadable,
            }
            | values,
        )


def _content(word: Word) -> int:
    return hash(tuple((word.fields or {}).items()))
