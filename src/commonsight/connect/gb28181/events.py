"""What devices tell by themselves, alarms and positions: read, answered, kept in batches."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from commonsight import outbox
from commonsight.clock import Clock
from commonsight.connect.gb28181 import events_store, queries
from commonsight.connect.gb28181.events_store import Alarm, Position
from commonsight.connect.gb28181.model import Device, is_code, region_of
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.places.coordinates import System, to_wgs84
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

FLUSH_SECONDS: Final = 1.0
WAITING_MOST: Final = 20_000
"""Alarms and positions that wait for the database, each; beyond it the oldest positions and the newest alarms go."""

ANSWERS_MOST: Final = 500
"""Answers to alarms under way; further alarms are kept, and the device repeats them until one of them is answered."""

ALARMS_DAYS: Final = 365
POSITIONS_DAYS: Final = 30
FORGET_SECONDS: Final = 3_600.0

DROPPED = Counter("commonsight_gb_events_dropped", "Alarms and positions that found no room", ["kind"])


class Events:
    """Keeps alarms and positions. Register it with `attach`, run `run`."""

    def __init__(self, server: Gb28181, database: Database, clock: Clock, timezone: str) -> None:
        self._server, self._database, self._clock, self._timezone = server, database, clock, timezone
        self._alarms: list[Alarm] = []
        self._positions: list[Position] = []
        self._away = False
        self._answering: set[asyncio.Task[None]] = set()

    def attach(self) -> None:
        """Listen to the devices."""
        self._server.on("Notify", "Alarm", self.alarm)
        self._server.on("Notify", "MobilePosition", self.position)

    async def alarm(self, device: Device, message: Manscdp) -> None:
        """An alarm: keep it, and answer it, which stops the device from repeating it."""
        alarm = read_alarm(device, message, self._clock.now(), self._timezone)
        if len(self._alarms) < WAITING_MOST:
            self._alarms.append(alarm)
        else:
            DROPPED.labels("alarm").inc()
        log.info("device_alarm", device=device.code, code=alarm.code, priority=alarm.priority, method=alarm.method)
        if device.quirks.alarm_answer:
            answer = manscdp.build("Response", "Alarm", message.serial, message.device or device.code, ("Result", "OK"))
            # Not waited for here: a device that is slow to confirm must not hold up the messages behind it.
            self._spawn(device, answer)

    async def position(self, device: Device, message: Manscdp) -> None:
        """One or more positions."""
        for position in read_positions(device, message, self._clock.now(), self._timezone):
            if len(self._positions) >= WAITING_MOST:
                del self._positions[0]
                DROPPED.labels("position").inc()
            self._positions.append(position)

    def _spawn(self, device: Device, answer: Element) -> None:
        if len(self._answering) >= ANSWERS_MOST:
            return

        async def say() -> None:
            try:
                await self._server.command(device, answer)
            except Refusal as refusal:
                log.info("alarm_answer_failed", device=device.code, code=refusal.code)

        task = asyncio.create_task(say())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def run(self) -> None:
        """Write what came every second, and drop what is too old every hour, until cancelled."""
        forget_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(FLUSH_SECONDS)
            await self.flush()
            if self._clock.monotonic() >= forget_at:
                await self._forget()
                forget_at = self._clock.monotonic() + FORGET_SECONDS

    async def flush(self) -> None:
        """Write what waits; it goes on waiting while the database is away."""
        alarms, positions = self._alarms, self._positions
        if not alarms and not positions:
            return
        self._alarms, self._positions = [], []
        try:
            async with self._database.write() as session:
                if positions:
                    await events_store.add_positions(session, positions)
                added = set(await events_store.add_alarms(session, alarms))
                for alarm in alarms:
                    if alarm.id in added:
                        await outbox.append(session, "connect.alarm", _told(alarm))
            self._away = False
        except (OperationalError, InterfaceError, OSError, TimeoutError) as error:
            self._alarms = (alarms + self._alarms)[:WAITING_MOST]
            self._positions = (positions + self._positions)[-WAITING_MOST:]
            if not self._away:
                log.warning("events_wait_for_database", error=type(error).__name__)
            self._away = True
        except DBAPIError:
            # The database is there and will not have it: keeping the batch would keep out everything behind it.
            log.exception("events_refused_by_database", alarms=len(alarms), positions=len(positions))

    async def _forget(self) -> None:
        now = self._clock.now()
        try:
            async with self._database.write() as session:
                await events_store.forget(
                    session,
                    alarms_before=now - timedelta(days=ALARMS_DAYS),
                    positions_before=now - timedelta(days=POSITIONS_DAYS),
                )
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("events_not_forgotten", error=type(error).__name__)


def read_alarm(device: Device, message: Manscdp, now: datetime, timezone: str) -> Alarm:
    """An alarm from its message. What is missing or out of range is 0: an alarm is kept however badly it is written."""
    said = manscdp.item_fields(message.root)
    code = message.device if is_code(message.device) else device.code
    # Whole seconds, so that an alarm without a time of its own that is repeated at once is known for the same.
    at = queries.read_time(said.get("AlarmTime", ""), device, timezone) or now.replace(microsecond=0)
    lon, lat = _place(device, said.get("Longitude"), said.get("Latitude"))
    return Alarm(
        id=uuid7(),
        device_id=device.id,
        code=code,
        region=region_of(code) or device.region,
        at=at,
        received_at=now,
        priority=_small(said.get("AlarmPriority")),
        method=_small(said.get("AlarmMethod")),
        type=_small(said.get("Info/AlarmType") or said.get("AlarmType")),
        description=_clean(said.get("AlarmDescription", ""))[:1_000],
        lon=lon,
        lat=lat,
        fields={_clean(name): _clean(value)[:500] for name, value in said.items()},
    )


def read_positions(device: Device, message: Manscdp, now: datetime, timezone: str) -> list[Position]:
    """Positions from one message: of the device itself, or a list of 2022. Those without a place are left out."""
    listed = message.root.find("DeviceList")
    items = [manscdp.item_fields(item) for item in listed] if listed is not None else []
    found = []
    for said in items or [manscdp.item_fields(message.root)]:
        lon, lat = _place(device, said.get("Longitude"), said.get("Latitude"))
        if lon is None or lat is None:
            continue
        code = said.get("DeviceID", "")
        found.append(
            Position(
                device_id=device.id,
                code=code if is_code(code) else device.code,
                at=queries.read_time(said.get("Time") or said.get("CaptureTime") or "", device, timezone) or now,
                received_at=now,
                lon=lon,
                lat=lat,
                speed=_number(said.get("Speed")),
                direction=_number(said.get("Direction")),
                altitude=_number(said.get("Altitude")),
            )
        )
    return found


def _told(alarm: Alarm) -> dict[str, str | int]:
    return {
        "alarm": str(alarm.id), "device": str(alarm.device_id), "code": alarm.code, "at": alarm.at.isoformat(),
        "priority": alarm.priority, "method": alarm.method, "type": alarm.type,
    }  # fmt: skip


def _place(device: Device, lon: str | None, lat: str | None) -> tuple[float | None, float | None]:
    """WGS-84 degrees. Another system is converted only where the device's owner says that it uses one."""
    east, north = _number(lon), _number(lat)
    if east is None or north is None or not (-180 <= east <= 180 and -90 <= north <= 90) or (east, north) == (0, 0):
        return None, None
    if device.quirks.system == "WGS-84":
        return east, north
    east, north = to_wgs84(east, north, System(device.quirks.system))
    return round(east, 6), round(north, 6)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None  # also keeps out NaN and infinities


def _small(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 4 else 0


def _clean(text: str) -> str:
    return text.replace("\x00", "")
