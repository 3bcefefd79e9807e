"""The view library: who is registered, what devices send, and what analysis is told of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from commonsight import outbox
from commonsight.catalog import secrets
from commonsight.clock import Clock
from commonsight.connect.viid import model, objects_store, store
from commonsight.connect.viid.images import Images
from commonsight.connect.viid.model import Kind, Malformed, Seen, Status, Told
from commonsight.connect.wire.digest_server import Challenger, Verdict, parse_answer
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

SILENT_SECONDS: Final = 270.0
"""A device not heard of for so long is away: three times the 90 s within which it is expected to speak."""
DEVICES_MOST: Final = 20_000
LOOP_SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 5.0
"""A minute is told this long after its end, so that most of what was seen in it has come."""
TOLD_MOST: Final = 500
"""Minutes in one entry of the outbox."""
ENTRIES_MOST: Final = 40
"""Entries one round writes at most."""
FORGET_MOST: Final = 20_000
MINUTES_TOPIC: Final = "viid.minutes_counted"
ALARM_TOPIC: Final = "viid.alarm_raised"
KEEP_MINUTES: Final = timedelta(hours=25)
"""Counts are kept in step with late objects for a day; by then their hour lies in the lake."""

TAKEN = Counter("commonsight_viid_objects", "Objects taken from devices, each once", ["kind"])
REFUSED = Counter("commonsight_viid_refused", "Objects that could not be read")
PRESENT = Gauge("commonsight_viid_devices", "Devices registered now")


@dataclass(slots=True)
class Here:
    """A device that is registered. `peer`: the address it registered from, the only one it is believed from."""

    region: str
    peer: str
    heard: float
    heard_at: datetime


class Library:
    """State and rules; the listener speaks HTTP around it."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings.viid
        self._region = settings.region.code
        self._database = database
        self._clock = clock
        self.zone = ZoneInfo(settings.region.timezone)
        self.id = settings.viid.id or settings.sip.id
        self._challenger = Challenger(self.id[:10], qop=True)
        self._here: dict[str, Here] = {}
        self._heard: dict[str, datetime] = {}
        self._images = Images(settings.data_dir / "viid-images", settings.viid.images_bytes)
        self._picturing = asyncio.Lock()
        self._filled: datetime | None = None

    def now(self) -> datetime:
        """The library's own time."""
        return self._clock.now()

    # who is there

    def challenges(self, *, stale: bool = False) -> list[str]:
        """Values of `WWW-Authenticate` for who has not proven a password."""
        return self._challenger.challenges(self._clock.monotonic(), ("MD5", "SHA-256"), stale=stale)

    async def register(self, code: str, peer: str, method: str, authorization: str) -> Verdict:
        """A device says who it is; it is there when the verdict is OK.

        It may call itself by any user name, as many are set up with one: what it proves is its own password.
        """
        given = parse_answer(authorization)
        if given is None:
            return Verdict.MALFORMED
        async with self._database.read() as session:
            kept = await store.device(session, code)
        password = self._password(kept)
        if password is None:
            return Verdict.WRONG
        verdict = self._challenger.verify(method, given, password, self._clock.monotonic())
        if verdict is not Verdict.OK:
            log.info("viid_register_refused", device=code, peer=peer, verdict=verdict.value)
            return verdict
        if code not in self._here and len(self._here) >= DEVICES_MOST:
            return Verdict.WRONG
        now = self._clock.now()
        region = kept.region if kept else code[:6] if code.startswith(self._region) else self._region
        async with self._database.write() as session:
            if kept is None:
                # The settings' password lets devices in that nobody has filed; they are filed where their code says.
                await store.insert(session, {"code": code, "name": code, "region": region}, now)
            await store.online(session, code, peer, now)
        self._here[code] = Here(region, peer, self._clock.monotonic(), now)
        PRESENT.set(len(self._here))
        log.info("viid_registered", device=code, peer=peer, filed=kept is not None)
        return Verdict.OK

    async def unregister(self, code: str) -> None:
        """A device says goodbye."""
        if self._here.pop(code, None) is not None:
            async with self._database.write() as session:
                await store.heard(session, {code: self._clock.now()})
                await store.offline(session, [code])
            log.info("viid_unregistered", device=code)
        PRESENT.set(len(self._here))

    def present(self, code: str, peer: str) -> bool:
        """Whether a request of a device is believed; being heard keeps it there."""
        held = self._here.get(code)
        if held is None or held.peer != peer:
            return False
        held.heard, held.heard_at = self._clock.monotonic(), self._clock.now()
        self._heard[code] = held.heard_at
        return True

    def _password(self, kept: store.Device | None) -> str | None:
        if kept is not None and kept.secret is not None:
            return secrets.installed().open(kept.secret)
        return self._settings.password

    # what they send

    async def take(self, device: str, given: Sequence[tuple[Kind, Any]]) -> list[Told]:
        """Keep and count objects; says of each what became of it. What was sent before is OK and counts once."""
        now = self._clock.now()
        told: list[Told] = []
        taken: list[tuple[UUID, Seen]] = []
        for kind, one in given:
            try:
                found = model.seen(kind, one, device, self.zone, now, identity=self._settings.keep_identity)
            except Malformed as error:
                REFUSED.inc()
                named = one.get(model.FORMS[kind].identifier) if isinstance(one, dict) else ""
                told.append(Told(str(named or "")[: model.CODE_MOST], Status.INVALID_CONTENT, str(error)))
            else:
                taken.append((uuid7(), found))
                told.append(Told(found.object, Status.OK, ""))
        if taken:
            pictures = await self._pictures(taken)
            async with self._database.write() as session:
                fresh = await objects_store.take(session, device, taken, pictures, now)
            for key, found in taken:
                if key in fresh:
                    TAKEN.labels(found.kind.value).inc()
            stray = [name for key, names in pictures.items() if key not in fresh for name in names]
            if stray:
                async with self._picturing:
                    await asyncio.to_thread(self._images.forget, stray)
        return told

    async def raise_alarms(self, device: str, given: Sequence[Any]) -> list[Told]:
        """Keep alarms and pass each on once."""
        now = self._clock.now()
        told: list[Told] = []
        region = self._here[device].region if device in self._here else ""
        for one in given:
            try:
                found = model.alarm(one, device, self.zone, now, identity=self._settings.keep_identity)
            except Malformed as error:
                REFUSED.inc()
                told.append(Told("", Status.INVALID_CONTENT, str(error)))
                continue
            async with self._database.write() as session:
                kept = await store.raised(session, device, region, found, now)
                if kept is not None:
                    camera = None if kept.camera_id is None else str(kept.camera_id)
                    at = kept.raised_at.isoformat()
                    payload = {"alarm": str(kept.id), "camera": camera, "region": kept.region, "raised_at": at}
                    await outbox.append(session, ALARM_TOPIC, payload)
            told.append(Told(found.alarm, Status.OK, ""))
        return told

    async def may_notify(self, device: str, subscription: str) -> bool:
        """Whether a lower platform may send objects under this subscription."""
        async with self._database.read() as session:
            return await store.is_active(session, subscription, device, self._clock.now())

    async def _pictures(self, taken: Sequence[tuple[UUID, Seen]]) -> dict[UUID, list[str]]:
        """Keep the pictures, if any are to be kept."""
        if not self._images.wanted:
            return {}
        async with self._picturing:
            return {
                key: await asyncio.to_thread(self._images.keep, key, found.images)
                for key, found in taken
                if found.images
            }

    # what follows from it

    async def run(self) -> None:
        """Watch for silence, tell analysis, forget. A database that is away is waited for."""
        await self._begin()
        while True:
            await self._clock.sleep(LOOP_SECONDS)
            try:
                await self.round()
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("viid_waits_for_database", error=type(error).__name__)

    async def _begin(self) -> None:
        """Devices of an earlier run have to register again; until then nobody knows whether they are there."""
        while True:
            try:
                async with self._database.write() as session:
                    left = [each.code for each in await store.devices(session) if each.online]
                    await store.offline(session, left)
                return
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("viid_waits_for_database", error=type(error).__name__)
                await self._clock.sleep(LOOP_SECONDS)

    async def round(self) -> None:
        """One round of everything that is not asked for by a device."""
        await self._look()
        now = self._clock.now()
        until = (now - timedelta(seconds=60 + SETTLE_SECONDS)).replace(second=0, microsecond=0)
        if self._filled != until:
            async with self._database.write() as session:
                await objects_store.fill(session, until)
            self._filled = until
        for _ in range(ENTRIES_MOST):
            if await self._tell(until) < TOLD_MOST:
                break
        before = now - timedelta(hours=self._settings.keep_hours)
        async with self._database.write() as session:
            count, pictures = await objects_store.forget(session, before, FORGET_MOST)
            await objects_store.forget_minutes(session, now - KEEP_MINUTES)
        if pictures:
            async with self._picturing:
                await asyncio.to_thread(self._images.forget, pictures)
        if count:
            log.info("viid_forgotten", objects=count)

    async def _look(self) -> None:
        """Write down who was heard, and who has fallen silent."""
        async with self._database.read() as session:
            regions = await store.regions(session)
        for code in [code for code in self._here if code not in regions]:
            del self._here[code]  # taken off the file: it has to register again, and cannot
        for code, held in self._here.items():
            held.region = regions[code]
        late = self._clock.monotonic() - SILENT_SECONDS
        silent = [code for code, held in self._here.items() if held.heard < late]
        heard, self._heard = self._heard, {}
        if heard or silent:
            async with self._database.write() as session:
                await store.heard(session, heard)
                await store.offline(session, silent)
        for code in silent:
            del self._here[code]
        PRESENT.set(len(self._here))
        if silent:
            log.warning("viid_devices_silent", devices=silent[:20], count=len(silent))

    async def _tell(self, until: datetime) -> int:
        async with self._database.write() as session:
            minutes = await objects_store.untold(session, until, TOLD_MOST)
            if minutes:
                told = [
                    {
                        "camera": str(each.camera_id),
                        "region": each.region,
                        "start": each.start.isoformat(),
                        "class": each.name,
                        "value": each.value,
                        "covered_seconds": round(each.covered * 60),
                    }
                    for each in minutes
                ]
                await outbox.append(session, MINUTES_TOPIC, {"minutes": told})
        return len(minutes)
