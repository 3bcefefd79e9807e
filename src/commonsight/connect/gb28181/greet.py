"""The first words to a device that comes online: what are you, and what time do you have? Again once a day."""

import asyncio
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181 import queries
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.queries import Info
from commonsight.connect.gb28181.server import Gb28181
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

AT_ONCE: Final = 16
"""Devices asked at once: a storm of registrations is followed by a calm round of questions, not by a second storm."""

AGAIN_SECONDS: Final = 86_400.0
RETRY_SECONDS: Final = 900.0
ROUND_SECONDS: Final = 60.0

TEXT_MOST: Final = 200


class Greeter:
    """Asks DeviceInfo and DeviceStatus and keeps the answers with the device."""

    def __init__(self, server: Gb28181, clock: Clock, timezone: str) -> None:
        self._server, self._clock, self._timezone = server, clock, timezone
        self._next: dict[UUID, float] = {}
        self._waiting: dict[UUID, None] = {}
        self._wake = asyncio.Event()

    def attach(self) -> None:
        """Greet whoever comes online."""
        self._server.on_online(self.welcome)

    def welcome(self, device: Device) -> None:
        """A device came online; it is asked unless that was done lately."""
        if self._clock.monotonic() >= self._next.get(device.id, 0.0):
            self._waiting[device.id] = None
            self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rounds())
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _rounds(self) -> None:
        while True:
            await self._clock.sleep(ROUND_SECONDS)
            for device in self._server.devices:
                if device.online and not self._server.arrivals.stormy:
                    self.welcome(device)
            here = {device.id for device in self._server.devices}
            self._next = {device_id: due for device_id, due in self._next.items() if device_id in here}

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            device_id = next(iter(self._waiting))
            del self._waiting[device_id]
            device = self._server.devices.by_id(device_id)
            if device is None or not device.online:
                continue
            self._next[device_id] = self._clock.monotonic() + RETRY_SECONDS
            try:
                await self.greet(device)
            except Refusal as refusal:
                log.info("greeting_unanswered", device=device.code, code=refusal.code)
            else:
                self._next[device_id] = self._clock.monotonic() + AGAIN_SECONDS

    async def greet(self, device: Device) -> None:
        """Ask one device. Raises Refusal like `Gb28181.query`."""
        self._keep(device, **_identity(await queries.device_info(self._server, device)))
        status = await queries.device_status(self._server, device, self._clock, self._timezone)
        if status.clock_difference is not None:
            self.keep_clock(device, status.clock_difference)

    def keep_clock(self, device: Device, difference: float) -> None:
        """Keep what a status said about the device's clock."""
        self._keep(device, clock_difference=difference, clock_checked_at=self._clock.now())

    def _keep(self, device: Device, **said: Any) -> None:
        """With the device's state, which is written in batches. What was not said this time stays."""
        current = self._server.devices.get(device.code)
        if current is not None:
            told = {name: value for name, value in said.items() if value is not None}
            self._server.devices.put(replace(current, **told))


def _identity(info: Info) -> dict[str, str | None]:
    def clean(text: str) -> str | None:
        return text.replace("\x00", "").strip()[:TEXT_MOST] or None

    return {
        "manufacturer": clean(info.manufacturer),
        "model": clean(info.model),
        "firmware": clean(info.firmware),
    }
