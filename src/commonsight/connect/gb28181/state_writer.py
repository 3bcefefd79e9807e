"""What became of devices, written to the database in batches: a storm of registrations is a few transactions a second.

The answer to a REGISTER does not wait for the batch. What a kill takes away is at most the last `URGENT_SECONDS` of
registrations: such a device is asked to register again at its next keepalive.
"""

import asyncio
from dataclasses import replace
from typing import Final

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commonsight import outbox
from commonsight.clock import Clock
from commonsight.connect.gb28181 import store
from commonsight.connect.gb28181.devices import Devices, Known, Untold
from commonsight.records.database import Database

log = structlog.get_logger(__name__)

URGENT_SECONDS: Final = 0.2
"""Registrations, and devices that come or go, are written this often, s."""

LAZY_SECONDS: Final = 10.0
"""Times of keepalives are written this often, s."""

LOST_SECONDS: Final = 1.0
"""Between attempts while the database is away, s. Nothing is lost meanwhile: what waits is bounded by the devices."""

NAMED_MOST: Final = 500
"""Devices named in one entry of the outbox."""

BATCHES = Counter("commonsight_gb_state_batches", "Batches of device states written")
ROWS = Counter("commonsight_gb_state_rows", "Device states written")
WAITING = Gauge("commonsight_gb_state_waiting", "Devices whose last state the database does not have")
ONLINE = Gauge("commonsight_gb_devices_online", "Devices online")


class StateWriter:
    """Tells the database, and through the outbox whoever wants to know, what became of `devices`."""

    def __init__(self, devices: Devices, database: Database, clock: Clock) -> None:
        self._devices, self._database, self._clock = devices, database, clock
        self._lazy_at = clock.monotonic() + LAZY_SECONDS
        self._away = False

    async def run(self) -> None:
        """Write until cancelled; then `flush` once more."""
        while True:
            await self._clock.sleep(URGENT_SECONDS)
            lazy = self._clock.monotonic() >= self._lazy_at
            if not await self.flush(lazy=lazy):
                await self._clock.sleep(LOST_SECONDS)
            elif lazy:
                self._lazy_at = self._clock.monotonic() + LAZY_SECONDS

    async def flush(self, *, lazy: bool = True) -> bool:
        """Write what waits; False when the database is away. Then it waits on."""
        untold = self._devices.untold(lazy=lazy)
        try:
            if untold:
                await self._write(untold)
        except (DBAPIError, OSError, TimeoutError) as error:
            self._devices.give_back(untold)
            if not self._away:
                log.warning("device_states_wait_for_database", error=type(error).__name__)
            self._away = True
            return False
        except asyncio.CancelledError:
            self._devices.give_back(untold)
            raise
        self._away = False
        WAITING.set(self._devices.waiting)
        if lazy:
            ONLINE.set(sum(device.online for device in self._devices))
        return True

    async def _write(self, untold: Untold) -> None:
        async with self._database.write() as session:
            moved = await store.write_state(session, untold)
            for topic, ids in (("connect.devices_online", untold.came), ("connect.devices_offline", untold.went)):
                for first in range(0, len(ids), NAMED_MOST):
                    named = [str(device_id) for device_id in ids[first : first + NAMED_MOST]]
                    await outbox.append(session, topic, {"devices": named})
        for code, device_id in moved.items():
            device = self._devices.get(code)
            if device is not None:
                # Added by a person, or removed once, in the moment it registered: the row's id is the right one.
                self._devices.load([Known(replace(device, id=device_id), self._devices.secret(code))])
        BATCHES.inc()
        ROWS.inc(len(untold.changed) + len(untold.admitted))
