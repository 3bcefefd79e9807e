"""Subscriptions to what devices tell: asked for once, renewed for as long as people want them, taken up after restarts.

The wish stands in the database (`gb_subscriptions`); this loop makes devices follow it. A subscription of an earlier
run of this process simply runs out at the device: what it still notifies is taken like any other message of the device.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from commonsight.clock import Clock
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.sip import Response, SipSyntaxError
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession, WriteSession

log = structlog.get_logger(__name__)

EXPIRES_SECONDS: Final = 3_600
RENEW_PART: Final = 0.75
"""A subscription is renewed when this part of it has passed."""

LOOK_SECONDS: Final = 2.0
AT_ONCE: Final = 64
"""Subscriptions taken up in one look; the others follow two seconds later."""

IN_PARALLEL: Final = 8
RETRY_SECONDS: Final = (10.0, 60.0, 300.0, 900.0)
"""Waits after a device did not answer or refused; the last repeats."""

REFUSALS_TOLD: Final = 3
"""So many refusals in a row are shown as `refused`; it is tried again all the same."""


class Event(StrEnum):
    """What can be subscribed to."""

    CATALOG = "catalog"
    ALARM = "alarm"
    POSITION = "position"


_COMMANDS: Final = {Event.CATALOG: "Catalog", Event.ALARM: "Alarm", Event.POSITION: "MobilePosition"}
_PACKAGES: Final = {Event.CATALOG: "Catalog", Event.ALARM: "presence", Event.POSITION: "presence"}
"""The `Event` header devices expect."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A wish and what has become of it. `interval_seconds`: of positions."""

    device_id: UUID
    event: Event
    expires_seconds: int
    interval_seconds: int | None
    state: str
    failures: int
    error: str | None
    renewed_at: datetime | None
    expires_at: datetime | None
    dialog: dict[str, Any] | None


_FIELDS: Final = (
    "s.device_id, s.event, s.expires_seconds, s.interval_seconds, s.state, s.failures, s.error, s.renewed_at, "
    "s.expires_at, s.dialog"
)


def _subscription(row: Any) -> Subscription:
    return Subscription(
        row.device_id, Event(row.event), row.expires_seconds, row.interval_seconds, row.state, row.failures, row.error,
        row.renewed_at, row.expires_at, row.dialog,
    )  # fmt: skip


async def of_device(session: ReadSession, device_id: UUID) -> list[Subscription]:
    """The subscriptions wanted of a device."""
    found = await session.execute(
        text(f"SELECT {_FIELDS} FROM gb_subscriptions AS s WHERE s.device_id = :id ORDER BY s.event"),  # noqa: S608
        {"id": device_id},
    )
    return [_subscription(row) for row in found]


async def want(session: WriteSession, device_id: UUID, events: set[Event], interval_seconds: int = 5) -> None:
    """Let exactly these be subscribed to; those no longer wanted run out at the device."""
    await session.execute(
        text("DELETE FROM gb_subscriptions WHERE device_id = :id AND NOT event = ANY(:events)"),
        {"id": device_id, "events": [event.value for event in events]},
    )
    for event in sorted(events):
        await session.execute(
            text(
                "INSERT INTO gb_subscriptions (device_id, event, expires_seconds, interval_seconds) "
                "VALUES (:id, :event, :expires, :interval) ON CONFLICT DO NOTHING"
            ),
            {
                "id": device_id,
                "event": event.value,
                "expires": EXPIRES_SECONDS,
                "interval": interval_seconds if event is Event.POSITION else None,
            },
        )


class Subscriptions:
    """Keeps the wishes of the database true at the devices that are online."""

    def __init__(self, server: Gb28181, database: Database, clock: Clock) -> None:
        self._server, self._database, self._clock = server, database, clock
        self._busy: set[tuple[UUID, Event]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(IN_PARALLEL)
        self._fresh: set[UUID] = set()
        self._away = False

    def attach(self) -> None:
        """A device that comes online has forgotten its subscriptions, or its NAT has."""
        self._server.on_online(lambda device: self._fresh.add(device.id))

    async def run(self) -> None:
        """Look every two seconds, until cancelled."""
        try:
            while True:
                await self._clock.sleep(LOOK_SECONDS)
                try:
                    await self.look()
                    self._away = False
                except (DBAPIError, OSError, TimeoutError) as error:
                    if not self._away:
                        log.warning("subscriptions_wait_for_database", error=type(error).__name__)
                    self._away = True
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def look(self) -> None:
        """Take up what is due."""
        fresh, self._fresh = self._fresh, set()
        try:
            await self._forget_dialogs(fresh)
            async with self._database.read() as session:
                due = await _due(session, self._clock.now())
        except BaseException:
            self._fresh |= fresh
            raise
        for one in due:
            device = self._server.devices.by_id(one.device_id)
            mark = (one.device_id, one.event)
            if device is None or not device.online or mark in self._busy or len(self._busy) >= AT_ONCE:
                continue
            self._busy.add(mark)
            task = asyncio.create_task(self._take_up(device, one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until what has been taken up is done."""
        await asyncio.gather(*self._tasks)

    async def _forget_dialogs(self, fresh: set[UUID]) -> None:
        if not fresh:
            return
        async with self._database.write() as session:
            await session.execute(
                text(
                    "UPDATE gb_subscriptions SET dialog = NULL, state = 'waiting', expires_at = NULL, failures = 0 "
                    "WHERE device_id = ANY(:ids)"
                ),
                {"ids": list(fresh)},
            )

    async def _take_up(self, device: Device, wish: Subscription) -> None:
        try:
            async with self._slots:
                await self._subscribe(device, wish)
        except Refusal as refusal:
            await self._failed(device, wish, refusal)
        except Exception:
            log.exception("subscribe_failed", device=device.code, subscribed=wish.event)
        finally:
            self._busy.discard((wish.device_id, wish.event))

    async def _subscribe(self, device: Device, wish: Subscription) -> None:
        """Renew the subscription in its dialog, or ask for a new one where there is none any more."""
        children = [] if wish.interval_seconds is None else [("Interval", str(wish.interval_seconds))]
        if wish.event is Event.ALARM:
            children = [("StartAlarmPriority", "0"), ("EndAlarmPriority", "0"), ("AlarmMethod", "0")]
        serial = self._server.next_serial()
        body = manscdp.encode(
            manscdp.build("Query", _COMMANDS[wish.event], serial, device.code, *children),
            encoding=device.body_charset,  # type: ignore[arg-type]
        )
        package = f"{_PACKAGES[wish.event]};id={serial}" if wish.event is Event.CATALOG else _PACKAGES[wish.event]
        headers = (("Event", package), ("Expires", str(wish.expires_seconds)))
        renewed = await self._renewed(device, wish, headers, body)
        if renewed is not None:
            response, dialog = renewed
        else:
            request, response = await self._server.send(device, "SUBSCRIBE", body=body, headers=headers)
            try:
                dialog = Dialog.from_invite_response(request, response, self._server.reach(device)).to_json()
            except SipSyntaxError:
                dialog = None  # works without a tag too; the next one is asked for anew
        granted = _granted(response.headers.get("Expires"), wish.expires_seconds)
        now = self._clock.now()
        async with self._database.write() as session:
            await session.execute(
                text(
                    "UPDATE gb_subscriptions SET state = 'active', dialog = :dialog, failures = 0, error = NULL, "
                    "renewed_at = :now, expires_at = :expires WHERE device_id = :id AND event = :event"
                ).bindparams(bindparam("dialog", type_=JSONB(none_as_null=True))),
                {
                    "dialog": dialog,
                    "now": now,
                    "expires": now + timedelta(seconds=granted),
                    "id": wish.device_id,
                    "event": wish.event.value,
                },
            )
        log.info("subscribed", device=device.code, subscribed=wish.event.value, seconds=granted)

    async def _renewed(
        self, device: Device, wish: Subscription, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> tuple[Response, dict[str, Any]] | None:
        """The answer to a SUBSCRIBE in the old dialog; None where there is none, or the device does not know it."""
        if wish.dialog is None or wish.state != "active":
            return None
        try:
            dialog = Dialog.from_json(wish.dialog)
        except (KeyError, TypeError):
            return None
        request = dialog.request("SUBSCRIBE", body=body, content_type=manscdp.CONTENT_TYPE)
        for name, value in headers:
            request.headers.add(name, value)
        try:
            return await self._server.send_within(device, request), dialog.to_json()
        except Refusal as refusal:
            if refusal.code != "connect.gb_refused":
                raise
            log.info("subscription_forgotten_by_device", device=device.code, answer=refusal.actual)
            return None

    async def _failed(self, device: Device, wish: Subscription, refusal: Refusal) -> None:
        failures = wish.failures + 1
        wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
        state = "refused" if refusal.code == "connect.gb_refused" and failures >= REFUSALS_TOLD else "waiting"
        async with self._database.write() as session:
            await session.execute(
                text(
                    "UPDATE gb_subscriptions SET state = :state, failures = :failures, error = :error, "
                    "renewed_at = :now, expires_at = :again WHERE device_id = :id AND event = :event"
                ),
                {
                    "state": state,
                    "failures": failures,
                    "error": f"{refusal.code} {refusal.actual or ''}".strip()[:200],
                    "now": self._clock.now(),
                    "again": self._clock.now() + timedelta(seconds=wait),
                    "id": wish.device_id,
                    "event": wish.event.value,
                },
            )
        log.info("subscribe_refused", device=device.code, subscribed=wish.event.value, code=refusal.code, again=wait)


async def _due(session: ReadSession, now: datetime) -> list[Subscription]:
    """What has never been asked, is to be renewed, or to be tried again, of devices that are in use."""
    found = await session.execute(
        text(
            f"SELECT {_FIELDS} FROM gb_subscriptions AS s JOIN gb_devices AS d ON d.id = s.device_id "  # noqa: S608
            "WHERE d.removed_at IS NULL AND d.online AND (s.expires_at IS NULL OR CASE WHEN s.state = 'active' "
            "THEN s.renewed_at + (s.expires_at - s.renewed_at) * CAST(:part AS float8) ELSE s.expires_at END <= :now) "
            "ORDER BY s.expires_at NULLS FIRST, s.device_id LIMIT :most"
        ),
        {"part": RENEW_PART, "now": now, "most": AT_ONCE},
    )
    return [_subscription(row) for row in found]


def _granted(said: str | None, asked: int) -> int:
    """Seconds the device granted; at least half a minute, so that a mistake does not become a storm."""
    text_ = (said or "").strip()
    granted = int(text_) if text_.isascii() and text_.isdigit() and len(text_) < 9 else asked
    return max(30, min(granted, asked))
